// All that is known of vulnerabilities: the compiled database under the custom ones. And the report of a layer, which
// is its features held against both.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/v1/compiled.h"
#include "service/v1/overlay.h"
#include "service/v1/types.h"
#include "store/types.h"

namespace limpid::service::v1 {

class Catalogue {
 public:
  // nullptr while there is no database.
  std::shared_ptr<const Compiled> compiled() const;
  void use(std::shared_ptr<const Compiled> compiled);
  Overlay& overlay() { return overlay_; }
  const Overlay& overlay() const { return overlay_; }

  Result<std::optional<Vulnerability>> find(std::string_view name_space, std::string_view name) const;
  // In the order of keys (Compiled::Listed), custom ones by their names; at most `limit` after `after`.
  Result<std::vector<Compiled::Listed>> list(std::string_view name_space, std::string_view after,
                                             std::size_t limit) const;
  // Namespaces that the compiled database speaks of.
  std::vector<store::Namespace> namespaces() const;

  // Appends the value of "Features": each feature with what is known against it, or only the features.
  Result<void> append_features(std::string& to, std::span<const store::HeldFeature> features,
                               bool with_vulnerabilities) const;
  // Reports of these features will be asked for: makes now what they will need.
  void expect(std::span<const store::Feature> features) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Compiled> compiled_;
  Overlay overlay_;
};

// The fix to show for an installed version that is affected ("" if there is none), a view into `affects`; nothing if it
// is not affected.
std::optional<std::string_view> judge(const Affects& affects, std::string_view version);

}  // namespace limpid::service::v1

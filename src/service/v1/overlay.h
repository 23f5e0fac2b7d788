// The custom vulnerabilities, in memory: what came through the API, and tombstones. They shadow the compiled ones by
// (namespace, name). The store has them too; this is kept true by its changes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.h"
#include "service/v1/types.h"

namespace limpid::service::v1 {

class Compiled;

// What a writer knows already when its change comes back to it (store::CustomAdvisory::aside).
struct Written {
  Vulnerability vulnerability;
  std::shared_ptr<const Compiled> compiled;  // and what that has under the same name
  std::optional<Vulnerability> underneath;
};

class Overlay {
 public:
  struct Entry {
    bool deleted = false;
    std::int64_t revision = 0;
    Vulnerability vulnerability;  // name and namespace only where deleted
    std::string fragment;         // its JSON without FixedIn and the closing brace
  };
  using EntryPointer = std::shared_ptr<const Entry>;

  // Takes the place of what was there under its name; an older revision than that is ignored.
  void put(Entry entry);
  void forget(std::string_view name_space, std::string_view name);
  // Takes all that `other` has in place of all that is here, at once.
  void replace(Overlay&& other);

  EntryPointer find(std::string_view name_space, std::string_view name) const;
  // Those of a namespace after `after` in the order of their names, tombstones left out.
  std::vector<EntryPointer> list(std::string_view name_space, std::string_view after, std::size_t limit) const;
  std::size_t size() const;

  // Those of one namespace.
  class Space {
   public:
    bool shadows(std::string_view name) const { return names_.contains(name); }
    // Those that speak of the package; nullptr if there are none.
    const std::vector<EntryPointer>* of_package(std::string_view package) const;

   private:
    friend Overlay;
    void remove(const Entry& entry);

    std::map<std::string, EntryPointer, std::less<>> names_;
    std::unordered_map<std::string, std::vector<EntryPointer>, base::KeyedHash, std::equal_to<>> packages_;
  };

  // Reads several things at one moment.
  class View {
   public:
    explicit View(const Overlay& overlay) : overlay_(overlay), lock_(overlay.mutex_) {}
    // nullptr if there are none; holds as long as this view.
    const Space* space(std::string_view name) const;

   private:
    const Overlay& overlay_;
    std::shared_lock<std::shared_mutex> lock_;
  };

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, Space, std::less<>> spaces_;
  std::size_t size_ = 0;
};

}  // namespace limpid::service::v1

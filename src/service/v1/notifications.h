// What changed, as notifications; and one of them as a page of the API.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "service/v1/catalogue.h"
#include "service/v1/compiled.h"
#include "service/v1/tokens.h"
#include "store/store.h"

namespace limpid::service::v1 {

// A random UUID, version 4 (RFC 9562).
std::string new_uuid();
// Version 7: random, too, but in the order of time, so that a store writes the next one beside the last.
std::string new_notification_name();

// Either may be nullptr: there is nothing before, or nothing after.
store::NewNotification make_notification(const Vulnerability* before, const Vulnerability* after, std::int64_t now);

// One for each vulnerability that v1 shows otherwise with `after` than with `before`: in its own namespace, and in each
// of `held` that is read from there (rocky:9 from rhel:9). Shadowed ones show no change, and a feed that `before` did
// not have brings no news, as the first load does. Code::cancelled once *cancel is set.
Result<std::vector<store::NewNotification>> changes_between(const Compiled& before, const Compiled& after,
                                                            const Overlay& overlay,
                                                            std::span<const store::Namespace> held, std::int64_t now,
                                                            const std::atomic<bool>* cancel);
// The (namespace, package) pairs of `held` whose reports may differ; nothing if that may be any, since one of `held` is
// read from another namespace than before.
using Packages = std::vector<std::pair<std::string, std::string>>;
Result<std::optional<Packages>> packages_between(const Compiled& before, const Compiled& after,
                                                 std::span<const store::Namespace> held);

// Whether any layer holds a version that the vulnerability is in.
Result<bool> touches_layers(store::Store& store, const Vulnerability& vulnerability);

struct PageRequest {
  std::int64_t limit = 100;  // layers of each revision; -1: none
  std::string token;         // "": the first page
};
// The value of "Notification". Code::invalid for a bad token.
Result<std::string> notification_page(store::Store& store, const store::Notification& notification,
                                      const PageRequest& page, const Tokens& tokens, std::int64_t now);

}  // namespace limpid::service::v1

// What changed, as notifications; and one of them as a page of the API.
#pragma once

#include <cstdint>
#include <string>
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

// One for each vulnerability that v1 shows otherwise with `after` than with `before`. Shadowed ones show no change.
Result<std::vector<store::NewNotification>> changes_between(const Compiled& before, const Compiled& after,
                                                            const Overlay& overlay, std::int64_t now);
// The (namespace, package) pairs whose reports may differ.
Result<std::vector<std::pair<std::string, std::string>>> packages_between(const Compiled& before,
                                                                          const Compiled& after);

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

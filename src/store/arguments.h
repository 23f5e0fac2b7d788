// What no engine could keep is refused before an engine sees it, by the same rules for all of them: texts are UTF-8
// without NUL bytes, names are at most kNameLengthMax bytes long. `what` in an error is the argument's name.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "store/types.h"

namespace limpid::store {

Result<void> check_text(std::string_view what, std::string_view text);
// A text of bounded length; may be empty.
Result<void> check_name(std::string_view what, std::string_view name);

Result<void> check_feature(const Feature& feature);
// The layer's own name must not be empty, for that is how Layer::parent says "none".
Result<void> check_layer(const NewLayer& layer);
Result<void> check_advisory(const CustomAdvisory& advisory);
Result<void> check_notifications(std::span<const NewNotification> notifications);
Result<void> check_database(const DatabaseRecord& record);
Result<void> check_feed_state(const FeedState& state);

}  // namespace limpid::store

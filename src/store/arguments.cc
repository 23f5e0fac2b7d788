#include "store/arguments.h"

#include "base/text.h"
#include "store/store.h"

namespace limpid::store {

Result<void> check_text(std::string_view what, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return fail(Code::invalid, {what, ": has a NUL byte"});
  if (!base::is_utf8(text)) return fail(Code::invalid, {what, ": is not UTF-8"});
  return {};
}

Result<void> check_name(std::string_view what, std::string_view name) {
  if (name.size() > kNameLengthMax)
    return fail(Code::limit,
                {what, ": ", name.size(), " bytes, more than the ", kNameLengthMax, " that a name may have"});
  return check_text(what, name);
}

Result<void> check_feature(const Feature& feature) {
  LIMPID_TRY(check_name("namespace of a feature", feature.name_space));
  LIMPID_TRY(check_name("name of a feature", feature.name));
  LIMPID_TRY(check_name("version of a feature", feature.version));
  LIMPID_TRY(check_name("origin of a feature", feature.origin));
  return check_name("module of a feature", feature.module);
}

Result<void> check_layer(const NewLayer& layer) {
  if (layer.name.empty()) return fail(Code::invalid, {"name of a layer: is empty"});
  LIMPID_TRY(check_name("name of a layer", layer.name));
  LIMPID_TRY(check_name("namespace of a layer", layer.name_space));
  for (const Feature& feature : layer.added) LIMPID_TRY(check_feature(feature));
  for (const Feature& feature : layer.removed) LIMPID_TRY(check_feature(feature));
  return {};
}

Result<void> check_advisory(const CustomAdvisory& advisory) {
  LIMPID_TRY(check_name("namespace of an advisory", advisory.name_space));
  LIMPID_TRY(check_name("name of an advisory", advisory.name));
  return check_text("document of an advisory", advisory.document);
}

Result<void> check_notifications(std::span<const NewNotification> notifications) {
  for (const NewNotification& one : notifications) {
    LIMPID_TRY(check_name("name of a notification", one.name));
    LIMPID_TRY(check_text("old revision in a notification", one.old_revision));
    LIMPID_TRY(check_text("new revision in a notification", one.new_revision));
  }
  return {};
}

Result<void> check_database(const DatabaseRecord& record) { return check_name("hash of a database", record.sha256); }

Result<void> check_feed_state(const FeedState& state) {
  LIMPID_TRY(check_name("name of a feed", state.name));
  LIMPID_TRY(check_text("problem of a feed", state.problem));
  return check_text("date of a feed's data", state.as_of);
}

}  // namespace limpid::store

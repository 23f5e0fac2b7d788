// Feed "altlinux": ALT Linux's OVAL files, https://rdb.altlinux.org/api/errata/export/oval/p10: an archive for each
// branch, with a file for each update.
//
// A record is a definition, a statement what it says of one package.
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/rpm_update.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

// "ALT Linux branch p10" → "altlinux:p10"; "" if no platform is a branch.
std::string namespace_of_platforms(const std::vector<std::string>& platforms) {
  for (std::string_view platform : platforms)
    if (base::strip_prefix(platform, "ALT Linux branch ") && !platform.empty())
      return base::cat({"altlinux:", platform});
  return {};
}

OvalMeaning no_place(const OvalTest& /*test*/, std::string& /*text*/) { return OvalMeaning::ignored; }

class AltLinuxFeed final : public Feed {
 public:
  std::string_view name() const override { return "altlinux"; }
  std::string_view description() const override {
    return "ALT Linux: a branch's OVAL as a tar archive, one of its .xml files, or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      const auto name_space =
          input.name_space.empty() ? namespace_of_platforms(definition.platforms) : input.name_space;
      const auto namespace_of = [&](const OvalPath& /*path*/) { return std::string(name_space); };
      emit_rpm_update(update_of_oval(definition, no_place, namespace_of), {.name_space = {}, .products = {}}, counts,
                      sink);
      return {};
    };
    LIMPID_TRY(read_oval(input, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& altlinux_feed() {
  static const AltLinuxFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "anolis": Anolis OS' OVAL files, https://anas.openanolis.cn/ (anolis-23.oval.xml).
//
// A record is a definition, a statement what it says of one package.
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/rpm_update.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

OvalMeaning place_of(const OvalTest& test, std::string& text) {
  std::string_view words = test.comment;
  if (!base::strip_prefix(words, "Anolis OS ") || !base::strip_suffix(words, " is installed"))
    return OvalMeaning::ignored;
  text = base::cat({"anolis:", words});
  return OvalMeaning::release;
}

// Upstream's slip: the end of a name like bind-chroot stands in its version, "chroot-9.18.34".
void strip_name(RpmUpdate::Package& package) {
  for (auto hyphen = package.name.find('-'); hyphen != std::string::npos; hyphen = package.name.find('-', hyphen + 1)) {
    const auto end = base::cat({std::string_view(package.name).substr(hyphen + 1), "-"});
    if (package.version.starts_with(end)) return void(package.version.erase(0, end.size()));
  }
}

class AnolisFeed final : public Feed {
 public:
  std::string_view name() const override { return "anolis"; }
  std::string_view description() const override {
    return "Anolis OS: its OVAL files (.xml, also .bz2 .gz .xz .zst), or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    const auto namespace_of = [&](const OvalPath& path) {
      if (!input.name_space.empty()) return input.name_space;
      return path.releases.empty() ? std::string() : path.releases.front();
    };
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      auto update = update_of_oval(definition, place_of, namespace_of);
      for (auto& package : update.packages) strip_name(package);
      emit_rpm_update(std::move(update), {.name_space = {}, .products = {}}, counts, sink);
      return {};
    };
    LIMPID_TRY(read_oval(input, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& anolis_feed() {
  static const AnolisFeed feed;
  return feed;
}

}  // namespace limpid::advisory

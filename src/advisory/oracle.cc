// Feed "oracle": Oracle Linux's OVAL files, https://linux.oracle.com/security/oval/ (com.oracle.elsa-all.xml.bz2, one
// for each year, one for each erratum; olamsa, olossa and ovmsa likewise).
//
// A record is a definition, a statement what it says of one package on one architecture.
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {
namespace {

OvalMeaning place_of(const OvalTest& test, std::string& text) {
  std::string_view words = test.comment;
  if (!base::strip_prefix(words, "Oracle Linux ")) return OvalMeaning::ignored;
  if (base::strip_prefix(words, "arch is ")) {
    text = words;
    return OvalMeaning::architecture;
  }
  if (!base::strip_suffix(words, " is installed")) return OvalMeaning::ignored;
  text = base::cat({"ol:", words});
  return OvalMeaning::release;
}

// Fixes that are patched into running programs: a container cannot use them, and their versions are others.
bool is_ksplice(const RpmUpdate::Package& package) { return package.release.find("ksplice") != std::string::npos; }

class OracleFeed final : public Feed {
 public:
  std::string_view name() const override { return "oracle"; }
  std::string_view description() const override {
    return "Oracle Linux: its OVAL files (.xml, also .bz2 .gz .xz .zst), or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    const auto namespace_of = [&](const OvalPath& path) {
      if (!input.name_space.empty()) return input.name_space;
      return path.releases.empty() ? std::string() : path.releases.front();
    };
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      auto update = update_of_oval(definition, place_of, namespace_of);
      const auto drop = [&](std::string_view reason, const auto& unwanted) {
        const auto count = std::erase_if(update.packages, unwanted);
        counts.statements += count;
        counts.drop(reason, count);
      };
      drop("ksplice", is_ksplice);
      drop("no architecture", [](const auto& package) { return package.architecture.empty(); });
      emit_rpm_update(std::move(update), {.name_space = {}, .products = {}}, counts, sink);
      return {};
    };
    LIMPID_TRY(read_oval(input, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& oracle_feed() {
  static const OracleFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "amazon": Amazon Linux's updateinfo.xml, of each repository its own: core and extras of Amazon Linux 2
// (https://cdn.amazonlinux.com/2/…), 2022 and 2023 (https://cdn.amazonlinux.com/al2023/…), and Amazon Linux 1.
#include "advisory/list.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {
namespace {

// "amazon-linux-2---kernel-5.15", "amazon-linux-ami", "al2023".
std::string namespace_of(std::string_view collection) {
  if (!base::strip_prefix(collection, "amazon-linux-") && !base::strip_prefix(collection, "al")) return {};
  const auto release = base::take_until(collection, '-');
  if (release == "ami" || release == "1") return "amzn:2018.03";
  return release == "2" || release == "2022" || release == "2023" ? base::cat({"amzn:", release}) : std::string();
}

// Amazon Linux 2's extras offer several lines of one package under one name, each as a topic that ends with its line:
// "ALAS2KERNEL-5.15-2022-001", "ALASPOSTGRESQL14-2023-001" → "5.15", "14"; "" for a topic without lines and for none.
std::string_view line_of(std::string_view id) {
  std::string_view topic = id.substr(0, id.rfind('-'));
  topic = topic.substr(0, topic.rfind('-'));
  if (!base::strip_prefix(topic, "ALAS")) return {};
  const auto last = topic.find_last_not_of("0123456789.");
  if (last == std::string_view::npos) return {};  // "ALAS2023-2023-001": a release
  return topic.substr(last + 1);
}

class AmazonFeed final : public Feed {
 public:
  std::string_view name() const override { return "amazon"; }
  std::string_view description() const override {
    return "Amazon Linux: updateinfo.xml of a repository (also .gz .xz .zst .bz2), or a folder of such files";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto inputs, list_update_inputs(input.path));
    const auto visit = [&](RpmUpdate&& update, const UpdateInfoPlace& place) -> Result<void> {
      const auto name_space = input.name_space.empty() ? namespace_of(place.short_name) : input.name_space;
      const std::string line(line_of(update.id));
      for (auto& package : update.packages) {
        if (!line.empty() && package.version.starts_with(base::cat({line, "."})))
          package.introduced = rpm_version(package.epoch, line, {});
      }
      emit_rpm_update(std::move(update), {.name_space = name_space, .products = {}, .unite_architectures = true},
                      counts, sink);
      return {};
    };
    for (const auto& one : inputs) {
      if (one.form == UpdateForm::updateinfo) LIMPID_TRY(read_updateinfo(one.path, sink, visit));
    }
    return counts;
  }
};

}  // namespace

const Feed& amazon_feed() {
  static const AmazonFeed feed;
  return feed;
}

}  // namespace limpid::advisory

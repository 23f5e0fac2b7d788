// The repositories that an image's rpm packages come from. Red Hat's images say so themselves:
// root/buildinfo/content_manifests/*.json (usr/share/buildinfo since RHEL CoreOS and Konflux) have "content_sets", a
// list of repository ids; labels.json beside them has the image's labels, and "cpe" among those is the product that it
// is. Other images have what their package manager is configured to use, etc/yum.repos.d/*.repo
// (https://dnf.readthedocs.io/en/latest/conf_ref.html).
//
// Facts: "content_sets", "configured" (repositories that are enabled): ids with blanks between; "cpe".
#include <algorithm>
#include <array>
#include <set>

#include <simdjson.h>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

// A manifest also lists the sources of each package ("image_contents").
constexpr std::uint64_t kManifestMax = std::uint64_t{16} << 20;
constexpr std::uint64_t kConfigurationMax = std::uint64_t{1} << 20;
constexpr std::size_t kJsonDepthMax = 64;
constexpr std::size_t kIdsMax = 1'000;
constexpr std::size_t kIdLengthMax = 256;

using Facts = std::map<std::string, std::string>;

bool is_id(std::string_view text) { return is_word(text) && text.size() <= kIdLengthMax; }

class Ids {
 public:
  explicit Ids(Notes& notes) : notes_(notes) {}
  void add(std::string_view id) {
    id = base::trim(id);
    if (!is_id(id)) {
      notes_.add(SkipReason::damaged, {"what should be the id of a repository is none"});
    } else if (ids_.size() == kIdsMax) {
      notes_.add(SkipReason::too_big, {"more than ", kIdsMax, " repositories"});
    } else {
      ids_.emplace(id);
    }
  }
  void give(std::string_view name, Facts& facts) const {
    if (!ids_.empty()) facts.emplace(name, base::join({ids_.begin(), ids_.end()}, " "));
  }

 private:
  Notes& notes_;
  std::set<std::string> ids_;
};

Result<void> read_buildinfo(std::string_view content, Facts& facts, Notes& notes) {
  simdjson::dom::parser parser;
  if (parser.allocate(0, kJsonDepthMax) != simdjson::SUCCESS) return fail(Code::internal, {"JSON: no memory"});
  simdjson::dom::object root;
  if (const auto error = parser.parse(content.data(), content.size()).get(root); error != simdjson::SUCCESS)
    return fail(Code::invalid, {"JSON: ", simdjson::error_message(error)});
  simdjson::dom::array sets;
  if (root["content_sets"].get(sets) == simdjson::SUCCESS) {
    Ids ids(notes);
    for (const auto element : sets) {
      std::string_view id;
      ids.add(element.get(id) == simdjson::SUCCESS ? id : std::string_view());
    }
    ids.give("content_sets", facts);
  }
  std::string_view cpe;
  if (root["cpe"].get(cpe) == simdjson::SUCCESS && cpe.starts_with("cpe:/") && is_id(cpe)) facts.emplace("cpe", cpe);
  return {};
}

bool is_no(std::string_view word) {
  static constexpr std::array<std::string_view, 4> kNo = {"0", "no", "false", "off"};
  return std::ranges::find(kNo, base::lower(word)) != kNo.end();
}

// Sections with options, "[id]" and "enabled=0". A section is enabled unless it says otherwise.
void read_configuration(std::string_view content, Facts& facts, Notes& notes) {
  Ids ids(notes);
  std::string_view id;
  bool enabled = true;
  const auto end_section = [&] {
    // "main" has options for all; an id with a variable is not what the vendor calls it.
    if (!id.empty() && id != "main" && enabled && id.find('$') == std::string_view::npos) ids.add(id);
  };
  while (const auto line = base::take_line(content)) {
    auto text = base::trim(*line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (text.front() == '[') {
      end_section();
      enabled = true;
      text.remove_prefix(1);
      id = base::trim(base::take_until(text, ']'));
      continue;
    }
    auto value = text;
    const auto key = base::trim(base::take_until(value, '='));
    if (key == "enabled") enabled = !is_no(base::trim(value));
  }
  end_section();
  ids.give("configured", facts);
}

class Repositories final : public Detector {
 public:
  std::string_view name() const override { return kRepositoriesDetector; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    using enum Interest::Match;
    static constexpr std::array kInterests = {
        Interest{.match = directory,
                 .text = "root/buildinfo/content_manifests",
                 .ending = ".json",
                 .size_max = kManifestMax},
        Interest{.match = directory,
                 .text = "usr/share/buildinfo/content_manifests",
                 .ending = ".json",
                 .size_max = kManifestMax},
        Interest{.match = directory, .text = "usr/share/buildinfo", .ending = ".json", .size_max = kManifestMax},
        Interest{.match = exact, .text = "root/buildinfo/labels.json", .size_max = kManifestMax},
        Interest{.match = directory, .text = "etc/yum.repos.d", .ending = ".repo", .size_max = kConfigurationMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    if (file.path.ends_with(".json")) return read_buildinfo(file.content, evidence.facts, notes);
    read_configuration(file.content, evidence.facts, notes);
    return {};
  }
};

}  // namespace

const Detector& repositories_detector() {
  static const Repositories instance;
  return instance;
}

}  // namespace limpid::inventory

// Snaps, as directories: meta/snap.yaml says what the snap is, snap/manifest.yaml and, in the base snaps,
// usr/share/snappy/dpkg.yaml which packages of Ubuntu's it was put together from.
// https://snapcraft.io/docs/the-snap-format and https://snapcraft.io/docs/security-notifications-for-snaps
//
// Over libyaml's events; aliases are refused, so that no text can expand.
#include <algorithm>
#include <array>
#include <functional>

#include <yaml.h>

#include "base/bytes.h"
#include "base/text.h"
#include "inventory/dpkg_package.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{4} << 20;
constexpr std::size_t kDepthMax = 32;

// The text of a scalar and the keys that lead to it, a list having none: {"parts", "web", "stage-packages"}.
using UseScalar = std::function<void(const std::vector<std::string>& keys, std::string_view text)>;

class YamlWalk {
 public:
  explicit YamlWalk(std::string_view text) {
    ready_ = yaml_parser_initialize(&parser_) == 1;
    if (ready_) yaml_parser_set_input_string(&parser_, base::as_bytes(text).data(), text.size());
  }
  YamlWalk(const YamlWalk&) = delete;
  YamlWalk& operator=(const YamlWalk&) = delete;
  ~YamlWalk() {
    if (ready_) yaml_parser_delete(&parser_);
  }

  Result<void> run(const UseScalar& use) {
    if (!ready_) return fail(Code::internal, {"YAML: no memory"});
    for (bool end = false; !end;) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) != 1) {
        return fail(Code::invalid, {"YAML: ", parser_.problem == nullptr ? "not readable" : parser_.problem,
                                    " in line ", parser_.problem_mark.line + 1});
      }
      end = event.type == YAML_STREAM_END_EVENT;
      const auto taken = take(event, use);
      yaml_event_delete(&event);
      LIMPID_TRY(taken);
    }
    return {};
  }

 private:
  struct Level {
    bool mapping = false;
    bool expects_key = false;
  };

  Result<void> take(const yaml_event_t& event, const UseScalar& use) {
    switch (event.type) {
      case YAML_MAPPING_START_EVENT:
      case YAML_SEQUENCE_START_EVENT: {
        if (levels_.size() == kDepthMax) return fail(Code::limit, {"YAML nests deeper than ", kDepthMax});
        if (!levels_.empty() && levels_.back().expects_key) return fail(Code::unsupported, {"a key that is no text"});
        const bool mapping = event.type == YAML_MAPPING_START_EVENT;
        levels_.push_back({mapping, mapping});
        return {};
      }
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        levels_.pop_back();
        value_done();
        return {};
      case YAML_SCALAR_EVENT: {
        if (levels_.empty()) return {};
        const auto text = base::as_text({event.data.scalar.value, event.data.scalar.length});
        if (levels_.back().expects_key) {
          levels_.back().expects_key = false;
          keys_.emplace_back(text);
          return {};
        }
        use(keys_, text);
        value_done();
        return {};
      }
      case YAML_ALIAS_EVENT:
        return fail(Code::unsupported, {"YAML aliases"});
      default:
        return {};
    }
  }
  void value_done() {
    if (levels_.empty() || !levels_.back().mapping) return;
    levels_.back().expects_key = true;
    keys_.pop_back();
  }

  yaml_parser_t parser_{};
  bool ready_ = false;
  std::vector<Level> levels_;
  std::vector<std::string> keys_;
};

// The release whose packages a base snap is made of: core22 → 22.04.
std::string_view ubuntu_of(std::string_view base_snap) {
  struct Base {
    std::string_view snap, release;
  };
  static constexpr std::array kBases = {Base{"core", "16.04"},   Base{"core16", "16.04"}, Base{"core18", "18.04"},
                                        Base{"core20", "20.04"}, Base{"core22", "22.04"}, Base{"core24", "24.04"},
                                        Base{"core26", "26.04"}};
  for (const Base& one : kBases)
    if (one.snap == base_snap) return one.release;
  return {};
}

class Snap final : public Detector {
 public:
  std::string_view name() const override { return "snap"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr auto at = [](std::string_view path) {
      return Interest{.match = Interest::Match::nested, .text = path, .size_max = kFileMax};
    };
    static constexpr std::array kInterests = {at("meta/snap.yaml"), at("snap/manifest.yaml"),
                                              at("usr/share/snappy/dpkg.yaml")};
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    return file.path.ends_with("meta/snap.yaml") ? read_snap(file, evidence) : read_packages(file, evidence, notes);
  }

 private:
  static Result<void> read_snap(const WantedFile& file, Evidence& evidence) {
    std::string name, number;
    std::vector<std::string> architectures;
    LIMPID_TRY(YamlWalk(file.content).run([&](const std::vector<std::string>& keys, std::string_view text) {
      if (keys.size() != 1) return;
      if (keys[0] == "name") name = text;
      if (keys[0] == "version") number = text;
      if (keys[0] == "architectures" && architectures.size() < 2) architectures.emplace_back(text);
    }));
    // A version may be left out, or adopted from a part only when the snap is built.
    if (!is_word(name) || !is_word(number)) return {};
    Package& package = evidence.packages.emplace_back();
    package.ecosystem = "Snap";
    package.name = package.source_name = name;
    package.version = package.source_version = number;
    if (architectures.size() == 1 && is_word(architectures[0])) package.arch = architectures[0];
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.kind = PackageKind::library;
    package.scheme = version::Scheme::generic;
    return {};
  }

  static Result<void> read_packages(const WantedFile& file, Evidence& evidence, Notes& notes) {
    std::string base_snap, architecture;
    std::vector<std::string> primed, staged;
    LIMPID_TRY(YamlWalk(file.content).run([&](const std::vector<std::string>& keys, std::string_view text) {
      if (keys.empty() || primed.size() + staged.size() == kDpkgPackagesMax) return;
      const bool top = keys.size() == 1;
      if (top && (keys[0] == "base" || (keys[0] == "build-base" && base_snap.empty()))) base_snap = text;
      if (top && keys[0] == "architectures" && architecture.empty()) architecture = text;
      if (top && (keys[0] == "primed-stage-packages" || keys[0] == "packages")) primed.emplace_back(text);
      if (keys.size() == 3 && keys[0] == "parts" && keys[2] == "stage-packages") staged.emplace_back(text);
    }));
    // What was left in the snap, and only where that is not told what was asked for.
    auto& packages = primed.empty() ? staged : primed;
    std::ranges::sort(packages);
    packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
    for (const std::string& one : packages) add(one, ubuntu_of(base_snap), architecture, evidence, notes);
    return {};
  }

  // "libc6=2.35-0ubuntu3.1", "libc6:i386=2.35-0ubuntu3.1".
  static void add(std::string_view text, std::string_view release, std::string_view architecture, Evidence& evidence,
                  Notes& notes) {
    auto number = text;
    auto name = base::take_until(number, '=');
    if (number.empty() && text.find('=') == std::string_view::npos) return;  // asked for in whatever version
    auto foreign = name;
    name = base::take_until(foreign, ':');
    if (!is_word(name) || !is_word(number))
      return notes.add(SkipReason::damaged, {"'", text, "' is no package=version"});
    Package& package = evidence.packages.emplace_back();
    package.name = package.source_name = name;  // the source is not stated
    package.version = package.source_version = number;
    package.arch = is_word(foreign) ? foreign : is_word(architecture) ? architecture : std::string_view{};
    if (!release.empty()) {  // counts where the snap has no os-release of its own
      package.ecosystem = "Ubuntu";
      package.name_space = base::cat({"ubuntu:", release});
    }
    package.location = evidence.path;
    package.detector = evidence.detector;
    package.scheme = version::Scheme::dpkg;
  }
};

}  // namespace

const Detector& snap_detector() {
  static const Snap instance;
  return instance;
}

}  // namespace limpid::inventory

// What chisel, Ubuntu's maker of small images, put into one: var/lib/chisel/manifest.wall, lines of JSON under zstd,
// sorted by their bytes, so that each begins with its kind.
// https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/ and
// https://pkg.go.dev/github.com/canonical/chisel/public/jsonwall
#include <array>
#include <optional>

#include "archive/compression.h"
#include "base/text.h"
#include "inventory/dpkg_package.h"
#include "inventory/json_record.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{64} << 20;
constexpr std::uint64_t kUnpackedMax = std::uint64_t{1} << 30;
constexpr std::size_t kLineMax = std::size_t{1} << 20;

class Wall {
 public:
  Wall(Evidence& evidence, SkippedList& skipped) : evidence_(evidence), notes_(evidence.path, skipped) {}

  // A line is kept whole only until it ends: the whole wall may be large.
  Result<void> read(archive::Source& source) {
    std::string begun;
    while (true) {
      auto piece = source.next();
      if (!piece) {
        notes_.add(SkipReason::damaged, {"line ", lines_ + 1, ": ", piece.error().describe()});
        break;
      }
      if (piece->empty()) {
        if (!begun.empty()) LIMPID_TRY(line(begun));
        break;
      }
      std::string_view rest = base::as_text(*piece);
      for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        begun.append(rest.substr(0, end));
        LIMPID_TRY(line(begun));
        begun.clear();
        rest.remove_prefix(end + 1);
      }
      begun.append(rest);
      if (begun.size() > kLineMax) return fail(Code::limit, {"a line longer than ", kLineMax, " bytes"});
    }
    if (lines_ == 0) return fail(Code::invalid, {"empty"});
    if (count_ && *count_ != lines_)
      notes_.add(SkipReason::truncated, {lines_, " lines of ", *count_, " that its first one promises"});
    return {};
  }

 private:
  Result<void> line(std::string_view text) {
    const bool whole = text.ends_with('}');
    if (lines_++ == 0) {
      if (!text.starts_with("{\"jsonwall\":\"1."))
        return fail(Code::unsupported, {"its first line is not that of a wall of JSON of version 1"});
      if (!whole) return fail(Code::truncated, {"its first line is cut"});
      if (const auto at = text.find("\"count\":"); at != std::string_view::npos) {
        auto digits = text.substr(at + 8);
        count_ = base::parse_unsigned(digits.substr(0, digits.find_first_not_of("0123456789")));
      }
      return {};
    }
    if (!whole) notes_.add(SkipReason::damaged, {"line ", lines_, " is no object"});
    if (!whole || !text.starts_with("{\"kind\":\"package\"")) return {};
    const auto read = read_json_object(text, "", [&](const JsonRecord& record) { add(record); });
    if (!read) notes_.add(SkipReason::damaged, {"line ", lines_, ": ", read.error().describe()});
    return {};
  }

  void add(const JsonRecord& record) {
    const auto name = record.text("name"), version = record.text("version"), arch = record.text("arch");
    if (!is_word(name) || !is_word(version)) {
      notes_.add(SkipReason::damaged, {"line ", lines_, ": no usable name and version"});
      return;
    }
    if (evidence_.packages.size() == kDpkgPackagesMax) {
      notes_.add(SkipReason::too_big, {"more than ", kDpkgPackagesMax, " packages"});
      return;
    }
    Package& package = evidence_.packages.emplace_back();
    package.name = name;
    package.version = version;
    if (is_word(arch)) package.arch = arch;
    // Not stated here: what the package itself is called.
    package.source_name = package.name;
    package.source_version = package.version;
    package.location = evidence_.path;
    package.detector = evidence_.detector;
    package.scheme = version::Scheme::dpkg;
  }

  Evidence& evidence_;
  Notes notes_;
  std::uint64_t lines_ = 0;
  std::optional<std::uint64_t> count_;
};

class Chisel final : public Detector {
 public:
  std::string_view name() const override { return "chisel"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "var/lib/chisel/manifest.wall", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    archive::InflateLimits limits;
    limits.output_max = kUnpackedMax;
    LIMPID_ASSIGN(const auto source,
                  archive::decompress_any(archive::memory_source(base::as_bytes(file.content)), limits));
    return Wall(evidence, skipped).read(*source);
  }
};

}  // namespace

const Detector& chisel_detector() {
  static const Chisel instance;
  return instance;
}

}  // namespace limpid::inventory

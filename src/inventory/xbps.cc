// The database of installed packages of Void Linux: var/db/xbps/pkgdb-0.38.plist, a property list with a dictionary for
// each package. https://github.com/void-linux/xbps (lib/pkgdb.c)
#include <array>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"
#include "inventory/xml_elements.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{64} << 20;
constexpr std::size_t kPackagesMax = 100'000;

// <plist><dict> <key>NAME</key><dict> <key>pkgver</key><string>NAME-1.0_1</string> … </dict> … </dict></plist>
class PropertyList final : public XmlElements {
 public:
  PropertyList(Evidence& evidence, Notes& notes) : evidence_(evidence), notes_(notes) {}
  bool is_plist = false;

  void start(std::size_t depth, std::string_view element, const Attribute& /*attribute*/) override {
    if (depth == 1) is_plist = element == "plist";
    if (depth != 3 || element != "dict") return;
    package_ = {};
    state_.clear();
    revisions_.clear();
  }
  void end(std::size_t depth, std::string_view element, std::string_view text) override {
    if (depth == 3 && element == "dict") return add();
    if (depth != 4) return;
    if (element == "key") {
      key_ = text;
    } else if (element == "string") {
      if (key_ == "pkgver") package_.name = text;
      if (key_ == "architecture" && is_word(text)) package_.arch = text;
      if (key_ == "maintainer") package_.maintainer = text.substr(0, kWordLengthMax);
      if (key_ == "license" && !text.empty() && text.size() <= kWordLengthMax) package_.licenses.emplace_back(text);
      if (key_ == "source-revisions") revisions_ = text;
      if (key_ == "state") state_ = text;
    }
  }

 private:
  void add() {
    if (package_.name.empty()) return;  // "_XBPS_ALTERNATIVES_" and the like
    if (!state_.empty() && state_ != "installed" && state_ != "unpacked" && state_ != "half-removed") return;
    const auto hyphen = package_.name.rfind('-');
    if (!is_word(package_.name) || hyphen == std::string::npos || hyphen == 0 || hyphen + 1 == package_.name.size())
      return notes_.add(SkipReason::damaged, {"'", package_.name, "' is no name and version"});
    if (evidence_.packages.size() == kPackagesMax)
      return notes_.add(SkipReason::too_big, {"more than ", kPackagesMax, " packages"});
    package_.version = package_.name.substr(hyphen + 1);
    package_.name.resize(hyphen);
    // "zlib:3f5a…": the source package, and the commit that it was built at.
    const auto source = std::string_view(revisions_).substr(0, revisions_.find(':'));
    package_.source_name = is_word(source) ? std::string(source) : package_.name;
    package_.source_version = package_.version;
    package_.location = evidence_.path;
    package_.detector = evidence_.detector;
    package_.scheme = version::Scheme::generic;
    evidence_.packages.push_back(std::move(package_));
    package_ = {};
  }

  Evidence& evidence_;
  Notes& notes_;
  Package package_;
  std::string key_, state_, revisions_;
};

class Xbps final : public Detector {
 public:
  std::string_view name() const override { return "xbps"; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::nested, .text = "var/db/xbps/pkgdb-0.38.plist", .size_max = kFileMax},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    PropertyList list(evidence, notes);
    // What came before a fault is kept.
    if (const auto read = read_xml(file.content, list); !read) {
      if (evidence.packages.empty()) return read;
      notes.add(read.error().code() == Code::truncated ? SkipReason::truncated : SkipReason::damaged,
                {"only the packages before this were read: ", read.error().describe()});
    } else if (!list.is_plist) {
      return fail(Code::invalid, {"no property list"});
    }
    return {};
  }
};

}  // namespace

const Detector& xbps_detector() {
  static const Xbps instance;
  return instance;
}

}  // namespace limpid::inventory

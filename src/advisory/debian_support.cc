// Feed "debian-security-support": the lists of Debian's package of that name, of source packages whose security support
// ended before their release's (security-support-ended.debN) or is limited (security-support-limited).
// https://salsa.debian.org/debian/debian-security-support; each file explains its columns in its first lines:
// ended: package, last version with support, date, text; limited: package, text. "golang.*" is every package whose name
// begins so.
//
// A record is a line, a statement what it says of one release. The list of limited support is one for all releases: it
// is taken for those of the lists beside it, or for the namespace that is given.
#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kListSizeMax = std::uint64_t{4} << 20;  // the real ones: 5 KB
constexpr std::string_view kEnded = "security-support-ended", kLimited = "security-support-limited";

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

bool is_list(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with(kEnded) || name.starts_with(kLimited);
}

// "debian:12" of "security-support-ended.deb12"; "" where the name tells no release.
std::string namespace_of_file(std::string_view name) {
  const auto suffix = name.rfind(".deb");
  return suffix == std::string_view::npos ? std::string() : debian_namespace(name.substr(suffix + 4));
}

// https://www.debian.org/doc/debian-policy/ch-controlfields.html#source
bool is_package_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return base::is_lower(c) || base::is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

class SupportReader {
 public:
  SupportReader(Sink& sink, FeedCounts& counts) : sink_(sink), counts_(counts) {}

  Result<void> read(std::string_view text, bool ended, const std::set<std::string>& releases) {
    const std::size_t statements = std::max<std::size_t>(releases.size(), 1);
    std::size_t lines = 0, understood = 0;
    while (const auto line = base::take_line(text)) {
      if (sink_.is_cancelled()) return cancelled();
      const auto content = base::trim(*line);
      if (content.empty() || content.front() == '#') continue;
      ++lines;
      ++counts_.records;
      counts_.statements += statements;
      PackageSupport support;
      const std::string_view problem = read_line(content, ended, support);
      if (!problem.empty()) {
        counts_.drop(problem, statements);
        continue;
      }
      ++understood;
      if (releases.empty()) counts_.drop("no release: neither the file's name nor a namespace tells it");
      for (const auto& release : releases) {
        PackageSupport one = support;
        one.name_space = release;
        sink_.package_support(std::move(one));
      }
    }
    if (lines != 0 && understood == 0) return fail(Code::invalid, {"no list of debian-security-support"});
    return {};
  }

 private:
  // What is wrong with the line, "" if nothing is.
  static std::string_view read_line(std::string_view line, bool ended, PackageSupport& support) {
    std::string_view name = base::take_word(line);
    support.is_prefix = base::strip_suffix(name, ".*");
    if (!is_package_name(name)) return "unusable package name";
    support.package = name;
    if (ended) {
      support.state = PackageSupport::State::ended;
      support.last_version = base::take_word(line);
      support.since = base::take_word(line);
      if (support.since.size() != 10 || !base::parse_date(support.since)) return "no date";
      if (support.last_version == "0") support.last_version.clear();  // none of the release's versions had any
    }
    support.detail = base::trim(line);
    return {};
  }

  Sink& sink_;
  FeedCounts& counts_;
};

class DebianSupportFeed final : public Feed {
 public:
  std::string_view name() const override { return "debian-security-support"; }
  std::string_view description() const override {
    return "packages of Debian without security support: /usr/share/debian-security-support, or a list of it";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, is_list));
    for (const auto& path : paths)
      if (!is_list(path))
        return fail(Code::invalid, {path, ": its name is not that of a list of debian-security-support"});
    std::set<std::string> all;
    for (const auto& path : paths)
      if (auto release = namespace_of_file(file_name(path)); !release.empty()) all.insert(std::move(release));
    if (!input.name_space.empty()) all = {input.name_space};
    SupportReader reader(sink, counts);
    for (const auto& path : paths) {
      const std::string name = file_name(path);
      const bool ended = name.starts_with(kEnded);
      const std::string own = namespace_of_file(name);
      std::set<std::string> releases;
      if (!own.empty()) {
        if (all.contains(own)) releases = {own};
      } else if (!ended || !input.name_space.empty()) {
        releases = all;
      }
      if (!own.empty() && releases.empty()) continue;  // another release's than the one that is asked for
      LIMPID_ASSIGN(const auto text, read_input(path, kListSizeMax));
      LIMPID_TRY_WITHIN(reader.read(text, ended, releases), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& debian_support_feed() {
  static const DebianSupportFeed feed;
  return feed;
}

}  // namespace limpid::advisory

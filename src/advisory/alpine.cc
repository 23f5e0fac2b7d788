// Feed "alpine": secdb files of Alpine and of those who use its form (Wolfi, Chainguard, MinimOS), JSON or YAML:
// https://secdb.alpinelinux.org/v3.19/main.json, https://packages.wolfi.dev/os/security.json.
//
// A record is one id string of a package's version, junk and several ids in one string included; a statement is one
// flaw that such a string names.
#include <algorithm>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "advisory/secdb.h"

namespace limpid::advisory {
namespace {

// An id that is no CVE: GHSA-…, XSA-204, ZBX-11023, GO-2031-0001, CGA-…: letters, then groups behind "-".
std::string other_id(std::string_view token) {
  while (!token.empty() && !base::is_alnum(token.back())) token.remove_suffix(1);
  while (!token.empty() && !base::is_alnum(token.front())) token.remove_prefix(1);
  if (!is_plausible_id(token)) return {};
  const auto parts = base::split(token, '-');
  const auto all = [](std::string_view part, bool (*test)(char)) {
    return !part.empty() && std::ranges::all_of(part, test);
  };
  const auto prefix = base::lower(parts[0]);
  if (parts.size() == 4 && (prefix == "ghsa" || prefix == "cga")) {
    const bool groups = std::ranges::all_of(parts.begin() + 1, parts.end(), [&](std::string_view part) {
      return part.size() == 4 && all(part, base::is_alnum);
    });
    // https://docs.github.com/en/code-security: upper-case prefix, lower-case groups.
    if (groups) return base::cat({prefix == "ghsa" ? "GHSA" : "CGA", base::lower(token.substr(prefix.size()))});
  }
  std::size_t words = 0;
  while (words < parts.size() && all(parts[words], base::is_alpha)) ++words;
  if (words == 0 || words == parts.size() || prefix == "cve") return {};
  for (auto at = words; at < parts.size(); ++at) {
    if (!all(parts[at], base::is_digit)) return {};
  }
  return std::string(token);
}

// The namespace of those whose distributions have no releases: told by who publishes the document.
std::string_view rolling_namespace(const Secdb& secdb) {
  if (secdb.urlprefix.contains("wolfi")) return "wolfi";
  if (secdb.urlprefix.contains("cgr.dev") || secdb.urlprefix.contains("chainguard")) return "chainguard";
  if (secdb.urlprefix.contains("mini.dev")) return "minimos";
  if (secdb.urlprefix.contains("cve0.io") || secdb.urlprefix.contains("secureos")) return "secureos";
  return secdb.reponame == "wolfi" ? "wolfi" : "";
}

Result<std::string> namespace_of(const Secdb& secdb, const FeedInput& input) {
  if (!input.name_space.empty()) return input.name_space;
  if (const auto known = rolling_namespace(secdb); !known.empty()) return std::string(known);
  if (secdb.distroversion.empty()) {
    return fail(Code::usage, {"the file does not state its release: give it as alpine@NAMESPACE=PATH"});
  }
  auto name_space = alpine_namespace(secdb.distroversion);
  if (name_space.empty()) {
    return fail(Code::invalid,
                {"distroversion \"", secdb.distroversion, "\" is no release: give it as alpine@NAMESPACE=PATH"});
  }
  return name_space;
}

class SecdbEmitter {
 public:
  SecdbEmitter(std::string name_space, FeedCounts& counts, Sink& sink)
      : name_space_(std::move(name_space)), counts_(counts), sink_(sink) {}

  void emit(const Secdb& secdb) {
    for (const auto& package : secdb.packages) {
      for (const auto& fix : package.fixes) {
        for (const auto& text : fix.ids) add(package.name, fix.version, text);
      }
    }
  }

 private:
  void add(const std::string& package, const std::string& version, std::string_view text) {
    ++counts_.records;
    auto ids = read_secdb_ids(text);
    if (ids.empty() || version.empty()) {
      ++counts_.statements;
      return counts_.drop(ids.empty() ? "no id in the text" : "no version");
    }
    counts_.statements += ids.size();
    for (auto& flaw : ids) {
      Affected affected;
      affected.name_space = name_space_;
      affected.package = package;
      affected.key_kind = KeyKind::source;
      affected.scheme = version::Scheme::apk;
      // SecureOS writes "None" where nothing is fixed yet.
      affected.status = version == "0" ? Status::not_affected : version == "None" ? Status::affected : Status::fixed;
      if (affected.status == Status::fixed)
        affected.ranges.push_back({.introduced = "", .fixed = version, .last_affected = ""});
      Advisory advisory;
      advisory.id = std::move(flaw.id);
      advisory.aliases = std::move(flaw.aliases);
      advisory.affected.push_back(std::move(affected));
      sink_.advisory(std::move(advisory));
    }
  }

  std::string name_space_;
  FeedCounts& counts_;
  Sink& sink_;
};

class AlpineFeed final : public Feed {
 public:
  std::string_view name() const override { return "alpine"; }
  std::string_view description() const override {
    return "Alpine secdb, also Wolfi's, Chainguard's and MinimOS's: a .json or .yaml file, or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json", ".yaml", ".yml"}));
    for (const auto& path : paths) LIMPID_TRY_WITHIN(read_file(path, input, counts, sink), {path});
    return counts;
  }

 private:
  static Result<void> read_file(const std::string& path, const FeedInput& input, FeedCounts& counts, Sink& sink) {
    if (sink.is_cancelled()) return cancelled();
    LIMPID_ASSIGN(auto text, read_input(path, kSecdbSizeMax));
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string::npos && (text[first] == '{' || text[first] == '[');
    LIMPID_ASSIGN(const auto secdb, is_json ? parse_secdb_json(text) : parse_secdb_yaml(text));
    LIMPID_ASSIGN(auto name_space, namespace_of(secdb, input));
    SecdbEmitter(std::move(name_space), counts, sink).emit(secdb);
    return {};
  }
};

}  // namespace

std::vector<SecdbId> read_secdb_ids(std::string_view text) {
  std::vector<std::string> cves, others;
  const auto add = [](std::vector<std::string>& to, std::string id) {
    if (!id.empty() && std::ranges::find(to, id) == to.end()) to.push_back(std::move(id));
  };
  std::string words(text);
  std::ranges::replace(words, ',', ' ');
  std::string_view rest = words;
  for (auto token = base::take_word(rest); !token.empty(); token = base::take_word(rest)) {
    while (!token.empty() && !base::is_alnum(token.front())) token.remove_prefix(1);
    std::size_t length = 0;
    if (auto cve = leading_cve(token, length); !cve.empty()) {
      add(cves, std::move(cve));
    } else {
      add(others, other_id(token));
    }
  }
  std::vector<SecdbId> ids;
  ids.reserve(cves.size());
  for (auto& cve : cves) ids.push_back({.id = std::move(cve), .aliases = others});
  if (ids.empty() && !others.empty()) {
    ids.push_back({.id = others[0], .aliases = {others.begin() + 1, others.end()}});
  }
  return ids;
}

const Feed& alpine_feed() {
  static const AlpineFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// The text form: "Key: value" at column 0, continued by indented lines; an empty line may stand anywhere. A state is
// "RELEASE_PACKAGE: STATUS (NOTE)".
#include <algorithm>
#include <map>
#include <optional>

#include "advisory/ids.h"
#include "advisory/ubuntu.h"
#include "base/text.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

struct State {
  std::string_view pocket, package, word, note;
};

// "released (1.2-3)", "released [1.2-3]", "not-affected", "ignored (end of life)": the word and what is in brackets.
void split_state(std::string_view value, State& state) {
  state.word = value.substr(0, value.find_first_of(" \t(["));
  auto rest = base::trim(value.substr(state.word.size()));
  if (rest.starts_with('(') || rest.starts_with('[')) rest.remove_prefix(1);
  while (rest.ends_with(')') || rest.ends_with(']')) rest.remove_suffix(1);
  state.note = base::trim(rest);
}

class CveFile {
 public:
  CveFile(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return fail(Code::invalid, {"no text"});
    split(text);
    std::size_t length = 0;
    advisory_.id = leading_cve(base::trim(candidate_), length);
    if (candidate_.empty()) return fail(Code::invalid, {"no file of the CVE tracker: it has no Candidate"});
    ++counts_.records;
    if (advisory_.id.empty()) {  // "CVE-2009-NNN3": never got a number
      counts_.statements += states_.size();
      counts_.drop("no CVE id", states_.size());
      return {};
    }
    for (const State& state : states_) add(state);
    if (!advisory_.affected.empty()) sink_.advisory(std::move(advisory_));
    return {};
  }

 private:
  void split(std::string_view text) {
    std::string_view key;
    while (const auto line = base::take_line(text)) {
      if (base::trim(*line).empty() || line->front() == '#') continue;
      if (base::is_space(line->front())) {
        continued(key, base::trim(*line));
        continue;
      }
      std::string_view value = *line;
      key = base::trim(base::take_until(value, ':'));
      begun(key, base::trim(value));
    }
    while (advisory_.description.ends_with(' ')) advisory_.description.pop_back();
  }

  void begun(std::string_view key, std::string_view value) {
    if (key == "Candidate") {
      candidate_ = value;
    } else if (key == "PublicDate") {
      advisory_.published = time_of(value);
    } else if (key == "Priority") {
      advisory_.severity = word_of(value);
    } else if (key == "Description" || key == "References") {
      continued(key, value);
    } else if (key.starts_with("Priority_")) {
      priorities_.emplace(key.substr(9), word_of(value));
    } else if (!key.empty() && (base::is_lower(key.front()) || base::is_digit(key.front()))) {
      // Names of packages have no "_", those of pockets neither.
      const auto at = key.find('_');
      if (at == std::string_view::npos || at + 1 == key.size()) return;
      // What others have released is no statement on Ubuntu.
      if (const auto pocket = key.substr(0, at); pocket == "upstream" || pocket == "product" || pocket == "snap")
        return;
      State state{.pocket = key.substr(0, at), .package = key.substr(at + 1), .word = {}, .note = {}};
      split_state(value, state);
      states_.push_back(state);
    }
  }

  void continued(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (key == "Description") {
      base::append(advisory_.description, {value, " "});
    } else if (key == "References") {
      if (value.starts_with("http")) advisory_.references.emplace_back(value);
    } else if (key == "CVSS") {
      // "nvd: CVSS:3.1/AV:… [7.5 HIGH]"
      base::take_until(value, ':');
      std::string_view rest = base::trim(value);
      const auto vector = base::take_word(rest);
      std::string_view version = vector;
      if (!base::strip_prefix(version, "CVSS:")) return;
      version = base::take_until(version, '/');
      if (version != "3.0" && version != "3.1" && version != "4.0") return;
      advisory_.cvss.push_back({.version = std::string(version), .vector = std::string(vector)});
    }
  }

  static std::string word_of(std::string_view value) {
    std::string_view rest = value;
    const auto word = base::lower(base::take_word(rest));
    return word == "untriaged" ? std::string() : word;
  }

  // "2022-07-27 04:15:00 UTC", "2022-07-27": as RFC 3339; "" for "unknown".
  static std::string time_of(std::string_view value) {
    if (value.size() < 10 || !base::is_digit(value.front())) return {};
    if (value.size() < 19) return std::string(value.substr(0, 10));
    return base::cat({value.substr(0, 10), "T", value.substr(11, 8), "Z"});
  }

  std::string severity_of(const State& state) const {
    for (const auto& key : {base::cat({state.package, "_", state.pocket}), std::string(state.package)})
      if (const auto found = priorities_.find(key); found != priorities_.end()) return found->second;
    return {};
  }

  // Whether the same package of the same release with extended support is known not to be affected.
  bool is_cleared_by_esm(const State& state, const std::string& name_space) const {
    const auto esm = name_space + "+esm";
    return std::ranges::any_of(states_, [&](const State& other) {
      return other.package == state.package && other.word == "not-affected" &&
             ubuntu_namespace_of_pocket(other.pocket) == esm;
    });
  }

  // The status that a word means; nothing, and the reason counted, if it says nothing of installed packages.
  std::optional<Status> status_of(const State& state, const std::string& name_space) {
    const auto word = state.word;
    if (word == "released") {
      if (version::find_ordering(version::Scheme::dpkg)->parse(state.note).valid && base::is_digit(state.note[0]))
        return Status::fixed;
      counts_.drop("released without a version");
    } else if (word == "needed" || word == "pending" || word == "active" || word == "in-progress") {
      return Status::affected;
    } else if (word == "needs-triage") {
      return is_cleared_by_esm(state, name_space) ? Status::not_affected : Status::under_investigation;
    } else if (word == "deferred") {
      return Status::fix_deferred;
    } else if (word == "ignored") {
      return tells_end_of_life(state.note) ? Status::end_of_life : Status::will_not_fix;
    } else if (word == "not-affected") {
      return Status::not_affected;
    } else if (word == "DNE") {
      counts_.drop("package not in the release");
    } else {
      counts_.drop("unknown status");
    }
    return std::nullopt;
  }

  void add(const State& state) {
    ++counts_.statements;
    if (state.pocket == "devel") return counts_.drop("release in development");
    Affected affected;
    affected.name_space = ubuntu_namespace_of_pocket(state.pocket);
    if (affected.name_space.empty())
      return counts_.drop(base::cat({"a release or variant that is not read: ", state.pocket.substr(0, 40)}));
    const auto status = status_of(state, affected.name_space);
    if (!status) return;
    affected.package = state.package;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    affected.status = *status;
    affected.severity = severity_of(state);
    if (*status == Status::fixed)
      affected.ranges.push_back({.introduced = "", .fixed = std::string(state.note), .last_affected = ""});
    advisory_.affected.push_back(std::move(affected));
  }

  FeedCounts& counts_;
  Sink& sink_;
  std::string_view candidate_;
  std::vector<State> states_;
  std::map<std::string, std::string, std::less<>> priorities_;  // by what follows "Priority_"
  Advisory advisory_;
};

}  // namespace

Result<void> read_ubuntu_cve(const std::string& text, FeedCounts& counts, Sink& sink) {
  return CveFile(counts, sink).read(text);
}

}  // namespace limpid::advisory

#include "image/challenge.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::image {
namespace {

bool is_token_character(char c) {
  return base::is_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token68_character(char c) {
  return base::is_alnum(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view rest) : rest_(rest) {}

  Result<std::vector<Challenge>> parse() {
    for (;;) {
      skip(" \t,");
      if (rest_.empty()) return std::move(challenges_);
      LIMPID_TRY(take_element());
    }
  }

 private:
  // One element of the list: a scheme, alone or with what belongs to it, or one more parameter of the last scheme.
  Result<void> take_element() {
    const std::string_view name = take_while(is_token_character);
    if (name.empty()) return fail(Code::invalid, {"WWW-Authenticate: a character that belongs to nothing"});
    const bool spaced = skip(" \t");
    if (rest_.starts_with('=')) return take_value(name);
    if (challenges_.size() == kChallengesMax)
      return fail(Code::limit, {"WWW-Authenticate: more than ", kChallengesMax, " challenges"});
    challenges_.push_back({base::lower(name), {}, {}});
    if (at_end()) return {};
    if (!spaced) return fail(Code::invalid, {"WWW-Authenticate: a character that belongs to nothing"});
    if (take_token68()) return {};
    const std::string_view parameter = take_while(is_token_character);
    skip(" \t");
    if (parameter.empty() || !rest_.starts_with('='))
      return fail(Code::invalid, {"WWW-Authenticate: a scheme with what is no parameter"});
    return take_value(parameter);
  }

  // Behind the name: = and a token or a quoted text.
  Result<void> take_value(std::string_view name) {
    rest_.remove_prefix(1);
    skip(" \t");
    std::string value;
    if (rest_.starts_with('"')) {
      LIMPID_ASSIGN(value, take_quoted());
    } else {
      value = take_while(is_token_character);
      if (value.empty()) return fail(Code::invalid, {"WWW-Authenticate: a parameter without a value"});
    }
    skip(" \t");
    if (!at_end()) return fail(Code::invalid, {"WWW-Authenticate: no comma behind a parameter"});
    if (challenges_.empty()) return fail(Code::invalid, {"WWW-Authenticate: a parameter of no scheme"});
    auto& parameters = challenges_.back().parameters;
    if (parameters.size() == kChallengeParametersMax)
      return fail(Code::limit, {"WWW-Authenticate: more than ", kChallengeParametersMax, " parameters"});
    if (!parameters.emplace(base::lower(name), std::move(value)).second)
      return fail(Code::invalid, {"WWW-Authenticate: a parameter stands twice"});
    return {};
  }

  Result<std::string> take_quoted() {
    std::string text;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      char c = rest_[at];
      if (c == '"') {
        rest_.remove_prefix(at + 1);
        return text;
      }
      if (c == '\\' && ++at < rest_.size()) c = rest_[at];
      // What is no text of a header could end one of ours.
      constexpr unsigned char kDelete = 0x7f;
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < ' ' && c != '\t') || byte == kDelete)
        return fail(Code::invalid, {"WWW-Authenticate: a control character"});
      text += c;
    }
    return fail(Code::invalid, {"WWW-Authenticate: a quote that does not end"});
  }

  // A scheme's one token, which may end in "=": told from a parameter by what follows.
  bool take_token68() {
    const std::string_view before = rest_;
    const std::string_view letters = take_while(is_token68_character);
    skip("=");
    const std::size_t size = before.size() - rest_.size();
    skip(" \t");
    if (letters.empty() || !at_end()) {
      rest_ = before;
      return false;
    }
    challenges_.back().token = before.substr(0, size);
    return true;
  }

  bool at_end() const { return rest_.empty() || rest_.front() == ','; }

  bool skip(std::string_view which) {
    const std::size_t size = std::min(rest_.find_first_not_of(which), rest_.size());
    rest_.remove_prefix(size);
    return size > 0;
  }

  std::string_view take_while(bool (*test)(char)) {
    const auto end = std::ranges::find_if_not(rest_, test);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  std::vector<Challenge> challenges_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Result<std::vector<Challenge>> parse_challenges(std::string_view value) {
  if (value.size() > kChallengeSizeMax)
    return fail(Code::limit, {"WWW-Authenticate: longer than ", kChallengeSizeMax, " bytes"});
  return Parser(value).parse();
}

}  // namespace limpid::image

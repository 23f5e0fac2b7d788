// WWW-Authenticate: how a server wants to be told who asks.
// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1, https://distribution.github.io/distribution/spec/auth/token/
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace limpid::image {

inline constexpr std::size_t kChallengeSizeMax = std::size_t{16} << 10;
inline constexpr std::size_t kChallengesMax = 16;
inline constexpr std::size_t kChallengeParametersMax = 32;

struct Challenge {
  std::string scheme;                             // lower case: "bearer", "basic"
  std::string token;                              // what some schemes have in place of parameters
  std::map<std::string, std::string> parameters;  // names in lower case
  // "" where there is none.
  std::string parameter(const std::string& name) const;
};

// One header's value, which may hold several. Code::invalid for what does not follow the grammar, among it a parameter
// that stands twice; Code::limit beyond the bounds above.
Result<std::vector<Challenge>> parse_challenges(std::string_view value);

}  // namespace limpid::image

// The ordering of versions: one file per scheme, each proven against its real implementation.
//
// A version is parsed once into a Version, whose comparison is then fast. Invalid input is a value, not an error: a
// Version with `valid` false, which still has a place in the scheme's order where the real implementation gives it one
// (dpkg only warns about odd characters). What an invalid version means is for the caller: an advisory's bound that is
// invalid is dropped and counted; an installed version that is invalid makes the finding uncertain.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "version/types.h"

namespace limpid::version {

inline constexpr std::size_t kLengthMax = 1'024;  // longer is invalid, in every scheme

struct Version {
  Scheme scheme = Scheme::none;
  bool valid = false;
  // Where a scheme's order is that of some byte string, that string, and comparing is a memcmp; else the scheme's own
  // parsed form, which only its Ordering understands.
  std::string key;
  std::string problem;  // why it is not valid, for a person
};

class Ordering {
 public:
  virtual ~Ordering() = default;
  virtual Scheme scheme() const = 0;
  virtual std::string_view name() const = 0;
  virtual Version parse(std::string_view raw) const = 0;
  // How two texts compare that are both valid versions, where that can be told without parsing them, for comparing each
  // with one other and no more.
  virtual std::optional<std::strong_ordering> compare_texts(std::string_view /*a*/, std::string_view /*b*/) const {
    return std::nullopt;
  }
  // The highest version that "last affected: `text`" speaks of, where that is not `text` alone.
  virtual std::string last_affected(std::string_view text) const { return std::string(text); }
  // A total order over all Versions that this scheme's parse() returns; invalid ones stand below all valid ones unless
  // the scheme says otherwise.
  virtual std::strong_ordering compare(const Version& a, const Version& b) const { return a.key <=> b.key; }
};

// Every scheme, in the order of their numbers; the one place where a new scheme is registered.
const std::vector<const Ordering*>& orderings();
const Ordering* find_ordering(Scheme scheme);          // nullptr for none or a number from a newer database
const Ordering* find_ordering(std::string_view name);  // nullptr when there is none by that name

// Convenience: parses both. Code::unsupported for a scheme without an ordering, Code::invalid when either is invalid.
Result<std::strong_ordering> compare(Scheme scheme, std::string_view a, std::string_view b);

}  // namespace limpid::version

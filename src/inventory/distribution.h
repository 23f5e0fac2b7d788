// From what is found in etc/ to a distribution and its namespace: one table for all families.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "inventory/types.h"

namespace limpid::inventory {

// The facts of every clue file that is visible in an image, by path ("etc/os-release", "etc/alpine-release", …).
using DistributionClues = std::map<std::string, std::map<std::string, std::string>>;

// The distribution that these clues describe; name_space "" if none. Independent of any order.
Distribution decide_distribution(const DistributionClues& clues);
// "debian:12" → Distribution; accepts the peers' spellings (debian/12, alpine:3.19). Code::usage otherwise.
Result<Distribution> parse_distribution(std::string_view text);

}  // namespace limpid::inventory

// What OSV records of rpm distributions leave to be told from their texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"

namespace limpid::advisory {

// Brings one entry's statement into the form of the rpm feeds: epochs, architecture (Rocky names it in the package
// URL), module streams, which stand in the summary alone ("Moderate: virt:rhel and virt-devel:rhel security update"):
// one statement for each that it names, since nothing tells which of them the package is of. Nothing, and why, where
// the entry says nothing of a package that can be told.
std::vector<Affected> finish_rpm_statement(Affected&& affected, std::string_view summary, std::string_view purl,
                                           std::string_view& why_not);

// An update of a distribution that is no security update by its id: ALBA-, RLEA-, SUSE-RU-, …
bool is_plain_update(std::string_view id);

}  // namespace limpid::advisory

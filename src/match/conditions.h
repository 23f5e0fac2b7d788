// What a statement asks of a package beside its version: architecture, module stream, kind of build (its product:
// products.h); and whose statements are asked for.
#pragma once

#include <string>
#include <string_view>

#include "inventory/types.h"
#include "vulndb/database.h"

namespace limpid::match {

// `version` is the installed version that the statement's ranges are compared with.
bool meets_conditions(const vulndb::Statement& statement, const inventory::Package& package, std::string_view version);

// The namespace whose statements speak of this one's packages: itself, or that of the distribution whose packages it
// rebuilds or takes (CentOS and Scientific Linux RHEL's, SLES for SAP those of SLES); "" if the database has neither.
// AlmaLinux, Rocky and Oracle Linux are RHEL's only where the database has nothing of their own. A rolling system's
// ("minimos:20241031") has no release in the database.
std::string advisory_namespace(const vulndb::Database& database, std::string_view name_space);

}  // namespace limpid::match

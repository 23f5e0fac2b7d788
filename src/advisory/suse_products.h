// SUSE's and openSUSE's products, by the names that its feeds use, and the releases whose packages they are.
#pragma once

#include <string>
#include <string_view>

namespace limpid::advisory {

// "SUSE Linux Enterprise Server 15 SP5-LTSS" and "SUSE Linux Enterprise Module for Basesystem 15 SP5" are sles:15.5,
// since any of the family may use the packages of its modules; "SUSE Linux Micro 6.0" is sle-micro:6.0, "openSUSE Leap
// 15.6" opensuse-leap:15.6. "" for products that are no release of a system (SUSE Manager, storage, …).
std::string suse_namespace(std::string_view product);

}  // namespace limpid::advisory

// Codenames of Debian and Ubuntu releases ↔ namespaces ("bookworm" ↔ "debian:12"). A new release is one line here.
#pragma once

#include <string>
#include <string_view>

namespace limpid::advisory {

// "" for a codename that is not in the table. Debian's "sid" and "unstable" are debian:unstable; testing goes by the
// number that it will have.
std::string_view namespace_of_codename(std::string_view codename);
// "" for a namespace that is not in the table.
std::string_view codename_of_namespace(std::string_view name_space);

// "debian:12" of "12", "12.5", "6.0" or "sid": the major number only, except 3.0 and 3.1, which are two releases; ""
// if it is no release.
std::string debian_namespace(std::string_view release);
// "ubuntu:22.04" of "22.04", "22.04.4" or "22.04 LTS"; "" if it is no release.
std::string ubuntu_namespace(std::string_view release);
// "alpine:v3.19" of "v3.19", "3.19" or "3.19.1", "alpine:edge" of "edge"; "" if it is no release.
std::string alpine_namespace(std::string_view release);

// The Debian release that a package's version names by its suffix, "1.2-3+deb12u1" or "1.2-3~deb12u1": debian:12.
std::string namespace_of_version_suffix(std::string_view version);

}  // namespace limpid::advisory

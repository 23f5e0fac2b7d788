// A registry's own authorities and client certificate, in a folder by its name, where Podman, skopeo and Docker look.
// https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md,
// https://docs.docker.com/engine/security/certificates/
//
// Private to this room.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/name.h"
#include "net/client.h"

namespace limpid::image {

inline constexpr std::size_t kHostCertificatesMax = 1'000;  // files of one folder
inline constexpr std::uint64_t kHostCertificateSizeMax = std::uint64_t{16} << 20;

struct CertificateSearch {
  std::function<std::string(const char* name)> environment;  // "" for what is not set
  std::vector<std::string> system{"/etc/containers/certs.d", "/etc/docker/certs.d"};
};

// Adds to `tls` what stands in HOST[:PORT]/ of the first of ~/.config/containers/certs.d and `system` that has it: each
// *.crt as authorities, and the first *.cert with its *.key as the client's, unless `tls` has one. Of a folder that may
// not be looked into, nothing. Errors: a certificate without its key or the reverse, a file that cannot be read.
Result<void> add_host_certificates(const Name& name, const CertificateSearch& search, net::Tls& tls);

}  // namespace limpid::image

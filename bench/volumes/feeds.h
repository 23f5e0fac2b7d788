// The feeds of the invented world, each in its upstream's form. `out` is the folder that gets them.
#pragma once

#include <string>

#include "volumes/facts.h"

namespace limpid::volumes {

// Each returns the bytes written, unpacked.
// debian.cc
std::uint64_t write_debian(const World& world, const std::string& out);
std::uint64_t write_debian_lists(const World& world, const std::string& out);
std::uint64_t write_ubuntu(const World& world, const std::string& out);
// small.cc
std::uint64_t write_alpine(const World& world, const std::string& out);
std::uint64_t write_arch(const World& world, const std::string& out);
std::uint64_t write_azurelinux(const World& world, const std::string& out);
std::uint64_t write_photon(const World& world, const std::string& out);
std::uint64_t write_bottlerocket(const World& world, const std::string& out);
// csaf.cc
std::uint64_t write_redhat(const World& world, const std::string& out);
std::uint64_t write_suse(const World& world, const std::string& out);
// updates.cc
std::uint64_t write_almalinux(const World& world, const std::string& out);
std::uint64_t write_rocky(const World& world, const std::string& out);
std::uint64_t write_oracle(const World& world, const std::string& out);
std::uint64_t write_amazon(const World& world, const std::string& out);
std::uint64_t write_fedora(const World& world, const std::string& out);
// enrichment.cc
std::uint64_t write_nvd(const World& world, const std::string& out);
std::uint64_t write_cvelist(const World& world, const std::string& out);
std::uint64_t write_epss(const World& world, const std::string& out);
std::uint64_t write_kev(const World& world, const std::string& out);

}  // namespace limpid::volumes

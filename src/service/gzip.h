// One body compressed as a gzip member (RFC 1952), with igzip: an answer of 800 kB takes two milliseconds.
#pragma once

#include <string>
#include <string_view>

namespace limpid::service {

// "" if it could not be compressed (no memory): the caller sends it plain.
std::string gzip(std::string_view bytes);

}  // namespace limpid::service

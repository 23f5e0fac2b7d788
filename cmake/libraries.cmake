# Every library that we use, found once. All are Debian 12 packages (`./dev setup` installs them).

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)

function(limpid_pkg name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(limpid_${name} INTERFACE)
  target_link_libraries(limpid_${name} INTERFACE PkgConfig::${name})
endfunction()
limpid_pkg(isal libisal)
limpid_pkg(simdjson simdjson)

# Linked into the program, as archives: every shared library costs each process a tenth of a millisecond to start with.
function(limpid_archive name archive)
  find_library(LIMPID_${name}_ARCHIVE ${archive} REQUIRED)
  add_library(limpid_${name} INTERFACE)
  target_link_libraries(limpid_${name} INTERFACE ${LIMPID_${name}_ARCHIVE} ${ARGN})
endfunction()
limpid_archive(zstd libzstd.a)
limpid_archive(lzma liblzma.a)
limpid_archive(bzip2 libbz2.a)
limpid_archive(xxhash libxxhash.a)
limpid_archive(yaml libyaml.a)
limpid_archive(yamlcpp libyaml-cpp.a)
limpid_archive(sqlite libsqlite3.a m)
limpid_archive(expat libexpat.a)
# Of it only the digests' code is taken (base/digest.cc): it needs no start of the library, nor its providers.
limpid_archive(sha2 libcrypto.a)
# What its TLS hashes several streams at once with (x86-64).
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES ${LIMPID_sha2_ARCHIVE} ${CMAKE_DL_LIBS} Threads::Threads)
check_cxx_source_compiles(
  "extern \"C\" void sha256_multi_block(void*, const void*, int); int main() { sha256_multi_block(nullptr, nullptr, 0); }"
  LIMPID_HAS_SHA256_MULTI_BLOCK)
unset(CMAKE_REQUIRED_LIBRARIES)

# Opened when they are first wanted (base/library.h): nothing of them is linked but into tests that call them directly.
foreach(name curl pq)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET lib${name})
  add_library(limpid_${name} INTERFACE)
  target_include_directories(limpid_${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
  target_link_libraries(limpid_${name} INTERFACE ${CMAKE_DL_LIBS})
endforeach()

# Headers only, and only for the files that say so (server.cc and message.cc of src/service/http, src/service/json.cc).
find_package(Boost 1.81 REQUIRED)
add_library(limpid_beast INTERFACE)
target_link_libraries(limpid_beast INTERFACE Boost::headers)
add_library(limpid_boost_json INTERFACE)
target_link_libraries(limpid_boost_json INTERFACE Boost::headers)

find_path(LIMPID_RAPIDJSON_INCLUDE rapidjson/writer.h REQUIRED)
add_library(limpid_rapidjson INTERFACE)
target_include_directories(limpid_rapidjson SYSTEM INTERFACE ${LIMPID_RAPIDJSON_INCLUDE})

# Headers only as well: with the library's code in the one file that includes it, it can do without exceptions.
find_path(LIMPID_TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
add_library(limpid_tomlplusplus INTERFACE)
target_include_directories(limpid_tomlplusplus SYSTEM INTERFACE ${LIMPID_TOMLPLUSPLUS_INCLUDE})

add_library(limpid_cli11 INTERFACE)
target_link_libraries(limpid_cli11 INTERFACE CLI11::CLI11)

# For tests only: independent readers that ours are held against.
limpid_pkg(libarchive libarchive)
limpid_pkg(libzip libzip)

# The Berkeley DB that rpm's databases were written with, and pacman's own comparison.
foreach(library db-5.3 alpm)
  find_library(LIMPID_LIB_${library} ${library} REQUIRED)
  string(REGEX REPLACE "-.*" "" name ${library})
  add_library(limpid_${name} INTERFACE)
  target_link_libraries(limpid_${name} INTERFACE ${LIMPID_LIB_${library}})
endforeach()

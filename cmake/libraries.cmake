# Every library that we use, found once. All are Debian 12 packages (`./dev setup` installs them).

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(LibLZMA REQUIRED)
find_package(BZip2 REQUIRED)
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
limpid_pkg(zstd libzstd)
limpid_pkg(simdjson simdjson)
limpid_pkg(xxhash libxxhash)
limpid_pkg(yaml yaml-0.1)
limpid_pkg(curl libcurl)
limpid_pkg(sqlite sqlite3)
limpid_pkg(pq libpq)
limpid_pkg(yamlcpp yaml-cpp)
limpid_pkg(expat expat)

# Headers only, and only for the files that say so (server.cc and message.cc of src/service/http, src/service/json.cc).
find_package(Boost 1.81 REQUIRED)
add_library(limpid_beast INTERFACE)
target_link_libraries(limpid_beast INTERFACE Boost::headers)
add_library(limpid_boost_json INTERFACE)
target_link_libraries(limpid_boost_json INTERFACE Boost::headers)

find_path(LIMPID_RAPIDJSON_INCLUDE rapidjson/writer.h REQUIRED)
add_library(limpid_rapidjson INTERFACE)
target_include_directories(limpid_rapidjson SYSTEM INTERFACE ${LIMPID_RAPIDJSON_INCLUDE})

add_library(limpid_cli11 INTERFACE)
target_link_libraries(limpid_cli11 INTERFACE CLI11::CLI11)

# For tests only: independent readers that ours are held against.
limpid_pkg(libarchive libarchive)
limpid_pkg(libzip libzip)

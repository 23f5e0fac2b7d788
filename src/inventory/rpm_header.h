// rpm's header blob, the record of one package in each of its databases: an index of tagged entries, then their data.
// https://rpm-software-management.github.io/rpm/manual/format_header.html and rpm's lib/header.c, lib/rpmtag.h.
//
//   count of entries u32, size of the data u32, entries of (tag, type, offset, count) i32 each, data; all big-endian
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace limpid::inventory {

// A larger header is not read. The largest of real packages, with a hundred thousand files, have some 10 MiB.
inline constexpr std::size_t kRpmHeaderMax = std::size_t{32} << 20;
inline constexpr std::uint32_t kRpmEntriesMax = 65'535;
inline constexpr std::size_t kRpmPathMax = 4'096;  // of a file; a longer one is no file that can be

// What an inventory needs of it. The texts are views of the blob, "" where the header has no such entry.
struct RpmHeader {
  std::string_view name, version, release, arch;
  std::string_view source_rpm;  // "curl-7.50.3-1.fc25.src.rpm"; "" in a source package or a key
  std::string_view module;      // modularity label, "nodejs:18:8080020230322153530:63b34585:x86_64"
  std::string_view vendor, license;
  std::optional<std::uint32_t> epoch;
  std::string key_id;  // who signed it: 16 hexadecimal digits, "" if unsigned

  // The files that the package owns: directories ("/usr/bin/"), for each file the index of its own, and the names in
  // them. Or, before rpm 4, whole paths. Counts of strings with a NUL each, checked to be there.
  struct Strings {
    std::string_view data;
    std::uint32_t count = 0;
  };
  Strings directories, names, paths;
  Bytes directory_of;  // u32 for each name
};

// `blob` may have more bytes than the header. An error says which part is broken and where.
Result<RpmHeader> read_rpm_header(Bytes blob);

// Calls `take` with each file's path, without its leading slashes; false if the lists contradict each other.
bool each_rpm_file(const RpmHeader& header, const std::function<void(std::string_view path)>& take);

// The readers of the databases hand out one blob after the other, with the number that the database gives it; an
// answer of false stops them.
using RpmBlobTaker = std::function<bool(std::uint64_t number, Bytes blob)>;

}  // namespace limpid::inventory

// pax extended headers (POSIX.1-2017 pax, "pax Extended Header"): the records that change how a tar member is read.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace limpid::archive {

// Values keep their memory when cleared: a layer often has one extended header per member. "": nothing was said.
struct PaxRecords {
  std::string path, link_path, size;
  std::string sparse_major, sparse_minor, sparse_name, sparse_size, sparse_real_size;
  // "offset,length,…": of version 0.1, or gathered from the repeated records of 0.0.
  std::string sparse_map;
  bool sparse_map_broken = false;
  bool any = false;  // a header was there at all

  void clear();
  // Adds the records of one header. Code::invalid where they break the format.
  Result<void> add(std::string_view payload);

 private:
  std::string* find(std::string_view key);
  void add_sparse_number(std::string_view value, bool is_offset);
  std::size_t sparse_numbers_ = 0;  // gathered from the header that is being read
};

}  // namespace limpid::archive

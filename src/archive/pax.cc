#include "archive/pax.h"

#include <algorithm>
#include <initializer_list>

namespace limpid::archive {

void PaxRecords::clear() {
  if (!any) return;
  for (std::string* value : {&path, &link_path, &size, &sparse_major, &sparse_minor, &sparse_name, &sparse_size,
                             &sparse_real_size, &sparse_map})
    value->clear();
  sparse_map_broken = false;
  any = false;
}

std::string* PaxRecords::find(std::string_view key) {
  if (key == "path") return &path;
  if (key == "linkpath") return &link_path;
  if (key == "size") return &size;
  if (!base::strip_prefix(key, "GNU.sparse.")) return nullptr;
  if (key == "major") return &sparse_major;
  if (key == "minor") return &sparse_minor;
  if (key == "name") return &sparse_name;
  if (key == "size") return &sparse_size;
  if (key == "realsize") return &sparse_real_size;
  if (key == "map") return &sparse_map;
  return nullptr;
}

void PaxRecords::add_sparse_number(std::string_view value, bool is_offset) {
  if (sparse_numbers_ == 0) {
    sparse_map.clear();
    sparse_map_broken = false;
  }
  // Offsets and lengths must take turns.
  if ((sparse_numbers_ % 2 == 0) != is_offset || value.find(',') != std::string_view::npos) sparse_map_broken = true;
  if (sparse_numbers_++ != 0) sparse_map.push_back(',');
  sparse_map.append(value);
}

Result<void> PaxRecords::add(std::string_view payload) {
  any = true;
  sparse_numbers_ = 0;
  while (!payload.empty()) {
    // "LEN key=value\n", where LEN counts the whole record, itself included.
    const std::size_t blank = payload.find(' ');
    const auto length = base::parse_unsigned(payload.substr(0, std::min<std::size_t>(blank, payload.size())));
    if (!length || blank == std::string_view::npos || *length <= blank + 1 || *length > payload.size() ||
        payload[*length - 1] != '\n')
      return fail(Code::invalid, {"a pax record of a wrong length"});
    std::string_view value = payload.substr(blank + 1, *length - blank - 2);
    payload.remove_prefix(*length);
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos || equals == 0) return fail(Code::invalid, {"a pax record without a key"});
    const std::string_view key = value.substr(0, equals);
    value.remove_prefix(equals + 1);
    if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes") {
      add_sparse_number(value, key == "GNU.sparse.offset");
    } else if (std::string* known = find(key)) {
      *known = value;
    }
  }
  return {};
}

}  // namespace limpid::archive

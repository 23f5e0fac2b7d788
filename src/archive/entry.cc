// Names made safe to compare, and whole contents within a bound.
#include "archive/entry.h"

namespace limpid::archive {

Result<std::string> read_content(EntryReader& reader, std::uint64_t size_max) {
  std::string all;
  for (;;) {
    LIMPID_ASSIGN(const Bytes piece, reader.content());
    if (piece.empty()) return all;
    if (piece.size() > size_max - all.size())
      return fail(Code::limit, {"content larger than the limit of ", size_max, " bytes"});
    all.append(base::as_text(piece));
  }
}

bool normalise_path(std::string_view raw, std::string& path, bool& outside_root) {
  path.clear();
  outside_root = false;
  if (raw.size() > kPathLengthMax || raw.find('\0') != std::string_view::npos) return false;
  while (!raw.empty()) {
    const std::string_view component = base::take_until(raw, '/');
    if (component.size() > kComponentLengthMax) return false;
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      if (path.empty()) outside_root = true;
      const std::size_t parent = path.rfind('/');
      path.resize(parent == std::string::npos ? 0 : parent);
      continue;
    }
    if (!path.empty()) path.push_back('/');
    path.append(component);
  }
  return true;
}

}  // namespace limpid::archive

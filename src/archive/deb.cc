#include "archive/deb.h"

#include "archive/ar.h"
#include "archive/compression.h"
#include "archive/tar.h"

namespace limpid::archive {
namespace {

constexpr std::uint64_t kVersionSizeMax = 64;

// The content of a reader's current entry.
class ContentSource final : public Source {
 public:
  explicit ContentSource(EntryReader& reader) : reader_(reader) {}
  Result<Bytes> next() override { return reader_.content(); }

 private:
  EntryReader& reader_;
};

Result<void> check_version(EntryReader& members, const Entry* first) {
  if (first == nullptr || first->path != "debian-binary")
    return fail(Code::invalid, {"no Debian package: its first member is not debian-binary"});
  LIMPID_ASSIGN_WITHIN(const std::string version, read_content(members, kVersionSizeMax), {"debian-binary"});
  if (!version.starts_with("2.")) return fail(Code::unsupported, {"Debian package format ", base::trim(version)});
  return {};
}

Result<void> with_tar(EntryReader& members, const std::function<Result<void>(EntryReader& files)>& read) {
  LIMPID_ASSIGN(const auto inflated, decompress_any(std::make_unique<ContentSource>(members)));
  const auto files = open_tar(*inflated);
  return read(*files);
}

// To the very end, so that a checksum there is seen before the text is believed.
Result<std::string> read_control(EntryReader& files) {
  std::string text;
  bool found = false;
  for (;;) {
    LIMPID_ASSIGN(const Entry* entry, files.next());
    if (entry == nullptr) break;
    if (entry->path != "control" || entry->type != EntryType::file) continue;
    LIMPID_ASSIGN(text, read_content(files, kDebControlSizeMax));
    found = true;
  }
  if (!found) return fail(Code::invalid, {"no file named control"});
  return text;
}

// "control.tar", or with the suffix of a compression. dpkg knows .lzma too, which no archive uses any more.
bool is_part(std::string_view name, std::string_view part) {
  return base::strip_prefix(name, part) && (name.empty() || name.front() == '.');
}

}  // namespace

Result<void> read_deb(Source& source, const std::function<Result<void>(std::string_view text)>& control,
                      const std::function<Result<void>(EntryReader& files)>& data) {
  const auto members = open_ar(source);
  LIMPID_ASSIGN(const Entry* member, members->next());
  LIMPID_TRY(check_version(*members, member));
  bool has_control = false;
  for (;;) {
    LIMPID_ASSIGN(member, members->next());
    if (member == nullptr)
      return fail(Code::invalid, {"no Debian package: no ", has_control ? "data.tar" : "control.tar", " in it"});
    if (is_part(member->path, "data.tar")) {
      if (!has_control) return fail(Code::invalid, {"no Debian package: data.tar comes before control.tar"});
      LIMPID_TRY_WITHIN(with_tar(*members, data), {member->path});
      return {};
    }
    // Others, such as signatures, are allowed and without meaning here.
    if (!is_part(member->path, "control.tar")) continue;
    std::string text;
    LIMPID_TRY_WITHIN(with_tar(*members,
                               [&text](EntryReader& files) -> Result<void> {
                                 LIMPID_ASSIGN(text, read_control(files));
                                 return {};
                               }),
                      {member->path});
    has_control = true;
    LIMPID_TRY(control(text));
  }
}

}  // namespace limpid::archive

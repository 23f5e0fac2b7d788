#include "image/archive_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "archive/compression.h"
#include "archive/tar.h"
#include "image/stoppable.h"

namespace limpid::image {
namespace {

using archive::EntryType;
using archive::Source;

constexpr std::uint64_t kBlock = 512;

std::uint64_t padded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

// Lends one block at a time, so that after each header that the tar reader has taken, given() is the place where the
// content begins; and passes over content that nobody looks at without reading it.
class BlockSource final : public Source {
 public:
  BlockSource(const base::File& file, std::uint64_t size, const std::atomic<bool>* cancel)
      : file_(file), size_(size), cancel_(cancel), window_(kWindow) {}

  Result<Bytes> next() override {
    if (given_ >= size_) return Bytes{};
    if (given_ < unread_until_) {
      static const std::array<std::uint8_t, std::size_t{256} << 10> kUnread{};
      const std::uint64_t count = std::min<std::uint64_t>(kUnread.size(), std::min(unread_until_, size_) - given_);
      given_ += count;
      return Bytes(kUnread).first(static_cast<std::size_t>(count));
    }
    const std::uint64_t want = std::min(kBlock, size_ - given_);
    if (given_ < start_ || given_ + want > start_ + filled_) LIMPID_TRY(fill());
    const Bytes block = Bytes(window_).subspan(given_ - start_, want);
    given_ += want;
    last_ = block;
    return block;
  }

  std::uint64_t given() const { return given_; }
  // The block lent last; valid until the next call.
  Bytes last() const { return last_; }
  // What lies before `offset` is lent as zeros.
  void pass_until(std::uint64_t offset) { unread_until_ = offset; }

 private:
  static constexpr std::size_t kWindow = std::size_t{16} << 10;

  Result<void> fill() {
    LIMPID_TRY(base::check_cancelled(cancel_));
    start_ = given_;
    filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(window_.size(), size_ - start_));
    return file_.read_exactly_at(start_, std::span(window_).first(filled_));
  }

  const base::File& file_;
  std::uint64_t size_;
  const std::atomic<bool>* cancel_;
  std::vector<std::uint8_t> window_;
  std::uint64_t start_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t given_ = 0;
  std::uint64_t unread_until_ = 0;
  Bytes last_;
};

// Whether this header describes plain content of exactly `size` bytes right behind it: not a sparse member, whose
// stored bytes are fewer, and not one whose size stands in a pax record (which is then read the long way).
bool is_plain_header(Bytes header, std::uint64_t size) {
  constexpr std::size_t kSizeField = 124;
  constexpr std::size_t kTypeField = 156;
  if (header.size() != kBlock) return false;
  const std::uint8_t type = header[kTypeField];
  if (type != '0' && type != 0 && type != '7') return false;
  std::uint64_t stored = 0;
  if (header[kSizeField] == 0x80) {
    stored = base::load_be<std::uint64_t>(header.data() + kSizeField + 4);
  } else {
    std::string_view field = base::trim(base::as_text(header.subspan(kSizeField, 12)));
    field = base::take_until(field, '\0');
    for (const char digit : base::trim(field)) {
      if (digit < '0' || digit > '7') return false;
      stored = stored * 8 + static_cast<std::uint64_t>(digit - '0');
    }
  }
  return stored == size;
}

// Passes over the content of the member whose header was lent last, unless it has to be read to find its end.
bool pass_content(BlockSource& blocks, std::uint64_t content_size, std::uint64_t archive_size) {
  if (!is_plain_header(blocks.last(), content_size)) return false;
  const std::uint64_t left = archive_size - std::min(archive_size, blocks.given());
  // With its padding, so that the next block lent is a whole header again.
  blocks.pass_until(blocks.given() + std::min(padded(content_size), left));
  return true;
}

// Folders that every root file system has some of, and no archive of images has.
bool is_rootfs_name(std::string_view path) {
  static constexpr std::array<std::string_view, 8> kFolders{"bin", "etc", "lib", "sbin", "usr", "var", "root", "home"};
  const std::string_view first = base::take_until(path, '/');
  return std::find(kFolders.begin(), kFolders.end(), first) != kFolders.end();
}

// The members by which archives of images are known.
bool is_image_name(std::string_view path) {
  return path == "manifest.json" || path == "oci-layout" || path == "index.json" || path == "repositories";
}

void look_at(std::string_view path, ArchiveStore::Looks& looks) {
  looks.rootfs = looks.rootfs || is_rootfs_name(path);
  looks.image = looks.image || is_image_name(path);
  looks.aci_root = looks.aci_root || path == "rootfs" || path.starts_with("rootfs/");
  looks.aci_manifest = looks.aci_manifest || path == "manifest";
}

// What a link leads to: a target relative to the link's own folder, clamped at the root.
std::string target_of(const archive::Entry& entry) {
  if (entry.type == EntryType::hard_link) return entry.link_target;
  std::string raw;
  if (!entry.link_target.starts_with('/')) {
    const std::size_t slash = entry.path.rfind('/');
    if (slash != std::string::npos) raw = entry.path.substr(0, slash + 1);
  }
  raw += entry.link_target;
  std::string target;
  bool outside = false;
  if (!archive::normalise_path(raw, target, outside)) target.clear();
  return target;
}

class SharedFileSource final : public Source {
 public:
  SharedFileSource(std::shared_ptr<const base::File> file, std::uint64_t offset, std::uint64_t size)
      : file_(std::move(file)), bytes_(archive::file_source(*file_, offset, size)) {}
  Result<Bytes> next() override { return bytes_->next(); }

 private:
  std::shared_ptr<const base::File> file_;
  std::unique_ptr<Source> bytes_;
};

// Writes down everything that passes, until it is told that nobody wants it.
class Copied final : public Source {
 public:
  Copied(std::unique_ptr<Source> inner, const base::File& to) : inner_(std::move(inner)), to_(to) {}
  Result<Bytes> next() override {
    auto view = inner_->next();
    if (view && !stopped_)
      LIMPID_TRY_WITHIN(base::write_all(to_.descriptor(), *view), {"inflating to a temporary file"});
    return view;
  }
  void stop() { stopped_ = true; }

 private:
  std::unique_ptr<Source> inner_;
  const base::File& to_;
  bool stopped_ = false;
};

// Copies all that is left of `inflated`, having looked at the names of its members on the way. To the end, even once
// they look like a root file system's: else one early name would hide an image.
Result<void> copy_and_look(Copied& inflated, const OpenOptions& options, ArchiveStore::Looks& looks) {
  const auto entries = archive::open_tar(inflated, options.tar);
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, entries->next());
    if (entry == nullptr) return {};
    look_at(entry->path, looks);
    if (looks.is_tree()) inflated.stop();
  }
}

Result<base::File> inflate(const base::File& file, std::uint64_t size, archive::Compression kind,
                           const OpenOptions& options, ArchiveStore::Looks* looks) {
  LIMPID_ASSIGN(auto inflated, archive::decompress(archive::file_source(file, 0, size), kind, options.inflate));
  LIMPID_ASSIGN(base::File temporary, base::temporary_file());
  Copied copied(stoppable(std::move(inflated), options.cancel), temporary);
  if (looks != nullptr) LIMPID_TRY(copy_and_look(copied, options, *looks));
  for (;;) {
    LIMPID_ASSIGN(const Bytes view, copied.next());
    if (view.empty()) return temporary;
  }
}

}  // namespace

Result<std::shared_ptr<ArchiveStore>> ArchiveStore::open(const std::string& path, const OpenOptions& options,
                                                         Purpose purpose) {
  LIMPID_ASSIGN(base::File file, base::File::open(path));
  return open(std::move(file), options, purpose);
}

Result<std::shared_ptr<ArchiveStore>> ArchiveStore::open(base::File file, const OpenOptions& options, Purpose purpose) {
  LIMPID_ASSIGN(const std::uint64_t size, file.size());
  std::array<std::uint8_t, 6> first{};
  LIMPID_ASSIGN(const std::size_t got, file.read_at(0, first));
  const archive::Compression kind = archive::sniff_compression(Bytes(first).first(got));
  auto store = std::make_shared<ArchiveStore>();
  if (kind != archive::Compression::none) {
    Looks* const looks = purpose == Purpose::recognise ? &store->looks_like_ : nullptr;
    LIMPID_ASSIGN(file, inflate(file, size, kind, options, looks));
    if (store->looks_like_.is_tree()) return store;
  }
  store->file_ = std::make_shared<const base::File>(std::move(file));
  LIMPID_TRY(store->walk(options, purpose));
  return store;
}

Result<void> ArchiveStore::walk(const OpenOptions& options, Purpose purpose) {
  LIMPID_ASSIGN(const std::uint64_t size, file_->size());
  BlockSource blocks(*file_, size, options.cancel);
  const auto entries = archive::open_tar(blocks, options.tar);
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, entries->next());
    if (entry == nullptr) return {};
    look_at(entry->path, looks_like_);
    if (purpose == Purpose::recognise && (looks_like_.is_tree() || members_.size() >= options.limits.members_max)) {
      looks_like_.rootfs = looks_like_.rootfs || !looks_like_.aci_root;
      members_.clear();
      if (entry->type == EntryType::file) pass_content(blocks, entry->size, size);
      continue;
    }
    if (members_.size() >= options.limits.members_max)
      return fail(Code::limit, {"more members than an archive of images may have, by the limit archive-members=",
                                options.limits.members_max});
    Member member;
    std::string path = entry->path;
    if (entry->type == EntryType::symlink || entry->type == EntryType::hard_link) {
      member.link = target_of(*entry);
      member.usable = !member.link.empty();
    } else if (entry->type != EntryType::file) {
      // A folder or device: it replaces an earlier member of its name, as when unpacked.
      members_.erase(path);
      continue;
    } else {
      member.offset = blocks.given();
      member.size = entry->size;
      if (!pass_content(blocks, member.size, size)) {
        for (;;) {
          LIMPID_ASSIGN(const Bytes view, entries->content());
          if (view.empty()) break;
        }
        // Content that took another number of bytes than its size has holes or a map of them in front.
        const std::uint64_t taken = blocks.given() - member.offset;
        member.usable = taken == member.size || taken == padded(member.size);
      }
    }
    members_.insert_or_assign(std::move(path), std::move(member));
  }
}

Result<const ArchiveStore::Member*> ArchiveStore::resolve(const std::string& name) const {
  std::string path;
  bool outside = false;
  if (!archive::normalise_path(name, path, outside))
    return fail(Code::invalid, {"'", name, "' is no name of a member"});
  for (unsigned hop = 0; hop <= kMemberLinkHopsMax; ++hop) {
    const auto found = members_.find(path);
    if (found == members_.end()) {
      if (hop == 0) return fail(Code::not_found, {name, ": no such member in the archive"});
      return fail(Code::not_found, {name, ": a link to ", path, ", which is not in the archive"});
    }
    if (!found->second.usable)
      return fail(Code::unsupported, {name, ": a sparse member or a link out of the archive, which is not read"});
    if (found->second.link.empty()) return &found->second;
    path = found->second.link;
  }
  return fail(Code::invalid, {name, ": more than ", kMemberLinkHopsMax, " links one after another"});
}

Result<Blob> ArchiveStore::open(const std::string& name) const {
  LIMPID_ASSIGN(const Member* member, resolve(name));
  return Blob{std::make_unique<SharedFileSource>(file_, member->offset, member->size), member->size};
}

Result<std::unique_ptr<Source>> ArchiveStore::open_range(const std::string& name, std::uint64_t offset,
                                                         std::uint64_t size) const {
  LIMPID_ASSIGN(const Member* member, resolve(name));
  if (offset > member->size || size > member->size - offset)
    return fail(Code::truncated,
                {name, ": has ", member->size, " bytes, and not ", size, " from byte ", offset, " on"});
  return std::make_unique<SharedFileSource>(file_, member->offset + offset, size);
}

Result<std::uint64_t> ArchiveStore::size_of(const std::string& name) const {
  LIMPID_ASSIGN(const Member* member, resolve(name));
  return member->size;
}

std::vector<std::string> ArchiveStore::names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) names.push_back(name);
  return names;
}

}  // namespace limpid::image

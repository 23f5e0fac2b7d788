// Reading rpm's header blobs (rpm_header.h). Signatures: https://www.rfc-editor.org/rfc/rfc4880 (4.2, 5.2).
#include "inventory/rpm_header.h"

#include <array>
#include <cstring>
#include <vector>

#include "base/base64.h"
#include "base/text.h"

namespace limpid::inventory {
namespace {

constexpr std::size_t kHeadSize = 8;
constexpr std::size_t kEntrySize = 16;

enum Type : std::uint32_t { kInt32 = 4, kString = 6, kBinary = 7, kStringArray = 8, kI18nString = 9 };

enum Tag : std::uint32_t {
  kSigPgp = 259,
  kSigGpg = 262,
  kDsaHeader = 267,
  kRsaHeader = 268,
  kOpenPgp = 278,
  kName = 1000,
  kVersion = 1001,
  kRelease = 1002,
  kEpoch = 1003,
  kVendor = 1011,
  kLicense = 1014,
  kArch = 1022,
  kOldFileNames = 1027,
  kSourceRpm = 1044,
  kDirIndexes = 1116,
  kBaseNames = 1117,
  kDirNames = 1118,
  kModularityLabel = 5096,
};

struct Entry {
  std::uint32_t type = 0, offset = 0, count = 0;
};

class Reading {
 public:
  explicit Reading(Bytes blob) : blob_(blob) {}
  Result<RpmHeader> run();

 private:
  static constexpr std::array kTags = {kSigPgp,       kSigGpg,    kDsaHeader,  kRsaHeader, kOpenPgp,  kName,
                                       kVersion,      kRelease,   kEpoch,      kVendor,    kLicense,  kArch,
                                       kOldFileNames, kSourceRpm, kDirIndexes, kBaseNames, kDirNames, kModularityLabel};

  Result<void> index();
  const Entry* find(Tag tag) const;
  Result<void> text(Tag tag, std::string_view& to) const;
  Result<void> number(Tag tag, std::optional<std::uint32_t>& to) const;
  Result<void> strings(Tag tag, RpmHeader::Strings& to) const;
  Result<void> numbers(Tag tag, Bytes& to) const;
  std::string key_id() const;

  Bytes blob_, data_;
  std::array<std::optional<Entry>, kTags.size()> entries_;
};

Result<void> Reading::index() {
  if (blob_.size() < kHeadSize) return fail(Code::truncated, {"a header of ", blob_.size(), " bytes"});
  const auto count = base::load_be<std::uint32_t>(blob_.data());
  const auto size = base::load_be<std::uint32_t>(blob_.data() + 4);
  if (count == 0 || count > kRpmEntriesMax) return fail(Code::invalid, {"a header that claims ", count, " entries"});
  const std::uint64_t data_at = kHeadSize + std::uint64_t{count} * kEntrySize;
  if (data_at + size > blob_.size()) {
    return fail(Code::truncated, {"a header that claims ", data_at + size, " bytes and has ", blob_.size()});
  }
  data_ = blob_.subspan(data_at, size);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint8_t* at = blob_.data() + kHeadSize + std::size_t{i} * kEntrySize;
    const auto tag = base::load_be<std::uint32_t>(at);
    for (std::size_t wanted = 0; wanted < kTags.size(); ++wanted) {
      if (kTags.at(wanted) != tag) continue;
      // Entries behind the signed region replace those in it: the last one counts.
      const Entry entry{base::load_be<std::uint32_t>(at + 4), base::load_be<std::uint32_t>(at + 8),
                        base::load_be<std::uint32_t>(at + 12)};
      if (entry.count == 0 || entry.offset >= size) {
        return fail(Code::invalid, {"the header's entry ", i, " (tag ", tag, ") lies outside its data: offset ",
                                    entry.offset, ", count ", entry.count, ", of ", size, " bytes"});
      }
      entries_.at(wanted) = entry;
      break;
    }
  }
  return {};
}

const Entry* Reading::find(Tag tag) const {
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    if (kTags.at(i) == tag) return entries_.at(i) ? &*entries_.at(i) : nullptr;
  }
  return nullptr;
}

std::unexpected<Error> wrong_type(Tag tag, const Entry& entry) {
  return fail(Code::invalid, {"the header's tag ", static_cast<std::uint32_t>(tag), " has the type ", entry.type});
}

Result<void> Reading::text(Tag tag, std::string_view& to) const {
  const Entry* entry = find(tag);
  if (entry == nullptr) return {};
  if (entry->type != kString && entry->type != kStringArray && entry->type != kI18nString) {
    return wrong_type(tag, *entry);
  }
  const std::string_view rest = base::as_text(data_.subspan(entry->offset));
  const auto end = rest.find('\0');
  if (end == std::string_view::npos) {
    return fail(Code::invalid, {"the header's tag ", static_cast<std::uint32_t>(tag), " is a text without an end"});
  }
  to = rest.substr(0, end);
  if (to == "(none)") to = {};
  return {};
}

Result<void> Reading::numbers(Tag tag, Bytes& to) const {
  const Entry* entry = find(tag);
  if (entry == nullptr) return {};
  if (entry->type != kInt32) return wrong_type(tag, *entry);
  const std::uint64_t size = std::uint64_t{entry->count} * 4;
  if (size > data_.size() - entry->offset) {
    return fail(Code::invalid,
                {"the header's tag ", static_cast<std::uint32_t>(tag), " claims ", entry->count, " numbers"});
  }
  to = data_.subspan(entry->offset, size);
  return {};
}

Result<void> Reading::number(Tag tag, std::optional<std::uint32_t>& to) const {
  Bytes bytes;
  LIMPID_TRY(numbers(tag, bytes));
  if (!bytes.empty()) to = base::load_be<std::uint32_t>(bytes.data());
  return {};
}

Result<void> Reading::strings(Tag tag, RpmHeader::Strings& to) const {
  const Entry* entry = find(tag);
  if (entry == nullptr) return {};
  if (entry->type != kStringArray && entry->type != kString) return wrong_type(tag, *entry);
  const std::string_view rest = base::as_text(data_.subspan(entry->offset));
  std::size_t end = 0;
  for (std::uint32_t i = 0; i < entry->count; ++i) {
    const auto nul = rest.find('\0', end);
    if (nul == std::string_view::npos) {
      return fail(Code::invalid, {"the header's tag ", static_cast<std::uint32_t>(tag), " claims ", entry->count,
                                  " texts and has ", i});
    }
    end = nul + 1;
  }
  to = {rest.substr(0, end), entry->count};
  return {};
}

// The issuer in a run of subpackets of a version 4 signature.
std::string issuer_in(Bytes subpackets) {
  constexpr std::uint8_t kIssuer = 16;
  constexpr std::uint8_t kIssuerFingerprint = 33;
  while (!subpackets.empty()) {
    std::size_t length = subpackets[0];
    std::size_t head = 1;
    if (length >= 192 && length < 255) {
      if (subpackets.size() < 2) return {};
      length = ((length - 192) << 8) + subpackets[1] + 192;
      head = 2;
    } else if (length == 255) {
      if (subpackets.size() < 5) return {};
      length = base::load_be<std::uint32_t>(subpackets.data() + 1);
      head = 5;
    }
    if (length == 0 || length > subpackets.size() - head) return {};
    const Bytes body = subpackets.subspan(head, length);
    const std::uint8_t type = body[0] & 0x7f;
    if (type == kIssuer && body.size() == 9) return base::hex(body.data() + 1, 8);
    // Version, then the fingerprint, whose last eight bytes are the key's id in version 4.
    if (type == kIssuerFingerprint && body.size() == 22) return base::hex(body.data() + body.size() - 8, 8);
    subpackets = subpackets.subspan(head + length);
  }
  return {};
}

// The key id in an OpenPGP signature packet; "" if it is none.
std::string issuer_of(Bytes packet) {
  constexpr std::uint8_t kSignature = 2;
  if (packet.size() < 2 || (packet[0] & 0x80) == 0) return {};
  std::size_t head = 2;
  const bool newer = (packet[0] & 0x40) != 0;
  const std::uint8_t tag = newer ? packet[0] & 0x3f : packet[0] >> 2 & 0x0f;
  if (tag != kSignature) return {};
  if (newer) {
    head = packet[1] < 192 ? 2 : packet[1] == 255 ? 6 : 3;
  } else {
    constexpr std::array<std::size_t, 4> kHeads = {2, 3, 5, 1};
    head = kHeads.at(packet[0] & 3U);
  }
  if (packet.size() < head + 6) return {};
  const Bytes body = packet.subspan(head);
  if (body[0] == 3) return body.size() >= 15 ? base::hex(body.data() + 7, 8) : std::string();
  if (body[0] != 4) return {};
  const std::size_t hashed = base::load_be<std::uint16_t>(body.data() + 4);
  if (body.size() < 6 + hashed + 2) return {};
  std::string issuer = issuer_in(body.subspan(6, hashed));
  if (!issuer.empty()) return issuer;
  const std::size_t rest = base::load_be<std::uint16_t>(body.data() + 6 + hashed);
  const Bytes behind = body.subspan(6 + hashed + 2);
  return rest <= behind.size() ? issuer_in(behind.first(rest)) : std::string();
}

// A signature that cannot be read makes the package no worse: then nobody is known to have signed it.
std::string Reading::key_id() const {
  for (const Tag tag : {kRsaHeader, kDsaHeader, kSigPgp, kSigGpg}) {
    const Entry* entry = find(tag);
    if (entry == nullptr || entry->type != kBinary || entry->count > data_.size() - entry->offset) continue;
    auto issuer = issuer_of(data_.subspan(entry->offset, entry->count));
    if (!issuer.empty()) return issuer;
  }
  std::string_view text_of_packet;
  if (text(kOpenPgp, text_of_packet)) {
    const auto packet = base::from_base64(text_of_packet);
    if (packet) return issuer_of(base::as_bytes(*packet));
  }
  return {};
}

Result<RpmHeader> Reading::run() {
  LIMPID_TRY(index());
  RpmHeader header;
  LIMPID_TRY(text(kName, header.name));
  LIMPID_TRY(text(kVersion, header.version));
  LIMPID_TRY(text(kRelease, header.release));
  LIMPID_TRY(text(kArch, header.arch));
  LIMPID_TRY(text(kSourceRpm, header.source_rpm));
  LIMPID_TRY(text(kModularityLabel, header.module));
  LIMPID_TRY(text(kVendor, header.vendor));
  LIMPID_TRY(text(kLicense, header.license));
  LIMPID_TRY(number(kEpoch, header.epoch));
  LIMPID_TRY(strings(kDirNames, header.directories));
  LIMPID_TRY(strings(kBaseNames, header.names));
  LIMPID_TRY(strings(kOldFileNames, header.paths));
  LIMPID_TRY(numbers(kDirIndexes, header.directory_of));
  header.key_id = key_id();
  return header;
}

std::string_view take_string(std::string_view& data) { return base::take_until(data, '\0'); }

}  // namespace

Result<RpmHeader> read_rpm_header(Bytes blob) { return Reading(blob).run(); }

bool each_rpm_file(const RpmHeader& header, const std::function<void(std::string_view path)>& take) {
  const auto relative = [](std::string_view path) {
    while (base::strip_prefix(path, "/")) {
    }
    return path;
  };
  std::string_view paths = header.paths.data;
  for (std::uint32_t i = 0; i < header.paths.count; ++i) take(relative(take_string(paths)));
  if (header.directory_of.size() != std::size_t{header.names.count} * 4) return false;
  std::vector<std::string_view> directories;
  directories.reserve(header.directories.count);
  std::string_view rest = header.directories.data;
  for (std::uint32_t i = 0; i < header.directories.count; ++i) directories.push_back(relative(take_string(rest)));
  std::string path;
  std::string_view names = header.names.data;
  for (std::uint32_t i = 0; i < header.names.count; ++i) {
    const std::string_view name = take_string(names);
    const auto index = base::load_be<std::uint32_t>(header.directory_of.data() + std::size_t{i} * 4);
    if (index >= directories.size()) return false;
    // A directory's text of which every name makes a long path would be copied as often.
    if (directories[index].size() + name.size() > kRpmPathMax) continue;
    path.assign(directories[index]).append(name);
    take(path);
  }
  return true;
}

}  // namespace limpid::inventory

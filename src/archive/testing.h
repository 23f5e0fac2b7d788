// Help for this room's tests: sources that hand out pieces of a chosen size, and tar archives made by hand.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/entry.h"
#include "archive/source.h"
#include "base/text.h"

namespace limpid::archive::testing {

// Pieces of `piece` bytes in a buffer that each call overwrites, so that a view used too long shows.
class ChoppedSource final : public Source {
 public:
  ChoppedSource(std::string_view bytes, std::size_t piece)
      : rest_(bytes), buffer_(std::clamp<std::size_t>(piece, 1, bytes.size() + 1), '\0') {}
  Result<Bytes> next() override {
    const std::string_view taken = rest_.substr(0, buffer_.size());
    rest_.remove_prefix(taken.size());
    std::ranges::fill(buffer_, '\xee');
    std::ranges::copy(taken, buffer_.begin());
    return base::as_bytes(std::string_view(buffer_).substr(0, taken.size()));
  }

 private:
  std::string_view rest_;
  std::string buffer_;
};

inline std::string octal(std::uint64_t value, std::size_t length) {
  std::string text(length, '0');
  for (std::size_t i = length - 1; i-- > 0; value >>= 3) text[i] = static_cast<char>('0' + (value & 7));
  text[length - 1] = '\0';
  return text;
}

struct TarMember {
  std::string name;
  char type = '0';
  std::string content = {};
  std::string link = {};
  std::string size = {};                              // the raw field, where it isn't the content's
  std::string magic = std::string("ustar\00000", 8);  // or "ustar  \0", or "" for v7
  std::string prefix = {};
  std::vector<std::pair<std::size_t, std::string>> patches = {};  // raw bytes at an offset, before the checksum
};

inline void put(std::string& block, std::size_t offset, std::string_view text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(offset));
}

inline std::string tar_header(const TarMember& member) {
  std::string block(512, '\0');
  put(block, 0, std::string_view(member.name).substr(0, 100));
  put(block, 100, octal(0644, 8));
  put(block, 124, member.size.empty() ? octal(member.content.size(), 12) : member.size);
  put(block, 136, octal(1, 12));
  block[156] = member.type;
  put(block, 157, std::string_view(member.link).substr(0, 100));
  put(block, 257, member.magic);
  put(block, 345, member.prefix);
  for (const auto& [offset, text] : member.patches) put(block, offset, text);
  put(block, 148, "        ");
  std::uint32_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, 148, octal(sum, 7));
  return block;
}

inline std::string padded(std::string content) {
  content.resize((content.size() + 511) / 512 * 512, '\0');
  return content;
}
inline std::string tar_member(const TarMember& member) { return tar_header(member) + padded(member.content); }
inline const std::string kTarEnd = std::string(1024, '\0');

inline std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) ++length;
  return base::cat({length, " ", key, "=", value, "\n"});
}
inline std::string pax_header(const std::string& records, char type = 'x') {
  return tar_member({.name = "PaxHeaders/x", .type = type, .content = records});
}

// One line an entry, for comparing whole archives: "f 644 path 5:hello".
inline std::string describe(const Entry& entry) {
  static constexpr std::string_view kTypes = "fdlhcbp";
  std::string line = base::cat({kTypes[static_cast<std::size_t>(entry.type)], " ", entry.path});
  if (!entry.link_target.empty()) base::append(line, {" -> ", entry.link_target});
  if (entry.type == EntryType::char_device || entry.type == EntryType::block_device)
    base::append(line, {" ", entry.device >> 20, ",", entry.device & 0xfffff});
  if (entry.outside_root) line += " outside";
  return line;
}

// All entries with their contents (long ones by length), and the error that ended them, if one did.
struct Walk {
  std::vector<std::string> lines;
  std::string error;
  SkippedList skipped;
};
inline Walk walk(EntryReader& reader, bool read_contents = true) {
  Walk result;
  const auto ended = [&]() -> Result<void> {
    for (;;) {
      LIMPID_ASSIGN(const Entry* entry, reader.next());
      if (entry == nullptr) return {};
      std::string line = describe(*entry);
      if (read_contents && entry->type == EntryType::file) {
        LIMPID_ASSIGN(const std::string content, read_content(reader, std::uint64_t{1} << 30));
        if (content.size() != entry->size) base::append(line, {" SIZE ", entry->size});
        base::append(line, {" ", content.size() > 40 ? base::cat({content.size(), " bytes"}) : content});
      }
      result.lines.push_back(line);
    }
  }();
  if (!ended) result.error = base::cat({base::name_of(ended.error().code()), ": ", ended.error().describe()});
  result.skipped = reader.skipped();
  return result;
}

}  // namespace limpid::archive::testing

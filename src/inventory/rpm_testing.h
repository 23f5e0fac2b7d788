// For tests of rpm's databases: header blobs, and writers of NDB and of Berkeley DB's hash pages. SQLite's files are
// made by SQLite, and Berkeley DB's by itself too where a test links it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "inventory/layer.h"
#include "inventory/rpm_databases.h"
#include "inventory/testing.h"

namespace limpid::inventory::testing {

inline void put_be32(std::string& to, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(static_cast<char>(value >> shift & 0xff));
}
inline void put_le32(std::string& to, std::uint32_t value) {
  for (const int shift : {0, 8, 16, 24}) to.push_back(static_cast<char>(value >> shift & 0xff));
}
inline void put_word(std::string& to, std::uint32_t value, bool big_endian) {
  big_endian ? put_be32(to, value) : put_le32(to, value);
}
inline void put_half(std::string& to, std::size_t value, bool big_endian) {
  const auto high = static_cast<char>(value >> 8 & 0xff);
  const auto low = static_cast<char>(value & 0xff);
  to.append(big_endian ? std::string{high, low} : std::string{low, high});
}

class HeaderBuilder {
 public:
  HeaderBuilder& text(std::uint32_t tag, std::string_view value) {
    std::string bytes(value);
    return add(tag, 6, 1, bytes + '\0');
  }
  HeaderBuilder& texts(std::uint32_t tag, const std::vector<std::string>& values) {
    std::string bytes;
    for (const auto& value : values) bytes += value + '\0';
    return add(tag, 8, static_cast<std::uint32_t>(values.size()), bytes);
  }
  HeaderBuilder& numbers(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    while (data_.size() % 4 != 0) data_.push_back('\0');
    std::string bytes;
    for (const auto value : values) put_be32(bytes, value);
    return add(tag, 4, static_cast<std::uint32_t>(values.size()), bytes);
  }
  HeaderBuilder& add(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::string_view bytes) {
    for (const auto value : {tag, type, static_cast<std::uint32_t>(data_.size()), count}) put_be32(entries_, value);
    data_ += bytes;
    return *this;
  }
  std::string build() const {
    std::string blob;
    put_be32(blob, static_cast<std::uint32_t>(entries_.size() / 16));
    put_be32(blob, static_cast<std::uint32_t>(data_.size()));
    return blob + entries_ + data_;
  }

 private:
  std::string entries_, data_;
};

// A package as most are, its header as long as `padding` makes it.
inline std::string rpm_header(const std::string& name, const std::string& version, std::size_t padding = 0) {
  return HeaderBuilder()
      .text(1000, name)
      .text(1001, version)
      .text(1002, "1.el9")
      .text(1004, std::string(padding, 'x'))
      .text(1011, "Red Hat, Inc.")
      .text(1014, "MIT")
      .text(1022, "x86_64")
      .text(1044, "source-" + name + "-" + version + "-1.el9.src.rpm")
      .texts(1117, {"a", "b"})
      .texts(1118, {"/usr/bin/", "/etc/"})
      .numbers(1116, {0, 1})
      .build();
}

using Blobs = std::vector<std::pair<std::uint32_t, std::string>>;  // by number

inline std::string ndb_of(const Blobs& blobs) {
  std::string slots = "RpmP", data;
  const std::size_t pages = (32 + 16 * blobs.size() + 4'095) / 4'096;
  for (const std::size_t value : {std::size_t{0}, std::size_t{7}, pages, blobs.size() + 1}) {
    put_le32(slots, static_cast<std::uint32_t>(value));
  }
  slots.resize(32);
  for (const auto& [number, blob] : blobs) {
    std::string packed = "BlbS";
    for (const std::size_t value : {std::size_t{number}, std::size_t{7}, blob.size()}) {
      put_le32(packed, static_cast<std::uint32_t>(value));
    }
    packed += blob;
    packed.resize((packed.size() + 12 + 15) / 16 * 16 - 12);
    std::uint32_t a = 1, b = 0;
    for (const char c : packed) {
      a = (a + static_cast<unsigned char>(c)) % 65'521;
      b = (b + a) % 65'521;
    }
    put_le32(packed, b << 16 | a);
    put_le32(packed, static_cast<std::uint32_t>(blob.size()));
    packed += "BlbE";
    slots += "Slot";
    for (const std::size_t value : {std::size_t{number}, (pages * 4'096 + data.size()) / 16, packed.size() / 16}) {
      put_le32(slots, static_cast<std::uint32_t>(value));
    }
    data += packed;
  }
  while (slots.size() < pages * 4'096) {  // free ones
    slots += "Slot";
    slots.append(12, '\0');
  }
  return slots + data;
}

// One hash page for each package, with its overflow pages behind it: libdb would fill its pages better.
inline std::string bdb_of(const Blobs& blobs, std::size_t page_size, bool big_endian) {
  std::vector<std::string> pages(1);
  const auto new_page = [&](char type, std::uint32_t next, std::size_t entries, std::size_t offset) {
    std::string page(8, '\0');
    put_word(page, static_cast<std::uint32_t>(pages.size()), big_endian);
    put_word(page, 0, big_endian);
    put_word(page, next, big_endian);
    put_half(page, entries, big_endian);
    put_half(page, offset, big_endian);
    page.push_back('\0');
    page.push_back(type);
    return page;
  };
  for (const auto& [number, blob] : blobs) {
    std::string key(1, '\1'), value;
    put_word(key, number, big_endian);
    const bool off_page = blob.size() + 64 > page_size;
    if (off_page) {
      value.assign({'\3', '\0', '\0', '\0'});
      put_word(value, static_cast<std::uint32_t>(pages.size() + 1), big_endian);
      put_word(value, static_cast<std::uint32_t>(blob.size()), big_endian);
    } else {
      value = '\1' + blob;
    }
    std::string page = new_page(13, 0, 2, page_size - key.size() - value.size());
    put_half(page, page_size - key.size(), big_endian);
    put_half(page, page_size - key.size() - value.size(), big_endian);
    page.resize(page_size - key.size() - value.size());
    pages.push_back(page + value + key);
    for (std::size_t at = 0; off_page && at < blob.size(); at += page_size - 26) {
      const std::string part = blob.substr(at, page_size - 26);
      const bool last = at + part.size() == blob.size();
      std::string overflow =
          new_page(7, last ? 0 : static_cast<std::uint32_t>(pages.size() + 1), 1, part.size()) + part;
      overflow.resize(page_size);
      pages.push_back(overflow);
    }
  }
  std::string& meta = pages.front();
  meta.assign(12, '\0');
  put_word(meta, 0x061561, big_endian);
  put_word(meta, 9, big_endian);
  put_word(meta, static_cast<std::uint32_t>(page_size), big_endian);
  meta += std::string("\0\10\0\0\0\0\0\0", 8);
  put_word(meta, static_cast<std::uint32_t>(pages.size() - 1), big_endian);
  meta.resize(page_size);
  std::string file;
  for (const auto& page : pages) file += page;
  return file;
}

// What a layer with this file alone holds, by way of the whole room.
inline LayerInventory read_files(std::vector<MemoryEntry> entries) {
  MemoryReader reader(std::move(entries));
  auto layer = read_layer(reader);
  return layer ? *std::move(layer) : LayerInventory{};
}
inline std::vector<std::string> names_in(const LayerInventory& layer) {
  std::vector<std::string> names;
  for (const Evidence& evidence : layer.evidence) {
    for (const Package& package : evidence.packages) names.push_back(package.name + "-" + package.version);
  }
  std::ranges::sort(names);
  return names;
}

// Flips, overwrites and cuts: `count` damaged copies of a database, each of which must yield what the whole one does,
// or say that something is wrong. `accept` is told what was done, and the layer.
template <class Accept>
void damage(const std::string& path, const std::string& whole, std::size_t count, std::uint64_t seed, Accept accept) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes = whole;
    std::string what;
    switch (i % 4) {
      case 0:
        bytes.resize(random() % bytes.size());
        what = "cut at " + std::to_string(bytes.size());
        break;
      case 1:
        for (int flips = 0; flips < 8; ++flips) {
          bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        }
        what = "eight flips";
        break;
      case 2: {
        const std::size_t at = random() % bytes.size();
        const std::size_t length = std::min<std::size_t>(1 + random() % 64, bytes.size() - at);
        for (std::size_t k = 0; k < length; ++k) bytes[at + k] = static_cast<char>(random());
        what = "noise at " + std::to_string(at);
        break;
      }
      default: {  // words that claim much
        const std::size_t at = random() % bytes.size() / 4 * 4;
        const std::string claim(std::min<std::size_t>(4, bytes.size() - at), random() % 2 == 0 ? '\xff' : '\x7f');
        bytes.replace(at, claim.size(), claim);
        what = "a claim at " + std::to_string(at);
      }
    }
    accept(what + ", number " + std::to_string(i), read_files({file(path, std::move(bytes))}));
  }
}

}  // namespace limpid::inventory::testing

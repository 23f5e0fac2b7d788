// For this room's tests: images made on the spot, so that every test holds its own input.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/file.h"
#include "image/source.h"

namespace limpid::image::testing {

inline std::string digest_of(std::string_view bytes) { return base::sha256(base::as_bytes(bytes)).to_string(); }
inline std::string hex_of(std::string_view bytes) { return base::sha256(base::as_bytes(bytes)).hex(); }

// A tar of ustar headers.
class Tar {
 public:
  Tar& file(const std::string& name, std::string_view content) { return add(name, '0', content, {}); }
  Tar& directory(const std::string& name) { return add(name + "/", '5', {}, {}); }
  Tar& symlink(const std::string& name, const std::string& target) { return add(name, '2', {}, target); }
  Tar& hard_link(const std::string& name, const std::string& target) { return add(name, '1', {}, target); }
  // `size` as the header claims it.
  Tar& add(const std::string& name, char type, std::string_view content, const std::string& link, std::uint64_t size) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(124, octal(size));
    put(136, octal(0));
    put(148, "        ");
    header[156] = type;
    put(157, link.substr(0, 100));
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, octal(sum).substr(5));
    bytes_ += header;
    bytes_ += content;
    bytes_.resize((bytes_.size() + 511) / 512 * 512);
    return *this;
  }
  Tar& add(const std::string& name, char type, std::string_view content, const std::string& link) {
    return add(name, type, content, link, content.size());
  }
  Tar& append(const Tar& other) {
    bytes_ += other.bytes_;
    return *this;
  }
  std::string end() const { return bytes_ + std::string(1024, '\0'); }
  std::string without_end() const { return bytes_; }

 private:
  static std::string octal(std::uint64_t value) {
    std::string text(11, '0');
    for (std::size_t i = text.size(); i-- > 0; value /= 8) text[i] = static_cast<char>('0' + value % 8);
    return text;
  }
  std::string bytes_;
};

// gzip that stores (RFC 1951 3.2.4): enough to be gzip.
inline std::string gzip(std::string_view bytes) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  crc = ~crc;
  const auto put = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  };
  std::string_view rest = bytes;
  do {
    const std::string_view piece = rest.substr(0, 65535);
    rest.remove_prefix(piece.size());
    out += rest.empty() ? '\1' : '\0';
    put(static_cast<std::uint32_t>(piece.size()), 2);
    put(~static_cast<std::uint32_t>(piece.size()), 2);
    out += piece;
  } while (!rest.empty());
  put(crc, 4);
  put(static_cast<std::uint32_t>(bytes.size()), 4);
  return out;
}

// A folder that goes with the test.
class Folder {
 public:
  Folder() : folder_(base::TemporaryDirectory::make("limpid-test-").value()) {}
  std::string path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() + "/" + name;
  }
  std::string write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    EXPECT_TRUE(base::write_file_atomically(path(name), base::as_bytes(content)));
    return path(name);
  }

 private:
  base::TemporaryDirectory folder_;
};

inline std::string descriptor(std::string_view media_type, std::string_view bytes, std::string_view more = {}) {
  return base::cat(
      {R"({"mediaType":")", media_type, R"(","digest":")", digest_of(bytes), R"(","size":)", bytes.size(), more, "}"});
}
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayoutMarker = R"({"imageLayoutVersion":"1.0.0"})";

inline std::string config_of(const std::vector<std::string>& tars, std::string_view architecture = "amd64") {
  std::string ids;
  for (const std::string& tar : tars) base::append(ids, {ids.empty() ? "" : ",", "\"", digest_of(tar), "\""});
  return base::cat({R"({"os":"linux","architecture":")", architecture,
                    R"(","config":{"Labels":{"a":"b"}},"rootfs":{"type":"layers","diff_ids":[)", ids, "]}}"});
}
// The manifest over blobs as stored.
inline std::string manifest_of(std::string_view config, const std::vector<std::string>& blobs) {
  std::string layers;
  for (const std::string& blob : blobs) base::append(layers, {layers.empty() ? "" : ",", descriptor(kLayerType, blob)});
  return base::cat(
      {R"({"schemaVersion":2,"config":)", descriptor(kConfigType, config), R"(,"layers":[)", layers, "]}"});
}
inline std::string index_of(const std::vector<std::string>& descriptors) {
  return base::cat({R"({"schemaVersion":2,"manifests":[)", base::join(descriptors, ","), "]}"});
}

// The files of a layout by name, to be written to a folder or a tar.
class LayoutFiles {
 public:
  LayoutFiles() { files_["oci-layout"] = kLayoutMarker; }
  LayoutFiles& blob(const std::string& bytes) {
    files_["blobs/sha256/" + hex_of(bytes)] = bytes;
    return *this;
  }
  LayoutFiles& set(const std::string& name, const std::string& bytes) {
    files_[name] = bytes;
    return *this;
  }
  // Gzip layers of these tars, their config and manifest; returns the manifest's bytes.
  std::string image(const std::vector<std::string>& tars, std::string_view architecture = "amd64") {
    std::vector<std::string> blobs;
    for (const std::string& tar : tars) blobs.push_back(gzip(tar));
    for (const std::string& stored : blobs) blob(stored);
    const std::string config = config_of(tars, architecture);
    std::string manifest = manifest_of(config, blobs);
    blob(config).blob(manifest);
    return manifest;
  }
  std::string write(const Folder& folder, const std::string& name) const {
    for (const auto& [file, bytes] : files_) folder.write(name + "/" + file, bytes);
    return folder.path(name);
  }
  std::string tar() const {
    Tar tar;
    for (const auto& [file, bytes] : files_) tar.file(file, bytes);
    return tar.end();
  }
  std::map<std::string, std::string>& files() { return files_; }

 private:
  std::map<std::string, std::string> files_;
};

// A layer read to its end: content by path (files), "-> target" (links), "/" (directories).
inline Result<std::map<std::string, std::string>> read_entries(LayerReader& layer) {
  std::map<std::string, std::string> found;
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, layer.entries().next());
    if (entry == nullptr) return found;
    const std::string path = entry->path;
    std::string text;
    switch (entry->type) {
      case archive::EntryType::file: {
        LIMPID_ASSIGN(text, archive::read_content(layer.entries(), std::uint64_t{1} << 30));
        break;
      }
      case archive::EntryType::symlink:
      case archive::EntryType::hard_link:
        text = "-> " + entry->link_target;
        break;
      case archive::EntryType::directory:
        text = "/";
        break;
      default:
        text = "other";
    }
    found.insert_or_assign(path, std::move(text));
  }
}

struct Whole {
  std::map<std::string, std::string> entries;
  LayerDescriptor measured;
};
inline Result<Whole> read_whole(const ImageSource& image, std::size_t index) {
  Whole whole;
  LIMPID_ASSIGN(const auto layer, image.open_layer(index));
  LIMPID_ASSIGN(whole.entries, read_entries(*layer));
  LIMPID_ASSIGN(whole.measured, layer->finish());
  return whole;
}

// What the error says, "" for none: for EXPECT_THAT-like checks of its words.
template <class T>
std::string error_of(const Result<T>& result) {
  return result ? std::string() : result.error().describe();
}

inline ::testing::AssertionResult contains(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' lacks '" << part << "'";
}
#define EXPECT_CONTAINS(text, part) EXPECT_TRUE(::limpid::image::testing::contains(text, part))

}  // namespace limpid::image::testing

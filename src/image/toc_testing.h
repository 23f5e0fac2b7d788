// For tests only: layers as builders of eStargz and zstd:chunked write them, and their tables of contents in pieces, so
// that a test can tell lies in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "archive/compressors.h"
#include "archive/testing.h"
#include "base/digest.h"
#include "base/text.h"
#include "image/source.h"

namespace limpid::image::testing {

struct TocFile {
  std::string name;
  std::string content = {};
  char type = '0';  // as in a tar
  std::string link = {};
};

inline std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}
inline std::string text_digest(std::string_view bytes) { return base::sha256(base::as_bytes(bytes)).to_string(); }

// The files' part of a blob, the tar in it, and what the table says of each.
struct TocBody {
  std::string blob, tar;
  std::vector<std::string> entries;  // JSON objects

  std::string json() const { return base::cat({"{\"version\":1,\"entries\":[", base::join(entries, ","), "]}"}); }
};

struct PackedLayer {
  std::string blob, tar;
  TocPromise toc;
  std::string annotations;  // a JSON object
  std::string media_type;
};

inline std::string_view toc_type(char type) {
  switch (type) {
    case '1':
      return "hardlink";
    case '2':
      return "symlink";
    case '3':
      return "char";
    case '4':
      return "block";
    case '5':
      return "dir";
    case '6':
      return "fifo";
    default:
      return "reg";
  }
}

inline std::string toc_header(const TocFile& file) {
  archive::testing::TarMember member{.name = file.name, .type = file.type, .content = file.content, .link = file.link};
  return archive::testing::tar_header(member);
}

// Without the closing brace, for what more there is to say.
inline std::string toc_entry(const TocFile& file) {
  std::string entry = base::cat({"{\"name\":", json_quoted(file.name), ",\"type\":\"", toc_type(file.type),
                                 "\",\"mode\":420,\"modtime\":\"2024-01-01T00:00:00Z\""});
  if (!file.link.empty()) base::append(entry, {",\"linkName\":", json_quoted(file.link)});
  if (!file.content.empty()) base::append(entry, {",\"size\":", file.content.size()});
  return entry;
}
inline std::string toc_chunk(const TocFile& file) {
  return base::cat({"{\"name\":", json_quoted(file.name), ",\"type\":\"chunk\""});
}

// `member_min`: less than so many bytes share a gzip member, as builders do that know innerOffset; with 0 each chunk
// has its own.
inline TocBody estargz_body(const std::vector<TocFile>& files, std::size_t chunk_size = std::size_t{4} << 20,
                            std::size_t member_min = 0) {
  TocBody body;
  std::string member;
  std::size_t member_at = 0;
  bool begun = false;
  const auto flush = [&] {
    if (!member.empty()) body.blob += archive::testing::gzip(member);
    member.clear();
    member_at = body.blob.size();
  };
  for (const TocFile& file : files) {
    const std::string header = toc_header(file);
    member += header;
    body.tar += header;
    std::string entry = toc_entry(file);
    if (file.type == '0') base::append(entry, {",\"digest\":\"", text_digest(file.content), "\""});
    for (std::size_t at = 0; at < file.content.size(); at += chunk_size) {
      const std::string piece = file.content.substr(at, chunk_size);
      if (!begun || member.size() >= member_min) flush();
      begun = true;
      base::append(entry, {",\"offset\":", member_at});
      if (!member.empty()) base::append(entry, {",\"innerOffset\":", member.size()});
      if (at > 0) base::append(entry, {",\"chunkOffset\":", at});
      // As the writers of the format do, the last one says nothing.
      if (at + piece.size() < file.content.size()) base::append(entry, {",\"chunkSize\":", piece.size()});
      base::append(entry, {",\"chunkDigest\":\"", text_digest(piece), "\""});
      body.entries.push_back(entry + "}");
      entry = toc_chunk(file);
      member += piece;
      body.tar += piece;
    }
    if (file.content.empty()) body.entries.push_back(entry + "}");
    const std::size_t padding = (512 - file.content.size() % 512) % 512;
    member.append(padding, '\0');
    body.tar.append(padding, '\0');
  }
  flush();
  return body;
}

inline std::string estargz_footer(std::uint64_t toc_at) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(toc_at));
  std::string footer("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16);
  base::append(footer, {digits, "STARGZ"});
  footer += std::string("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
  return footer;
}

inline PackedLayer finish_estargz(const TocBody& body, const std::string& json) {
  PackedLayer layer;
  const std::string toc =
      archive::testing::tar_member({.name = "stargz.index.json", .content = json}) + archive::testing::kTarEnd;
  layer.blob = body.blob + archive::testing::gzip(toc) + estargz_footer(body.blob.size());
  layer.tar = body.tar + toc;
  layer.toc.format = TocPromise::Format::estargz;
  layer.toc.digest = base::sha256(base::as_bytes(json));
  layer.annotations = base::cat({"{\"containerd.io/snapshot/stargz/toc.digest\":\"", text_digest(json), "\"}"});
  layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
  return layer;
}
inline PackedLayer estargz(const std::vector<TocFile>& files, std::size_t chunk_size = std::size_t{4} << 20,
                           std::size_t member_min = 0) {
  const TocBody body = estargz_body(files, chunk_size, member_min);
  return finish_estargz(body, body.json());
}

inline TocBody zstd_chunked_body(const std::vector<TocFile>& files, std::size_t chunk_size = std::size_t{4} << 20) {
  TocBody body;
  std::string frame;
  const auto flush = [&] {
    if (!frame.empty()) body.blob += archive::testing::zstd(frame);
    frame.clear();
    return body.blob.size();
  };
  for (const TocFile& file : files) {
    const std::string header = toc_header(file);
    frame += header;
    body.tar += header;
    std::string entry = toc_entry(file);
    const bool one = file.content.size() <= chunk_size;
    std::vector<std::string> chunks;
    if (!file.content.empty()) base::append(entry, {",\"digest\":\"", text_digest(file.content), "\""});
    for (std::size_t at = 0; at < file.content.size(); at += chunk_size) {
      const std::string piece = file.content.substr(at, chunk_size);
      base::append(entry, {",\"offset\":", flush()});
      if (at > 0) base::append(entry, {",\"chunkOffset\":", at});
      if (!one) {
        base::append(entry, {",\"chunkSize\":", piece.size(), ",\"chunkDigest\":\"", text_digest(piece), "\""});
        if (piece.find_first_not_of('\0') == std::string::npos) entry += ",\"chunkType\":\"zeros\"";
      }
      chunks.push_back(entry);
      entry = toc_chunk(file);
      frame = piece;
      body.tar += piece;
    }
    if (chunks.empty()) chunks.push_back(entry);
    if (!file.content.empty()) base::append(chunks.front(), {",\"endOffset\":", flush()});
    for (const std::string& chunk : chunks) body.entries.push_back(chunk + "}");
    const std::size_t padding = (512 - file.content.size() % 512) % 512;
    frame.append(padding, '\0');
    body.tar.append(padding, '\0');
  }
  frame += archive::testing::kTarEnd;
  body.tar += archive::testing::kTarEnd;
  flush();
  return body;
}

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
inline std::string skippable_frame(std::string_view content) {
  return base::cat({"\x50\x2a\x4d\x18", little_endian(content.size(), 4), content});
}
inline std::string zstd_chunked_footer(std::uint64_t offset, std::uint64_t size, std::uint64_t json_size) {
  std::string footer;
  for (const std::uint64_t number :
       {offset, size, json_size, std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}})
    footer += little_endian(number, 8);
  return footer + "GNUlInUx";
}

// `with_position`: else it has to be looked up in the footer.
inline PackedLayer finish_zstd_chunked(const TocBody& body, const std::string& json, bool with_position = true) {
  PackedLayer layer;
  const std::string stored = archive::testing::zstd(json);
  const std::uint64_t offset = body.blob.size() + 8;
  layer.blob = base::cat({body.blob, skippable_frame(stored), skippable_frame("what rebuilds the tar's headers"),
                          skippable_frame(zstd_chunked_footer(offset, stored.size(), json.size()))});
  layer.tar = body.tar;
  layer.toc.format = TocPromise::Format::zstd_chunked;
  layer.toc.digest = base::sha256(base::as_bytes(stored));
  const std::string key = "\"io.github.containers.zstd-chunked.manifest-";
  layer.annotations = base::cat({"{", key, "checksum\":\"", text_digest(stored), "\""});
  if (with_position) {
    layer.toc.offset = offset;
    layer.toc.size = stored.size();
    layer.toc.json_size = json.size();
    base::append(layer.annotations, {",", key, "position\":\"", offset, ":", stored.size(), ":", json.size(), ":1\""});
  }
  layer.annotations += "}";
  layer.media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
  return layer;
}
inline PackedLayer zstd_chunked(const std::vector<TocFile>& files, std::size_t chunk_size = std::size_t{4} << 20) {
  const TocBody body = zstd_chunked_body(files, chunk_size);
  return finish_zstd_chunked(body, body.json());
}

}  // namespace limpid::image::testing

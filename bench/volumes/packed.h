// What bench-feed-volumes writes to: a file packed as its upstream packs it, and a tar archive in one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace limpid::volumes {

// Packs by the name's end: ".gz", ".bz2", ".zst", else as it is. Ends the program if writing fails.
class File {
 public:
  explicit File(const std::string& path);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();  // ends the stream
  void write(std::string_view bytes);
  std::uint64_t unpacked() const { return unpacked_; }

 private:
  struct Packer;
  std::unique_ptr<Packer> packer_;
  std::uint64_t unpacked_ = 0;
};

class Tar {
 public:
  explicit Tar(File& file) : file_(file) {}
  void add(std::string_view path, std::string_view content);
  void end();

 private:
  File& file_;
};

// Appends the text as the inside of a JSON string, or of XML.
void append_json(std::string& to, std::string_view text);

}  // namespace limpid::volumes

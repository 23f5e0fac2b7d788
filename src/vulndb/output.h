// The database file while it is written: a stream into a file beside the target, which takes its place at the end.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "vulndb/format.h"

namespace limpid::vulndb {

struct SectionPlace {
  std::uint64_t offset = 0, size = 0, checksum = 0;
};

class Output {
 public:
  static Result<Output> create(const std::string& path);
  Output(Output&&) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();  // removes what was not committed

  void begin(format::Section section);
  // Errors of writing are kept and returned by commit().
  void append(Bytes bytes);
  // Ends the section that is open; begin() does so too.
  void end();
  std::uint64_t position() const;
  const std::array<SectionPlace, format::kSections>& sections() const;
  // Writes the head in the place kept for it, makes the file durable and renames it.
  Result<void> commit(Bytes head);

 private:
  struct State;
  explicit Output(std::unique_ptr<State> state);
  void flush();
  std::unique_ptr<State> state_;
};

}  // namespace limpid::vulndb

// A pull-based stream of bytes. Everything that is read from an image or a feed comes through one of these, so that no
// reader ever holds a whole file: next() lends a view of a buffer that is reused by the following call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/spare.h"

namespace limpid::archive {

class Source {
 public:
  virtual ~Source() = default;
  // The next bytes, valid until the following call or the end of this object; an empty view is the end, and stays it.
  // After an error the stream is spent: later calls repeat an error.
  virtual Result<Bytes> next() = 0;
  // A source whose work can be split does part of it on another thread, once one of `spare` is to be had and enough is
  // left to do of the `input_size` bytes that it reads (0: unknown). What it yields stays the same. `spare` outlives
  // it.
  virtual void may_use(base::SpareThreads& /*spare*/, std::uint64_t /*input_size*/) {}
};

// A buffer that stays in the processor's second-level cache: larger ones are slower (docs/performance.md).
inline constexpr std::size_t kBufferSize = std::size_t{256} << 10;

// Part of a file, [offset, offset + size), read with pread: many may share one descriptor, from any thread. `file` must
// outlive it. A file that ends early is Code::truncated.
std::unique_ptr<Source> file_source(const base::File& file, std::uint64_t offset, std::uint64_t size);
// Bytes in memory that outlive it.
std::unique_ptr<Source> memory_source(Bytes bytes);

// All that is left, refused with Code::limit beyond `size_max`.
Result<std::string> read_all(Source& source, std::uint64_t size_max);

}  // namespace limpid::archive

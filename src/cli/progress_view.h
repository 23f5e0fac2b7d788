// How far a scan is, as lines of text: without a terminal, a clock or a thread, which are progress.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace limpid::cli {

struct LayerView {
  enum class State : std::uint8_t { waiting, reading, done, known };
  std::size_t number = 0;     // from 1 at the bottom
  std::string name;           // "sha256:0123456789ab", "" for none
  std::uint64_t size = 0;     // of the blob; 0 where it is not known
  std::uint64_t fetched = 0;  // of it
  std::uint64_t read = 0;     // of what is in it; 0 where that is the same
  State state = State::waiting;
};

struct ProgressView {
  std::string target;             // as the user wrote it
  std::vector<LayerView> layers;  // none: the image is being looked for
  double rate = 0;                // bytes fetched a second
};

// At most `rows` lines (two at least), none wider than `columns`: what is going on in all, and each layer that is being
// read.
std::vector<std::string> render(const ProgressView& view, std::size_t columns, std::size_t rows);

// "999 B", "1.5 kB", "12.0 MB": powers of ten, as registries and `docker images` count.
std::string bytes_text(std::uint64_t bytes);

}  // namespace limpid::cli

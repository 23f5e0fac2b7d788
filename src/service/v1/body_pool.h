// Memory for reports that are being made. On many virtual machines the first touch of a page costs far more than
// writing it (5 ms for each MiB where this was measured; making such a report takes 1 ms), so that what a report needed
// only until it was compressed or sent is used again for the next.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace limpid::service::v1 {

class BodyPool {
 public:
  // What a report of a large image takes; larger ones grow as strings do.
  static constexpr std::size_t kBodyBytes = std::size_t{1} << 20;
  static constexpr std::size_t kBodies = 16;

  // Empty, with room for kBodyBytes.
  std::string take();
  // Not needed any more: becomes the next one's.
  void give(std::string body);
  // The same text in memory that is worth keeping it in: a small text does not hold a large body's.
  std::string settle(std::string body);

  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
};

}  // namespace limpid::service::v1

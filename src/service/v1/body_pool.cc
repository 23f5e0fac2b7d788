#include "service/v1/body_pool.h"

#include <utility>

namespace limpid::service::v1 {

std::string BodyPool::take() {
  std::string body;
  {
    const std::lock_guard lock(mutex_);
    if (!bodies_.empty()) {
      body = std::move(bodies_.back());
      bodies_.pop_back();
    }
  }
  body.reserve(kBodyBytes);
  return body;
}

void BodyPool::give(std::string body) {
  // What grew beyond the usual size would make the pool's memory unbounded.
  if (body.capacity() < kBodyBytes || body.capacity() > 2 * kBodyBytes) return;
  body.clear();
  const std::lock_guard lock(mutex_);
  if (bodies_.size() < kBodies) bodies_.push_back(std::move(body));
}

std::string BodyPool::settle(std::string body) {
  if (body.size() >= body.capacity() / 2) return body;
  std::string exact(body);
  give(std::move(body));
  return exact;
}

std::size_t BodyPool::size() const {
  const std::lock_guard lock(mutex_);
  return bodies_.size();
}

}  // namespace limpid::service::v1

// System calls on a connection's socket.
#include "service/http/transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace limpid::service::http {
namespace {

constexpr std::size_t kRecordMax = std::size_t{16} << 10;  // of TLS

Moved failed_or(Moved::How wait) { return {errno == EAGAIN || errno == EINTR ? wait : Moved::How::failed, 0}; }

iovec part_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void Input::consume(std::size_t count) {
  begin_ += count;
  if (begin_ == end_) begin_ = end_ = 0;
}

std::span<char> Input::room() {
  if (lent_) return {};
  if (bytes_.empty()) bytes_.resize(kUsual);
  if (bytes_.size() - end_ < kRoomMin && begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_.size() - end_ < kRoomMin && bytes_.size() < kMax) bytes_.resize(std::min(kMax, bytes_.size() * 2));
  const auto room = std::span<char>(bytes_).subspan(end_);
  if (!room.empty()) lent_ = end_;
  return room;
}

void Input::received(std::size_t count) {
  // What stood before it may have been used since.
  if (count > 0 && *lent_ != end_) std::memmove(bytes_.data() + end_, bytes_.data() + *lent_, count);
  end_ += count;
  lent_.reset();
}

void Input::trim() {
  if (empty() && !lent_ && bytes_.size() > kUsual) bytes_ = std::vector<char>();
}

Moved Transport::read(std::span<char> to) {
  if (tls_) return tls_->read(to.data(), to.size());
  const auto got = ::recv(socket_, to.data(), to.size(), 0);
  if (got > 0) return {Moved::How::done, static_cast<std::size_t>(got)};
  return got == 0 ? Moved{Moved::How::ended, 0} : failed_or(Moved::How::wants_read);
}

bool Transport::has_arrived() const {
  char byte = 0;
  return has_input() || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Transport::begin_output(std::string_view head, std::string_view tail, std::string_view body) {
  if (tls_) {
    const std::size_t with_head = std::min(body.size(), kRecordMax - std::min(kRecordMax, head.size() + tail.size()));
    together_.assign(head).append(tail).append(body.substr(0, with_head));
    head = together_;
    tail = {};
    body.remove_prefix(with_head);
  }
  parts_ = {part_of(head), part_of(tail), part_of(body)};
  first_ = 0;
  sent_ = 0;
}

Moved Transport::send() {
  while (first_ < parts_.size()) {
    if (parts_[first_].iov_len == 0) {
      ++first_;
      continue;
    }
    const Moved moved = tls_ ? send_tls() : send_plain();
    if (moved.how != Moved::How::done) return moved;
    const std::size_t left = unsent();
    advance(moved.bytes);
    // The kernel took what it had room for: asking again would only be told so.
    if (!tls_ && moved.bytes < left) return {Moved::How::wants_write, 0};
  }
  return {Moved::How::done, 0};
}

Moved Transport::send_plain() {
  msghdr message{};
  message.msg_iov = parts_.data() + first_;
  message.msg_iovlen = parts_.size() - first_;
  const auto sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  return sent >= 0 ? Moved{Moved::How::done, static_cast<std::size_t>(sent)} : failed_or(Moved::How::wants_write);
}

Moved Transport::send_tls() {
  const iovec& part = parts_[first_];
  return tls_->write(static_cast<const char*>(part.iov_base), part.iov_len);
}

std::size_t Transport::unsent() const {
  std::size_t count = 0;
  for (std::size_t i = first_; i < parts_.size(); ++i) count += parts_[i].iov_len;
  return count;
}

void Transport::advance(std::size_t count) {
  sent_ += count;
  while (count > 0) {
    iovec& part = parts_[first_];
    const std::size_t taken = std::min(count, part.iov_len);
    part.iov_base = static_cast<char*>(part.iov_base) + taken;
    part.iov_len -= taken;
    count -= taken;
    if (part.iov_len == 0) ++first_;
  }
}

bool Transport::send_now(std::string_view bytes) {
  if (tls_) {
    const Moved moved = tls_->write(bytes.data(), bytes.size());
    return moved.how == Moved::How::done && moved.bytes == bytes.size();
  }
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void Transport::close_output() {
  if (tls_) tls_->close_output();
  ::shutdown(socket_, SHUT_WR);
}

bool Transport::discard(std::uint64_t& count) {
  std::array<char, std::size_t{16} << 10> dropped;
  const auto got = ::recv(socket_, dropped.data(), dropped.size(), 0);
  if (got > 0) count += static_cast<std::uint64_t>(got);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void Transport::reset_on_close() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace limpid::service::http

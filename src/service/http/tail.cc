#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "service/http/answer.h"

namespace limpid::service::http {
namespace {

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", written anew once a second.
class DateLine {
 public:
  std::string_view view() {
    const std::time_t now = std::time(nullptr);
    if (now != written_) write(now);
    return {text_.data(), size_};
  }

 private:
  void write(std::time_t now) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    const int size = std::snprintf(text_.data(), text_.size(), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                                   kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
    size_ = static_cast<std::size_t>(size);
    written_ = now;
  }
  std::time_t written_ = -1;
  std::size_t size_ = 0;
  std::array<char, 80> text_{};
};

}  // namespace

void write_tail(std::string& to, const Tail& tail) {
  thread_local DateLine date;
  to.assign(date.view());
  if (tail.retry_after) to += "Retry-After: 1\r\n";
  if (!tail.keep_alive) {
    to += "Connection: close\r\n";
  } else if (tail.is_http_1_0) {
    to += "Connection: keep-alive\r\n";
  }
  to += "\r\n";
}

}  // namespace limpid::service::http

#include "cli/interrupt.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <sys/time.h>
#include <unistd.h>

#include "base/duration.h"
#include "cli/common.h"

namespace limpid::cli {
namespace {

using std::chrono::milliseconds;

constexpr int kSignalBase = 128;
constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

// What handlers write to.
std::atomic<bool> cancelled = false;
std::atomic<int> received = 0;  // the first signal; SIGALRM for the end of the time
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  int before = 0;
  if (!received.compare_exchange_strong(before, number) && number != SIGALRM) {
    if (before != SIGALRM) ::_exit(kSignalBase + number);
    received = number;
  }
  cancelled = true;
}

// Takes over one signal for as long as it lives.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() {
    if (number_ != 0) ::sigaction(number_, &before_, nullptr);
  }
  void take(int number, bool even_if_ignored) {
    struct sigaction ours{};
    ours.sa_handler = &on_signal;  // without SA_RESTART: a read or write that waits ends, too
    ::sigemptyset(&ours.sa_mask);
    if (::sigaction(number, nullptr, &before_) != 0) return;
    if (before_.sa_handler == SIG_IGN && !even_if_ignored) return;
    if (::sigaction(number, &ours, nullptr) == 0) number_ = number;
  }

 private:
  int number_ = 0;
  struct sigaction before_{};
};

class Alarm {
 public:
  explicit Alarm(milliseconds time) {
    if (time.count() == 0) return;
    handler_.take(SIGALRM, true);
    set(time);
  }
  ~Alarm() { set(milliseconds{0}); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  static void set(milliseconds time) {
    itimerval timer{};
    timer.it_value.tv_sec = time.count() / 1000;
    timer.it_value.tv_usec = time.count() % 1000 * 1000;
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
  Handler handler_;
};

// Where a run was when it was ended: all of the error but the innermost word.
std::string place_of(const Error& error) {
  std::string text = error.describe();
  std::string_view place = text;
  if (error.code() != Code::cancelled || !base::strip_suffix(place, ": " + error.message())) return {};
  return base::cat({"; it was at ", place});
}

}  // namespace

int run_interruptibly(const std::string& timeout, const Interruptible& command) {
  milliseconds time{0};
  if (!timeout.empty()) {
    auto parsed = base::parse_duration(timeout);
    if (!parsed) return failed(std::move(parsed).error().within({"--timeout ", timeout}));
    time = *parsed;
  }
  cancelled = false;
  received = 0;
  std::array<Handler, kSignals.size()> handlers;
  for (std::size_t i = 0; i < kSignals.size(); ++i) handlers[i].take(kSignals[i], false);
  const Alarm alarm(time);
  const Result<int> result = command(&cancelled);
  if (result) return *result;
  const int number = received;
  if (number == 0) return failed(result.error());
  if (number == SIGALRM)
    return failed(Error(Code::cancelled, base::cat({"timed out: not done within ", base::print_duration(time),
                                                    " (--timeout)", place_of(result.error())})));
  std::fprintf(stderr, "limpid: %s\n", number == SIGINT ? "interrupted" : "ended by a signal");
  return kSignalBase + number;
}

}  // namespace limpid::cli

#include "cli/progress.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

namespace limpid::cli {
namespace {

using std::chrono::milliseconds;
using State = LayerView::State;

constexpr milliseconds kPatience{330};  // what is over sooner needs no display
constexpr milliseconds kInterval{100};
// How fast the shown rate follows the measured one, for each drawing.
constexpr double kRateShare = 0.1;
constexpr std::size_t kNameLength = 12;  // digits of a digest

// ECMA-48: up so many lines; erase from here to the end of the screen, or of the line.
std::string up(std::size_t lines) { return lines == 0 ? "" : base::cat({"\x1b[", lines, "A"}); }
constexpr std::string_view kEraseBelow = "\x1b[J", kEraseLine = "\x1b[K";

struct Size {
  std::size_t columns = 80, rows = 24;
};
Size terminal_size() {
  Size size;
  winsize found{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &found) == 0 && found.ws_col > 0) size.columns = found.ws_col;
  if (found.ws_row > 0) size.rows = found.ws_row;
  return size;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a terminal that has gone sees nothing
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string name_of(const image::LayerDescriptor& layer) {
  const Digest& digest = layer.digest.empty() ? layer.diff_id : layer.digest;
  if (digest.empty()) return {};
  const std::string text = digest.to_string();
  return text.substr(0, text.find(':') + 1 + kNameLength);
}

bool same(const image::LayerDescriptor& a, const image::LayerDescriptor& b) {
  return a.digest == b.digest && a.diff_id == b.diff_id;
}

ProgressDisplay* shown = nullptr;  // for write_log()

}  // namespace

std::unique_ptr<ProgressDisplay> ProgressDisplay::start(bool quiet) {
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
  if (quiet || dumb || ::isatty(STDERR_FILENO) != 1) return nullptr;
  return std::unique_ptr<ProgressDisplay>(new ProgressDisplay);
}

ProgressDisplay::ProgressDisplay() {
  shown = this;
  base::set_log_writer(&ProgressDisplay::write_log);
  // Signals are for the thread that waits for something.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::jthread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProgressDisplay::~ProgressDisplay() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  base::set_log_writer(nullptr);
  shown = nullptr;
  write_all(erasure());
}

void ProgressDisplay::run() {
  milliseconds pause = kPatience;
  measured_ = Clock::now();
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, pause, [this] { return ending_; })) return;
    }
    draw();
    pause = kInterval;
  }
}

// Without the lock that those who read need: a terminal may be slow, or be held (Ctrl-S).
void ProgressDisplay::draw() {
  const std::lock_guard lock(terminal_);
  const pid_t foreground = ::tcgetpgrp(STDERR_FILENO);
  if (foreground > 0 && foreground != ::getpgrp()) return;  // somebody else's turn
  const Size size = terminal_size();
  // The last column stays free: a line that fills it would already be two on some terminals.
  const std::vector<std::string> lines = render(view(), std::max<std::size_t>(size.columns, 2) - 1, size.rows - 1);
  std::string text = erasure();
  drawn_.clear();
  for (const std::string& line : lines) {
    base::append(text, {line, kEraseLine, "\r\n"});
    drawn_.push_back(base::display_width(line));
  }
  write_all(text);
}

// What takes the display away. A terminal that has become narrower has broken its lines.
std::string ProgressDisplay::erasure() const {
  if (drawn_.empty()) return {};
  const std::size_t columns = terminal_size().columns;
  std::size_t lines = 0;
  for (const std::size_t width : drawn_) lines += std::max<std::size_t>(1, (width + columns - 1) / columns);
  return base::cat({"\r", up(lines), kEraseBelow});
}

ProgressView ProgressDisplay::view() {
  const std::lock_guard lock(mutex_);
  ProgressView view;
  view.target = target_;
  std::uint64_t fetched = fetched_before_;
  for (Layer& layer : layers_) {
    if (layer.counters) {
      layer.view.fetched = layer.counters->fetched.load(std::memory_order_relaxed);
      layer.view.read = layer.counters->read.load(std::memory_order_relaxed);
    }
    fetched += layer.view.fetched;
    view.layers.push_back(layer.view);
  }
  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - measured_).count();
  const double rate = static_cast<double>(fetched - std::min(fetched, fetched_)) / std::max(seconds, 0.001);
  rate_ = rate_ == 0 ? rate : rate_ + kRateShare * (rate - rate_);
  measured_ = now;
  fetched_ = fetched;
  view.rate = rate_;
  return view;
}

void ProgressDisplay::write_log(std::string_view line) {
  const std::lock_guard lock(shown->terminal_);
  write_all(base::cat({shown->erasure(), line}));
  shown->drawn_.clear();
}

void ProgressDisplay::target_begins(const std::string& target) {
  const std::lock_guard lock(mutex_);
  target_ = target;
  for (const Layer& layer : layers_) fetched_before_ += layer.view.fetched;
  layers_.clear();
}

void ProgressDisplay::image_begins(const image::Manifest& manifest) {
  const std::lock_guard lock(mutex_);
  for (const Layer& layer : layers_) fetched_before_ += layer.view.fetched;
  layers_.clear();
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    Layer layer;
    layer.promised = manifest.layers[i];
    layer.view.number = i + 1;
    layer.view.name = name_of(layer.promised);
    layer.view.size = layer.promised.size;
    // One that stands there twice is read once.
    const bool again = std::ranges::any_of(layers_, [&](const Layer& one) {
      return !layer.promised.diff_id.empty() && same(one.promised, layer.promised);
    });
    if (again) layer.view.state = State::known;
    layers_.push_back(std::move(layer));
  }
}

void ProgressDisplay::set_state(std::size_t index, LayerView::State state) {
  const std::lock_guard lock(mutex_);
  if (index < layers_.size()) layers_[index].view.state = state;
}
void ProgressDisplay::layer_known(std::size_t index) { set_state(index, State::known); }
void ProgressDisplay::layer_done(std::size_t index) { set_state(index, State::done); }

std::shared_ptr<image::ReadCounters> ProgressDisplay::layer_begins(const image::LayerDescriptor& promised) {
  const std::lock_guard lock(mutex_);
  const auto layer = std::ranges::find_if(layers_, [&](const Layer& one) { return same(one.promised, promised); });
  if (layer == layers_.end()) return nullptr;
  layer->view.state = State::reading;
  fetched_before_ += layer->counters ? layer->counters->fetched.load(std::memory_order_relaxed) : 0;
  layer->counters = std::make_shared<image::ReadCounters>();
  return layer->counters;
}

}  // namespace limpid::cli

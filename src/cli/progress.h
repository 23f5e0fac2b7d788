// The live display of a scan on a terminal: drawn a third of a second after the start, ten times a second from then on,
// and erased before anything else is written. The cursor always rests at the beginning of the line below it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "cli/progress_view.h"
#include "scan/progress.h"

namespace limpid::cli {

class ProgressDisplay final : public scan::Progress {
 public:
  // nullptr where nobody would see it: standard error is no terminal, or a dumb one; or `quiet`. One at a time.
  static std::unique_ptr<ProgressDisplay> start(bool quiet);
  // Erases it.
  ~ProgressDisplay() override;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  // The next target is being opened.
  void target_begins(const std::string& target);

  void image_begins(const image::Manifest& manifest) override;
  void layer_known(std::size_t index) override;
  void layer_done(std::size_t index) override;
  std::shared_ptr<image::ReadCounters> layer_begins(const image::LayerDescriptor& promised) override;

 private:
  struct Layer {
    LayerView view;
    image::LayerDescriptor promised;
    std::shared_ptr<image::ReadCounters> counters;  // of the reading that is going on or was last
  };
  using Clock = std::chrono::steady_clock;

  ProgressDisplay();
  void run();
  void draw();
  ProgressView view();
  void set_state(std::size_t index, LayerView::State state);
  std::string erasure() const;
  static void write_log(std::string_view line);

  std::mutex terminal_;             // held while it is written to; before mutex_
  std::vector<std::size_t> drawn_;  // how wide each line is that stands there

  std::mutex mutex_;  // of all that follows
  std::condition_variable wake_;
  bool ending_ = false;
  std::string target_;
  std::vector<Layer> layers_;
  std::uint64_t fetched_before_ = 0;  // by layers that are out of sight
  std::uint64_t fetched_ = 0;
  Clock::time_point measured_;
  double rate_ = 0;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace limpid::cli

// Counters, gauges and histograms, and their text form
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Names and labels are Clair's where Clair had them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpid::service {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// All calls from any thread; observing costs well below a microsecond once a set of labels is known, and takes no lock
// that another thread's observation holds for long.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Declared once, before use; `help` is one line. A name that was not declared is a bug of ours (asserted).
  void declare_counter(std::string_view name, std::string_view help);
  void declare_gauge(std::string_view name, std::string_view help);
  void declare_histogram(std::string_view name, std::string_view help, std::vector<double> buckets);
  // Called before each text is written: sets what is cheaper to ask than to keep true.
  void collect(std::function<void(Metrics&)> collector);

  void add(std::string_view counter, Labels labels = {}, double by = 1);
  void set(std::string_view gauge, double value, Labels labels = {});
  void set_total(std::string_view counter, double total, Labels labels = {});  // counted elsewhere
  void observe(std::string_view histogram, double value, Labels labels = {});

  // Sorted by name, then labels. With process_* (CPU, resident memory, open descriptors, start time).
  std::string text();

  class Histogram;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Declares every metric of the service; buckets for milliseconds start at 0.05 (Clair's began at 9.375, which would put
// all of ours into one).
void declare_service_metrics(Metrics& metrics);

}  // namespace limpid::service

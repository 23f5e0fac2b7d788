// Answers to GET /v1/layers/<name> that stand ready, plain and compressed, within a bound of bytes. Each depends on the
// layer (by its row number), on the packages that it holds, and on what is known of those: a change of one package's
// advisories drops exactly the reports that hold that package.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/keyed_hash.h"
#include "service/http/server.h"
#include "store/types.h"

namespace limpid::service::v1 {

enum class Part : std::uint8_t { layer, features, vulnerabilities };

class ReportCache {
 public:
  explicit ReportCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // The answer if it stands ready and is known to be true. While trust is off, nothing does.
  http::ReadyPointer find(std::string_view name, Part part, bool gzip);

  // What is remembered of a layer, and features that need not be read again. `certain` is false where layers were
  // deleted since: the caller asks the store whether the layer is still the same row, and then calls confirm().
  struct Known {
    store::Layer layer;
    std::shared_ptr<const std::vector<store::HeldFeature>> features;  // nullptr: not read yet
    bool certain = true;
    bool is_asked_for = false;  // the whole report, at least once
  };
  std::shared_ptr<const Known> known(std::string_view name);
  void confirm(std::string_view name, store::LayerId id);
  // What is known of a layer, without an answer. Most reports are asked for once: a large one is worth its memory from
  // the second time on.
  void remember(const Known& known, std::uint64_t moment);

  // What is to be made now is true as of this moment: ask before reading anything that an answer is made from.
  std::uint64_t moment() const { return changes_.load(std::memory_order_acquire); }
  // Keeps an answer, unless something that it depends on changed since `moment`.
  void put(const Known& known, Part part, bool gzip, http::ReadyPointer answer, std::uint64_t moment);

  // The advisories on these packages changed: (namespace, package).
  void packages_changed(std::span<const std::pair<std::string, std::string>> packages);
  void layers_changed();
  void clear();
  // False: changes made elsewhere do not reach us, so nothing here can be believed.
  void trust(bool yes);

  std::uint64_t bytes() const;
  std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  std::uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::shared_ptr<Known> known;
    std::array<std::array<http::ReadyPointer, 2>, 3> answers;
    std::uint64_t layers_moment = 0;
    std::uint64_t bytes = 0;
    bool dependent = false;  // stands in dependents_
    std::list<std::string>::iterator recent;
  };
  // Names and packages come from outside.
  using Names = std::unordered_set<std::string, base::KeyedHash, std::equal_to<>>;
  using Entries = std::unordered_map<std::string, Entry, base::KeyedHash, std::equal_to<>>;

  bool changed_since(std::uint64_t moment, const std::vector<store::HeldFeature>* features) const;
  Entry& entry_of(const Known& known);
  void drop(Entries::iterator entry);
  void shrink();
  void add_dependent(Entry& entry);
  void remove_dependent(const std::string& name, Entry& entry);

  // How far back it is known which packages changed: an answer that took longer to make is not kept.
  static constexpr std::size_t kRemembered = 65'536;

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<std::uint64_t> hits_{0}, misses_{0};
  mutable std::mutex mutex_;
  bool trusted_ = true;
  std::uint64_t layers_moment_ = 0;
  std::uint64_t everything_moment_ = 0;
  std::deque<std::pair<std::uint64_t, std::string>> recent_changes_;  // moment, package_key()
  Entries entries_;
  std::list<std::string> recent_;  // names, the most recently used first
  std::unordered_map<std::string, Names, base::KeyedHash, std::equal_to<>> dependents_;  // package_key() → names
  std::uint64_t bytes_ = 0;
};

}  // namespace limpid::service::v1

// What the conformance suite stands on: an engine to be tested, a listener that remembers, and data as text, so that a
// failed comparison can be read.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "store/store.h"

namespace limpid::store::conformance {

// Where one store's data lies: empty at first, gone with this object. open() may be called again once the store that
// it returned before is destroyed, and opens the same data.
class Place {
 public:
  virtual ~Place() = default;
  virtual Result<std::unique_ptr<Store>> open(ChangeListener* listener, Observer observer) = 0;
};

struct Engine {
  std::string name;  // as Store::engine() says it
  bool serves_a_cluster = false;
  std::function<Result<std::unique_ptr<Place>>()> make_place;
};
inline void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

// The value, or a failure of the test at the line that asked.
template <class T>
T must(Result<T> result, std::source_location where = std::source_location::current()) {
  if (!result)
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << "failed: " << result.error().describe();
  if constexpr (!std::is_void_v<T>) return result ? *std::move(result) : T{};
}

// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(base::name_of(result.error().code()));
}

// Remembers what it was told, and can be given something to do at each change.
class Recorder final : public ChangeListener {
 public:
  Result<void> changed(const Change& change) override {
    if (refuses && refuses(change)) return base::fail(base::Code::io, {"refused"});
    {
      const std::lock_guard lock(mutex_);
      changes_.push_back(change);
    }
    if (on_change) on_change(change);
    return {};
  }
  Result<void> reload() override {
    const std::lock_guard lock(mutex_);
    ++reloads_;
    return {};
  }
  void connected(bool yes) override {
    const std::lock_guard lock(mutex_);
    connected_ = yes;
  }

  std::vector<Change> changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  int reloads() const {
    const std::lock_guard lock(mutex_);
    return reloads_;
  }
  bool is_connected() const {
    const std::lock_guard lock(mutex_);
    return connected_;
  }

  // Set these while nothing makes changes.
  std::function<void(const Change&)> on_change;
  std::function<bool(const Change&)> refuses;  // such a change is not handled, and not remembered

 private:
  mutable std::mutex mutex_;
  std::vector<Change> changes_;
  int reloads_ = 0;
  bool connected_ = false;
};

inline std::string show(version::Scheme scheme) { return std::to_string(static_cast<int>(scheme)); }
inline std::string show(const Feature& feature) {
  return base::cat({feature.name_space, "|", feature.name, "|", feature.version, "|", feature.origin, "|",
                    show(feature.scheme), "|", feature.module});
}
// Without the row numbers, which differ from run to run.
inline std::string show(const std::optional<Layer>& layer) {
  if (!layer) return "none";
  return base::cat({layer->name, " on ", layer->parent, " in ", layer->name_space, " by ", layer->engine, " of ",
                    layer->diff_id.to_string()});
}
inline std::vector<std::string> show(const std::vector<Layer>& layers) {
  std::vector<std::string> lines;
  for (const Layer& layer : layers) lines.push_back(layer.name);
  return lines;
}
inline std::vector<std::string> show(const std::vector<HeldFeature>& features) {
  std::vector<std::string> lines;
  for (const HeldFeature& held : features) lines.push_back(base::cat({show(held.feature), " by ", held.added_by}));
  std::sort(lines.begin(), lines.end());
  return lines;
}
inline std::vector<std::string> show(const std::vector<KnownFeature>& features) {
  std::vector<std::string> lines;
  for (const KnownFeature& known : features) lines.push_back(show(known.feature));
  std::sort(lines.begin(), lines.end());
  return lines;
}
inline std::vector<std::string> show(const LayerPage& page) {
  std::vector<std::string> lines;
  for (const LayerName& layer : page) lines.push_back(layer.name);
  return lines;
}
inline std::vector<std::string> show(const std::vector<Namespace>& namespaces) {
  std::vector<std::string> lines;
  for (const Namespace& one : namespaces) lines.push_back(base::cat({one.name, "|", show(one.scheme)}));
  return lines;
}
// Without the revision: how it grows is the engine's affair.
inline std::string show(const std::optional<CustomAdvisory>& advisory) {
  if (!advisory) return "none";
  return base::cat({advisory->name_space, "|", advisory->name, "|", advisory->deleted ? "deleted" : "there", "|",
                    advisory->document});
}
inline std::string show(const std::optional<Notification>& one) {
  if (!one) return "none";
  return base::cat({one->name, "|", one->created, "|", one->notified, "|", one->deleted, "|", one->old_revision, "|",
                    one->new_revision});
}
inline std::string show(const std::optional<DatabaseRecord>& record) {
  if (!record) return "none";
  return base::cat({record->generation, "|", record->sha256, "|", record->size, "|", record->created});
}
inline std::string show(const FeedState& state) {
  return base::cat({state.name, "|", state.last_attempt, "|", state.last_success, "|", state.last_change, "|",
                    state.problem, "|", state.records, "|", state.statements, "|", state.as_of});
}
inline std::string show(const Change& change) {
  return base::cat({static_cast<int>(change.kind), "|", change.name_space, "|", change.name});
}
inline std::vector<std::string> show(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) lines.push_back(show(change));
  return lines;
}

using Lines = std::vector<std::string>;

inline Feature deb(std::string name, std::string version) {
  return {"debian:12", std::move(name), std::move(version), "", version::Scheme::dpkg};
}
inline NewLayer new_layer(std::string name, LayerId parent, std::vector<Feature> added = {},
                          std::vector<Feature> removed = {}) {
  NewLayer layer;
  layer.name = std::move(name);
  layer.parent_id = parent;
  layer.name_space = "debian:12";
  layer.engine = 3;
  layer.added = std::move(added);
  layer.removed = std::move(removed);
  return layer;
}
inline CustomAdvisory new_advisory(std::string name_space, std::string name, std::string document = "{}") {
  CustomAdvisory advisory;
  advisory.name_space = std::move(name_space);
  advisory.name = std::move(name);
  advisory.document = std::move(document);
  return advisory;
}

// Runs `work(0)` … `work(count - 1)` on as many threads, which begin together.
inline void in_parallel(int count, const std::function<void(int)>& work) {
  std::atomic<int> waiting = count;
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      waiting.fetch_sub(1);
      waiting.notify_all();
      for (int left = waiting.load(); left > 0; left = waiting.load()) waiting.wait(left);
      work(i);
    });
}

class Conformance : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    auto place = GetParam().make_place();
    ASSERT_TRUE(place) << place.error().describe();
    place_ = *std::move(place);
    open();
    ASSERT_NE(store_, nullptr);
  }
  void TearDown() override {
    store_.reset();
    place_.reset();
  }

  Store& store() { return *store_; }
  void open(Observer observer = {}) {
    auto opened = place_->open(&recorder_, std::move(observer));
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = *std::move(opened);
  }
  void close() { store_.reset(); }
  void reopen() {
    close();
    open();
    ASSERT_NE(store_, nullptr);
  }

  // The id of the layer that it makes.
  LayerId put(const NewLayer& layer, std::source_location where = std::source_location::current()) {
    EXPECT_EQ(must(store().put_layer(layer), where), PutLayer::created) << layer.name;
    return id_of(layer.name, where);
  }
  LayerId id_of(const std::string& name, std::source_location where = std::source_location::current()) {
    const std::optional<Layer> layer = must(store().find_layer(name), where);
    EXPECT_TRUE(layer) << name;
    return layer ? layer->id : 0;
  }
  FeatureId feature_id(const Feature& feature) {
    for (const KnownFeature& known : must(store().versions_of(feature.name_space, feature.name)))
      if (known.feature == feature) return known.id;
    ADD_FAILURE() << show(feature) << " is not known";
    return 0;
  }
  void put(CustomAdvisory advisory, std::span<const NewNotification> notifications = {},
           std::source_location where = std::source_location::current()) {
    must(store().put_advisory(advisory, version::Scheme::dpkg, notifications), where);
  }
  std::int64_t revision_of(const std::string& name_space, const std::string& name) {
    const std::optional<CustomAdvisory> stored = must(store().advisory(name_space, name));
    return stored ? stored->revision : 0;
  }
  // Makes notifications by way of an advisory that is there for that only.
  void notify(const std::vector<NewNotification>& notifications,
              std::source_location where = std::source_location::current()) {
    CustomAdvisory advisory = new_advisory("debian:12", "for notifications");
    advisory.revision = revision_of(advisory.name_space, advisory.name);
    put(advisory, notifications, where);
  }

  Recorder recorder_;
  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

// Texts that break an engine which pastes them into its statements, or takes them for something else than bytes.
inline const std::string kHardText = "a'b\"c\\d\n\t%_;--$1 ?1 {e} (f,g) NULL \xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xB3 ";
inline const std::string kNulText{"a\0b", 3};
inline const std::string kNotUtf8 = "a\xFF\xFE";

}  // namespace limpid::store::conformance

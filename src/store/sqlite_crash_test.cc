// A process that writes is killed at moments of no particular kind. What it was told to be written must be there when
// the store is opened again, and of what it was not told about yet, the whole or nothing.
//
// This program is both: with "--write" it is the process that is killed. It reports each finished write as a line "K N"
// on descriptor 3: the N-th write of kind K.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "store/sqlite_connection.h"
#include "store/store.h"

namespace limpid::store {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kKills = 6;
#else
constexpr int kKills = 24;
#endif
constexpr int kReportDescriptor = 3;
constexpr int kFeaturesOfALayer = 6;
constexpr int kChain = 8;
constexpr int kAdvisories = 5;

// The kinds of writes. Each is done by a thread of its own, one after another, counted from 1.
constexpr std::string_view kKinds = "LADVIP";
using Counts = std::map<char, int>;

std::string name(std::string_view kind, int n) { return base::cat({kind, n}); }

// ── The process that is killed ──

NewLayer layer_to_write(int n, LayerId parent) {
  NewLayer layer;
  layer.name = name("L", n);
  layer.parent_id = parent;
  layer.engine = 1;
  for (int i = 0; i < kFeaturesOfALayer - 1; ++i)
    layer.added.push_back({"debian:12", name("package ", i), name("1.", n), "", version::Scheme::dpkg});
  layer.removed.push_back({"debian:12", name("package ", 0), name("1.", n - 1), "", version::Scheme::dpkg});
  return layer;
}

bool write_layer(Store& store, int n) {
  LayerId parent = 0;
  if (n % kChain != 0) {
    const auto below = store.find_layer(name("L", n - 1));
    if (!below) return false;
    if (*below) parent = (**below).id;
  }
  return store.put_layer(layer_to_write(n, parent)) == PutLayer::created;
}

std::vector<NewNotification> notifications_of(std::string_view kind, int n) {
  return {{base::cat({kind, n, "a"}), n, "", "{}"}, {base::cat({kind, n, "b"}), n, "", "{}"}};
}

bool write_advisory(Store& store, int n) {
  CustomAdvisory advisory;
  advisory.name_space = "debian:12";
  advisory.name = name("A", n % kAdvisories);
  advisory.document = std::to_string(n);
  const auto before = store.advisory(advisory.name_space, advisory.name);
  if (!before) return false;
  if (*before) advisory.revision = (**before).revision;
  return store.put_advisory(advisory, version::Scheme::dpkg, notifications_of("A", n)).has_value();
}

// Two layers, one on the other, which it then deletes.
bool write_deletion(Store& store, int n) {
  NewLayer lower;
  lower.name = base::cat({"D", n, "a"});
  lower.added.push_back({"debian:12", "deleted", std::to_string(n), "", version::Scheme::dpkg});
  if (!store.put_layer(lower)) return false;
  const auto id = store.find_layer(lower.name);
  if (!id || !*id) return false;
  NewLayer upper = lower;
  upper.name = base::cat({"D", n, "b"});
  upper.parent_id = (**id).id;
  return store.put_layer(upper) && store.delete_layer(lower.name) == true;
}

Digest diff_of(int n) { return base::sha256(base::as_bytes(std::to_string(n))); }
std::string inventory_of(int n) { return std::string(20'000 + static_cast<std::size_t>(n), static_cast<char>(n)); }

bool write_one(Store& store, char kind, int n) {
  switch (kind) {
    case 'L':
      return write_layer(store, n);
    case 'A':
      return write_advisory(store, n);
    case 'D':
      return write_deletion(store, n);
    case 'V':
      return store.set_value("count", std::to_string(n)).has_value();
    case 'I':
      return store.put_inventory(diff_of(n), 1, inventory_of(n)).has_value();
    default:
      return store.publish_database({n, "00", 1, n}, "", notifications_of("P", n)).has_value();
  }
}

[[noreturn]] void write_until_killed(const std::string& url, const Counts& done) {
  StoreOptions options;
  options.url = url;
  const auto store = open_store(options);
  if (!store) std::_Exit(2);
  std::vector<std::jthread> threads;
  for (const auto& [kind, count] : done)
    threads.emplace_back([&store, kind, first = count + 1] {
      for (int n = first;; ++n) {
        if (!write_one(**store, kind, n)) std::_Exit(3);
        const std::string line = base::cat({kind, " ", n, "\n"});
        if (::write(kReportDescriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(4);
      }
    });
  threads.clear();
  std::_Exit(5);
}

// ── The test ──

class Writer {
 public:
  Writer(const std::string& url, const Counts& done) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    reports_ = base::File(ends[0]);
    const base::File other_end(ends[1]);
    std::vector<std::string> words = {"/proc/self/exe", "--write", url};
    for (const auto& [kind, count] : done) words.push_back(base::cat({kind, count}));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // Through another number: where 3 is the pipe itself already, it would stay closed-on-exec.
    posix_spawn_file_actions_adddup2(&actions, ends[1], 100);
    posix_spawn_file_actions_adddup2(&actions, 100, kReportDescriptor);
    posix_spawn_file_actions_addclose(&actions, 100);
    EXPECT_EQ(::posix_spawn(&child_, "/proc/self/exe", &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }

  // Until `reports` writes were reported. False if it died by itself.
  bool wait_for(int reports) {
    while (std::count(text_.begin(), text_.end(), '\n') < reports)
      if (!read_more()) return false;
    return true;
  }

  // What was reported in all; checks that it lived until now.
  Counts kill() {
    ::kill(child_, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
    while (read_more()) {
    }
    Counts counts;
    std::string_view rest = text_;
    while (const auto line = base::take_line(rest)) {
      const auto n = base::parse_unsigned(line->substr(2));
      EXPECT_TRUE(n) << *line;
      if (n) counts[line->front()] = static_cast<int>(*n);
    }
    return counts;
  }

 private:
  bool read_more() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(reports_.descriptor(), buffer.data(), buffer.size());
    if (got <= 0) return false;
    text_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

  pid_t child_ = -1;
  base::File reports_;
  std::string text_;
};

class SqliteCrash : public testing::Test {
 protected:
  SqliteCrash() : folder_(base::TemporaryDirectory::make("limpid-crash-").value()), path_(folder_.path() + "/store") {
    for (const char kind : kKinds) done_[kind] = 0;
  }

  // Whether the n-th write of the kind is there. Fails the test if only a part of it is.
  bool is_there(Store& store, char kind, int n);
  void check_all(Store& store);
  void check_file();

  base::TemporaryDirectory folder_;
  std::string path_;
  Counts done_;  // that were there after the last kill
};

bool pair_is_there(Store& store, std::string_view kind, int n) {
  const bool first = store.notification(base::cat({kind, n, "a"})).value().has_value();
  EXPECT_EQ(store.notification(base::cat({kind, n, "b"})).value().has_value(), first) << kind << n;
  return first;
}

bool layer_is_there(Store& store, int n) {
  const std::optional<Layer> layer = store.find_layer(name("L", n)).value();
  if (!layer) return false;
  EXPECT_EQ(store.ancestry(layer->id).value().size(), static_cast<std::size_t>(n % kChain + (n < kChain ? 0 : 1))) << n;
  std::size_t own = 0;
  const std::vector<HeldFeature> features = store.features(layer->id).value();
  for (const HeldFeature& held : features) own += held.added_by == layer->name ? 1 : 0;
  EXPECT_EQ(own, std::size_t{kFeaturesOfALayer - 1}) << n;
  return true;
}

bool advisory_is_there(Store& store, int n) {
  const std::optional<CustomAdvisory> advisory = store.advisory("debian:12", name("A", n % kAdvisories)).value();
  const int document = advisory ? std::stoi(advisory->document) : 0;
  EXPECT_EQ(document >= n, pair_is_there(store, "A", n)) << n;
  return document >= n;
}

bool deletion_is_there(Store& store, int n) {
  const bool lower = store.find_layer(base::cat({"D", n, "a"})).value().has_value();
  const bool upper = store.find_layer(base::cat({"D", n, "b"})).value().has_value();
  EXPECT_TRUE(lower || !upper) << n;
  return !lower;
}

bool SqliteCrash::is_there(Store& store, char kind, int n) {
  switch (kind) {
    case 'L':
      return layer_is_there(store, n);
    case 'A':
      return advisory_is_there(store, n);
    case 'D':
      return deletion_is_there(store, n);
    case 'V':
      return std::stoi(store.value("count").value().value_or("0")) >= n;
    case 'I': {
      const std::optional<std::string> inventory = store.inventory(diff_of(n), 1).value();
      EXPECT_TRUE(!inventory || *inventory == inventory_of(n)) << n;
      return inventory.has_value();
    }
    default: {
      const std::optional<DatabaseRecord> record = store.database().value();
      const std::int64_t generation = record ? record->generation : 0;
      EXPECT_EQ(generation >= n, pair_is_there(store, "P", n)) << n;
      return generation >= n;
    }
  }
}

void SqliteCrash::check_all(Store& store) {
  for (auto& [kind, count] : done_) {
    for (int n = 1; n <= count; ++n) EXPECT_TRUE(is_there(store, kind, n)) << kind << n << " was reported and is lost";
    // One more may have been written and not reported. Whether a deletion was, one cannot see.
    if (kind != 'D' && is_there(store, kind, count + 1)) ++count;
    EXPECT_TRUE(kind == 'D' || !is_there(store, kind, count + 1)) << kind << count + 1 << " was never begun";
  }
  // What a deletion that was interrupted left over would be in the way of the next attempt.
  EXPECT_TRUE(store.delete_layer(base::cat({"D", done_['D'] + 1, "a"})));
}

void SqliteCrash::check_file() {
  const auto connection = sqlite::Connection::open(path_, std::chrono::seconds{10}).value();
  const auto number = [&](const char* sql) { return connection->number(sql).value(); };
  EXPECT_EQ(number("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM layer WHERE name LIKE 'L%' AND "
                   "(SELECT count(*) FROM layer_feature WHERE layer = layer.id) <> 6"),
            0);
  EXPECT_EQ(number("SELECT count(*) FROM layer_feature WHERE layer NOT IN (SELECT id FROM layer)"), 0);
  // Each of these writes made one change and two notifications.
  EXPECT_EQ(number("SELECT count(*) % 2 FROM notification"), 0);
  EXPECT_GE(number("SELECT changes FROM counter"), number("SELECT count(*) / 2 FROM notification"));
}

TEST_F(SqliteCrash, LosesNothingThatWasAcknowledged) {
  constexpr unsigned kSeed = 20'240'607;
  std::mt19937 random(kSeed);
  StoreOptions options;
  options.url = "sqlite:" + path_;
  int reported = 0;
  for (int round = 0; round < kKills && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    Writer writer(options.url, done_);
    // Every fourth is killed while it opens or soon after, the others amid their work.
    if (round % 4 != 0) {
      ASSERT_TRUE(writer.wait_for(static_cast<int>(random() % 120)));
    }
    std::this_thread::sleep_for(std::chrono::microseconds{random() % (round % 4 == 0 ? 30'000 : 3'000)});
    for (const auto& [kind, count] : writer.kill()) {
      reported += count - done_[kind];
      done_[kind] = count;
    }
    const auto store = open_store(options);
    ASSERT_TRUE(store) << store.error().describe();
    check_all(**store);
    check_file();
  }
  std::printf("  %d kills, %d writes reported\n", kKills, reported);
  EXPECT_GT(reported, kKills);
}

int write_as_told(int count, char** words) {
  Counts done;
  for (int i = 3; i < count; ++i) done[words[i][0]] = std::atoi(words[i] + 1);
  write_until_killed(words[2], done);
}

}  // namespace
}  // namespace limpid::store

int main(int count, char** words) {
  if (count > 3 && std::strcmp(words[1], "--write") == 0) return limpid::store::write_as_told(count, words);
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}

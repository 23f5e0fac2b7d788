// The service's configuration: Clair 1.x and 2.x files as they are, and our own additions, from YAML with keys in any
// case. docs/operations.md lists every key. yaml-cpp is in config_yaml.cc alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "scan/limits.h"

namespace limpid::service {

struct ApiConfig {
  // Without a file: loopback. With one that does not say `addr`: every interface, as Clair had it.
  std::string address = "127.0.0.1";
  std::uint16_t port = 6060;         // 0: any free one
  std::uint16_t health_port = 6061;  // 0: any free one
  std::string health_address;        // "": as `address`
  std::chrono::milliseconds timeout{900'000};
  std::string pagination_key;  // "": a random one for this process
  std::string ca_file, cert_file, key_file;
  std::uint64_t cache_bytes = std::uint64_t{256} << 20;  // of ready answers
  std::size_t connections = 4'096;
  std::size_t waiting = 1'024;  // requests in a queue before 503
};

struct StoreConfig {
  std::string url;  // "": SQLite in the data folder
  unsigned connections = 8;
};

// A layer that unpacks to more than a gigabyte and so many times its size is a bomb: real ones stay below 50.
inline constexpr std::uint64_t kBombRatio = 200;
// The limits that hold where the configuration says nothing else.
inline scan::Limits service_limits() {
  scan::Limits limits;
  limits.inflate.ratio_max = kBombRatio;
  return limits;
}

struct LayersConfig {
  std::vector<std::string> from;  // hosts, networks and folders that may be read from besides the public internet
  bool only_listed = false;       // then the public internet is not allowed either
  std::uint64_t size_max = std::uint64_t{10} << 30;  // of a blob
  scan::Limits limits = service_limits();            // of what is in it; `unpacked-size` is that of its tar
  std::chrono::milliseconds timeout{600'000};        // for one layer
  unsigned concurrency = 0;                          // 0: one for each processor
  bool insecure_tls = false;
  std::string ca_file;
};

// One place where a feed comes from.
struct FeedSource {
  std::string feed;        // "debian", as advisory::feeds() names it
  std::string url;         // http(s), file:, or a path
  std::string name_space;  // where the feed cannot tell it from the data
  std::string ca_file;     // beside the system's
};

struct UpdaterConfig {
  std::chrono::milliseconds interval{2 * 3'600'000};  // 0: never
  std::vector<FeedSource> feeds;                      // empty: default_feeds()
  std::string proxy;                                  // "": the environment's
  // A feed with fewer records than this part of what it last had is refused.
  double shrink_min = 0.8;
};

struct NotifierConfig {
  unsigned attempts = 5;
  std::chrono::milliseconds renotify_interval{2 * 3'600'000};
  std::string endpoint;  // "": nobody is notified
  std::string server_name, ca_file, cert_file, key_file, proxy;
  bool only_affected = false;  // leave out changes that touch no indexed layer
  // Notifications that nobody reads go after so long. A node without an endpoint may stand beside one that has one, so
  // that it is long for all.
  std::chrono::milliseconds keep_unread = std::chrono::hours(30 * 24);
};

struct Config {
  std::string data_folder;  // "": $XDG_DATA_HOME/limpid, ~/.local/share/limpid
  std::string database;     // --db: a compiled database's file; "": the data folder's
  // What `limpid db update` writes: used while the store has no database yet. Said by the command, not by a file.
  std::string default_database;
  ApiConfig api;
  StoreConfig store;
  LayersConfig layers;
  UpdaterConfig updater;
  NotifierConfig notifier;
  std::vector<std::string> warnings;  // unknown keys, things that cannot work
};

// The file at `path` (≤ 1 MiB; $VARIABLES in the path are the caller's). Code::usage names line, key and problem.
// Secrets may stand elsewhere: a key with `_file` after its name (database.source_file, paginationkey_file, …) names a
// file that holds the value, and LIMPID_DATABASE_URL and LIMPID_PAGINATION_KEY in the environment win over both.
Result<Config> read_config(const std::string& path);
// What is used without a file: the defaults and the environment.
Result<Config> default_config();
// From text, for tests and the fuzz target; `name` stands in errors.
Result<Config> parse_config(std::string_view text, std::string_view name,
                            const std::map<std::string, std::string>& environment);

// "127.0.0.1:6060", "[::1]:6060", ":6060" (every interface).
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};
Result<Endpoint> parse_endpoint(std::string_view text);

// The configuration as it is in effect, for `--check-config`: YAML, secrets shown as ***.
std::string describe(const Config& config);

}  // namespace limpid::service

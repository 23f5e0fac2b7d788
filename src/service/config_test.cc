#include "service/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advisory/feed.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "service/config_values.h"
#include "service/config_yaml.h"

namespace limpid::service {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

Config good(std::string_view text, const std::map<std::string, std::string>& environment = {}) {
  auto config = parse_config(text, "limpid.yaml", environment);
  EXPECT_TRUE(config) << text << "\n" << (config ? "" : config.error().describe());
  return config ? *std::move(config) : Config{};
}

std::string problem_of(std::string_view text, const std::map<std::string, std::string>& environment = {}) {
  const auto config = parse_config(text, "limpid.yaml", environment);
  return config ? "none" : config.error().describe();
}

void write(const std::string& path, std::string_view content) {
  ASSERT_TRUE(base::write_file_atomically(path, base::as_bytes(content)));
}

std::string source_file(std::string_view name) {
  auto content = base::read_file(base::cat({LIMPID_SOURCE_DIR, "/", name}), kConfigBytesMax);
  EXPECT_TRUE(content) << name;
  return content ? *std::move(content) : std::string();
}

// What libpq makes of a connection string: its options that were given, by keyword.
std::map<std::string, std::string> libpq_options(const std::string& text) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(text.c_str(), &error),
                                                                             PQconninfoFree);
  EXPECT_TRUE(options) << text << ": " << (error == nullptr ? "" : error);
  PQfreemem(error);
  std::map<std::string, std::string> all;
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val != nullptr) all[option->keyword] = option->val;
  }
  return all;
}

TEST(Config, DefaultsWhereTheFileSaysNothing) {
  for (const std::string_view text : {"", "# nothing\n", "clair:\n", "clair: {}", "---\n...\n",
                                      "clair:\n  database:\n  api:\n  layers:\n  updater:\n  notifier:\n",
                                      "notifier:\n  http:\nupdater:\n  feeds:\ndatabase:\n  options:\n"}) {
    const Config config = good(text);
    EXPECT_EQ(config.api.address, "::") << text;
    EXPECT_EQ(config.api.port, 6060);
    EXPECT_EQ(config.api.health_address, "");
    EXPECT_EQ(config.api.health_port, 6061);
    EXPECT_EQ(config.store.url, "");
    EXPECT_EQ(config.updater.interval, std::chrono::hours(2));
    EXPECT_EQ(config.notifier.endpoint, "");
    EXPECT_TRUE(config.warnings.empty()) << config.warnings[0];
  }
  const auto without_file = default_config();
  ASSERT_TRUE(without_file);
  EXPECT_EQ(without_file->api.address, "127.0.0.1");
}

TEST(Config, ReadsClair1) {
  const Config config = good(source_file("fuzz/corpus/service_config/clair-1.yaml"));
  EXPECT_TRUE(config.warnings.empty()) << config.warnings[0];
  EXPECT_EQ(config.store.url,
            "postgresql:///?host=localhost&port=5432&user=postgres&sslmode=disable&statement_timeout=60000");
  EXPECT_EQ(config.api.address, "::");
  EXPECT_EQ(config.notifier.attempts, 3U);
}

TEST(Config, ReadsClair2AndWarnsOfWhatItDoesNotKnow) {
  const Config config = good(source_file("fuzz/corpus/service_config/clair-2.yaml"));
  EXPECT_EQ(config.store.url, "postgresql://clair:p%40ss@db:5432/clair?sslmode=disable");
  EXPECT_EQ(config.api.address, "0.0.0.0");
  EXPECT_EQ(good("api: {addr: 127.0.0.1, port: 7000}").api.address, "127.0.0.1");
  EXPECT_EQ(good("api: {addr: 127.0.0.1, port: 7000}").api.port, 7000);
  EXPECT_EQ(config.api.health_address, "::1");
  EXPECT_EQ(config.updater.interval, milliseconds{0});
  EXPECT_EQ(config.warnings, (std::vector<std::string>{
                                 "limpid.yaml:7: clair.database.options.paginationkey: no key that we know",
                                 "limpid.yaml:12: clair.worker: no key that we know",
                                 "limpid.yaml:16: clair.updater.enabledupdaters: no key that we know",
                             }));
}

TEST(Config, KeysInAnyCaseAndTheRootKeyMayBeAbsent) {
  const std::string key(kHexKey);
  for (const std::string_view spelling : {"paginationkey", "paginationKey", "PAGINATIONKEY"}) {
    EXPECT_EQ(good(base::cat({"Clair:\n  API:\n    ", spelling, ": \"", key, "\"\n"})).api.pagination_key, key);
    EXPECT_EQ(good(base::cat({"Api:\n  ", spelling, ": '", key, "'\n"})).api.pagination_key, key);
  }
}

TEST(Config, ReadsEveryKeyOfOurs) {
  const Config config = good(R"(
database: {type: SQLite, path: /var/x.sqlite, connections: 3}
api: {addr: "[::1]:0", healthaddr: ":7001", timeout: 1m, cachebytes: 1MiB, connections: 10, waiting: 5}
layers: {from: [10.0.0.0/8, /srv], onlylisted: yes, sizemax: 5, unpackedsizemax: 2KiB, timeout: 9s, concurrency: 3,
  insecuretls: true}
updater:
  interval: 90m
  proxy: none
  shrinkmin: 0.25
  feeds:
  - {feed: debian, url: "file:/x"}
  - feed: alpine
    url: https://m.example/a
    namespace: alpine:3.20
notifier: {attempts: 7, renotifyinterval: 1h, onlyaffected: On, keepunread: 48h, http: {endpoint: "http://h/x", servername: h,
  proxy: "socks5h://p:1"}}
datafolder: /data
vulndb: /db
)");
  EXPECT_TRUE(config.warnings.empty()) << config.warnings[0];
  EXPECT_EQ(config.store.url, "sqlite:/var/x.sqlite");
  EXPECT_EQ(config.store.connections, 3U);
  EXPECT_EQ(config.api.address, "::1");
  EXPECT_EQ(config.api.port, 0);
  EXPECT_EQ(config.api.health_address, "::");
  EXPECT_EQ(config.api.health_port, 7001);
  EXPECT_EQ(config.api.timeout, std::chrono::minutes(1));
  EXPECT_EQ(config.api.cache_bytes, 1U << 20);
  EXPECT_EQ(config.api.connections, 10U);
  EXPECT_EQ(config.api.waiting, 5U);
  EXPECT_EQ(config.layers.from, (std::vector<std::string>{"10.0.0.0/8", "/srv"}));
  EXPECT_TRUE(config.layers.only_listed);
  EXPECT_EQ(config.layers.size_max, 5U);
  EXPECT_EQ(config.layers.limits.inflate.output_max, 2048U);
  EXPECT_EQ(config.layers.timeout, std::chrono::seconds(9));
  EXPECT_EQ(config.layers.concurrency, 3U);
  EXPECT_TRUE(config.layers.insecure_tls);
  EXPECT_EQ(config.updater.interval, std::chrono::minutes(90));
  EXPECT_EQ(config.updater.proxy, "none");
  EXPECT_EQ(config.updater.shrink_min, 0.25);
  ASSERT_EQ(config.updater.feeds.size(), 2U);
  EXPECT_EQ(config.updater.feeds[0].url, "file:/x");
  EXPECT_EQ(config.updater.feeds[1].name_space, "alpine:3.20");
  EXPECT_EQ(config.notifier.attempts, 7U);
  EXPECT_EQ(config.notifier.renotify_interval, std::chrono::hours(1));
  EXPECT_TRUE(config.notifier.only_affected);
  EXPECT_EQ(config.notifier.keep_unread, std::chrono::hours(48));
  EXPECT_EQ(config.notifier.endpoint, "http://h/x");
  EXPECT_EQ(config.notifier.server_name, "h");
  EXPECT_EQ(config.notifier.proxy, "socks5h://p:1");
  EXPECT_EQ(config.data_folder, "/data");
  EXPECT_EQ(config.database, "/db");
}

TEST(Config, PlacesOfTheStore) {
  EXPECT_EQ(good("database: {type: sqlite, source: a.db}").store.url, "sqlite:a.db");
  EXPECT_EQ(good("database: {source: 'sqlite:a.db'}").store.url, "sqlite:a.db");
  EXPECT_EQ(good("database: {type: sqlite, options: {path: /a b}}").store.url, "sqlite:/a b");
  EXPECT_EQ(good("database: {type: sqlite, options: {path: '/a '}}").store.url, "sqlite:/a");
  EXPECT_EQ(good("database: {type: sqlite}").store.url, "");
  EXPECT_EQ(good("database: {source: 'postgres://h/d'}").store.url, "postgres://h/d");
  EXPECT_EQ(good("database: {type: pgsql}", {{"LIMPID_DATABASE_URL", "host=h"}}).store.url, "postgresql:///?host=h");
  EXPECT_EQ(good("database: {source: 'postgres://h/d'}", {{"LIMPID_DATABASE_URL", "sqlite:x"}}).store.url, "sqlite:x");
}

TEST(Config, LibpqUnderstandsTheUrlAsItDidThePairs) {
  for (const std::string text :
       {"host=localhost dbname=clair", "host = /var/run/postgresql  user='a b' password='it\\'s \\\\ 100%&=?@/'",
        "hostaddr=::1 port=5433 password=a\\ b\\'c sslmode=verify-full", "dbname='' user=u",
        "host=a,b port=1,2 dbname=d"}) {
    const auto url = store_url_of(text);
    ASSERT_TRUE(url) << text;
    auto wanted = libpq_options(text);
    EXPECT_EQ(libpq_options(*url), wanted) << text << " → " << *url;
  }
}

TEST(Config, ErrorsNameLineKeyAndProblem) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"clair:\n  api:\n    port: 65536\n", "limpid.yaml:3: clair.api.port: has to be a whole number from 0 to 65535"},
      {"api: {port: -1}", "limpid.yaml:1: api.port: has to be a whole number from 0 to 65535"},
      {"api: {port: [1]}", "limpid.yaml:1: api.port: has to be a single value, not a list or a mapping"},
      {"api:\n- port", "limpid.yaml:1: api: has to be a mapping of keys to values"},
      {"just text", "limpid.yaml:1: the file: has to be a mapping of keys to values"},
      {"api: {port: 1, addr: ':2'}", "limpid.yaml:1: api.port: api.addr names a port already"},
      {"api: {addr: '::1:6060'}",
       "limpid.yaml:1: api.addr: no address with a port: write it as 127.0.0.1:6060, [::1]:6060 or :6060"},
      {"api: {port: 6061}", "limpid.yaml:1: api.port: both listeners would have port 6061"},
      {"\n\napi: {timeout: 900}", "limpid.yaml:3: api.timeout: no duration: write it as 900s, 2h, 1h30m or 250ms"},
      {"api: {timeout: 0}", "limpid.yaml:1: api.timeout: has to be at least 1ms"},
      {"api: {timeout: 900000h}", "limpid.yaml:1: api.timeout: is longer than a hundred years"},
      {"api: {paginationkey: abcd}",
       "limpid.yaml:1: api.paginationkey: has to be 32 bytes, written as 64 hexadecimal digits or in base64"},
      {"api: {cachebytes: many}",
       "limpid.yaml:1: api.cachebytes: no size: write a number of bytes, or one with KiB, MiB, GiB or TiB"},
      {"api: {certfile: /dev/null}", "limpid.yaml:1: api.certfile: is of no use without keyfile"},
      {"notifier:\n http:\n  keyfile: /dev/null",
       "limpid.yaml:3: notifier.http.keyfile: is of no use without certfile"},
      {"layers: {cafile: /nowhere/ca.pem}",
       "limpid.yaml:1: layers.cafile: cannot be read: /nowhere/ca.pem: No such file or directory"},
      {"database:\n  source_file: /nowhere/url\n",
       "limpid.yaml:2: database.source_file: /nowhere/url: No such file or directory"},
      {"database: {source_file: /dev/zero}", "limpid.yaml:1: database.source_file: /dev/zero: no regular file"},
      {"database: {source_file: /dev/null, source: x=y}",
       "limpid.yaml:1: database.source_file: database.source is there, too: choose one"},
      {"database:\n  source: host=a\n  options:\n    source: host=b\n",
       "limpid.yaml:4: database.options.source: database.source is there, too: choose one"},
      {"database: {type: pgsql}",
       "limpid.yaml:1: database.type: pgsql needs database.options.source, or LIMPID_DATABASE_URL"},
      {"api: {addr: \"127.'.0.1\"}", "limpid.yaml:1: api.addr: is no address"},
      {"database: {type: mysql}", "limpid.yaml:1: database.type: has to be pgsql or sqlite"},
      {"database: {type: sqlite, source: 'postgres://h'}",
       "limpid.yaml:1: database.source: is no path, but database.type is sqlite"},
      {"database: {type: pgsql, options: {path: /x}}",
       "limpid.yaml:1: database.options.path: is no place of a PostgreSQL database, but database.type is pgsql"},
      {"database: {options: {path: ' '}}", "limpid.yaml:1: database.options.path: sqlite: without a path"},
      {"database: {source: some.db}",
       "limpid.yaml:1: database.source: neither sqlite:PATH, nor postgresql://…, nor key=value pairs as libpq takes "
       "them"},
      {"database: {source: \"password='a\"}", "limpid.yaml:1: database.source: a quoted value does not end"},
      {"notifier: {http: {endpoint: hooks.example/x}}",
       "limpid.yaml:1: notifier.http.endpoint: no URL that begins with http://, https://"},
      {"notifier: {http: {endpoint: 'http:///x'}}", "limpid.yaml:1: notifier.http.endpoint: a URL without a host"},
      {"notifier: {http: {endpoint: 'http://u@:80/x'}}", "limpid.yaml:1: notifier.http.endpoint: a URL without a host"},
      {"notifier: {http: {endpoint: 'http://h/a b'}}",
       "limpid.yaml:1: notifier.http.endpoint: a URL with a blank or a backslash in it"},
      {"notifier: {attempts: 0}", "limpid.yaml:1: notifier.attempts: has to be a whole number from 1 to 1000"},
      {"notifier: {onlyaffected: maybe}", "limpid.yaml:1: notifier.onlyaffected: has to be true or false"},
      {"updater: {shrinkmin: 1.5}", "limpid.yaml:1: updater.shrinkmin: has to be a number from 0 to 1"},
      {"updater: {shrinkmin: nan}", "limpid.yaml:1: updater.shrinkmin: has to be a number from 0 to 1"},
      {"updater: {feeds: {feed: debian}}", "limpid.yaml:1: updater.feeds: has to be a list"},
      {"updater:\n  feeds:\n  - feed: debian\n    url: ftp://h/x\n",
       "limpid.yaml:4: updater.feeds[0].url: no URL that begins with http://, https://, nor file: or a path"},
      {"updater: {feeds: [debian]}", "limpid.yaml:1: updater.feeds[0]: has to be a mapping of keys to values"},
      {"layers: {from: ['http://h']}",
       "limpid.yaml:1: layers.from: http://h: a host, a network or a folder, not a URL"},
      {"layers: {from: [[1]]}", "limpid.yaml:1: layers.from[0]: has to be a text"},
      {"datafolder: \"a\\nb\"", "limpid.yaml:1: datafolder: holds a line break or another control character"},
      {"api: {port: 1}\nAPI: {port: 2}", "limpid.yaml:2: API: stands in line 1 already"},
  };
  for (const auto& [text, problem] : cases) EXPECT_EQ(problem_of(text), problem) << text;
  std::vector<std::string> names;
  for (const advisory::Feed* feed : advisory::feeds()) names.emplace_back(feed->name());
  EXPECT_EQ(problem_of("updater:\n  feeds:\n  - feed: debian\n    url: /x\n  - feed: debain\n"),
            "limpid.yaml:5: updater.feeds[1].feed: has to be one of " + base::join(names, ", "));
}

TEST(Config, LimitsAreSetByTheirNames) {
  const Config config = good("limits: {entries: 7, unpacked-size: 2GiB, Zstd-Window: 16MiB, entires: 8}");
  EXPECT_EQ(config.layers.limits.tar.entries_max, 7U);
  EXPECT_EQ(config.layers.limits.inflate.output_max, std::uint64_t{2} << 30);
  EXPECT_EQ(config.layers.limits.inflate.zstd_window_log_max, 24U);
  EXPECT_EQ(config.layers.limits.inflate.ratio_max, kBombRatio);
  EXPECT_EQ(config.warnings, std::vector<std::string>{"limpid.yaml:1: limits.entires: no key that we know"});
  const Config again = good(describe(config));
  EXPECT_EQ(describe(again), describe(config));
  EXPECT_EQ(again.layers.limits.tar.entries_max, 7U);
  EXPECT_EQ(again.layers.limits.inflate.output_max, std::uint64_t{2} << 30);
  EXPECT_EQ(describe(good("")).find("limits:"), std::string::npos);

  EXPECT_EQ(problem_of("limits: {links: 1k}"), "limpid.yaml:1: limits.links: has to be a whole number");
  EXPECT_EQ(problem_of("limits: {layers: 0}"), "limpid.yaml:1: limits.layers: has to be from 1 to 4294967295");
  EXPECT_EQ(problem_of("limits: {layers: }"), "none");
  EXPECT_EQ(problem_of("limits: {layers: ''}"), "limpid.yaml:1: limits.layers: has to be a whole number");
  EXPECT_EQ(problem_of("layers: {unpackedsizemax: 1}\nlimits: {unpacked-size: 1}"),
            "limpid.yaml:2: limits.unpacked-size: layers.unpackedsizemax is there, too: choose one");
}

TEST(Config, EnvironmentIsNamedInItsErrors) {
  EXPECT_EQ(problem_of("", {{"LIMPID_PAGINATION_KEY", "short"}}),
            "LIMPID_PAGINATION_KEY: has to be 32 bytes, written as 64 hexadecimal digits or in base64");
  EXPECT_EQ(problem_of("", {{"LIMPID_DATABASE_URL", "nonsense"}}),
            "LIMPID_DATABASE_URL: neither sqlite:PATH, nor postgresql://…, nor key=value pairs as libpq takes them");
  EXPECT_EQ(good("", {{"LIMPID_DATABASE_URL", ""}, {"LIMPID_PAGINATION_KEY", ""}}).store.url, "");
}

TEST(Config, SecretsFromFiles) {
  auto folder = base::TemporaryDirectory::make("limpid-config");
  ASSERT_TRUE(folder);
  const std::string key = base::cat({folder->path(), "/key"}), url = base::cat({folder->path(), "/url"});
  write(key, base::cat({kHexKey, "\n"}));
  write(url, "host=db password=hidden\n");
  const std::string text =
      base::cat({"api:\n  paginationKey_file: ", key, "\ndatabase:\n  type: pgsql\n  options:\n    source_file: ", url,
                 "\nnotifier:\n  http:\n    endpoint_file: ", url, "\n"});
  EXPECT_EQ(problem_of(text), "limpid.yaml:9: notifier.http.endpoint_file: no URL that begins with http://, https://");
  const Config config = good(std::string_view(text).substr(0, text.find("notifier")));
  EXPECT_EQ(config.api.pagination_key, kHexKey);
  EXPECT_EQ(config.store.url, "postgresql:///?host=db&password=hidden");
  EXPECT_EQ(
      good(text.substr(0, text.find("notifier")), {{"LIMPID_PAGINATION_KEY", std::string(64, 'a')}}).api.pagination_key,
      std::string(64, 'a'));

  write(url, " \n");
  EXPECT_EQ(problem_of(text), base::cat({"limpid.yaml:6: database.options.source_file: ", url, ": is empty"}));
  ASSERT_EQ(::mkfifo(base::cat({folder->path(), "/pipe"}).c_str(), 0600), 0);
  EXPECT_EQ(problem_of(base::cat({"updater: {proxy_file: ", folder->path(), "/pipe}"})),
            base::cat({"limpid.yaml:1: updater.proxy_file: ", folder->path(), "/pipe: no regular file"}));
  if (::geteuid() != 0) {  // root reads everything
    write(url, "x");
    ::chmod(url.c_str(), 0);
    EXPECT_NE(problem_of(text).find("Permission denied"), std::string::npos);
  }
}

TEST(Config, NoErrorRepeatsASecret) {
  for (const std::string_view text :
       {"api: {paginationkey: S3CRET}", "database: {source: 'user:S3CRET@h/d'}",
        "database: {source: \"password='S3CRET\"}", "notifier: {http: {endpoint: 'ftp://u:S3CRET@h/'}}",
        "updater: {proxy: 'u:S3CRET@h'}", "updater: {feeds: [{feed: debian, url: 'ftp://u:S3CRET@h'}]}"}) {
    const std::string problem = problem_of(text);
    EXPECT_NE(problem, "none") << text;
    EXPECT_EQ(problem.find("S3CRET"), std::string::npos) << problem;
  }
}

TEST(Config, DescriptionHidesSecretsAndReadsBack) {
  const Config config =
      good(base::cat({R"(
database: {source: "postgresql://u:S3CRET?x@h:1/d?password=S3CRET&sslmode=require", connections: 2}
api: {paginationkey: )",
                      kHexKey, R"(, addr: "127.0.0.1:1", healthaddr: ":2", timeout: 1h1ms, cachebytes: 1000}
layers: {from: ["a\"b\\", "*.é"], concurrency: 2}
updater:
  proxy: http://S3CRET@p
  shrinkmin: 0.1
  feeds:
  - {feed: osv, url: "https://u:S3CRET@h/p?token=S3CRET"}
  - {feed: alpine, url: /x, namespace: "alpine:3.20"}
notifier: {renotifyinterval: 90s, http: {endpoint: "https://u:S3CRET@h/p?k=S3CRET", proxy: "http://u:S3CRET@p:1"}}
datafolder: "/da ta: #x"
)"}));
  const std::string shown = describe(config);
  EXPECT_EQ(shown.find("S3CRET"), std::string::npos) << shown;
  EXPECT_EQ(shown.find(kHexKey), std::string::npos) << shown;
  const Config again = good(shown);
  EXPECT_EQ(describe(again), shown);
  EXPECT_EQ(again.store.url, "postgresql://u:***@h:1/d?password=***&sslmode=require");
  EXPECT_EQ(again.api.pagination_key, "***");
  EXPECT_EQ(again.updater.feeds.at(0).url, "https://u:***@h/p?***");
  EXPECT_EQ(again.notifier.proxy, "http://u:***@p:1");
  EXPECT_EQ(again.layers.from, config.layers.from);
  EXPECT_EQ(again.data_folder, config.data_folder);
  EXPECT_EQ(again.api.timeout, config.api.timeout);
  EXPECT_EQ(again.api.cache_bytes, config.api.cache_bytes);
  EXPECT_EQ(again.updater.shrink_min, config.updater.shrink_min);
  // Whoever starts the service with the description is told of each.
  EXPECT_EQ(again.warnings.size(), 6U);
  EXPECT_EQ(again.warnings.at(0),
            "limpid.yaml:3: clair.database.source: *** stands for a secret that was hidden; write the secret itself");

  Config defaults = *default_config();
  EXPECT_EQ(describe(good(describe(defaults))), describe(defaults));
  EXPECT_EQ(good(describe(defaults)).api.address, "127.0.0.1");
}

TEST(Config, ReadsAFileOfTheMachine) {
  auto folder = base::TemporaryDirectory::make("limpid-config");
  ASSERT_TRUE(folder);
  const std::string path = base::cat({folder->path(), "/limpid.yaml"});
  write(path, "api:\n  port: x\n");
  const auto config = read_config(path);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code(), Code::usage);
  EXPECT_EQ(config.error().describe(), base::cat({path, ":2: api.port: has to be a whole number from 0 to 65535"}));
  EXPECT_EQ(read_config(base::cat({path, "x"})).error().code(), Code::not_found);
  write(path, std::string(kConfigBytesMax + 1, ' '));
  EXPECT_EQ(read_config(path).error().code(), Code::limit);
}

TEST(Config, TheSampleHasNoWarningsAndShowsEveryKey) {
  const std::string sample = source_file("packaging/limpid.yaml");
  EXPECT_TRUE(good(sample).warnings.empty());

  // With everything switched on, against files that are there.
  auto folder = base::TemporaryDirectory::make("limpid-config");
  ASSERT_TRUE(folder);
  std::string all = std::regex_replace(sample, std::regex("(^|\n)( *)#(?=[^ \n])"), "$1$2");
  all = std::regex_replace(all, std::regex("/(etc/limpid/tls|run/credentials/limpid.service)"), folder->path());
  for (const std::string_view name : {"server.pem", "server.key", "clients-ca.pem", "registry-ca.pem", "mirror-ca.pem",
                                      "hooks-ca.pem", "client.pem", "client.key", "pagination-key"}) {
    EXPECT_NE(all.find(name), std::string::npos) << name;
    write(base::cat({folder->path(), "/", name}), kHexKey);
  }
  const Config config = good(all);
  EXPECT_TRUE(config.warnings.empty()) << config.warnings[0];
  EXPECT_EQ(config.notifier.key_file, base::cat({folder->path(), "/client.key"}));
  EXPECT_EQ(config.updater.feeds.size(), 2U);

  const std::string shown = describe(config);
  const std::regex key("( *)(?:- )?([a-z]+):.*");
  for (std::string_view rest = shown; const auto line = base::take_line(rest);) {
    std::smatch match;
    const std::string text(*line);
    ASSERT_TRUE(std::regex_match(text, match, key)) << text;
    const std::regex in_sample(base::cat({"(^|\n) *#?(- )?", match[2].str(), "(_file)?:"}));
    if (match[2] == "source" || match[2] == "healthport") continue;  // told of in the comments
    EXPECT_TRUE(std::regex_search(sample, in_sample)) << match[2] << " is not in the sample";
  }
}

TEST(Config, HostileYamlIsRefusedInTime) {
  const auto repeat = [](std::string_view unit, std::size_t size) {
    std::string text;
    while (text.size() + unit.size() <= size) text += unit;
    return text;
  };
  const auto starts = [](const std::string& text, std::string_view wanted) {
    const std::string problem = problem_of(text);
    EXPECT_TRUE(problem.starts_with(wanted)) << problem.substr(0, 200);
  };
  starts("a: &a [x,x]\nb: &b [*a,*a]\n", "limpid.yaml:2: aliases (*name) are not read");
  starts("a: !!python/object:os.system x", "limpid.yaml:1: tags (!name) are not read");
  starts("a: 1\n---\nb: 2\n", "limpid.yaml:2: a second document");
  starts("? [a]\n: b\n", "limpid.yaml:1: a key that is no text");
  starts("a: \x04\nb: x", "limpid.yaml:1: a control character");
  starts("ok: x\nb: \xff", "limpid.yaml:2: no UTF-8 text");
  starts("a: [b\n", "limpid.yaml:2: YAML: end of sequence flow not found");
  starts(repeat("- ", 34), "limpid.yaml:1: nests deeper than 16");
  starts(repeat("[", kConfigBytesMax), "limpid.yaml:1: more than 10000 brackets");
  starts(repeat("- a\n", kConfigBytesMax), "limpid.yaml:20000: more than 20000 values");
  std::string keys;
  for (int i = 0; i <= 1000; ++i) base::append(keys, {"k", i, ": 1\n"});
  starts(keys, "limpid.yaml:1001: more than 1000 keys in one mapping");
  starts(repeat(" ", kConfigBytesMax + 1), "limpid.yaml:1: 1048577 bytes, more than the 1048576 that we read");
  for (const std::string_view unit : {"[,", "{a: ", "!a ", "&a ",     "*a ",   "\"", "'", "|",  "- ", "? ",
                                      ": ", "%Y\n", "a\n", "a: |\n ", "\"\\x", ",",  "]", "\r", "\t", "#"}) {
    for (const std::size_t size : {std::size_t{7}, std::size_t{18'000}, kConfigBytesMax})
      (void)parse_config(repeat(unit, size), "limpid.yaml", {});  // nothing is thrown, and the test ends
  }
}

TEST(ConfigValues, Sizes) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("10GiB"), std::uint64_t{10} << 30);
  EXPECT_EQ(parse_size("10 MiB"), std::uint64_t{10} << 20);
  EXPECT_EQ(print_size(std::uint64_t{10} << 30), "10GiB");
  EXPECT_EQ(print_size(1025), "1025");
  for (const std::string_view text : {"", "GiB", "-1", "1.5GiB", "1GB", "9999999TiB", "18446744073709551615"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(ConfigValues, Endpoints) {
  const std::tuple<std::string_view, std::string_view, int> cases[] = {{"127.0.0.1:6060", "127.0.0.1", 6060},
                                                                       {"[::1]:6060", "::1", 6060},
                                                                       {":6060", "::", 6060},
                                                                       {"localhost:0", "localhost", 0},
                                                                       {"[fe80::1%eth0]:80", "fe80::1%eth0", 80}};
  for (const auto& [text, address, port] : cases) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->address, address);
    EXPECT_EQ(endpoint->port, port);
    EXPECT_EQ(parse_endpoint(print_endpoint(endpoint->address, endpoint->port))->address, address);
  }
  for (const std::string_view text : {"", ":", "6060", "host", "host:", "host:x", "host:65536", "host:-1", "::1:6060",
                                      "[::1]", "[::1:6060", "::1]:6060", "[]:1", "[host]:1", "a b:1", "http://h:1"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace limpid::service

// From the YAML's tree to a Config: every key that there is, in one place. All that is wrong is said with file, line,
// key and reason; the first such thing is the result.
#include "service/config.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <unistd.h>

#include "advisory/feed.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/text.h"
#include "service/config_values.h"
#include "service/config_yaml.h"
#include "service/v1/tokens.h"

namespace limpid::service {
namespace {

using std::chrono::milliseconds;

constexpr const char* kDatabaseVariable = "LIMPID_DATABASE_URL";
constexpr const char* kPaginationVariable = "LIMPID_PAGINATION_KEY";
constexpr std::size_t kSecretBytesMax = std::size_t{64} << 10;
constexpr milliseconds kDurationMax = std::chrono::years(100);
constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 60;
constexpr unsigned kDatabaseConnectionsMax = 1'000;
constexpr unsigned kConcurrencyMax = 1'024;
constexpr unsigned kAttemptsMax = 1'000;
constexpr std::chrono::hours kKeepUnreadMin{1};
constexpr std::size_t kConnectionsMax = 1'000'000;
constexpr std::size_t kListMax = 10'000;

// What all sections share: where errors and warnings go. After the first error nothing more is read.
class Report {
 public:
  explicit Report(std::string_view name) : name_(name) {}

  void problem(std::size_t line, std::string_view key, std::string_view text) {
    if (!problem_) problem_ = Error(Code::usage, base::cat({name_, ":", line, ": ", key, ": ", text}));
  }
  void warning(std::size_t line, std::string_view key, std::string_view text) {
    warnings_.emplace_back(line, base::printable(base::cat({name_, ":", line, ": ", key, ": ", text})));
  }
  bool failed() const { return problem_.has_value(); }
  const std::optional<Error>& problem() const { return problem_; }
  // By line.
  std::vector<std::string> take_warnings() {
    std::ranges::stable_sort(warnings_, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> texts;
    texts.reserve(warnings_.size());
    for (auto& [line, text] : warnings_) texts.push_back(std::move(text));
    return texts;
  }

 private:
  std::string_view name_;
  std::optional<Error> problem_;
  std::vector<std::pair<std::size_t, std::string>> warnings_;
};

// A mapping, or one that is not there. Each getter leaves its target alone if the key is absent or null. Keys that
// nobody asked for by the section's end are warned of.
class Section {
 public:
  Section(Report& report, const YamlNode* node, std::string path)
      : report_(report), node_(node), path_(std::move(path)) {
    if (node_ != nullptr && node_->kind == YamlNode::Kind::null) node_ = nullptr;
    if (node_ != nullptr && node_->kind != YamlNode::Kind::map) {
      report_.problem(node_->line, path_.empty() ? "the file" : path_, "has to be a mapping of keys to values");
      node_ = nullptr;
    }
    if (node_ != nullptr) used_.resize(node_->children.size());
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  ~Section() {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const YamlNode& child = node_->children[i];
      if (!used_[i]) report_.warning(child.line, path_of(child.key), "no key that we know");
    }
  }

  // Whether the key is there, and not null. Then line(key) is where.
  bool has(std::string_view key) {
    const YamlNode* node = find(key);
    return node != nullptr && node->kind != YamlNode::Kind::null;
  }
  std::size_t line(std::string_view key) {
    const YamlNode* node = find(key);
    return node == nullptr ? 1 : node->line;
  }
  void problem(std::string_view key, std::string_view text) { report_.problem(line(key), path_of(key), text); }
  void warning(std::string_view key, std::string_view text) { report_.warning(line(key), path_of(key), text); }
  Section section(std::string_view key) { return {report_, find(key), path_of(key)}; }
  void ignore(std::string_view key) { (void)find(key); }

  void text(std::string_view key, std::string& to) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    std::string_view value = node->text;
    while (base::strip_suffix(value, "\n")) {  // of a block ("|")
    }
    if (!is_clean(value)) return problem(key, "holds a line break or another control character");
    to = value;
  }
  // The value itself, or the file named by KEY_file.
  void secret(std::string_view key, std::string& to) {
    text(key, to);
    if (to.find(kMask) != std::string::npos && has(key))
      warning(key, "*** stands for a secret that was hidden; write the secret itself");
    const std::string file_key = base::cat({key, "_file"});
    std::string path;
    text(file_key, path);
    if (path.empty() || report_.failed()) return;
    if (has(key)) return problem(file_key, base::cat({path_of(key), " is there, too: choose one"}));
    auto value = read_secret(path);
    if (!value) return problem(file_key, value.error().describe());
    to = *std::move(value);
  }
  // A file that has to be readable.
  void file(std::string_view key, std::string& to) {
    text(key, to);
    if (to.empty() || !has(key)) return;
    if (::access(to.c_str(), R_OK) != 0) {
      const Error error = base::fail_errno({to}).error();
      problem(key, base::cat({"cannot be read: ", error.describe()}));
    }
  }
  template <std::unsigned_integral T>
  void number(std::string_view key, T& to, std::uint64_t least, std::uint64_t most) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    const auto value = base::parse_unsigned(node->text);
    if (!value || *value < least || *value > most)
      return problem(key, base::cat({"has to be a whole number from ", least, " to ", most}));
    to = static_cast<T>(*value);
  }
  void size(std::string_view key, std::uint64_t& to, std::uint64_t least) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    const auto value = parse_size(node->text);
    if (!value) return problem(key, value.error().message());
    if (*value < least || *value > kSizeMax)
      return problem(key, base::cat({"has to be from ", print_size(least), " to ", print_size(kSizeMax)}));
    to = *value;
  }
  void duration(std::string_view key, milliseconds& to, milliseconds least) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    const auto value = base::parse_duration(node->text);
    if (!value) return problem(key, value.error().message());
    if (*value < least) return problem(key, base::cat({"has to be at least ", base::print_duration(least)}));
    if (*value > kDurationMax) return problem(key, "is longer than a hundred years");
    to = *value;
  }
  void flag(std::string_view key, bool& to) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    const std::string value = base::lower(node->text);
    const auto is = [&](std::initializer_list<std::string_view> words) {
      return std::ranges::find(words, value) != words.end();
    };
    const bool yes = is({"true", "yes", "on"});
    if (!yes && !is({"false", "no", "off"})) return problem(key, "has to be true or false");
    to = yes;
  }
  // A part of one.
  void part(std::string_view key, double& to) {
    const YamlNode* node = scalar(key);
    if (node == nullptr) return;
    double value = -1;
    const std::string& digits = node->text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !(value >= 0 && value <= 1))
      return problem(key, "has to be a number from 0 to 1");
    to = value + 0.0;  // no -0
  }
  void texts(std::string_view key, std::vector<std::string>& to) {
    for (const YamlNode& item : items(key)) {
      const std::string where = base::cat({path_of(key), "[", to.size(), "]"});
      if (item.kind != YamlNode::Kind::text || item.text.empty() || !is_clean(item.text))
        return report_.problem(item.line, where, "has to be a text");
      to.push_back(item.text);
    }
  }
  // The items of a list; a single value stands for a list of one.
  std::span<const YamlNode> items(std::string_view key) {
    const YamlNode* node = find(key);
    if (node == nullptr || node->kind == YamlNode::Kind::null) return {};
    if (node->kind == YamlNode::Kind::text) return {node, 1};
    if (node->kind == YamlNode::Kind::map || node->children.size() > kListMax) {
      problem(key, node->kind == YamlNode::Kind::map ? "has to be a list" : "is too long a list");
      return {};
    }
    return node->children;
  }
  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : base::cat({path_, ".", key});
  }
  Report& report() { return report_; }

 private:
  const YamlNode* find(std::string_view key) {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (!base::equal_ignoring_case(node_->children[i].key, key)) continue;
      used_[i] = true;
      return &node_->children[i];
    }
    return nullptr;
  }
  const YamlNode* scalar(std::string_view key) {
    const YamlNode* node = find(key);
    if (node == nullptr || node->kind == YamlNode::Kind::null) return nullptr;
    if (node->kind == YamlNode::Kind::text) return node;
    problem(key, "has to be a single value, not a list or a mapping");
    return nullptr;
  }
  static Result<std::string> read_secret(const std::string& path) {
    std::error_code error;
    // A pipe or a device could keep us waiting, or never end.
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
      return fail(Code::usage, {path, ": no regular file"});
    LIMPID_ASSIGN(const std::string content, base::read_file(path, kSecretBytesMax));
    const std::string_view value = base::trim(content);
    if (value.empty()) return fail(Code::usage, {path, ": is empty"});
    if (!is_clean(value)) return fail(Code::usage, {path, ": holds a line break or another control character"});
    return std::string(value);
  }

  Report& report_;
  const YamlNode* node_;
  std::string path_;
  std::vector<bool> used_;
};

// `addr` names an address, with the port or without; `port` alone is Clair's.
void read_listener(Section& api, std::string_view address_key, std::string_view port_key, std::string& address,
                   std::uint16_t& port) {
  std::string text;
  api.text(address_key, text);
  api.number(port_key, port, 0, std::numeric_limits<std::uint16_t>::max());
  if (text.empty()) return;
  if (!text.contains(':')) {
    if (!parse_endpoint(base::cat({text, ":0"}))) return api.problem(address_key, "is no address");
    address = std::move(text);
    return;
  }
  if (api.has(port_key)) return api.problem(port_key, base::cat({api.path_of(address_key), " names a port already"}));
  auto endpoint = parse_endpoint(text);
  if (!endpoint) return api.problem(address_key, endpoint.error().message());
  address = std::move(endpoint->address);
  port = endpoint->port;
}

void read_key_pair(Section& section, std::string& cert_file, std::string& key_file) {
  section.file("certfile", cert_file);
  section.file("keyfile", key_file);
  if (cert_file.empty() != key_file.empty())
    section.problem(cert_file.empty() ? "keyfile" : "certfile",
                    cert_file.empty() ? "is of no use without certfile" : "is of no use without keyfile");
}

void read_proxy(Section& section, std::string& proxy) {
  section.secret("proxy", proxy);
  if (proxy.empty() || proxy == "none") return;
  if (const auto good = check_url(proxy, {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}); !good)
    section.problem(section.has("proxy") ? "proxy" : "proxy_file", good.error().message());
}

void read_pagination_key(Section& api, std::string& key) {
  api.secret("paginationkey", key);
  if (key.empty() || key == kMask) return;
  if (!v1::Tokens::make(key))
    api.problem(api.has("paginationkey") ? "paginationkey" : "paginationkey_file",
                "has to be 32 bytes, written as 64 hexadecimal digits or in base64");
}

void read_api(Section api, ApiConfig& to) {
  to.address = "::";  // as Clair had it
  read_listener(api, "addr", "port", to.address, to.port);
  read_listener(api, "healthaddr", "healthport", to.health_address, to.health_port);
  if (to.port == to.health_port && to.port != 0 && (to.health_address.empty() || to.health_address == to.address))
    api.problem(api.has("healthport")   ? "healthport"
                : api.has("healthaddr") ? "healthaddr"
                                        : "port",
                base::cat({"both listeners would have port ", to.port}));
  api.duration("timeout", to.timeout, milliseconds{1});
  read_pagination_key(api, to.pagination_key);
  api.ignore("servername");  // Clair had it and never used it
  api.file("cafile", to.ca_file);
  read_key_pair(api, to.cert_file, to.key_file);
  if (!to.ca_file.empty() && to.cert_file.empty())
    api.warning("cafile", "clients are asked for a certificate only with certfile and keyfile");
  api.size("cachebytes", to.cache_bytes, 0);
  api.number("connections", to.connections, 1, kConnectionsMax);
  api.number("waiting", to.waiting, 1, kConnectionsMax);
}

// Which section and key the place of the store came from.
struct StorePlace {
  Section* section = nullptr;
  std::string_view key;
  std::string text;
  bool is_path = false;
};

void take_store_place(Section& section, StorePlace& place) {
  for (const std::string_view key : {"source", "path"}) {
    StorePlace found{.section = &section, .key = key, .text = {}, .is_path = key == "path"};
    if (found.is_path) {
      section.text(key, found.text);
    } else {
      section.secret(key, found.text);
      if (!section.has(key)) found.key = "source_file";
    }
    if (found.text.empty()) continue;
    if (place.section != nullptr)
      return section.problem(found.key, base::cat({place.section->path_of(place.key), " is there, too: choose one"}));
    place = std::move(found);
  }
}

void set_store_url(const StorePlace& place, std::string_view type, std::string& url) {
  const auto problem = [&](std::string_view text) { place.section->problem(place.key, text); };
  const bool is_url = place.text.find("://") != std::string::npos;
  if (type == "sqlite" && is_url) return problem("is no path, but database.type is sqlite");
  if (type == "pgsql" && (place.is_path || place.text.starts_with("sqlite:")))
    return problem("is no place of a PostgreSQL database, but database.type is pgsql");
  const bool is_bare = place.is_path || (type == "sqlite" && !place.text.starts_with("sqlite:"));
  auto read = store_url_of(is_bare ? base::cat({"sqlite:", place.text}) : place.text);
  if (!read) return problem(read.error().message());
  url = *std::move(read);
}

void read_database(Section database, StoreConfig& to, bool replaced) {
  database.number("connections", to.connections, 1, kDatabaseConnectionsMax);
  database.ignore("cachesize");  // of Clair's own cache of rows
  Section options = database.section("options");
  options.ignore("cachesize");
  for (const std::string_view key : {"managedatabaselifecycle", "fixturepath"}) {
    if (options.has(key)) options.warning(key, "was for Clair's own tests and does nothing");
  }
  std::string type;
  database.text("type", type);
  type = base::lower(type);
  if (type == "postgresql" || type == "postgres") type = "pgsql";
  if (!type.empty() && type != "pgsql" && type != "sqlite")
    return database.problem("type", "has to be pgsql or sqlite");
  StorePlace place;
  take_store_place(database, place);
  take_store_place(options, place);
  if (place.section != nullptr) return set_store_url(place, type, to.url);
  if (type == "pgsql" && !replaced)
    database.problem("type", base::cat({"pgsql needs database.options.source, or ", kDatabaseVariable}));
}

void read_layers(Section& layers, LayersConfig& to) {
  layers.texts("from", to.from);
  for (const std::string& entry : to.from) {
    if (entry.find("://") != std::string::npos)
      layers.problem("from", base::cat({entry, ": a host, a network or a folder, not a URL"}));
    if (entry.starts_with('.') || entry.starts_with('~'))
      layers.problem("from", base::cat({entry, ": a folder has to be named by its full path"}));
  }
  layers.flag("onlylisted", to.only_listed);
  layers.size("sizemax", to.size_max, 1);
  layers.size("unpackedsizemax", to.limits.inflate.output_max, 1);
  layers.duration("timeout", to.timeout, milliseconds{1});
  layers.number("concurrency", to.concurrency, 0, kConcurrencyMax);
  layers.flag("insecuretls", to.insecure_tls);
  layers.file("cafile", to.ca_file);
}

// Each key is a limit's name.
void read_limits(Section& limits, scan::Limits& to) {
  for (const scan::Limit& limit : scan::limits()) {
    std::string value;
    limits.text(limit.name, value);
    if (!limits.has(limit.name)) continue;
    if (const auto set = scan::set_limit(to, limit.name, value); !set)
      limits.problem(limit.name, set.error().message());
  }
}

std::string feed_names() {
  std::string names;
  for (const advisory::Feed* feed : advisory::feeds()) base::append(names, {names.empty() ? "" : ", ", feed->name()});
  return names;
}

void read_feed(Section section, FeedSource& to) {
  section.text("feed", to.feed);
  if (advisory::find_feed(to.feed) == nullptr) section.problem("feed", base::cat({"has to be one of ", feed_names()}));
  section.secret("url", to.url);
  const std::string_view key = section.has("url_file") ? "url_file" : "url";
  if (to.url.empty()) section.problem(key, "is missing");
  if (to.url.find("://") != std::string::npos && !to.url.starts_with("file:")) {
    if (const auto good = check_url(to.url, {"http", "https"}); !good)
      section.problem(key, base::cat({good.error().message(), ", nor file: or a path"}));
  }
  section.text("namespace", to.name_space);
  section.file("cafile", to.ca_file);
}

void read_updater(Section updater, UpdaterConfig& to) {
  updater.duration("interval", to.interval, milliseconds{0});
  for (const YamlNode& item : updater.items("feeds")) {
    FeedSource feed;
    read_feed({updater.report(), &item, base::cat({updater.path_of("feeds"), "[", to.feeds.size(), "]"})}, feed);
    to.feeds.push_back(std::move(feed));
  }
  read_proxy(updater, to.proxy);
  updater.part("shrinkmin", to.shrink_min);
}

void read_webhook(Section http, NotifierConfig& to) {
  http.secret("endpoint", to.endpoint);
  if (!to.endpoint.empty()) {
    if (const auto good = check_url(to.endpoint, {"http", "https"}); !good)
      http.problem(http.has("endpoint") ? "endpoint" : "endpoint_file", good.error().message());
  }
  http.text("servername", to.server_name);
  http.file("cafile", to.ca_file);
  read_key_pair(http, to.cert_file, to.key_file);
  read_proxy(http, to.proxy);
}

void read_notifier(Section notifier, NotifierConfig& to) {
  notifier.number("attempts", to.attempts, 1, kAttemptsMax);
  notifier.duration("renotifyinterval", to.renotify_interval, milliseconds{1});
  notifier.flag("onlyaffected", to.only_affected);
  notifier.duration("keepunread", to.keep_unread, kKeepUnreadMin);
  read_webhook(notifier.section("http"), to);
}

bool is_set(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found != environment.end() && !found->second.empty();
}

void read_root(Section root, Config& to, bool store_replaced) {
  read_database(root.section("database"), to.store, store_replaced);
  read_api(root.section("api"), to.api);
  Section layers = root.section("layers");
  Section limits = root.section("limits");
  if (layers.has("unpackedsizemax") && limits.has("unpacked-size"))
    limits.problem("unpacked-size", base::cat({layers.path_of("unpackedsizemax"), " is there, too: choose one"}));
  read_layers(layers, to.layers);
  read_limits(limits, to.layers.limits);
  read_updater(root.section("updater"), to.updater);
  read_notifier(root.section("notifier"), to.notifier);
  root.text("datafolder", to.data_folder);
  root.text("vulndb", to.database);
}

Result<void> apply_environment(const std::map<std::string, std::string>& environment, Config& to) {
  if (is_set(environment, kDatabaseVariable)) {
    const std::string& source = environment.at(kDatabaseVariable);
    if (!is_clean(source)) return fail(Code::usage, {kDatabaseVariable, ": holds a control character"});
    LIMPID_ASSIGN_WITHIN(to.store.url, store_url_of(source), {kDatabaseVariable});
  }
  if (is_set(environment, kPaginationVariable)) {
    to.api.pagination_key = base::trim(environment.at(kPaginationVariable));
    if (!v1::Tokens::make(to.api.pagination_key))
      return fail(Code::usage,
                  {kPaginationVariable, ": has to be 32 bytes, written as 64 hexadecimal digits or in base64"});
  }
  return {};
}

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> environment;
  for (const char* name : {kDatabaseVariable, kPaginationVariable}) {
    if (const char* value = std::getenv(name)) environment.emplace(name, value);
  }
  return environment;
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name,
                            const std::map<std::string, std::string>& environment) {
  LIMPID_ASSIGN(const YamlNode document, parse_yaml(text, name));
  Config config;
  Report report(name);
  const bool store_replaced = is_set(environment, kDatabaseVariable);
  const auto clair = std::ranges::find_if(
      document.children, [](const YamlNode& child) { return base::equal_ignoring_case(child.key, "clair"); });
  if (clair == document.children.end()) {
    read_root({report, &document, ""}, config, store_replaced);
  } else {
    Section file(report, &document, "");
    file.ignore("clair");
    read_root({report, &*clair, clair->key}, config, store_replaced);
  }
  if (report.failed()) return std::unexpected(*report.problem());
  config.warnings = report.take_warnings();
  LIMPID_TRY(apply_environment(environment, config));
  return config;
}

Result<Config> read_config(const std::string& path) {
  LIMPID_ASSIGN(const std::string text, base::read_file(path, kConfigBytesMax));
  return parse_config(text, path, environment_of_process());
}

Result<Config> default_config() {
  Config config;
  LIMPID_TRY(apply_environment(environment_of_process(), config));
  return config;
}

}  // namespace limpid::service

// A Config as YAML that reads back to the same Config, but for secrets.
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "service/config.h"
#include "service/config_values.h"
#include "store/store.h"

namespace limpid::service {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string print_number(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

// Lines of `key: value` under sections, by depth.
class Writer {
 public:
  void open(std::string_view key) {
    line(key, "");
    ++depth_;
  }
  void close() { --depth_; }
  void text(std::string_view key, std::string_view value) { line(key, in_quotes(value)); }
  void plain(std::string_view key, std::string_view value) { line(key, value); }
  void number(std::string_view key, std::uint64_t value) { line(key, base::cat({value})); }
  void flag(std::string_view key, bool value) { line(key, value ? "true" : "false"); }
  // An item of a list that is a mapping, until close(): its first line gets the dash.
  void open_item() {
    ++depth_;
    item_ = true;
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view key, std::string_view value) {
    out_.append(2 * depth_ - (item_ ? 2 : 0), ' ');
    base::append(out_, {item_ ? "- " : "", key, value.empty() ? ":" : ": ", value, "\n"});
    item_ = false;
  }
  std::string out_;
  std::size_t depth_ = 0;
  bool item_ = false;
};

void describe_api(const ApiConfig& api, Writer& out) {
  out.open("api");
  out.text("addr", print_endpoint(api.address, api.port));
  if (api.health_address.empty()) {
    out.number("healthport", api.health_port);
  } else {
    out.text("healthaddr", print_endpoint(api.health_address, api.health_port));
  }
  out.plain("timeout", base::print_duration(api.timeout));
  out.text("paginationkey", api.pagination_key.empty() ? "" : kMask);
  out.text("cafile", api.ca_file);
  out.text("certfile", api.cert_file);
  out.text("keyfile", api.key_file);
  out.plain("cachebytes", print_size(api.cache_bytes));
  out.number("connections", api.connections);
  out.number("waiting", api.waiting);
  out.close();
}

void describe_layers(const LayersConfig& layers, Writer& out) {
  out.open("layers");
  std::string from;
  for (const std::string& entry : layers.from) base::append(from, {from.empty() ? "" : ", ", in_quotes(entry)});
  out.plain("from", base::cat({"[", from, "]"}));
  out.flag("onlylisted", layers.only_listed);
  out.plain("sizemax", print_size(layers.size_max));
  out.plain("unpackedsizemax", print_size(layers.limits.inflate.output_max));
  out.plain("timeout", base::print_duration(layers.timeout));
  out.number("concurrency", layers.concurrency);
  out.flag("insecuretls", layers.insecure_tls);
  out.text("cafile", layers.ca_file);
  out.close();
}

// Those that were set; unpacked-size stands with the layers.
void describe_limits(const scan::Limits& limits, Writer& out) {
  const scan::Limits defaults = service_limits();
  bool any = false;
  for (const scan::Limit& limit : scan::limits()) {
    if (limit.name == "unpacked-size" || limit.get(limits) == limit.get(defaults)) continue;
    if (!std::exchange(any, true)) out.open("limits");
    out.plain(limit.name, scan::print_limit(limit, limit.get(limits)));
  }
  if (any) out.close();
}

void describe_updater(const UpdaterConfig& updater, Writer& out) {
  out.open("updater");
  out.plain("interval", base::print_duration(updater.interval));
  if (updater.feeds.empty()) {
    out.plain("feeds", "[]");
  } else {
    out.open("feeds");
    for (const FeedSource& feed : updater.feeds) {
      out.open_item();
      out.text("feed", feed.feed);
      out.text("url", mask_url(feed.url));
      out.text("namespace", feed.name_space);
      out.text("cafile", feed.ca_file);
      out.close();
    }
    out.close();
  }
  out.text("proxy", mask_url(updater.proxy));
  out.plain("shrinkmin", print_number(updater.shrink_min));
  out.close();
}

void describe_notifier(const NotifierConfig& notifier, Writer& out) {
  out.open("notifier");
  out.number("attempts", notifier.attempts);
  out.plain("renotifyinterval", base::print_duration(notifier.renotify_interval));
  out.flag("onlyaffected", notifier.only_affected);
  out.plain("keepunread", base::print_duration(notifier.keep_unread));
  out.open("http");
  out.text("endpoint", mask_url(notifier.endpoint));
  out.text("servername", notifier.server_name);
  out.text("cafile", notifier.ca_file);
  out.text("certfile", notifier.cert_file);
  out.text("keyfile", notifier.key_file);
  out.text("proxy", mask_url(notifier.proxy));
  out.close();
  out.close();
}

}  // namespace

std::string describe(const Config& config) {
  Writer out;
  out.open("clair");
  out.open("database");
  out.text("source", store::printable_url(config.store.url));
  out.number("connections", config.store.connections);
  out.close();
  describe_api(config.api, out);
  describe_layers(config.layers, out);
  describe_limits(config.layers.limits, out);
  describe_updater(config.updater, out);
  describe_notifier(config.notifier, out);
  out.text("datafolder", config.data_folder);
  out.text("vulndb", config.database);
  out.close();
  return out.take();
}

}  // namespace limpid::service

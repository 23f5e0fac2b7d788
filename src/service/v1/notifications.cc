#include "service/v1/notifications.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include <unistd.h>

#include "base/cancel.h"
#include "base/text.h"
#include "match/conditions.h"
#include "match/match.h"
#include "service/v1/codec.h"
#include "vulndb/compare.h"

namespace limpid::service::v1 {
namespace {

constexpr std::int64_t kFinished = -1;
// Vulnerabilities that are compared with each other in one reading of their namespace: what bounds the memory of it.
constexpr std::size_t kReadTogether = 4'096;

// Where each of the two lists of layers goes on: the number of a layer, or kFinished.
struct Position {
  std::int64_t before = 0, after = 0;
};

std::string payload_of(const Position& position) {
  std::string payload;
  ObjectWriter out(payload);
  out.number("OldVulnerability", position.before);
  out.number("NewVulnerability", position.after);
  out.close();
  payload += '\n';
  return payload;
}

std::optional<std::int64_t> number_after(std::string_view payload, std::string_view key) {
  const std::size_t at = payload.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = payload.substr(at + key.size());
  if (rest.starts_with("-1")) return kFinished;
  std::size_t digits = 0;
  while (digits < rest.size() && base::is_digit(rest[digits])) ++digits;
  const auto number = base::parse_unsigned(rest.substr(0, digits));
  if (!number || *number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<Position> parse_payload(std::string_view payload) {
  const auto before = number_after(payload, "\"OldVulnerability\":");
  const auto after = number_after(payload, "\"NewVulnerability\":");
  if (!before || !after) return std::nullopt;
  return Position{*before, *after};
}

Result<std::vector<store::FeatureId>> affected_features(store::Store& store, const Vulnerability& vulnerability) {
  std::vector<store::FeatureId> features;
  for (const Affects& affects : vulnerability.affects) {
    LIMPID_ASSIGN(const std::vector<store::KnownFeature> known,
                  store.versions_of(vulnerability.name_space, affects.package));
    for (const store::KnownFeature& one : known)
      if (judge(affects, one.feature.version)) features.push_back(one.id);
  }
  std::ranges::sort(features);
  features.erase(std::ranges::unique(features).begin(), features.end());
  return features;
}

// One revision with its layers of this page; `from` becomes where the next page begins.
Result<void> append_revision(std::string& to, store::Store& store, const std::string& document, std::int64_t limit,
                             std::int64_t& from) {
  LIMPID_ASSIGN(const Vulnerability vulnerability, parse_stored(document));
  store::LayerPage layers;
  if (limit < 0) from = kFinished;
  if (from != kFinished) {
    LIMPID_ASSIGN(const std::vector<store::FeatureId> features, affected_features(store, vulnerability));
    LIMPID_ASSIGN(layers, store.layers_introducing(features, from, static_cast<std::size_t>(limit) + 1));
    from = kFinished;
    if (layers.size() > static_cast<std::size_t>(limit)) {
      from = layers.back().id;
      layers.pop_back();
    }
  }
  ObjectWriter out(to);
  append_vulnerability(out.member("Vulnerability"), vulnerability, true);
  if (!layers.empty()) {
    out.member("OrderedLayersIntroducingVulnerability") += '[';
    for (const store::LayerName& layer : layers) {
      if (&layer != &layers.front()) to += ',';
      ObjectWriter one(to);
      one.number("Index", layer.id);
      one.text("LayerName", layer.name);
      one.close();
    }
    to += ']';
    out.member("LayersIntroducingVulnerability") += '[';
    for (const store::LayerName& layer : layers) {
      if (&layer != &layers.front()) to += ',';
      append_string(to, layer.name);
    }
    to += ']';
  }
  out.close();
  return {};
}

// A database's namespaces, each with those that are read from it.
using Readers = std::multimap<std::string, std::string, std::less<>>;
Readers readers_of(const vulndb::Database& database, std::span<const store::Namespace> held) {
  Readers readers;
  for (const store::Namespace& one : held) readers.emplace(match::advisory_namespace(database, one.name), one.name);
  return readers;
}

void append_time(ObjectWriter& out, std::string_view name, store::Seconds time) {
  if (time != 0) out.text(name, base::cat({time}));
}

}  // namespace

namespace {

std::string uuid_of(std::array<std::uint8_t, 16> bytes, unsigned version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = base::hex(bytes.data(), bytes.size());
  return base::cat(
      {hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-", hex.substr(20)});
}

std::array<std::uint8_t, 16> random_bytes() {
  std::array<std::uint8_t, 16> bytes{};
  // The kernel's own: OpenSSL's generator takes ten times as long.
  if (getentropy(bytes.data(), bytes.size()) != 0)
    std::abort();  // impossible for so few bytes; a guessable name is worse
  return bytes;
}

}  // namespace

std::string new_uuid() { return uuid_of(random_bytes(), 4); }

std::string new_notification_name() {
  std::array<std::uint8_t, 16> bytes = random_bytes();
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto left = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t at = 6; at-- > 0; left >>= 8) bytes[at] = static_cast<std::uint8_t>(left);
  return uuid_of(bytes, 7);
}

store::NewNotification make_notification(const Vulnerability* before, const Vulnerability* after, std::int64_t now) {
  store::NewNotification notification;
  notification.name = new_notification_name();
  notification.created = now;
  if (before != nullptr) notification.old_revision = stored(*before);
  if (after != nullptr) notification.new_revision = stored(*after);
  return notification;
}

Result<std::optional<Packages>> packages_between(const Compiled& before, const Compiled& after,
                                                 std::span<const store::Namespace> held) {
  for (const store::Namespace& one : held)
    if (match::advisory_namespace(before.database(), one.name) != match::advisory_namespace(after.database(), one.name))
      return std::nullopt;
  const Readers readers = readers_of(after.database(), held);
  LIMPID_ASSIGN(const std::vector<vulndb::Changed> changed, vulndb::compare(before.database(), after.database()));
  std::set<std::pair<std::string, std::string>> packages;
  for (const vulndb::Changed& one : changed) {
    const auto [begin, end] = readers.equal_range(one.name_space);
    for (auto reader = begin; reader != end; ++reader)
      for (const std::string& package : one.packages) packages.emplace(reader->second, package);
  }
  return Packages(packages.begin(), packages.end());
}

Result<std::vector<store::NewNotification>> changes_between(const Compiled& before, const Compiled& after,
                                                            const Overlay& overlay,
                                                            std::span<const store::Namespace> held, std::int64_t now,
                                                            const std::atomic<bool>* cancel) {
  LIMPID_ASSIGN(const std::vector<vulndb::Changed> changed,
                vulndb::compare(before.database(), after.database(), cancel));
  const Readers old_readers = readers_of(before.database(), held);
  const Readers new_readers = readers_of(after.database(), held);
  std::set<std::string, std::less<>> known_feeds;
  for (const vulndb::FeedInfo& feed : before.database().info().feeds) known_feeds.insert(feed.name);
  // Two feeds may speak of one vulnerability.
  std::map<std::string, std::set<std::string>, std::less<>> names;  // by namespace
  for (const vulndb::Changed& one : changed) {
    if (!known_feeds.contains(one.feed)) continue;
    const std::string name(match::without_distribution(one.id));
    names[clair_namespace(one.name_space)].insert(name);
    for (const Readers* readers : {&old_readers, &new_readers}) {
      const auto [begin, end] = readers->equal_range(one.name_space);
      for (auto reader = begin; reader != end; ++reader) names[reader->second].insert(name);
    }
  }
  std::vector<store::NewNotification> notifications;
  for (const auto& [name_space, all] : names) {
    std::vector<std::string> open;
    for (const std::string& name : all)
      if (overlay.find(name_space, name) == nullptr) open.push_back(name);
    for (std::span<const std::string> rest = open; !rest.empty();) {
      LIMPID_TRY(base::check_cancelled(cancel));
      const std::span<const std::string> some = rest.first(std::min(rest.size(), kReadTogether));
      rest = rest.subspan(some.size());
      LIMPID_ASSIGN(const auto old, before.find_all(name_space, some));
      LIMPID_ASSIGN(const auto known, after.find_all(name_space, some));
      for (const std::string& name : some) {
        const auto was = old.find(name);
        const auto is = known.find(name);
        const Vulnerability* was_one = was == old.end() ? nullptr : &was->second;
        const Vulnerability* is_one = is == known.end() ? nullptr : &is->second;
        const bool is_same = was_one == nullptr || is_one == nullptr ? was_one == is_one : *was_one == *is_one;
        if (!is_same) notifications.push_back(make_notification(was_one, is_one, now));
      }
    }
  }
  return notifications;
}

Result<bool> touches_layers(store::Store& store, const Vulnerability& vulnerability) {
  LIMPID_ASSIGN(const std::vector<store::FeatureId> features, affected_features(store, vulnerability));
  if (features.empty()) return false;
  LIMPID_ASSIGN(const store::LayerPage layers, store.layers_introducing(features, 0, 1));
  return !layers.empty();
}

Result<std::string> notification_page(store::Store& store, const store::Notification& notification,
                                      const PageRequest& page, const Tokens& tokens, std::int64_t now) {
  Position position;
  if (!page.token.empty()) {
    const auto payload = tokens.open(page.token, now);
    const auto parsed = payload ? parse_payload(*payload) : std::nullopt;
    if (!parsed) return fail(Code::invalid, {"invalid page format: invalid or expired pagination token"});
    position = *parsed;
  }
  const std::string token = page.token.empty() ? tokens.seal(payload_of(position), now) : page.token;

  std::string before, after;
  if (notification.old_revision.empty()) position.before = kFinished;
  if (notification.new_revision.empty()) position.after = kFinished;
  if (!notification.old_revision.empty())
    LIMPID_TRY(append_revision(before, store, notification.old_revision, page.limit, position.before));
  if (!notification.new_revision.empty())
    LIMPID_TRY(append_revision(after, store, notification.new_revision, page.limit, position.after));

  std::string to;
  ObjectWriter out(to);
  out.text("Name", notification.name);
  append_time(out, "Created", notification.created);
  append_time(out, "Notified", notification.notified);
  append_time(out, "Deleted", notification.deleted);
  if (page.limit != 0) out.number("Limit", page.limit);
  out.text("Page", token);
  if (position.before != kFinished || position.after != kFinished)
    out.text("NextPage", tokens.seal(payload_of(position), now));
  if (!before.empty()) out.raw("Old", before);
  if (!after.empty()) out.raw("New", after);
  out.close();
  return to;
}

}  // namespace limpid::service::v1

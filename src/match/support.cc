#include "match/support.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "version/ordering.h"

namespace limpid::match {
namespace {

using advisory::EndOfLife;
using advisory::PackageSupport;
using inventory::Distribution;
using inventory::Package;

bool has_dates(const std::optional<EndOfLife>& life) {
  return life && (!life->standard.empty() || !life->extended.empty());
}

// Distributions that end with another one's releases, or whose releases are told apart in other words.
std::string other_namespace(const Distribution& distribution) {
  static constexpr std::array kSame = {
      std::pair{"raspbian:", "debian:"},
      std::pair{"sles_sap:", "sles:"},
      std::pair{"sled:", "sles:"},
      std::pair{"sl-micro:", "sle-micro:"},
      std::pair{"sle-micro-rancher:", "sle-micro:"},
      std::pair{"suse-microos:", "sle-micro:"},
  };
  for (const auto& [family, same] : kSame) {
    std::string_view release = distribution.name_space;
    if (base::strip_prefix(release, family)) return base::cat({same, release});
  }
  // Amazon Linux 1 named its releases after months, and ended as one.
  return distribution.name_space.starts_with("amzn:201") ? "amzn:2018.03" : "";
}

// The same where the namespace's own dates would be those of something else.
std::string more_particular(const Distribution& distribution) {
  std::string_view release = distribution.name_space;
  if (distribution.name.find("Stream") != std::string::npos && base::strip_prefix(release, "centos:"))
    return base::cat({"centos-stream:", release});
  // Each release is made of the packages of one of Alpine's, which is supported for longer.
  if (distribution.id == "postmarketos") {
    std::string_view version = distribution.version_id;
    base::strip_prefix(version, "v");
    return base::cat({"postmarketos:", version});
  }
  return {};
}

// "nixos:18.09" of "nixos:18.09.1436.a7fd4310c0c": what is more than a release's two numbers tells builds of it apart.
std::string first_two_numbers(const std::string& name_space) {
  const auto first = name_space.find('.');
  const auto second = first == std::string::npos ? first : name_space.find('.', first + 1);
  return second == std::string::npos ? std::string() : name_space.substr(0, second);
}

std::optional<EndOfLife> dates_of(const Distribution& distribution, const vulndb::Database& database) {
  for (const std::string& name : {more_particular(distribution), distribution.name_space,
                                  first_two_numbers(distribution.name_space), other_namespace(distribution)}) {
    if (name.empty()) continue;
    if (auto life = database.end_of_life(name); has_dates(life)) return life;
  }
  if (!base::parse_date(distribution.support_end)) return std::nullopt;
  EndOfLife own;
  own.standard = distribution.support_end;
  return own;
}

// Ubuntu Pro's support of the whole release, not that of a part of it.
bool is_subscribed(const Distribution& distribution) {
  return std::ranges::find(distribution.esm, "esm-infra") != distribution.esm.end();
}

std::string sentence_of(const Support& support, const std::string& name, bool subscribed, Date today) {
  if (support.state == Support::State::ended) {
    const std::string& last = support.extended.empty() ? support.standard : support.extended;
    std::string text = base::cat(
        {name, " reached its end of life on ", last, ": new flaws are no longer fixed, and may no longer be listed."});
    if (const auto paid = base::parse_date(support.paid))
      base::append(text,
                   {today <= *paid ? " Paid support lasts until " : " Paid support ended on ", support.paid, "."});
    return text;
  }
  if (support.state != Support::State::extended) return {};
  return subscribed ? base::cat({"Regular security support of ", name, " ended on ", support.standard,
                                 "; the paid support that it is set up for lasts until ", support.paid, "."})
                    : base::cat({"Regular security support of ", name, " ended on ", support.standard,
                                 "; long-term support lasts until ", support.extended, "."});
}

// What is said of the source packages of one release.
class PackageSupports {
 public:
  PackageSupports(std::span<const PackageSupport> all, Date today) : today_(today) {
    for (const PackageSupport& one : all) {
      const auto since = base::parse_date(one.since);
      if (since && today_ < *since) continue;  // announced, and still supported
      if (one.is_prefix) {
        prefixes_.push_back(&one);
      } else {
        names_.emplace(one.package, &one);
      }
    }
  }
  bool empty() const { return names_.empty() && prefixes_.empty(); }

  const PackageSupport* find(const Package& package) const {
    const std::string& source = package.source_name.empty() ? package.name : package.source_name;
    const auto named = names_.find(source);
    if (named != names_.end()) return is_meant(*named->second, package) ? named->second : nullptr;
    const auto prefix =
        std::ranges::find_if(prefixes_, [&](const PackageSupport* one) { return source.starts_with(one->package); });
    return prefix == prefixes_.end() ? nullptr : *prefix;
  }

 private:
  // A back-port of a newer version than the release's last has its own maintainers.
  static bool is_meant(const PackageSupport& support, const Package& package) {
    const std::string& version = package.source_version.empty() ? package.version : package.source_version;
    if (support.last_version.empty() || version.find("~bpo") == std::string::npos) return true;
    const version::Ordering* ordering = version::find_ordering(package.scheme);
    return ordering == nullptr ||
           ordering->compare(ordering->parse(version), ordering->parse(support.last_version)) <= 0;
  }

  Date today_;
  std::map<std::string_view, const PackageSupport*> names_;
  std::vector<const PackageSupport*> prefixes_;
};

std::optional<Unsupported> release_of(const Distribution& distribution, const Support& support) {
  if (support.state != Support::State::extended && support.state != Support::State::ended) return std::nullopt;
  const bool ended = support.state == Support::State::ended;
  Unsupported release;
  release.state = ended ? Unsupported::State::ended : Unsupported::State::extended;
  release.id = "EOL:" + distribution.name_space;
  release.until = ended && !support.extended.empty() ? support.extended : support.standard;
  release.detail = support.sentence;
  return release;
}

}  // namespace

Support support_of(const Distribution& distribution, const vulndb::Database& database, Date today) {
  Support support;
  if (distribution.name_space.empty()) return support;
  const auto dates = dates_of(distribution, database);
  if (!dates) return support;
  support.standard = dates->standard;
  support.extended = dates->extended;
  support.paid = dates->paid;
  const auto standard = base::parse_date(dates->standard);
  const auto extended = base::parse_date(dates->extended);
  const auto paid = base::parse_date(dates->paid);
  const bool subscribed = is_subscribed(distribution) && paid && today <= *paid;
  if (standard && today <= *standard) {
    support.state = Support::State::supported;
  } else if (subscribed || (extended && today <= *extended)) {
    support.state = Support::State::extended;
  } else if (standard || extended) {
    support.state = Support::State::ended;
  }
  const std::string& name = distribution.pretty_name.empty() ? distribution.name_space : distribution.pretty_name;
  support.sentence = sentence_of(support, name, subscribed, today);
  return support;
}

std::vector<Unsupported> find_unsupported(const inventory::ImageInventory& image, const Support& support,
                                          const vulndb::Database& database, Date today) {
  std::vector<Unsupported> all;
  if (auto release = release_of(image.distribution, support)) all.push_back(*std::move(release));
  if (support.state == Support::State::ended) return all;
  const std::string& name_space = image.distribution.name_space;
  const PackageSupports supports(database.package_support(name_space), today);
  if (supports.empty()) return all;
  for (std::uint32_t index = 0; index < image.packages.size(); ++index) {
    const Package& package = image.packages[index];
    // What somebody else builds, or another root of the image holds, is not the release's to support.
    if (package.name_space != name_space || package.repository == inventory::Repository::third_party) continue;
    const PackageSupport* said = supports.find(package);
    if (said == nullptr) continue;
    Unsupported one;
    one.state = said->state == PackageSupport::State::ended ? Unsupported::State::ended : Unsupported::State::limited;
    one.package = index;
    one.id = base::cat({"EOL:", name_space, "/", package.source_name.empty() ? package.name : package.source_name});
    one.until = said->since;
    one.detail = said->detail;
    one.feed = said->feed;
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace limpid::match

// Feed "bottlerocket": Bottlerocket's updateinfo, https://advisories.bottlerocket.aws/updateinfo.xml.gz, in the format
// of dnf repositories, https://github.com/rpm-software-management/createrepo_c; and the TOML files of its repository
// (bottlerocket_toml.h). Packages are parts of the system.
//
// A record is an update, a statement one of its packages, whatever architectures it is built for.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "advisory/bottlerocket_toml.h"
#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/xml.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kPackagesMax = 10'000;  // of one update

Affected fixed_in(std::string_view name, const std::string& version) {
  Affected affected;
  affected.name_space = "bottlerocket";
  affected.package = name;
  affected.key_kind = KeyKind::binary;
  affected.scheme = version::Scheme::rpm;
  affected.status = Status::fixed;
  affected.ranges.push_back({.introduced = "", .fixed = version, .last_affected = ""});
  return affected;
}

class UpdatesReader final : public XmlHandler {
 public:
  UpdatesReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> start(std::string_view element, const XmlAttributes& attributes) override {
    ++depth_;
    if (depth_ == 1 && element != "updates") return fail(Code::invalid, {"no updateinfo: <", element, ">"});
    if (depth_ == 2) {
      advisory_ = {};
      packages_.clear();
      type_ = attributes["type"];
    } else if (element == "issued" && depth_ == 3) {
      advisory_.published = attributes["date"];
    } else if (element == "updated" && depth_ == 3) {
      advisory_.modified = attributes["date"];
    } else if (element == "reference") {
      add_reference(attributes);
    } else if (element == "package") {
      return add_package(attributes);
    }
    return {};
  }

  Result<void> end(std::string_view element, std::string_view text) override {
    if (depth_ == 3) {
      if (element == "id") advisory_.id = base::trim(text);
      if (element == "title") advisory_.title = base::trim(text);
      if (element == "severity") advisory_.severity = base::trim(text);
      if (element == "description") advisory_.description = base::trim(text);
    }
    if (depth_-- != 2) return {};
    if (sink_.is_cancelled()) return cancelled();
    hand_out();
    return {};
  }

 private:
  void add_reference(const XmlAttributes& attributes) {
    const auto id = attributes["id"];
    std::size_t length = 0;
    if (auto cve = leading_cve(id, length); !cve.empty()) {
      advisory_.upstream.push_back(std::move(cve));
    } else if (is_plausible_id(id)) {
      advisory_.aliases.emplace_back(id);
    }
    if (const auto url = attributes["href"]; !url.empty()) advisory_.references.emplace_back(url);
  }

  Result<void> add_package(const XmlAttributes& attributes) {
    if (packages_.size() == kPackagesMax)
      return fail(Code::limit, {advisory_.id, ": more than ", kPackagesMax, " packages"});
    const auto epoch = attributes["epoch"];
    std::string version;
    if (!epoch.empty() && epoch != "0") version = base::cat({epoch, ":"});
    version += attributes["version"];
    if (const auto release = attributes["release"]; !release.empty()) base::append(version, {"-", release});
    packages_[{std::string(attributes["name"]), std::move(version)}].emplace(attributes["arch"]);
    return {};
  }

  void hand_out() {
    ++counts_.records;
    counts_.statements += packages_.size();
    if (advisory_.modified > counts_.as_of) counts_.as_of = advisory_.modified;
    if (!type_.empty() && type_ != "security") return counts_.drop("no security update", packages_.size());
    if (!is_plausible_id(advisory_.id)) return counts_.drop("no id", packages_.size());
    // Built for every architecture in the same version, a package needs none.
    std::set<std::string> everywhere;
    for (const auto& [package, architectures] : packages_)
      everywhere.insert(architectures.begin(), architectures.end());
    for (const auto& [package, architectures] : packages_) {
      const auto& [name, version] = package;
      if (name.empty() || version.empty() || version.front() == '-') {
        counts_.drop("no name or version");
        continue;
      }
      auto affected = fixed_in(name, version);
      if (architectures != everywhere) affected.architectures.assign(architectures.begin(), architectures.end());
      advisory_.affected.push_back(std::move(affected));
    }
    if (!advisory_.affected.empty()) sink_.advisory(std::move(advisory_));
  }

  FeedCounts& counts_;
  Sink& sink_;
  std::size_t depth_ = 0;
  std::string type_;
  Advisory advisory_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> packages_;  // (name, version) → architectures
};

Result<void> read_toml(const std::string& text, FeedCounts& counts, Sink& sink) {
  LIMPID_ASSIGN(auto read, parse_bottlerocket_toml(text));
  ++counts.records;
  counts.statements += read.packages.size();
  counts.as_of = std::max(counts.as_of, read.texts.published);
  for (const auto& package : read.packages) {
    if (package.name.empty() || package.version.empty()) {
      counts.drop("no name or version");
    } else {
      read.texts.affected.push_back(fixed_in(package.name, package.version));
    }
  }
  if (!read.texts.affected.empty()) sink.advisory(std::move(read.texts));
  return {};
}

bool is_updateinfo(std::string_view path) {
  return path.ends_with("updateinfo.xml") || path.ends_with("updateinfo.xml.gz") ||
         path.ends_with("updateinfo.xml.zst");
}
bool is_toml_or_archive(std::string_view path) {
  for (const std::string_view suffix : {".toml", ".tar", ".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2", ".zip"})
    if (path.ends_with(suffix)) return true;
  return false;
}

class BottlerocketFeed final : public Feed {
 public:
  std::string_view name() const override { return "bottlerocket"; }
  std::string_view description() const override {
    return "Bottlerocket's updates: updateinfo.xml.gz, or the .toml files of its repository";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, [](std::string_view path) {
                    return is_updateinfo(path) || is_toml_or_archive(path);
                  }));
    const DocumentKind kind{
        .size_max = kBottlerocketTomlSizeMax,
        .is_document = [](std::string_view path) { return path.ends_with(".toml"); },
        .begins_document = [](std::string_view beginning) { return beginning.find('\0') == std::string_view::npos; },
    };
    const auto visit = [&](const std::string& /*name*/, std::string& text) { return read_toml(text, counts, sink); };
    for (const auto& path : paths) {
      if (sink.is_cancelled()) return cancelled();
      if (is_toml_or_archive(path)) {
        LIMPID_TRY(each_document({path, input.name_space}, kind, sink, counts, visit));
        continue;
      }
      UpdatesReader reader(counts, sink);
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      LIMPID_TRY_WITHIN(parse_xml(file.source(), reader), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& bottlerocket_feed() {
  static const BottlerocketFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "suse-oval": SUSE's and openSUSE's OVAL files, https://ftp.suse.com/pub/projects/security/oval/: for each
// product one with all flaws (suse.linux.enterprise.15-affected.xml.gz, opensuse.leap.15.6.xml.gz), and one with
// updates (…-patch.xml.gz).
//
// A record is a definition, a statement what it says of one package in one release.
#include <algorithm>
#include <set>

#include "advisory/cvss.h"
#include "advisory/ids.h"
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"
#include "advisory/suse_products.h"

namespace limpid::advisory {
namespace {

OvalMeaning meaning_of(const OvalTest& test, std::string& text) {
  if (test.is_signature) return OvalMeaning::ignored;
  std::string_view words = test.comment;
  if (!test.is_known && base::strip_suffix(words, " is installed")) {
    text = words;
    return OvalMeaning::release;
  }
  if (test.object.empty()) return OvalMeaning::ignored;
  // "SUSE Linux Enterprise Server 15 SP5 is installed" asks for the package sles-release.
  if (test.object.ends_with("-release") && test.operation != "less than" &&
      base::strip_suffix(words, " is installed")) {
    text = words;
    return OvalMeaning::release;
  }
  return OvalMeaning::package;
}

// What a package's test says: "X is not affected" is a version that equals 0, one that is fixed asks for an older one,
// and one without a fix only whether it is installed. Nothing for any other test.
std::optional<Status> status_of(const OvalTest& test) {
  if (test.operation == "less than" && !test.evr.empty()) return Status::fixed;
  if (test.comment.ends_with(" is not affected")) return Status::not_affected;
  if (test.evr.empty() && (test.comment.ends_with(" is affected") || test.comment.ends_with(" is installed"))) {
    return Status::affected;
  }
  return std::nullopt;
}

class SuseOvalReader {
 public:
  SuseOvalReader(const FeedInput& input, FeedCounts& counts, Sink& sink)
      : input_(input), counts_(counts), sink_(sink) {}

  void read(const OvalDefinition& definition) {
    ++counts_.records;
    auto advisory = texts_of(definition);
    RpmStatements statements;
    walk_oval(definition.criteria, meaning_of, [&](const OvalPath& path, const OvalTest& test) {
      std::set<std::string> releases;
      for (const auto& product : path.releases) {
        auto name_space = input_.name_space.empty() ? suse_namespace(product) : input_.name_space;
        if (!name_space.empty()) releases.insert(std::move(name_space));
      }
      const auto status = status_of(test);
      if (advisory.id.empty()) return drop("no id");
      if (!status) return drop("criterion that says nothing of a version");
      if (is_debug_package(test.object)) return drop("debugging symbols");
      if (releases.empty()) return drop("product that is no release of a system");
      for (const auto& release : releases) add(release, path, test, *status, definition.severity, statements);
    });
    statements.prefer_fixes();
    statements.take(advisory);
    counts_.statements += advisory.affected.size();
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

 private:
  void drop(std::string_view reason) {
    ++counts_.statements;
    counts_.drop(reason);
  }

  static void add(const std::string& release, const OvalPath& path, const OvalTest& test, Status status,
                  const std::string& severity, RpmStatements& statements) {
    for (const auto& architecture : architectures_of(path, test)) {
      statements.add({.name_space = release,
                      .product = {},
                      .name = std::string(test.object),
                      .version = rpm_version(test.evr),
                      .architecture = architecture,
                      .module = {}},
                     status, severity);
    }
  }

  // A flaw's id is its CVE; an update has an id of its own and names the CVEs that it fixes.
  static Advisory texts_of(const OvalDefinition& definition) {
    Advisory advisory;
    std::vector<std::string> cves;
    for (const auto& cve : definition.cves) {
      if (!cve.id.empty() && std::ranges::find(cves, cve.id) == cves.end()) cves.push_back(cve.id);
      for (const auto vector : vectors_of(cve)) add_cvss(advisory, vector);
    }
    std::size_t length = 0;
    if (definition.kind == "patch") {
      for (const auto& id : definition.reference_ids) {
        if (advisory.id.empty() && is_plausible_id(id) && leading_cve(id, length).empty()) advisory.id = id;
      }
      if (advisory.id.empty() && is_plausible_id(definition.id)) advisory.id = definition.id;
      advisory.upstream = std::move(cves);
    } else {
      advisory.id = leading_cve(definition.title, length);
      if (advisory.id.empty() && cves.size() == 1) advisory.id = cves.front();
    }
    advisory.severity = definition.severity;
    advisory.title = definition.title == advisory.id ? std::string() : definition.title;
    advisory.description = definition.description;
    advisory.published = definition.issued;
    advisory.modified = definition.updated;
    for (const auto& url : definition.references) {
      if (!url.empty()) advisory.references.push_back(url);
    }
    return advisory;
  }

  const FeedInput& input_;
  FeedCounts& counts_;
  Sink& sink_;
};

class SuseOvalFeed final : public Feed {
 public:
  std::string_view name() const override { return "suse-oval"; }
  std::string_view description() const override {
    return "SUSE's and openSUSE's OVAL files (.xml, also .gz .bz2 .xz .zst), or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    SuseOvalReader reader(input, counts, sink);
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      reader.read(definition);
      return {};
    };
    LIMPID_TRY(read_oval(input, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& suse_oval_feed() {
  static const SuseOvalFeed feed;
  return feed;
}

}  // namespace limpid::advisory

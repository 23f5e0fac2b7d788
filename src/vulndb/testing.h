// For tests and fuzz targets of databases: records that use every part of the format, and everything that a database
// answers, as text.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "vulndb/compiler.h"
#include "vulndb/cve_set.h"
#include "vulndb/database.h"

namespace limpid::vulndb::testing {

struct Input {
  std::string feed;
  std::vector<advisory::Advisory> advisories;
  std::vector<advisory::Available> offers;
  std::vector<advisory::Enrichment> enrichments;
  std::vector<advisory::RepositoryProducts> repositories;
};

inline advisory::Affected affected(std::string name_space, std::string package, advisory::Status status,
                                   std::vector<advisory::Range> ranges) {
  advisory::Affected one;
  one.name_space = std::move(name_space);
  one.package = std::move(package);
  one.scheme = version::Scheme::dpkg;
  one.status = status;
  one.ranges = std::move(ranges);
  return one;
}

// With every field set.
inline advisory::Enrichment small_enrichment(std::string cve) {
  return {.cve = std::move(cve),
          .cvss = {{{"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, "nvd@nist.gov", true},
                   {{"4.0", "CVSS:4.0/AV:N"}, "a@b", false}},
          .epss = advisory::Enrichment::Epss{430, 120'000},
          .kev_added = "2024-01-02",
          .kev_due = "2024-01-23",
          .ransomware = true,
          .exploitation = advisory::Enrichment::Exploitation::active,
          .automatable = advisory::Enrichment::Automatable::yes,
          .technical_impact = advisory::Enrichment::TechnicalImpact::total,
          .rejected = true,
          .disputed = true,
          .published = "2024-01-01T00:00:00Z",
          .modified = "2024-02-01T00:00:00Z",
          .cwes = {"CWE-22", "CWE-79"}};
}

// A few records that touch every field and every shape of a statement.
inline std::vector<Input> small_inputs() {
  using advisory::KeyKind;
  using advisory::Status;
  std::vector<Input> inputs(2);
  Input& debian = inputs[0];
  debian.feed = "debian";
  for (int i = 0; i < 5; ++i) {
    advisory::Advisory one;
    one.id = "CVE-2024-100" + std::to_string(i);
    one.severity = i % 2 == 0 ? "low" : "";
    one.description = "What goes wrong in number " + std::to_string(i);
    one.published = "2024-01-0" + std::to_string(i + 1);
    one.affected.push_back(affected("debian:12", "zlib", Status::fixed, {{"", "1.2." + std::to_string(i), ""}}));
    one.affected.push_back(affected("debian:13", i < 3 ? "zlib" : "curl", Status::affected, {{"1.0", "", ""}}));
    debian.advisories.push_back(std::move(one));
  }
  debian.advisories[1].affected[0].architectures = {"amd64", "arm64"};
  debian.advisories[1].affected[0].products = {"cpe:/o:limpid:one", "cpe:/o:limpid:two"};
  debian.advisories[1].affected[0].module = "zlib:1";
  debian.advisories[2].affected.push_back(affected("debian:12", "openssl", Status::not_affected, {}));
  debian.advisories[3].affected[0].severity = "unimportant";
  debian.offers.push_back({"debian:12", "zlib", KeyKind::source, version::Scheme::dpkg, "1.3"});
  debian.offers.push_back({"debian:12", "zlib1g", KeyKind::binary, version::Scheme::dpkg, "1:1.3"});
  debian.repositories.push_back({"updates", {"cpe:/o:limpid:two", "cpe:/o:limpid:one", "cpe:/o:limpid:two"}});
  debian.repositories.push_back({"main", {"cpe:/o:limpid:one"}});

  Input& language = inputs[1];
  language.feed = "ghsa";
  advisory::Advisory one;
  one.id = "GHSA-aaaa-bbbb-cccc";
  one.aliases = {"CVE-2024-1001", "CVE-2024-1002"};
  one.upstream = {"CVE-2024-1001"};
  one.kind = advisory::Kind::malware;
  one.cvss = {{"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"4.0", "CVSS:4.0/AV:N"}};
  one.title = "A title";
  one.modified = "2024-02-02T00:00:00Z";
  one.references = {"https://example.org/1", "https://example.org/2"};
  advisory::Affected npm = affected("npm", "left-pad", Status::affected, {});
  npm.scheme = version::Scheme::none;
  npm.key_kind = KeyKind::binary;
  npm.versions = {"1.0.0", "1.0.1"};
  one.affected.push_back(npm);
  advisory::Affected many = affected("npm", "many", Status::fixed, {});
  for (int i = 0; i < 20; ++i) many.ranges.push_back({std::to_string(10 * i + 1), std::to_string(10 * i + 5), ""});
  one.affected.push_back(many);
  many.package = "many-more";  // the same statements under another name
  one.affected.push_back(many);
  language.advisories.push_back(std::move(one));
  language.enrichments.push_back(small_enrichment("CVE-2024-1001"));
  language.enrichments.emplace_back().cve = "CVE-1999-0001";
  return inputs;
}

inline std::vector<advisory::EndOfLife> small_lifecycles() {
  return {{"debian:10", "buster", "2019-07-06", "2022-09-10", "2024-06-30", ""},
          {"debian:12", "bookworm", "2023-06-10", "", "", ""}};
}

inline std::vector<advisory::PackageSupport> small_package_supports() {
  using enum advisory::PackageSupport::State;
  return {{"debian:12", "zlib", false, ended, "1.2", "2026-04-30", "nobody is left", "lists"},
          {"debian:12", "golang", true, limited, "", "", "", "lists"}};
}

inline Result<Info> compile(std::vector<Input> inputs, const std::string& path) {
  Compiler compiler;
  for (Input& input : inputs) {
    compiler.begin_feed(input.feed, "folder/" + input.feed + ".json");
    FeedInfo counts;
    counts.records = input.advisories.size();
    counts.skipped = 1;
    counts.as_of = "2024-03-03";
    counts.dropped["withdrawn"] = 2;
    for (advisory::Advisory& advisory : input.advisories) {
      counts.statements += advisory.affected.size();
      compiler.add(std::move(advisory));
    }
    for (advisory::Available& offer : input.offers) compiler.add(std::move(offer));
    for (advisory::Enrichment& enrichment : input.enrichments) compiler.add(std::move(enrichment));
    for (advisory::RepositoryProducts& repository : input.repositories) compiler.add(std::move(repository));
    compiler.end_feed(counts);
  }
  for (advisory::EndOfLife& life : small_lifecycles()) compiler.add(std::move(life));
  for (advisory::PackageSupport& support : small_package_supports()) compiler.add(std::move(support));
  return compiler.write(path);
}

inline std::string written(const Statement& statement) {
  std::string text = base::cat({statement.advisory, " ", statement.feed, " ", statement.id, " ", statement.package,
                                " s", static_cast<int>(statement.status), " k", static_cast<int>(statement.kind), " kk",
                                static_cast<int>(statement.key_kind), " v", static_cast<int>(statement.scheme), " '",
                                statement.severity, "'"});
  for (const RangeView range : statement.ranges)
    base::append(text, {" [", range.introduced, ",", range.fixed, "|", range.last_affected, ")"});
  for (const std::string_view version : statement.versions) base::append(text, {" =", version});
  for (const std::string_view architecture : statement.architectures) base::append(text, {" @", architecture});
  for (const std::string_view product : statement.products) base::append(text, {" ", product});
  if (!statement.module.empty()) base::append(text, {" module ", statement.module});
  return text;
}

inline std::string written(const Details& details) {
  std::string text = base::cat({details.id, "|", details.feed, "|", base::join(details.aliases, ","), "|",
                                base::join(details.upstream, ","), "|", details.severity, "|", details.published, "|",
                                details.modified, "|", details.title, "|", details.description, "|",
                                base::join(details.references, ",")});
  for (const advisory::Cvss& cvss : details.cvss) base::append(text, {"|", cvss.version, "=", cvss.vector});
  return text;
}

inline std::string written(const std::optional<advisory::Enrichment>& one) {
  if (!one) return "no enrichment";
  std::string text = base::cat({one->cve,
                                "|",
                                one->kev_added,
                                "|",
                                one->kev_due,
                                "|",
                                one->ransomware ? "r" : "",
                                "|",
                                one->rejected ? "j" : "",
                                "|",
                                one->disputed ? "d" : "",
                                "|",
                                name_of(one->exploitation),
                                "|",
                                name_of(one->automatable),
                                "|",
                                name_of(one->technical_impact),
                                "|",
                                one->published,
                                "|",
                                one->modified,
                                "|",
                                base::join(one->cwes, ",")});
  if (one->epss) base::append(text, {"|", one->epss->probability, "|", one->epss->percentile});
  for (const auto& score : one->cvss)
    base::append(text, {"|", score.cvss.version, "=", score.cvss.vector, "=", score.source, score.primary ? "!" : ""});
  return text;
}

inline std::string written(const advisory::PackageSupport& one) {
  return base::cat({one.name_space, "|", one.package, one.is_prefix ? "*" : "", "|", static_cast<int>(one.state), "|",
                    one.last_version, "|", one.since, "|", one.detail, "|", one.feed});
}

inline std::string written(const Info& info) {
  std::string text = base::cat({"format ", info.format, " size ", info.size, " advisories ", info.advisories,
                                " statements ", info.statements, " enrichments ", info.enrichments, "\n"});
  for (const FeedInfo& feed : info.feeds) {
    base::append(text, {"feed ", feed.name, " ", feed.path, " ", feed.records, " ", feed.statements, " ", feed.skipped,
                        " ", feed.as_of});
    for (const auto& [reason, count] : feed.dropped) base::append(text, {" ", reason, "=", count});
    text += '\n';
  }
  for (const NamespaceInfo& one : info.namespaces)
    base::append(text, {"namespace ", one.name, " ", one.packages, " ", one.statements, " ", one.bytes, "\n"});
  return text;
}

// Each answer on its own line, so that an error in place of one can be told from another answer. Errors are lines that
// begin with "error".
class Answers {
 public:
  explicit Answers(const Database& database) : database_(database) {}

  // Statements by way of a glance that all concerns, with every CVE.
  static Result<std::vector<Statement>> glanced(const Database& database, std::string_view name_space,
                                                std::string_view package, advisory::KeyKind kind) {
    std::vector<Statement> statements;
    LIMPID_ASSIGN(const auto group, database.group(name_space, package, kind));
    if (!group) return statements;
    Glance glance;
    LIMPID_TRY(database.glance(*group, [](const Statement&) { return true; }, glance));
    CveSet cves;
    for (const std::uint32_t place : glance.concerned) {
      const Glance::Row& row = glance.rows[place];
      if (row.cve != 0) cves.add(row.cve);
      if (row.id != 0) (void)Database::other_id(*group, row);
    }
    cves.sort();
    LIMPID_TRY(database.statements(*group, glance, cves, statements));
    return statements;
  }

  // `names` are asked for in every namespace, `ids` looked up.
  std::vector<std::string> ask(const std::vector<std::string>& namespaces, const std::vector<std::string>& names,
                               const std::vector<std::string>& ids) {
    lines_.push_back(written(database_.info()));
    for (const std::string& name_space : namespaces) ask_namespace(name_space, names);
    for (AdvisoryNumber number = 0; number < std::min<std::uint64_t>(database_.info().advisories, kAdvisoriesMax);
         ++number) {
      add(database_.details(number), [](const Details& details) { return written(details); });
      add(database_.statements_of(number), [](const std::vector<Database::Placed>& placed) {
        std::string text = "placed";
        for (const auto& one : placed) base::append(text, {" {", one.name_space, " ", written(one.statement), "}"});
        return text;
      });
    }
    for (const std::string& id : ids)
      add(database_.enrichment(id), [](const auto& enrichment) { return written(enrichment); });
    for (const std::string& id : ids)
      add(database_.rating(id), [](const auto& rating) {
        return rating ? base::cat({"rated ", static_cast<int>(rating->score * 10), " by ", rating->source, " version ",
                                   static_cast<int>(rating->version)})
                      : std::string("not rated");
      });
    for (const std::string& id : ids)
      add(database_.find(id), [](const std::vector<AdvisoryNumber>& numbers) {
        std::string text = "found";
        for (const AdvisoryNumber number : numbers) base::append(text, {" ", number});
        return text;
      });
    static const std::vector<std::string> kRepositories = {"updates", "none", "main"};
    add(database_.repositories(kRepositories), [](const std::vector<advisory::RepositoryProducts>& known) {
      std::string text = "repositories";
      for (const auto& one : known) base::append(text, {" ", one.repository, "=", base::join(one.products, ",")});
      return text;
    });
    return std::move(lines_);
  }

 private:
  static constexpr std::uint64_t kAdvisoriesMax = 64;  // a hostile head claims any number

  template <class T, class Write>
  void add(const Result<T>& result, Write write) {
    lines_.push_back(result ? write(*result) : "error " + result.error().describe());
  }
  static Result<std::vector<Statement>> statements(const Database& database, std::string_view name_space,
                                                   std::string_view package, advisory::KeyKind kind) {
    std::vector<Statement> statements;
    LIMPID_TRY(database.statements(name_space, package, kind, statements));
    return statements;
  }
  void ask_namespace(const std::string& name_space, const std::vector<std::string>& names) {
    lines_.emplace_back(database_.has_namespace(name_space) ? "known" : "unknown");
    const auto life = database_.end_of_life(name_space);
    lines_.push_back(life ? base::cat({"life ", life->codename, " ", life->released, " ", life->standard, " ",
                                       life->extended, " ", life->paid})
                          : "no life");
    std::string supports = "supports";
    for (const advisory::PackageSupport& one : database_.package_support(name_space))
      base::append(supports, {" {", written(one), "}"});
    lines_.push_back(std::move(supports));
    add(database_.search(name_space, ""), [](const std::vector<std::string_view>& packages) {
      std::string text = "packages";
      for (const std::string_view package : packages) base::append(text, {" ", package});
      return text;
    });
    for (const std::string& name : names)
      for (const auto kind : {advisory::KeyKind::source, advisory::KeyKind::binary}) {
        for (const auto way : {statements, glanced})
          add(way(database_, name_space, name, kind), [](const std::vector<Statement>& all) {
            std::string text = "statements";
            for (const Statement& statement : all) base::append(text, {" {", written(statement), "}"});
            return text;
          });
        add(database_.available(name_space, name, kind),
            [](std::string_view version) { return base::cat({"offer ", version}); });
      }
  }

  const Database& database_;
  std::vector<std::string> lines_;
};

// Bytes that can be opened by a path and are on no disk.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("database", MFD_CLOEXEC)), file_(descriptor_) {}
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
  // False if the system gives no memory for it.
  bool assign(std::string_view bytes) const {
    const auto size = static_cast<off_t>(bytes.size());
    return ::ftruncate(descriptor_, size) == 0 && ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == size;
  }

 private:
  int descriptor_;
  base::File file_;  // closes it
};

inline std::vector<std::string> all_answers(const Database& database) {
  return Answers(database).ask(
      {"debian:10", "debian:12", "debian:13", "npm", "none"},
      {"zlib", "curl", "openssl", "zlib1g", "left-pad", "many", "many-more", "none"},
      {"CVE-2024-1000", "cve-2024-1001", "GHSA-AAAA-bbbb-cccc", "CVE-1999-1", "CVE-1999-0001", "CVE-2024-1001"});
}

}  // namespace limpid::vulndb::testing

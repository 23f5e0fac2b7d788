// Feed "cvrf": documents of the Common Vulnerability Reporting Framework, which CSAF has replaced: openEuler's,
// https://repo.openeuler.org/security/data/cvrf/, and SUSE's, https://ftp.suse.com/pub/projects/security/cvrf/ and
// cvrf-cve/. Format: https://docs.oasis-open.org/csaf/csaf-cvrf/v1.2/ (1.1 and 1.2). A document, an archive of them, or
// a folder.
//
// A record is one vulnerability of a document, a statement what it says of one package (name, version) of one release
// with one status, for a set of architectures.
#include <map>
#include <utility>
#include <vector>

#include "advisory/cvss.h"
#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/list.h"
#include "advisory/openeuler_packages.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"
#include "advisory/suse_products.h"
#include "advisory/xml.h"
#include "archive/source.h"
#include "base/bytes.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kDocumentSizeMax = std::size_t{64} << 20;
constexpr std::size_t kFilesMax = 200'000;       // of one document
constexpr std::size_t kProductIdsMax = 500'000;  // of one vulnerability

std::optional<Status> status_of(std::string_view word) {
  static constexpr std::pair<std::string_view, Status> kWords[] = {
      {"Fixed", Status::fixed},
      {"First Fixed", Status::fixed},
      {"Recommended", Status::fixed},
      {"Known Affected", Status::affected},
      {"First Affected", Status::affected},
      {"Last Affected", Status::affected},
      {"Known Not Affected", Status::not_affected},
      {"Under Investigation", Status::under_investigation},
  };
  for (const auto& [known, status] : kWords)
    if (known == word) return status;
  return std::nullopt;
}

class DocumentHandler final : public XmlHandler {
 public:
  DocumentHandler(const std::string& given, FeedCounts& counts, Sink& sink)
      : given_(given), counts_(counts), sink_(sink) {}

  Result<void> start(std::string_view element, const XmlAttributes& attributes) override {
    if (path_.empty() && element != "cvrfdoc") return fail(Code::invalid, {"no CVRF document: <", element, ">"});
    path_.emplace_back(element);
    if (element == "FullProductName") {
      cpe_ = attributes["CPE"];
    } else if (element == "Vulnerability") {
      advisory_ = {};
      ids_.clear();
    } else if (element == "Status") {
      status_ = attributes["Type"];
    } else if (element == "Threat") {
      threat_ = attributes["Type"];
    } else if (element == "Note") {
      note_ = attributes["Title"];
    }
    return {};
  }

  Result<void> end(std::string_view element, std::string_view text) override {
    path_.pop_back();
    const std::string_view inside = path_.empty() ? std::string_view() : path_.back();
    text = base::trim(text);
    if (inside == "DocumentTracking") {
      if (element == "InitialReleaseDate") published_ = text;
      if (element == "CurrentReleaseDate") modified_ = text;
    } else if (element == "FullProductName" && !is_inside("Relationship")) {
      return add_file(text);
    } else if (element == "ProductID" && inside == "Status") {
      if (ids_.size() == kProductIdsMax)
        return fail(Code::limit, {"a vulnerability of more than ", kProductIdsMax, " products"});
      ids_.emplace_back(status_, text);
    } else if (inside == "Vulnerability" && element == "CVE") {
      std::size_t length = 0;
      if (auto id = leading_cve(text, length); length == text.size()) advisory_.id = std::move(id);
    } else if (inside == "Notes" && note_ == "Vulnerability Description") {
      advisory_.description = text;
    } else if (inside == "Threat" && element == "Description" && threat_ == "Impact") {
      advisory_.severity = text;
    } else if (inside == "ScoreSet" && element.starts_with("Vector")) {
      // openEuler leaves the beginning of a vector of version 3 out.
      const bool bare = text.starts_with("AV:") && text.find("/PR:") != std::string_view::npos;
      add_cvss(advisory_, bare ? base::cat({"CVSS:3.1/", text}) : std::string(text));
    } else if (inside == "Remediation" && element == "URL" && !text.empty()) {
      advisory_.references.emplace_back(text);
    } else if (element == "Vulnerability") {
      if (sink_.is_cancelled()) return cancelled();
      hand_out();
    }
    return {};
  }

 private:
  bool is_inside(std::string_view element) const {
    for (const auto& open : path_)
      if (open == element) return true;
    return false;
  }

  // openEuler: a package's file, tied to its release by a CPE name, "cpe:/a:openEuler:openEuler:20.03-LTS".
  Result<void> add_file(std::string_view name) {
    if (!name.ends_with(".rpm")) return {};
    if (++files_count_ > kFilesMax) return fail(Code::limit, {"a document of more than ", kFilesMax, " packages"});
    files_[base::cat({"openEuler-", std::string_view(cpe_).substr(cpe_.rfind(':') + 1)})].emplace_back(name);
    return {};
  }

  void hand_out() {
    ++counts_.records;
    advisory_.published = published_;
    advisory_.modified = modified_;
    if (modified_ > counts_.as_of) counts_.as_of = modified_;
    for (const auto& [word, id] : ids_) {
      const auto status = status_of(word);
      if (advisory_.id.empty() || !status) {
        drop(advisory_.id.empty() ? "no CVE id" : "unknown status");
      } else if (id.starts_with("openEuler-") && id.find(':') == std::string::npos) {
        add_release(id, *status);
      } else {
        add_package(id, *status);
      }
    }
    statements_.prefer_fixes();
    statements_.take(advisory_);
    counts_.statements += advisory_.affected.size();
    if (!advisory_.affected.empty()) sink_.advisory(std::move(advisory_));
  }
  void drop(std::string_view why_not) {
    ++counts_.statements;
    counts_.drop(why_not);
  }

  // openEuler: a release, all of whose packages in the document have the status.
  void add_release(const std::string& release, Status status) {
    const auto name_space = openeuler_namespace(release);
    const auto files = files_.find(release);
    if (name_space.empty() || files == files_.end() || status != Status::fixed)
      return drop("product without packages, or without a fix");
    for (const auto& file : files->second) {
      RpmStatement statement;
      statement.name_space = given_.empty() ? name_space : given_;
      std::string_view why_not;
      if (read_openeuler_file(file, statement, why_not)) {
        statements_.add(std::move(statement), status, {});
      } else {
        drop(why_not);
      }
    }
  }

  // SUSE: "SUSE Linux Enterprise Server 12 SP3:libopenssl1_0_0-1.0.2j-60.49.1", a package of a product.
  void add_package(std::string_view id, Status status) {
    RpmStatement statement;
    statement.name_space = suse_namespace(base::take_until(id, ':'));
    if (statement.name_space.empty()) return drop("product that is no release of a system");
    if (!given_.empty()) statement.name_space = given_;
    const auto name = status == Status::fixed ? split_nvr(id) : std::nullopt;
    if (id.empty() || (status == Status::fixed && !name)) return drop("fixed without a version");
    statement.name = name ? name->name : id;
    if (name) statement.version = rpm_version(name->epoch, name->version, name->release);
    if (is_debug_package(statement.name)) return drop("debugging symbols");
    statements_.add(std::move(statement), status, {});
  }

  const std::string& given_;  // the namespace, "" lets the document tell
  FeedCounts& counts_;
  Sink& sink_;
  std::vector<std::string> path_;  // the elements that are open
  std::string cpe_, status_, threat_, note_, published_, modified_;
  std::map<std::string, std::vector<std::string>> files_;  // of each release of openEuler
  std::size_t files_count_ = 0;
  Advisory advisory_;
  std::vector<std::pair<std::string, std::string>> ids_;  // status and product
  RpmStatements statements_;
};

class CvrfFeed final : public Feed {
 public:
  std::string_view name() const override { return "cvrf"; }
  std::string_view description() const override {
    return "CVRF documents of openEuler and SUSE: an .xml file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    const auto visit = [&](const std::string&, std::string& text) -> Result<void> {
      DocumentHandler handler(input.name_space, counts, sink);
      const auto source = archive::memory_source(base::as_bytes(text));
      return parse_xml(*source, handler);
    };
    LIMPID_TRY(each_document(input, {.suffix = ".xml", .size_max = kDocumentSizeMax}, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& cvrf_feed() {
  static const CvrfFeed feed;
  return feed;
}

}  // namespace limpid::advisory

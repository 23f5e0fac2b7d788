#include "advisory/csaf.h"
#include "advisory/documents.h"

namespace limpid::advisory {
namespace {

class DocumentReader {
 public:
  DocumentReader(const FeedInput& input, const CsafPackageReader& statement_of, FeedCounts& counts, Sink& sink)
      : input_(input), statement_of_(statement_of), counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object object;
    if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
    const auto document = object_member(object, "document");
    const auto tracking = document ? object_member(*document, "tracking") : std::nullopt;
    if (!tracking) return fail(Code::invalid, {"no CSAF document: no \"document\" with \"tracking\""});
    const auto modified = text_or_empty(*tracking, "current_release_date");
    if (modified > counts_.as_of) counts_.as_of = modified;
    products_.read(object);
    for (const auto& vulnerability : objects_member(object, "vulnerabilities")) {
      vulnerability_.read(vulnerability);
      read_vulnerability(vulnerability_, products_, modified);
    }
    return {};
  }

 private:
  void read_vulnerability(const CsafVulnerability& vulnerability, const CsafProducts& products,
                          const std::string& modified) {
    ++counts_.records;
    auto advisory = vulnerability.texts();
    advisory.modified = modified;
    vulnerability.each([&](std::string_view id, Status status) {
      const auto component = products.find(id);
      std::string_view why_not = advisory.id.empty() ? "no CVE id" : "product id without a relationship";
      std::optional<RpmStatement> statement;
      if (component && !advisory.id.empty()) statement = statement_of_(*component, status, why_not);
      if (statement && statement->name.empty()) {
        why_not = "no package name";
        statement.reset();
      }
      if (!statement) {
        ++counts_.statements;
        return counts_.drop(why_not);
      }
      if (!input_.name_space.empty()) statement->name_space = input_.name_space;
      statements_.add(*std::move(statement), status, vulnerability.severity_of(id));
    });
    statements_.prefer_fixes();
    statements_.take(advisory);
    counts_.statements += advisory.affected.size();
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  const FeedInput& input_;
  const CsafPackageReader& statement_of_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
  CsafProducts products_;
  CsafVulnerability vulnerability_;
  RpmStatements statements_;
};

}  // namespace

Result<FeedCounts> read_csaf_packages(const FeedInput& input, Sink& sink, const CsafPackageReader& statement_of) {
  FeedCounts counts;
  DocumentReader reader(input, statement_of, counts, sink);
  const auto visit = [&](const std::string&, std::string& text) { return reader.read(text); };
  LIMPID_TRY(each_document(input, {.suffix = ".json", .size_max = kCsafSizeMax}, sink, counts, visit));
  return counts;
}

}  // namespace limpid::advisory

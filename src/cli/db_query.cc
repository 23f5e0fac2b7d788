// `limpid db info|show|search|verify`: what is in a database file.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/common.h"
#include "cvss/score.h"
#include "match/severity.h"
#include "report/json_writer.h"
#include "report/terminal.h"

namespace limpid::cli {
namespace {

std::string describe(const vulndb::RangeView& range) {
  std::string text;
  if (!range.introduced.empty()) base::append(text, {"from ", range.introduced, " "});
  if (!range.fixed.empty()) return base::printable(text + base::cat({"below ", range.fixed}));
  if (!range.last_affected.empty()) return base::printable(text + base::cat({"up to ", range.last_affected}));
  return text.empty() ? "every version" : base::printable(base::trim_right(text));
}

std::string versions_of(const vulndb::Statement& statement) {
  std::vector<std::string> parts;
  for (const vulndb::RangeView& range : statement.ranges) parts.push_back(describe(range));
  for (const std::string_view version : statement.versions) parts.push_back("= " + base::printable(version));
  if (parts.empty()) return statement.status == advisory::Status::not_affected ? "" : "every version";
  return base::join(parts, ", ");
}

// What is left of a feed's statements when the dropped ones are gone (duplicates are united after that).
std::uint64_t kept(const vulndb::FeedInfo& feed) {
  std::uint64_t number = feed.statements;
  for (const auto& [reason, dropped] : feed.dropped) number -= std::min(number, dropped);
  return number;
}

Result<int> info(const DbQueryCommand& command) {
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  const vulndb::Info& info = database.info();
  const OutputOptions output{command.format, ""};
  if (command.format == "json") {
    report::JsonWriter json;
    json.open();
    json.text("path", database_path(command.database));
    json.number("format", info.format);
    json.number("size", info.size);
    json.number("advisories", info.advisories);
    json.number("statements", info.statements);
    json.number("enrichments", info.enrichments);
    json.open_list("feeds");
    for (const vulndb::FeedInfo& feed : info.feeds) {
      json.open();
      json.text("name", feed.name);
      json.text("path", feed.path);
      json.number("records", feed.records);
      json.number("statements", feed.statements);
      json.number("kept", kept(feed));
      json.open("dropped");
      for (const auto& [reason, number] : feed.dropped) json.number(reason, number);
      json.close();
      json.number("skipped", feed.skipped);
      json.text("as_of", feed.as_of);
      json.close();
    }
    json.close_list();
    json.open_list("namespaces");
    for (const vulndb::NamespaceInfo& name_space : info.namespaces) {
      json.open();
      json.text("name", name_space.name);
      json.number("packages", name_space.packages);
      json.number("statements", name_space.statements);
      json.number("bytes", name_space.bytes);
      json.close();
    }
    json.close_list();
    json.close();
    LIMPID_TRY(deliver(output, json.take()));
    return kDone;
  }
  std::string text = base::cat({database_path(command.database), "\n  format ", info.format, ", ", info.size,
                                " bytes, ", info.advisories, " advisories, ", info.statements, " statements, ",
                                info.enrichments, " CVEs enriched\n\n"});
  const report::Style style = style_for(output);
  std::vector<std::vector<std::string>> feeds{{"FEED", "RECORDS", "STATEMENTS", "KEPT", "SKIPPED", "AS OF", "DROPPED"}};
  for (const vulndb::FeedInfo& feed : info.feeds) {
    std::vector<std::string> dropped;
    for (const auto& [reason, number] : feed.dropped)
      dropped.push_back(base::cat({number, " ", base::printable(reason)}));
    feeds.push_back({base::printable(feed.name), base::cat({feed.records}), base::cat({feed.statements}),
                     base::cat({kept(feed)}), base::cat({feed.skipped}), base::printable(feed.as_of.substr(0, 10)),
                     base::join(dropped, ", ")});
  }
  std::vector<std::vector<std::string>> namespaces{{"NAMESPACE", "PACKAGES", "STATEMENTS", "BYTES"}};
  for (const vulndb::NamespaceInfo& name_space : info.namespaces)
    namespaces.push_back({base::printable(name_space.name), base::cat({name_space.packages}),
                          base::cat({name_space.statements}), base::cat({name_space.bytes})});
  LIMPID_TRY(deliver(output, text + report::columns(feeds, style) + "\n" + report::columns(namespaces, style)));
  return kDone;
}

Result<void> append_advisory(std::string& text, const vulndb::Database& database, vulndb::AdvisoryNumber number,
                             const report::Style& style) {
  LIMPID_ASSIGN(const vulndb::Details details, database.details(number));
  LIMPID_ASSIGN(auto placed, database.statements_of(number));
  base::append(text, {report::paint(style, report::Ink::bold, base::printable(details.id)), "  (feed ",
                      base::printable(details.feed), ")\n"});
  const auto line = [&](std::string_view label, std::string_view value) {
    if (!value.empty())
      base::append(text, {"  ", label, report::wrap_text(base::printable(value), 2 + label.size(), style.width), "\n"});
  };
  line("aliases:    ", base::join(details.aliases, ", "));
  line("upstream:   ", base::join(details.upstream, ", "));
  line("severity:   ", details.severity);
  for (const advisory::Cvss& cvss : details.cvss) line("cvss:       ", base::cat({cvss.version, " ", cvss.vector}));
  line("published:  ", details.published);
  line("modified:   ", details.modified);
  line("title:      ", details.title);
  line("text:       ", details.description);
  for (const std::string& reference : details.references) line("reference:  ", reference);
  std::vector<std::vector<std::string>> rows{{"NAMESPACE", "PACKAGE", "STATUS", "SEVERITY", "AFFECTED"}};
  for (const auto& [name_space, statement] : placed)
    rows.push_back({base::printable(name_space), base::printable(statement.package),
                    std::string(advisory::name_of(statement.status)), base::printable(statement.severity),
                    versions_of(statement)});
  text += "\n" + report::columns(rows, style) + "\n";
  return {};
}

// What is said of a CVE whatever package it is in; false if nothing is.
Result<bool> append_enrichment(std::string& text, const vulndb::Database& database, const std::string& cve,
                               const report::Style& style) {
  LIMPID_ASSIGN(const auto known, database.enrichment(cve));
  if (!known) return false;
  base::append(text, {report::paint(style, report::Ink::bold, base::printable(known->cve)), "\n"});
  const auto line = [&](std::string_view label, std::string_view value) {
    if (!value.empty())
      base::append(text, {"  ", label, report::wrap_text(base::printable(value), 2 + label.size(), style.width), "\n"});
  };
  for (const auto& [cvss, source, primary] : known->cvss) {
    const auto scores = cvss::score(cvss.vector);
    const std::string score = scores ? fmt::format("{:.1f} ", scores->base) : std::string();
    line("cvss:        ", base::cat({score, cvss.vector, " (", source, ")"}));
  }
  line("weaknesses:  ", base::join(known->cwes, ", "));
  if (known->epss)
    line("epss:        ",
         fmt::format("{:.5f}, percentile {:.5f}", known->epss->probability / 1e6, known->epss->percentile / 1e6));
  if (!known->kev_added.empty())
    line("exploited:   ", base::cat({"known since ", known->kev_added, known->ransomware ? ", by ransomware" : ""}));
  line("ssvc:        ", base::trim(base::cat({name_of(known->exploitation), " ", name_of(known->automatable), " ",
                                              name_of(known->technical_impact)})));
  line("published:   ", known->published);
  line("modified:    ", known->modified);
  if (known->rejected) line("", "rejected: the id was withdrawn");
  if (known->disputed) line("", "disputed");
  text += '\n';
  return true;
}

Result<int> show(const DbQueryCommand& command) {
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  LIMPID_ASSIGN(const auto numbers, database.find(command.argument));
  const OutputOptions output;
  std::string text;
  LIMPID_ASSIGN(const bool enriched, append_enrichment(text, database, command.argument, style_for(output)));
  if (numbers.empty() && !enriched)
    return fail(Code::not_found, {"the database has no advisory '", command.argument, "'"});
  for (const vulndb::AdvisoryNumber number : numbers)
    LIMPID_TRY(append_advisory(text, database, number, style_for(output)));
  LIMPID_TRY(deliver(output, text));
  return kDone;
}

Result<int> search(const DbQueryCommand& command) {
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  std::vector<std::vector<std::string>> rows{{"NAMESPACE", "PACKAGE", "ID", "STATUS", "AFFECTED"}};
  std::vector<vulndb::Statement> statements;
  for (const vulndb::NamespaceInfo& name_space : database.info().namespaces) {
    if (!command.name_space.empty() && command.name_space != name_space.name) continue;
    LIMPID_ASSIGN(auto packages, database.search(name_space.name, command.argument));
    packages.erase(std::ranges::unique(packages).begin(), packages.end());
    for (const std::string_view package : packages) {
      statements.clear();
      for (const auto kind : {advisory::KeyKind::source, advisory::KeyKind::binary})
        LIMPID_TRY(database.statements(name_space.name, package, kind, statements));
      for (const vulndb::Statement& statement : statements)
        rows.push_back({base::printable(name_space.name), base::printable(package), base::printable(statement.id),
                        std::string(advisory::name_of(statement.status)), versions_of(statement)});
    }
  }
  if (rows.size() == 1)
    return fail(Code::not_found, {"the database has no package whose name contains '", command.argument, "'"});
  const OutputOptions output;
  LIMPID_TRY(deliver(output, report::columns(rows, style_for(output))));
  return kDone;
}

Result<int> verify(const DbQueryCommand& command) {
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  LIMPID_TRY_WITHIN(database.verify(), {database_path(command.database)});
  LIMPID_TRY(deliver({}, base::cat({database_path(command.database), ": sound, ", database.info().advisories,
                                    " advisories, ", database.info().statements, " statements\n"})));
  return kDone;
}

int status_of(const Result<int>& result) { return result ? *result : failed(result.error()); }

}  // namespace

int run_db_info(const DbQueryCommand& command) { return status_of(info(command)); }
int run_db_show(const DbQueryCommand& command) { return status_of(show(command)); }
int run_db_search(const DbQueryCommand& command) { return status_of(search(command)); }
int run_db_verify(const DbQueryCommand& command) { return status_of(verify(command)); }

}  // namespace limpid::cli

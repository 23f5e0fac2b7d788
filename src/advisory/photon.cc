// Feed "photon": VMware Photon OS: its CVE metadata, https://packages.broadcom.com/photon/photon_cve_metadata/
// (cve_data_photon4.0.json: an array of rows), and its OVAL,
// https://packages.vmware.com/photon/photon_oval_definitions/ (com.vmware.phsa-photon4.xml.gz). Packages are binary
// ones.
//
// A record is a row, or a definition; a statement is a flaw in a package.
#include <algorithm>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/oval_document.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kRowSizeMax = 64 << 10;

bool is_oval_file(std::string_view path) {
  for (const std::string_view suffix : {".xml", ".xml.gz", ".xml.xz", ".xml.zst", ".xml.bz2"})
    if (path.ends_with(suffix)) return true;
  return false;
}
bool is_metadata_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.starts_with("cve_data_photon") && name.contains(".json");
}

// "photon:4.0" of "4", "4.0"; "" if it is no release.
std::string photon_namespace(std::string_view release) {
  std::string_view minor = release;
  const auto major = base::take_until(minor, '.');
  const auto is_number = [](std::string_view text) { return std::ranges::all_of(text, base::is_digit); };
  if (major.empty() || !is_number(major) || !is_number(minor)) return {};
  return base::cat({"photon:", major, ".", minor.empty() ? "0" : minor});
}

std::string namespace_of_file(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (!base::strip_prefix(name, "cve_data_photon")) return {};
  return photon_namespace(name.substr(0, name.find(".json")));
}

Affected affected_of(const std::string& name_space, std::string_view package) {
  Affected affected;
  affected.name_space = name_space;
  affected.package = package;
  affected.key_kind = KeyKind::binary;
  affected.scheme = version::Scheme::rpm;
  return affected;
}

void fix(Affected& affected, std::string_view version) {
  base::strip_prefix(version, "0:");
  affected.status = Status::fixed;
  affected.ranges.push_back({.introduced = "", .fixed = std::string(version), .last_affected = ""});
}

class MetadataReader {
 public:
  MetadataReader(std::string name_space, FeedCounts& counts, Sink& sink)
      : name_space_(std::move(name_space)), counts_(counts), sink_(sink) {}

  Result<void> read_row(std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN_WITHIN(const auto element, parser_.parse(text), {"row ", counts_.records + 1});
    json::object row;
    if (element.get(row) != simdjson::SUCCESS)
      return fail(Code::invalid, {"row ", counts_.records + 1, " is no object"});
    ++counts_.records;
    ++counts_.statements;
    if (const auto reason = add(row); !reason.empty()) counts_.drop(reason);
    return {};
  }

 private:
  // Why the row says nothing, "" if it does.
  std::string_view add(const json::object& row) {
    Advisory advisory;
    std::size_t length = 0;
    advisory.id = leading_cve(text_member(row, "cve_id").value_or(""), length);
    if (advisory.id.empty()) return "no CVE id";  // "UNK-1", "Re"
    const auto package = text_member(row, "pkg").value_or("");
    if (package.empty()) return "no package name";
    auto affected = affected_of(name_space_, package);
    const auto fixed = base::trim(text_member(row, "res_ver").value_or(""));
    const auto status = text_member(row, "status").value_or("");
    const auto is_none = [](std::string_view text) { return text.empty() || text == "NA"; };
    if (status == "Not Affected") {
      affected.status = Status::not_affected;
    } else if (!is_none(fixed)) {
      fix(affected, fixed);
    } else if (is_none(base::trim(text_member(row, "aff_ver").value_or("")))) {
      return "neither affected nor fixed versions";
    } else {
      affected.status = Status::affected;
    }
    // Its only severity is a CVSS score.
    double score = 0;
    if (row.at_key("cve_score").get(score) == simdjson::SUCCESS && score > 0 && score <= 10) {
      const auto tenths = static_cast<unsigned>(score * 10 + 0.5);
      affected.severity = base::cat({tenths / 10, ".", tenths % 10});
    }
    advisory.affected.push_back(std::move(affected));
    sink_.advisory(std::move(advisory));
    return {};
  }

  std::string name_space_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

// "PHSA-2020:00001 sqlite Security Update. (Important)": an update, which fixes some flaws in some packages.
class UpdatesReader {
 public:
  UpdatesReader(const std::string& name_space, FeedCounts& counts, Sink& sink)
      : given_(name_space), counts_(counts), sink_(sink) {}

  Result<void> read(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
    if (sink_.is_cancelled()) return cancelled();
    ++counts_.records;
    std::string name_space = given_;
    if (name_space.empty()) {
      std::string_view platform = definition.text("platform");
      base::strip_prefix(platform, "Photon ");
      base::strip_prefix(platform, "OS ");
      name_space = photon_namespace(platform);
    }
    Advisory advisory;
    std::string_view title = definition.text("title");
    advisory.title = title;
    advisory.id = base::take_word(title);
    advisory.severity = definition.text("severity");
    advisory.description = definition.text("description");
    if (const auto* issued = definition.find("issued")) advisory.published = (*issued)["date"];
    if (const auto* updated = definition.find("updated")) advisory.modified = (*updated)["date"];
    definition.each("cve", [&](const OvalDocumentElement& cve) {
      for (auto& id : find_cves(cve.text)) advisory.upstream.push_back(std::move(id));
    });
    definition.each("reference", [&](const OvalDocumentElement& reference) {
      if (reference["source"] == "PHSA") advisory.references.emplace_back(reference["ref_url"]);
    });
    read_criteria(definition.criteria, parts, name_space, advisory);
    const bool has_id = advisory.id.starts_with("PHSA-") && is_plausible_id(advisory.id);
    if (!has_id) {
      counts_.drop("no id", advisory.affected.size());
    } else if (!advisory.affected.empty()) {
      sink_.advisory(std::move(advisory));
    }
    return {};
  }

 private:
  void read_criteria(const OvalDocumentCriteria& node, const OvalDocumentParts& parts, const std::string& name_space,
                     Advisory& to) {
    for (const auto& child : node.children) read_criteria(child, parts, name_space, to);
    if (node.kind != OvalDocumentCriteria::Kind::test) return;
    // Which release it is and who signed the package are no statements.
    const auto* test = parts.test(node.reference);
    const auto* state = test == nullptr || test->states.empty() ? nullptr : parts.state(test->states[0]);
    const auto* evr = state == nullptr ? nullptr : state->find("evr");
    if (evr == nullptr) return;
    ++counts_.statements;
    const auto* object = parts.object(test->object);
    const auto package = object == nullptr ? std::string_view{} : object->text("name");
    if (name_space.empty()) return counts_.drop("unknown release");
    if (package.empty() || evr->operation != "less than" || evr->text.empty())
      return counts_.drop("criteria that are not understood");
    auto affected = affected_of(name_space, package);
    fix(affected, evr->text);
    to.affected.push_back(std::move(affected));
  }

  std::string given_;
  FeedCounts& counts_;
  Sink& sink_;
};

class PhotonFeed final : public Feed {
 public:
  std::string_view name() const override { return "photon"; }
  std::string_view description() const override {
    return "Photon OS: cve_data_photon4.0.json, its OVAL (com.vmware.phsa-photon4.xml.gz), or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, [](std::string_view path) {
                    return is_oval_file(path) || is_metadata_file(path);
                  }));
    for (const auto& path : paths) LIMPID_TRY(read_file(path, input, counts, sink));
    return counts;
  }

 private:
  static Result<void> read_file(const std::string& path, const FeedInput& input, FeedCounts& counts, Sink& sink) {
    if (is_oval_file(path)) {
      UpdatesReader reader(input.name_space, counts, sink);
      LIMPID_ASSIGN(const auto head, read_oval_document(path, [&](const OvalDocumentDefinition& definition,
                                                                  const OvalDocumentParts& parts) {
                      return reader.read(definition, parts);
                    }));
      if (head.timestamp > counts.as_of) counts.as_of = head.timestamp;
      return {};
    }
    auto name_space = input.name_space.empty() ? namespace_of_file(path) : input.name_space;
    if (name_space.empty())
      return fail(Code::usage, {path, ": its name does not tell the release: give it as photon@photon:RELEASE=PATH"});
    MetadataReader reader(std::move(name_space), counts, sink);
    LIMPID_ASSIGN(auto file, InputFile::open(path));
    MemberLimits limits;
    limits.value_size_max = kRowSizeMax;
    LIMPID_TRY_WITHIN(split_elements(
                          file.source(),
                          [&](const std::string& key, std::string& row) -> Result<void> {
                            if (!key.empty())
                              return fail(Code::invalid, {"no list of rows: it has a member \"", key, "\""});
                            return reader.read_row(row);
                          },
                          limits),
                      {path});
    return {};
  }
};

}  // namespace

const Feed& photon_feed() {
  static const PhotonFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "ubuntu-vex": Ubuntu's OpenVEX documents, https://security-metadata.canonical.com/vex/vex-all.tar.xz, one for
// each CVE. They tell apart what OSV's records have no words for: denials, and why there is no fix. Format:
// https://github.com/openvex/spec.
//
// A record is a document, a statement what it says of one source package of one release.
#include <algorithm>

#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/ubuntu.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kDocumentSizeMax = std::size_t{64} << 20;  // one of the kernel has some megabytes

// "pkg:deb/ubuntu/curl@7.81.0-1?arch=source&distro=jammy" → curl, jammy. Packages that are built of it say the same.
struct SourceProduct {
  std::string name, pocket;
};
std::optional<SourceProduct> read_product(std::string_view purl) {
  if (!base::strip_prefix(purl, "pkg:deb/ubuntu/")) return std::nullopt;
  SourceProduct product;
  auto path = base::take_until(purl, '?');
  product.name = base::take_until(path, '@');
  bool source = false;
  while (!purl.empty()) {
    auto value = base::take_until(purl, '&');
    const auto key = base::take_until(value, '=');
    source = source || (key == "arch" && value == "source");
    if (key == "distro") product.pocket = value;
  }
  if (!source || product.name.empty() || product.pocket.empty()) return std::nullopt;
  return product;
}

Status status_of(const json::object& statement) {
  const auto word = text_member(statement, "status").value_or("");
  if (word == "fixed") return Status::fixed;
  if (word == "not_affected") return Status::not_affected;
  if (word == "under_investigation") return Status::under_investigation;
  if (word != "affected") return Status::unknown;
  const auto action = text_member(statement, "action_statement").value_or("");
  if (action.find("no longer supported") != std::string_view::npos) return Status::end_of_life;
  return action.find("decided to not fix") != std::string_view::npos ? Status::will_not_fix : Status::affected;
}

class DocumentReader {
 public:
  DocumentReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object document;
    if (root.get(document) != simdjson::SUCCESS || document.at_key("statements").error() != simdjson::SUCCESS)
      return fail(Code::invalid, {"no OpenVEX document: no \"statements\""});
    ++counts_.records;
    if (const auto head = object_member(document, "metadata"))
      counts_.as_of = std::max(counts_.as_of, text_or_empty(*head, "timestamp"));
    for (const auto& statement : objects_member(document, "statements")) read_statement(statement);
    return {};
  }

 private:
  void read_statement(const json::object& statement) {
    Advisory advisory;
    if (const auto flaw = object_member(statement, "vulnerability")) {
      std::size_t length = 0;
      const auto name = text_member(*flaw, "name").value_or("");
      if (auto cve = leading_cve(name, length); length == name.size()) advisory.id = std::move(cve);
      advisory.description = text_or_empty(*flaw, "description");
    }
    const auto status = status_of(statement);
    for (const auto& entry : objects_member(statement, "products")) {
      const auto product = read_product(text_member(entry, "@id").value_or(""));
      if (!product) continue;
      ++counts_.statements;
      const auto name_space = ubuntu_namespace_of_pocket(product->pocket);
      if (const auto why_not = reason_to_drop(advisory.id, name_space, status); !why_not.empty()) {
        counts_.drop(why_not);
        continue;
      }
      Affected affected;
      affected.name_space = name_space;
      affected.package = product->name;
      affected.key_kind = KeyKind::source;
      affected.scheme = version::Scheme::dpkg;
      affected.status = status;
      advisory.affected.push_back(std::move(affected));
    }
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  static std::string_view reason_to_drop(std::string_view id, std::string_view name_space, Status status) {
    if (id.empty()) return "no CVE id";  // notices
    if (name_space.empty()) return "unknown release or variant";
    // The version beside it is the newest that the release has, not the first with the fix.
    if (status == Status::fixed) return "fixed without the version that did";
    return status == Status::unknown ? "unknown status" : "";
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class UbuntuVexFeed final : public Feed {
 public:
  std::string_view name() const override { return "ubuntu-vex"; }
  std::string_view description() const override {
    return "Ubuntu's OpenVEX documents: vex-all.tar.xz, one .json document, or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    DocumentReader reader(counts, sink);
    const auto visit = [&](const std::string&, std::string& text) { return reader.read(text); };
    LIMPID_TRY(each_document(input, {.suffix = ".json", .size_max = kDocumentSizeMax}, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& ubuntu_vex_feed() {
  static const UbuntuVexFeed feed;
  return feed;
}

}  // namespace limpid::advisory

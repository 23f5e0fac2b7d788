// Red Hat's VEX documents, one for each CVE, in a tar archive packed with zstd; SUSE's, in one packed with bzip2.
#include <array>
#include <string>
#include <vector>

#include "volumes/feeds.h"
#include "volumes/packed.h"

namespace limpid::volumes {
namespace {

// JSON indented by two, as both vendors publish it.
class Json {
 public:
  std::string text;

  void clear() {
    text.clear();
    depth_ = 0;
    first_ = true;
  }
  void open(char bracket, std::string_view key = {}) {
    begin(key);
    text += bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket) {
    --depth_;
    line();
    text += bracket;
    first_ = false;
  }
  void put(std::string_view key, std::string_view value) {
    begin(key);
    text += '"';
    append_json(text, value);
    text += '"';
  }
  void number(std::string_view key, std::string_view value) {
    begin(key);
    text += value;
  }
  void element(std::string_view first, std::string_view second) {
    begin({});
    text += '"';
    text += first;
    text += ':';
    text += second;
    text += '"';
  }

 private:
  void begin(std::string_view key) {
    if (!first_) text += ',';
    if (depth_ != 0) line();
    first_ = false;
    if (key.empty()) return;
    text += '"';
    text += key;
    text += "\": ";
  }
  void line() {
    text += '\n';
    text.append(2 * depth_, ' ');
  }
  std::size_t depth_ = 0;
  bool first_ = true;
};

// A package in a product: the ids of both.
struct Placed {
  std::string_view product;
  std::string component;
};

struct Product {
  std::string_view id, name, cpe;
};

void put_tracking(Json& json, const Flaw& flaw, std::string_view vendor) {
  json.open('{', "tracking");
  json.put("current_release_date", flaw.modified + "+00:00");
  json.open('{', "generator");
  json.put("date", flaw.modified + "+00:00");
  json.open('{', "engine");
  json.put("name", vendor);
  json.put("version", "4.6.6");
  json.close('}');
  json.close('}');
  json.put("id", flaw.id);
  json.put("initial_release_date", flaw.published + "+00:00");
  json.open('[', "revision_history");
  for (const char* number : {"1", "2", "3"}) {
    json.open('{');
    json.put("date", flaw.published + "+00:00");
    json.put("number", number);
    json.put("summary", "Current version");
    json.close('}');
  }
  json.close(']');
  json.put("status", "final");
  json.put("version", "3");
  json.close('}');
}

void put_reference(Json& json, std::string_view category, std::string_view summary, std::string_view url) {
  json.open('{');
  json.put("category", category);
  json.put("summary", summary);
  json.put("url", url);
  json.close('}');
}

void put_ids(Json& json, std::string_view key, const std::vector<Placed>& ids) {
  json.open('[', key);
  for (const Placed& one : ids) json.element(one.product, one.component);
  json.close(']');
}

void put_product(Json& json, const Product& product) {
  json.open('{');
  json.put("category", "product_name");
  json.put("name", product.name);
  json.open('{', "product");
  json.put("name", product.name);
  json.put("product_id", product.id);
  json.open('{', "product_identification_helper");
  json.put("cpe", product.cpe);
  json.close('}');
  json.close('}');
  json.close('}');
}

void put_relationships(Json& json, const std::vector<Placed>& ids, std::string_view as) {
  for (const Placed& one : ids) {
    json.open('{');
    json.put("category", "default_component_of");
    json.open('{', "full_product_name");
    json.put("name", one.component + std::string(as) + std::string(one.product));
    json.put("product_id", std::string(one.product) + ":" + one.component);
    json.close('}');
    json.put("product_reference", one.component);
    json.put("relates_to_product_reference", one.product);
    json.close('}');
  }
}

void put_score(Json& json, const Flaw& flaw, const std::vector<Placed>& ids) {
  json.open('[', "scores");
  json.open('{');
  json.open('{', "cvss_v3");
  for (const std::string_view key : {"attackComplexity", "attackVector", "availabilityImpact", "baseSeverity",
                                     "confidentialityImpact", "integrityImpact", "privilegesRequired"})
    json.put(key, "HIGH");
  json.number("baseScore", "7.1");
  json.put("vectorString", World::cvss3(flaw));
  json.put("version", "3.1");
  json.close('}');
  put_ids(json, "products", ids);
  json.close('}');
  json.close(']');
}

void put_threat(Json& json, std::string_view severity, const std::vector<Placed>& ids) {
  json.open('[', "threats");
  json.open('{');
  json.put("category", "impact");
  json.put("details", severity);
  put_ids(json, "product_ids", ids);
  json.close('}');
  json.close(']');
}

// What a vulnerability's document lists, by status.
struct Lists {
  std::vector<Placed> fixed, affected, not_affected, all;
  void unite() {
    all = fixed;
    all.insert(all.end(), affected.begin(), affected.end());
    all.insert(all.end(), not_affected.begin(), not_affected.end());
  }
};

void put_status(Json& json, const Lists& lists, std::string_view fixed) {
  json.open('{', "product_status");
  if (!lists.fixed.empty()) put_ids(json, fixed, lists.fixed);
  if (!lists.affected.empty()) put_ids(json, "known_affected", lists.affected);
  if (!lists.not_affected.empty()) put_ids(json, "known_not_affected", lists.not_affected);
  json.close('}');
}

void put_remediation(Json& json, std::string_view category, std::string_view details, std::string_view url,
                     const std::vector<Placed>& ids) {
  if (ids.empty()) return;
  json.open('{');
  json.put("category", category);
  json.put("details", details);
  put_ids(json, "product_ids", ids);
  if (!url.empty()) json.put("url", url);
  json.close('}');
}

constexpr std::string_view kSeverities[4] = {"Low", "Moderate", "Important", "Critical"};

struct RedHatLine {
  std::string_view major, bare;  // "9", "red_hat_enterprise_linux_9"
  Product bare_product;
  std::array<Product, 4> repositories;
};

const std::array<RedHatLine, 4>& redhat_lines() {
  static const std::array<RedHatLine, 4> lines = {{
      {"10",
       "red_hat_enterprise_linux_10",
       {"red_hat_enterprise_linux_10", "Red Hat Enterprise Linux 10", "cpe:/o:redhat:enterprise_linux:10"},
       {{{"BaseOS-10.0.Z", "Red Hat Enterprise Linux BaseOS (v. 10)", "cpe:/o:redhat:enterprise_linux:10.0"},
         {"AppStream-10.0.Z", "Red Hat Enterprise Linux AppStream (v. 10)", "cpe:/o:redhat:enterprise_linux:10.0"},
         {"CRB-10.0.Z", "Red Hat CodeReady Linux Builder (v. 10)", "cpe:/o:redhat:enterprise_linux:10.0"},
         {"RT-10.0.Z", "Red Hat Enterprise Linux Real Time (v. 10)", "cpe:/o:redhat:enterprise_linux:10.0"}}}},
      {"9",
       "red_hat_enterprise_linux_9",
       {"red_hat_enterprise_linux_9", "Red Hat Enterprise Linux 9", "cpe:/o:redhat:enterprise_linux:9"},
       {{{"BaseOS-9.4.0.Z.MAIN.EUS", "Red Hat Enterprise Linux BaseOS (v. 9)",
          "cpe:/o:redhat:enterprise_linux:9::baseos"},
         {"AppStream-9.4.0.Z.MAIN.EUS", "Red Hat Enterprise Linux AppStream (v. 9)",
          "cpe:/a:redhat:enterprise_linux:9::appstream"},
         {"CRB-9.4.0.Z.MAIN.EUS", "Red Hat CodeReady Linux Builder (v. 9)", "cpe:/a:redhat:enterprise_linux:9::crb"},
         {"BaseOS-9.2.0.Z.EUS", "Red Hat Enterprise Linux BaseOS EUS (v.9.2)", "cpe:/o:redhat:rhel_eus:9.2::baseos"}}}},
      {"8",
       "red_hat_enterprise_linux_8",
       {"red_hat_enterprise_linux_8", "Red Hat Enterprise Linux 8", "cpe:/o:redhat:enterprise_linux:8"},
       {{{"BaseOS-8.10.0.Z.MAIN.EUS", "Red Hat Enterprise Linux BaseOS (v. 8)",
          "cpe:/o:redhat:enterprise_linux:8::baseos"},
         {"AppStream-8.10.0.Z.MAIN.EUS", "Red Hat Enterprise Linux AppStream (v. 8)",
          "cpe:/a:redhat:enterprise_linux:8::appstream"},
         {"CRB-8.10.0.Z.MAIN.EUS", "Red Hat CodeReady Linux Builder (v. 8)", "cpe:/a:redhat:enterprise_linux:8::crb"},
         {"BaseOS-8.8.0.Z.EUS", "Red Hat Enterprise Linux BaseOS EUS (v.8.8)", "cpe:/o:redhat:rhel_eus:8.8::baseos"}}}},
      {"7",
       "red_hat_enterprise_linux_7",
       {"red_hat_enterprise_linux_7", "Red Hat Enterprise Linux 7", "cpe:/o:redhat:enterprise_linux:7"},
       {{{"7Server-7.9.Z", "Red Hat Enterprise Linux Server (v. 7)", "cpe:/o:redhat:enterprise_linux:7::server"},
         {"7Workstation-7.9.Z", "Red Hat Enterprise Linux Workstation (v. 7)",
          "cpe:/o:redhat:enterprise_linux:7::workstation"},
         {"7Client-7.9.Z", "Red Hat Enterprise Linux Client (v. 7)", "cpe:/o:redhat:enterprise_linux:7::client"},
         {"7ComputeNode-7.9.Z", "Red Hat Enterprise Linux ComputeNode (v. 7)",
          "cpe:/o:redhat:enterprise_linux:7::computenode"}}}},
  }};
  return lines;
}

constexpr std::array<Product, 6> kOthers = {{
    {"red_hat_openshift_container_platform_4", "Red Hat OpenShift Container Platform 4", "cpe:/a:redhat:openshift:4"},
    {"red_hat_satellite_6", "Red Hat Satellite 6", "cpe:/a:redhat:satellite:6"},
    {"red_hat_jboss_enterprise_application_platform_8", "Red Hat JBoss Enterprise Application Platform 8",
     "cpe:/a:redhat:jboss_enterprise_application_platform:8"},
    {"red_hat_quay_3", "Red Hat Quay 3", "cpe:/a:redhat:quay:3"},
    {"red_hat_ansible_automation_platform_2", "Red Hat Ansible Automation Platform 2",
     "cpe:/a:redhat:ansible_automation_platform:2"},
    {"red_hat_build_of_keycloak", "Red Hat Build of Keycloak", "cpe:/a:redhat:build_keycloak:"},
}};

// A document while it is put together.
class RedHatDocument {
 public:
  RedHatDocument(const World& world, const Flaw& flaw)
      : world_(world), flaw_(flaw), random_(random_of("redhat document", flaw.number)) {}

  void choose() {
    if (World::is_of_linux(flaw_.number)) {
      const auto at = random_.below(100);
      for (const RedHatLine& line : redhat_lines()) {
        if (!random_.chance(60)) continue;
        if (at < 25 && random_.chance(75)) {
          fix_in(line);
        } else {
          unfixed_in(line, at >= 80);
        }
      }
    }
    if (lists_.fixed.empty() && (lists_.affected.empty() || random_.chance(30))) {
      const auto count = 1 + random_.skewed(12, 2);
      for (std::size_t i = 0; i < count; ++i) {
        const Product& product = kOthers.at(random_.below(kOthers.size()));
        use(product);
        const auto& package = world_.packages()[random_.skewed(world_.packages().size(), 2)];
        (i % 3 == 0 ? lists_.affected : lists_.not_affected)
            .push_back({product.id, "container/" + package.name + "-rhel9"});
      }
    }
    lists_.unite();
  }

  void put(Json& json) const;

 private:
  void use(const Product& product) {
    for (const Product* known : products_)
      if (known->id == product.id) return;
    products_.push_back(&product);
  }

  void fix_in(const RedHatLine& line) {
    const SourcePackage& package = world_.packages()[flaw_.package];
    const auto version = world_.fix(flaw_, line.major);
    const std::string evr =
        "0:" + version.upstream + "-" + std::to_string(version.release) + ".el" + std::string(line.major);
    const std::size_t repositories = package.kernel ? 3 : 1 + random_of("repositories", flaw_.package).below(2);
    for (std::size_t r = 0; r < repositories; ++r) {
      const Product& product = line.repositories.at(r);
      use(product);
      lists_.fixed.push_back({product.id, package.name + "-" + evr + ".src"});
      for (std::size_t b = 0; b < package.binaries.size(); ++b) {
        if (!World::ships(flaw_, b)) continue;
        for (const std::string_view architecture : {"x86_64", "aarch64", "ppc64le", "s390x"}) {
          lists_.fixed.push_back({product.id, package.binaries[b] + "-" + evr + "." + std::string(architecture)});
          if (b % 2 == 0)
            lists_.fixed.push_back(
                {product.id, package.binaries[b] + "-debuginfo-" + evr + "." + std::string(architecture)});
        }
      }
    }
  }

  void unfixed_in(const RedHatLine& line, bool not_affected) {
    const SourcePackage& package = world_.packages()[flaw_.package];
    use(line.bare_product);
    auto& list = not_affected ? lists_.not_affected : lists_.affected;
    list.push_back({line.bare, package.name});
    if (package.kernel) list.push_back({line.bare, "kernel-rt"});
    if (random_.chance(30)) list.push_back({line.bare, world_.packages()[(flaw_.package * 3 + 1) % 4'000].name});
  }

  const World& world_;
  const Flaw& flaw_;
  Random random_;
  Lists lists_;
  std::vector<const Product*> products_;
};

void RedHatDocument::put(Json& json) const {
  json.open('{');
  json.open('{', "document");
  json.open('{', "aggregate_severity");
  json.put("namespace", "https://access.redhat.com/security/updates/classification/");
  json.put("text", severity(flaw_, kSeverities));
  json.close('}');
  json.put("category", "csaf_vex");
  json.put("csaf_version", "2.0");
  json.open('{', "distribution");
  json.put("text", "All rights reserved.");
  json.close('}');
  json.put("lang", "en");
  json.open('[', "notes");
  json.open('{');
  json.put("category", "legal_disclaimer");
  json.put("text", std::string(260, 'n'));
  json.put("title", "Terms of Use");
  json.close('}');
  json.close(']');
  json.put("title", world_.title(flaw_));
  put_tracking(json, flaw_, "Red Hat SDEngine");
  json.close('}');
  json.open('{', "product_tree");
  json.open('[', "branches");
  json.open('{');
  json.open('[', "branches");
  for (const Product* product : products_) put_product(json, *product);
  std::string_view before;
  for (const Placed& one : lists_.all) {
    if (one.component == before) continue;
    before = one.component;
    json.open('{');
    json.put("category", "product_version");
    json.put("name", one.component);
    json.open('{', "product");
    json.put("name", one.component);
    json.put("product_id", one.component);
    json.open('{', "product_identification_helper");
    // "zlib-0:1.2-3.el9.x86_64" → pkg:rpm/redhat/zlib@1.2-3.el9?arch=x86_64
    const auto epoch = one.component.find("-0:");
    const auto dot = one.component.rfind('.');
    if (one.component.starts_with("container/")) {
      json.put("purl", "pkg:oci/" + one.component.substr(10));
    } else if (epoch == std::string::npos) {
      json.put("purl", "pkg:rpm/redhat/" + one.component + "?arch=src");
    } else {
      json.put("purl", "pkg:rpm/redhat/" + one.component.substr(0, epoch) + "@" +
                           one.component.substr(epoch + 3, dot - epoch - 3) + "?arch=" + one.component.substr(dot + 1));
    }
    json.close('}');
    json.close('}');
    json.close('}');
  }
  json.close(']');
  json.put("category", "vendor");
  json.put("name", "Red Hat");
  json.close('}');
  json.close(']');
  json.open('[', "relationships");
  put_relationships(json, lists_.all, " as a component of ");
  json.close(']');
  json.close('}');
  json.open('[', "vulnerabilities");
  json.open('{');
  json.put("cve", flaw_.id);
  json.open('{', "cwe");
  json.put("id", "CWE-" + std::to_string(World::cwe(flaw_)));
  json.close('}');
  json.open('[', "notes");
  json.open('{');
  json.put("category", "description");
  json.put("text", world_.description(flaw_));
  json.put("title", "Vulnerability description");
  json.close('}');
  json.close(']');
  put_status(json, lists_, "fixed");
  json.open('[', "references");
  put_reference(json, "self", "Canonical URL", "https://access.redhat.com/security/cve/" + flaw_.id);
  const std::string bug = std::to_string(1'000'000 + flaw_.number * 4);
  put_reference(json, "external", "RHBZ#" + bug, "https://bugzilla.redhat.com/show_bug.cgi?id=" + bug);
  put_reference(json, "external", "CVE", "https://www.cve.org/CVERecord?id=" + flaw_.id);
  put_reference(json, "external", "NVD", "https://nvd.nist.gov/vuln/detail/" + flaw_.id);
  for (unsigned i = 0; i < flaw_.number % 3; ++i) {
    const auto url = world_.reference(flaw_, i);
    put_reference(json, "external", url, url);
  }
  json.close(']');
  json.put("release_date", flaw_.published + "+00:00");
  json.open('[', "remediations");
  put_remediation(json, "vendor_fix", "For details on how to apply this update, refer to the advisory.",
                  "https://access.redhat.com/errata/RHSA-" + std::to_string(flaw_.year) + ":" +
                      std::to_string(1'000 + flaw_.number / 40 % 9'000),
                  lists_.fixed);
  const auto hope = random_of("redhat hope", flaw_.number).below(3);
  put_remediation(json, hope == 2 ? "none_available" : "no_fix_planned",
                  hope == 0   ? "Out of support scope"
                  : hope == 1 ? "Will not fix"
                              : "Affected",
                  {}, lists_.affected);
  put_remediation(json, "workaround",
                  "Mitigation for this issue is either not available or does not meet the criteria.", {}, lists_.all);
  json.close(']');
  put_score(json, flaw_, lists_.all);
  put_threat(json, severity(flaw_, kSeverities), lists_.all);
  json.put("title", world_.title(flaw_));
  json.close('}');
  json.close(']');
  json.close('}');
}

constexpr std::array<Product, 13> kSuse = {{
    {"SUSE Linux Enterprise Server 12 SP5", {}, "cpe:/o:suse:sles:12:sp5"},
    {"SUSE Linux Enterprise Module for Basesystem 15 SP4", {}, "cpe:/o:suse:sle-module-basesystem:15:sp4"},
    {"SUSE Linux Enterprise Module for Basesystem 15 SP5", {}, "cpe:/o:suse:sle-module-basesystem:15:sp5"},
    {"SUSE Linux Enterprise Module for Basesystem 15 SP6", {}, "cpe:/o:suse:sle-module-basesystem:15:sp6"},
    {"SUSE Linux Enterprise Module for Basesystem 15 SP7", {}, "cpe:/o:suse:sle-module-basesystem:15:sp7"},
    {"SUSE Linux Enterprise Server 15 SP3-LTSS", {}, "cpe:/o:suse:sles-ltss:15:sp3"},
    {"SUSE Linux Enterprise Micro 5.5", {}, "cpe:/o:suse:sle-micro:5.5"},
    {"SUSE Linux Enterprise Micro 6.0", {}, "cpe:/o:suse:sl-micro:6.0"},
    {"openSUSE Leap 15.5", {}, "cpe:/o:opensuse:leap:15.5"},
    {"openSUSE Leap 15.6", {}, "cpe:/o:opensuse:leap:15.6"},
    {"openSUSE Tumbleweed", {}, "cpe:/o:opensuse:tumbleweed"},
    {"SUSE CaaS Platform 4.0", {}, "cpe:/o:suse:caasp:4.0"},
    {"SUSE Enterprise Storage 7.1", {}, "cpe:/o:suse:ses:7.1"},
}};

void put_suse(Json& json, const World& world, const Flaw& flaw) {
  auto random = random_of("suse document", flaw.number);
  const SourcePackage& package = world.packages()[flaw.package];
  Lists lists;
  std::vector<Product> products;
  for (Product product : kSuse) {
    if (!random_of(product.id, flaw.package).chance(26)) continue;  // whether the product has the package
    product.name = product.id;
    products.push_back(product);
    const auto at = random.below(100);
    const auto version = world.fix(flaw, product.id);
    for (std::size_t b = 0; b < package.binaries.size(); ++b) {
      if (!World::ships(flaw, b)) continue;
      const std::string& binary = package.binaries[b];
      if (at < 40) {
        lists.fixed.push_back(
            {product.id, binary + "-" + version.upstream + "-1500" + std::to_string(version.release) + ".1"});
      } else {
        (at < 60 ? lists.affected : lists.not_affected).push_back({product.id, binary});
      }
    }
  }
  lists.unite();
  json.open('{');
  json.open('{', "document");
  json.put("category", "csaf_vex");
  json.put("csaf_version", "2.0");
  json.open('[', "notes");
  json.open('{');
  json.put("category", "description");
  json.put("text", world.description(flaw));
  json.put("title", "Description of the CVE");
  json.close('}');
  json.close(']');
  json.put("title", "SUSE CVE " + flaw.id);
  put_tracking(json, flaw, "cve-database.git:bin/generate-csaf-vex.pl");
  json.close('}');
  json.open('{', "product_tree");
  json.open('[', "branches");
  json.open('{');
  json.open('[', "branches");
  for (const Product& product : products) put_product(json, product);
  for (const Placed& one : lists.all) {
    json.open('{');
    json.put("category", "product_version");
    json.put("name", one.component);
    json.open('{', "product");
    json.put("name", one.component);
    json.put("product_id", one.component);
    json.close('}');
    json.close('}');
  }
  json.close(']');
  json.put("category", "vendor");
  json.put("name", "SUSE");
  json.close('}');
  json.close(']');
  json.open('[', "relationships");
  put_relationships(json, lists.all, " as component of ");
  json.close(']');
  json.close('}');
  json.open('[', "vulnerabilities");
  json.open('{');
  json.put("cve", flaw.id);
  json.open('[', "notes");
  json.open('{');
  json.put("category", "general");
  json.put("text", world.description(flaw));
  json.put("title", "CVE description");
  json.close('}');
  json.close(']');
  put_status(json, lists, "recommended");
  json.open('[', "references");
  put_reference(json, "external", flaw.id, "https://www.suse.com/security/cve/" + flaw.id);
  const std::string bug = std::to_string(1'000'000 + flaw.number / 2);
  put_reference(json, "external", "SUSE Bug " + bug + " for " + flaw.id, "https://bugzilla.suse.com/" + bug);
  json.close(']');
  json.open('[', "remediations");
  put_remediation(json, "vendor_fix", "To install this SUSE Security Update use the recommended installation methods.",
                  {}, lists.fixed);
  json.close(']');
  put_score(json, flaw, lists.all);
  constexpr std::string_view kWords[4] = {"low", "moderate", "important", "critical"};
  put_threat(json, severity(flaw, kWords), lists.all);
  json.put("title", flaw.id);
  json.close('}');
  json.close(']');
  json.close('}');
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

// 214,000 documents, most of them of other products than RHEL.
std::uint64_t write_redhat(const World& world, const std::string& out) {
  File file(out + "/csaf_vex_2026-11-01.tar.zst");
  Tar tar(file);
  Json json;
  for (std::size_t number = 0; number < world.flaws(); ++number) {
    if (!World::speaks("redhat", number, World::is_of_linux(number) ? 92 : 58)) continue;
    const Flaw flaw = world.flaw(number);
    RedHatDocument document(world, flaw);
    document.choose();
    json.clear();
    document.put(json);
    tar.add(std::to_string(flaw.year) + "/" + lower(flaw.id) + ".json", json.text);
  }
  tar.end();
  return file.unpacked();
}

// 41,000 documents.
std::uint64_t write_suse(const World& world, const std::string& out) {
  File file(out + "/csaf-vex.tar.bz2");
  Tar tar(file);
  Json json;
  for (std::size_t number = 0; number < world.flaws(); number += 5) {
    if (!World::speaks("suse", number, 62)) continue;
    const Flaw flaw = world.flaw(number);
    json.clear();
    put_suse(json, world, flaw);
    tar.add("csaf-vex/" + lower(flaw.id) + ".json", json.text);
  }
  tar.end();
  return file.unpacked();
}

}  // namespace limpid::volumes

// Feed "redhat-oval": Red Hat's OVAL v2 files, https://security.access.redhat.com/data/oval/v2/
// (RHEL9/rhel-9.oval.xml.bz2, with unfixed flaws: rhel-9-including-unpatched.oval.xml.bz2), and the v1 files before
// them. Upstream keeps them as they are; the feed "redhat" is their successor.
//
// A record is a definition, a statement what it says of one package in one release of RHEL.
#include <algorithm>
#include <map>

#include "advisory/cvss.h"
#include "advisory/ids.h"
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/redhat_products.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {
namespace {

Status status_of(std::string_view state) {
  if (state == "Will not fix") return Status::will_not_fix;
  if (state == "Out of support scope") return Status::end_of_life;
  if (state == "Fix deferred") return Status::fix_deferred;
  if (state == "Under investigation") return Status::under_investigation;
  return Status::affected;
}

// "Red Hat Enterprise Linux 7 is installed", also "… 7 Client is installed". The oldest files have updates for several
// releases in one definition.
OvalMeaning place_of(const OvalTest& test, std::string& text) {
  std::string_view words = test.comment;
  if (!base::strip_prefix(words, "Red Hat Enterprise Linux ") || !words.ends_with(" is installed"))
    return OvalMeaning::ignored;
  const auto major = words.substr(0, words.find_first_not_of("0123456789"));
  if (major.empty()) return OvalMeaning::ignored;
  text = base::cat({"rhel:", major});
  return OvalMeaning::release;
}

// The tests of definitions that know no fix: "tar is installed", or of Red Hat's denials "zlib is not installed".
class UnfixedMeaning {
 public:
  explicit UnfixedMeaning(bool denial) : denial_(denial) {}
  OvalMeaning operator()(const OvalTest& test, std::string& text) const {
    if (rpm_oval_meaning(test, text) == OvalMeaning::module) return OvalMeaning::module;
    if (test.object.empty() || test.is_signature) return OvalMeaning::ignored;
    const std::string_view words = test.comment;
    const bool fits = words.ends_with(denial_ ? " is not installed" : " is installed");
    return fits ? OvalMeaning::package : OvalMeaning::ignored;
  }

 private:
  bool denial_;
};

class RedHatOvalReader {
 public:
  RedHatOvalReader(const FeedInput& input, FeedCounts& counts, Sink& sink)
      : input_(input), counts_(counts), sink_(sink) {}

  void read(const OvalDefinition& definition) {
    const auto products = products_of(definition);
    if (products.empty()) {
      ++counts_.records;
      ++counts_.statements;
      return counts_.drop("product of no release of RHEL");
    }
    if (definition.kind == "patch") {
      bool first = true;
      for (const auto& [name_space, cpes] : products) {
        constexpr std::string_view kOther = "-";
        const auto namespace_of = [&](const OvalPath& path) {
          const bool fits = !input_.name_space.empty() || path.releases.empty() ||
                            std::ranges::find(path.releases, name_space) != path.releases.end();
          return fits ? name_space : std::string(kOther);
        };
        auto update = update_of_oval(definition, place_of, namespace_of);
        std::erase_if(update.packages, [&](const auto& package) { return package.name_space == kOther; });
        emit_rpm_update(std::move(update), {.name_space = {}, .products = cpes}, counts_, sink_);
        if (!std::exchange(first, false)) --counts_.records;  // one definition for several releases
      }
      return;
    }
    read_unfixed(definition, products);
  }

 private:
  using Products = std::map<std::string, std::vector<std::string>>;

  Products products_of(const OvalDefinition& definition) const {
    Products products;
    for (const auto& cpe : definition.cpes) {
      auto product = redhat_product(cpe);
      if (product.name_space.empty()) continue;
      auto& cpes = products[input_.name_space.empty() ? product.name_space : input_.name_space];
      if (!product.cpe.empty()) cpes.push_back(std::move(product.cpe));
    }
    if (!products.empty()) return products;
    // The oldest files name no products.
    for (std::string_view platform : definition.platforms) {
      if (!base::strip_prefix(platform, "Red Hat Enterprise Linux ")) continue;
      const auto major = platform.substr(0, platform.find_first_not_of("0123456789"));
      if (!major.empty()) products.try_emplace(base::cat({"rhel:", major}));
    }
    return products;
  }

  void read_unfixed(const OvalDefinition& definition, const Products& products) {
    ++counts_.records;
    const bool denial = definition.id.find(".unaffected:") != std::string::npos;
    if (definition.kind != "vulnerability" || definition.cves.empty() || definition.cves.front().id.empty()) {
      ++counts_.statements;
      return counts_.drop(definition.kind == "vulnerability" ? "no CVE id" : "neither an update nor a flaw");
    }
    Advisory advisory;
    advisory.id = definition.cves.front().id;
    advisory.title = definition.title;
    advisory.description = definition.description;
    advisory.modified = definition.updated;
    advisory.references = definition.references;
    for (const auto vector : vectors_of(definition.cves.front())) add_cvss(advisory, vector);
    RpmStatements statements;
    walk_oval(definition.criteria, UnfixedMeaning(denial), [&](const OvalPath& path, const OvalTest& test) {
      if (is_debug_package(test.object)) {
        ++counts_.statements;
        return counts_.drop("debugging symbols");
      }
      const auto status = denial ? Status::not_affected : status_of_package(definition, test.object);
      for (const auto& [name_space, cpes] : products) {
        RpmStatement statement{.name_space = name_space,
                               .product = {},
                               .name = std::string(test.object),
                               .version = {},
                               .architecture = {},
                               .module = path.module};
        if (cpes.empty()) statements.add(std::move(statement), status, definition.severity);
        for (const auto& cpe : cpes) {
          auto one = statement;
          one.product = cpe;
          statements.add(std::move(one), status, definition.severity);
        }
      }
    });
    statements.take(advisory);
    counts_.statements += advisory.affected.size();
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  // A resolution names source packages or packages, also "nodejs:12/nodejs".
  static Status status_of_package(const OvalDefinition& definition, std::string_view package) {
    const auto& resolutions = definition.resolutions;
    const auto own = std::ranges::find_if(resolutions, [&](const OvalDefinition::Resolution& resolution) {
      std::string_view component = resolution.component;
      return component.substr(component.rfind('/') + 1) == package;
    });
    if (own != resolutions.end()) return status_of(own->state);
    const bool all_alike = std::ranges::all_of(resolutions, [&](const OvalDefinition::Resolution& resolution) {
      return resolution.state == resolutions.front().state;
    });
    return resolutions.empty() || !all_alike ? Status::affected : status_of(resolutions.front().state);
  }

  const FeedInput& input_;
  FeedCounts& counts_;
  Sink& sink_;
};

class RedHatOvalFeed final : public Feed {
 public:
  std::string_view name() const override { return "redhat-oval"; }
  std::string_view description() const override {
    return "Red Hat's OVAL files (.oval.xml, also .bz2 .gz .xz .zst), or a folder or tar archive of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    RedHatOvalReader reader(input, counts, sink);
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      reader.read(definition);
      return {};
    };
    LIMPID_TRY(read_oval(input, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& redhat_oval_feed() {
  static const RedHatOvalFeed feed;
  return feed;
}

}  // namespace limpid::advisory

#include "match/products.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"

namespace limpid::match {
namespace {

using advisory::RepositoryProducts;
using inventory::RepositoryEvidence;

constexpr std::string_view kRedHat = "redhat";

// "redhat:rhel_eus:9.2::baseos": what follows the part.
std::string_view without_part(std::string_view cpe) {
  if (!base::strip_prefix(cpe, "cpe:/")) return {};
  base::take_until(cpe, ':');
  return cpe;
}

struct Product {
  std::string_view vendor, name, version;
};
Product product_of(std::string_view cpe) {
  cpe = without_part(cpe);
  Product product;
  product.vendor = base::take_until(cpe, ':');
  product.name = base::take_until(cpe, ':');
  product.version = base::take_until(cpe, ':');
  return product;
}

std::optional<std::uint64_t> minor_of(std::string_view release) {
  base::take_until(release, '.');
  return base::parse_unsigned(base::take_until(release, '.'));
}

// Content sets are those of one release: "rhel-9-for-x86_64-baseos-rpms__9" is the repository without its suffix, and
// "…__9_DOT_2" one of its own.
std::string_view repository_of(std::string_view content_set) {
  const auto mark = content_set.rfind("__");
  if (mark == std::string_view::npos || mark + 2 == content_set.size()) return content_set;
  return std::ranges::all_of(content_set.substr(mark + 2), base::is_digit) ? content_set.substr(0, mark) : content_set;
}

// A repository with longer support offers several minor releases, of which the image is one: of those, its own, else
// the nearest before it.
void keep_minor(std::vector<std::string>& cpes, std::string_view image_release) {
  const auto own = minor_of(image_release);
  if (!own) return;
  std::optional<std::uint64_t> nearest;
  for (const auto& cpe : cpes) {
    const auto minor = is_extended_product(cpe) ? minor_of(product_of(cpe).version) : std::nullopt;
    if (minor && *minor <= *own && (!nearest || *minor > *nearest)) nearest = minor;
  }
  if (!nearest) return;
  std::erase_if(cpes, [&](const std::string& cpe) {
    const auto minor = is_extended_product(cpe) ? minor_of(product_of(cpe).version) : std::nullopt;
    return minor && minor != nearest;
  });
}

// Whether a product is the whole release ("enterprise_linux:9", no repository of it) that a minor one is of. What is
// said of that and is no fix is said of its minor releases with longer support too.
bool is_release_of(std::string_view product, std::string_view minor_release) {
  const auto whole = product_of(product);
  auto version = product_of(minor_release).version;
  return product.ends_with(whole.version) && base::take_until(version, '.') == whole.version;
}

bool is_of_rhel(const std::string& cpe) { return is_base_product(cpe) || is_extended_product(cpe); }

}  // namespace

bool is_extended_product(std::string_view cpe) {
  const auto product = product_of(cpe);
  if (product.vendor != kRedHat) return false;
  std::string_view kind = product.name;
  if (!base::strip_prefix(kind, "rhel_") && !base::strip_prefix(kind, "enterprise_linux_")) return false;
  static constexpr std::array<std::string_view, 6> kKinds = {"eus", "aus", "e4s", "tus", "els", "eus_long_life"};
  return std::ranges::find(kKinds, kind) != kKinds.end();
}

bool is_base_product(std::string_view cpe) {
  const auto product = product_of(cpe);
  if (product.name.empty()) return false;
  if (product.vendor != kRedHat) return true;
  return (product.name.starts_with("enterprise_linux") && !is_extended_product(cpe)) ||
         product.name == "rhel_extras_other";
}

bool covers_product(std::string_view stated, std::string_view offered) {
  stated = without_part(stated);
  offered = without_part(offered);
  if (stated.empty() || offered.empty()) return false;
  if (offered.starts_with(stated)) {
    const char next = offered.size() == stated.size() ? ':' : offered[stated.size()];
    if (next == ':' || next == '.') return true;
  }
  while (!stated.empty()) {
    const auto wanted = base::take_until(stated, ':');
    const auto found = base::take_until(offered, ':');
    if (!wanted.empty() && wanted != found) return false;
  }
  return true;
}

Result<ImageProducts> ImageProducts::find(const inventory::ImageInventory& image, const vulndb::Database& database) {
  ImageProducts found;
  using Names = std::set<std::string_view>;
  Names configured_names;
  std::map<std::uint32_t, Names> names_by_layer;
  std::map<std::uint32_t, Set> by_layer;  // of those that say what they were built from
  for (const RepositoryEvidence& evidence : image.repositories) {
    for (const auto& id : evidence.configured) configured_names.insert(repository_of(id));
    for (const auto& id : evidence.content_sets) names_by_layer[evidence.layer].insert(repository_of(id));
    if (!evidence.cpe.empty()) by_layer[evidence.layer].cpes.push_back(evidence.cpe);
  }
  std::set<std::string, std::less<>> all(configured_names.begin(), configured_names.end());
  for (const auto& [layer, names] : names_by_layer) all.insert(names.begin(), names.end());
  const std::vector<std::string> asked(all.begin(), all.end());
  LIMPID_ASSIGN(const std::vector<RepositoryProducts> known, database.repositories(asked));
  const auto products_of = [&](const Names& names) {
    std::set<std::string> cpes;
    for (const RepositoryProducts& repository : known) {
      if (!names.contains(repository.repository)) continue;
      auto products = repository.products;
      keep_minor(products, image.distribution.version_id);
      cpes.insert(products.begin(), products.end());
    }
    return std::vector<std::string>(cpes.begin(), cpes.end());
  };
  const std::vector<std::string> configured = products_of(configured_names);
  for (const auto& [layer, names] : names_by_layer) {
    const auto cpes = products_of(names);
    if (!cpes.empty()) by_layer[layer].cpes.insert(by_layer[layer].cpes.end(), cpes.begin(), cpes.end());
  }
  if (by_layer.empty() && configured.empty()) return found;
  if (by_layer.empty()) by_layer[0];

  std::vector<std::uint32_t> first;  // the layer from which each set holds
  for (auto& [layer, set] : by_layer) {
    // Nobody builds an image of RHEL without its own repositories: what names none of them does not tell all. Nor does
    // a package manager's configuration say what was installed before it was written.
    set.base = std::ranges::none_of(set.cpes, is_of_rhel);
    set.cpes.insert(set.cpes.end(), configured.begin(), configured.end());
    std::ranges::sort(set.cpes);
    set.cpes.erase(std::ranges::unique(set.cpes).begin(), set.cpes.end());
    first.push_back(layer);
    found.sets_.push_back(std::move(set));
  }
  // A layer has what the nearest at or below it says; those below all of them have what the lowest says.
  const std::size_t layers = std::max<std::size_t>(image.layers.size(), first.back() + std::size_t{1});
  std::uint32_t set = 0;
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    if (set + 1 < first.size() && first[set + 1] <= layer) ++set;
    found.layers_.push_back(set);
  }
  return found;
}

Offer ImageProducts::offer(const Set& set, std::string_view product, bool is_fix) {
  const bool base = is_base_product(product);
  if (base && (set.base || product_of(product).vendor != kRedHat)) return Offer::base;
  const auto covered = [&](const auto& cpe) { return covers_product(product, cpe); };
  if (std::ranges::any_of(set.cpes, covered))
    return is_extended_product(product) ? Offer::extended : base ? Offer::base : Offer::layered;
  const auto is_whole = [&](const auto& cpe) { return is_extended_product(cpe) && is_release_of(product, cpe); };
  return base && !is_fix && std::ranges::any_of(set.cpes, is_whole) ? Offer::base : Offer::none;
}

Offer ImageProducts::offer(const vulndb::Statement& statement, std::uint32_t layer) {
  if (statement.products.empty()) return Offer::base;
  const bool is_fix = statement.status == advisory::Status::fixed;
  Offer best = Offer::none;
  if (layers_.empty()) {
    for (const std::string_view product : statement.products)
      if (is_base_product(product)) best = Offer::base;
    return best;
  }
  Set& set = sets_[layers_[std::min<std::size_t>(layer, layers_.size() - 1)]];
  auto& known = is_fix ? set.fixed : set.unfixed;
  for (const std::string_view product : statement.products) {
    auto found = known.find(product);
    if (found == known.end()) found = known.emplace(product, offer(set, product, is_fix)).first;
    best = std::max(best, found->second);
  }
  return best;
}

}  // namespace limpid::match

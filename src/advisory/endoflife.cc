// Feed "endoflife": release dates as https://endoflife.date serves them. Three forms: api/PRODUCT.json (a list of
// cycles; the file's name tells the product), api/v1/products/PRODUCT.json, and api/v1/products/full.
//
// A record and a statement is a release of a product. Those that are no distribution of ours are counted as dropped.
#include <algorithm>
#include <array>
#include <filesystem>

#include "advisory/input.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "base/date.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kDocumentSizeMax = std::uint64_t{64} << 20;

// What a distribution's namespace begins with, where the product's releases are spelled as its own are.
struct Product {
  std::string_view name, family;
};
constexpr std::array kProducts = {
    Product{"almalinux", "almalinux"},
    Product{"amazon-linux", "amzn"},
    Product{"centos", "centos"},
    Product{"centos-stream", "centos-stream"},  // of which os-release says "centos", too
    Product{"devuan", "devuan"},
    Product{"eurolinux", "eurolinux"},
    Product{"fedora", "fedora"},
    Product{"mageia", "mageia"},
    Product{"nixos", "nixos"},
    Product{"openwrt", "openwrt"},
    Product{"oracle-linux", "ol"},
    Product{"photon", "photon"},
    Product{"pop-os", "pop"},
    Product{"postmarketos", "postmarketos"},
    Product{"rhel", "rhel"},
    Product{"rocky-linux", "rocky"},
    Product{"slackware", "slackware"},
    Product{"suse-linux-micro", "sle-micro"},
    Product{"xcp-ng", "xcp-ng"},
};

bool is_release(std::string_view text) {
  return !text.empty() && text.size() <= 16 &&
         std::ranges::all_of(text, [](char c) { return base::is_alnum(c) || c == '.'; });
}

std::string namespace_of_release(std::string_view product, std::string_view release) {
  if (product == "debian") return debian_namespace(release);
  if (product == "ubuntu") return ubuntu_namespace(release);
  if (product == "alpine" || product == "alpine-linux") return alpine_namespace(release);
  if (product == "cos") base::strip_prefix(release, "cos-");
  if (product == "linuxmint") base::strip_prefix(release, "lmde");  // its own VERSION_ID is but the number
  if (!is_release(release)) return {};
  if (product == "cos" || product == "linuxmint") return base::cat({product, ":", release});
  if (product == "sles") {
    // Up to 15, the first of a release calls itself "15" and not "15.0".
    if (!release.starts_with("16")) base::strip_suffix(release, ".0");
    return base::cat({"sles:", release});
  }
  // Up to 42.3, the Leaps had the ID of what was before them.
  if (product == "opensuse")
    return base::cat(
        {release.starts_with("15.") || release.starts_with("16.") ? "opensuse-leap:" : "opensuse:", release});
  const auto known = std::ranges::find(kProducts, product, &Product::name);
  return known == kProducts.end() ? std::string() : base::cat({known->family, ":", release});
}

// A date; the old form writes true or false where it has none.
std::string date_member(const json::object& release, std::string_view key) {
  auto text = text_or_empty(release, key);
  if (!base::parse_date(text)) text.clear();
  return text;
}

class DatesReader {
 public:
  DatesReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(auto text, read_input(path, kDocumentSizeMax));
    LIMPID_ASSIGN_WITHIN(const auto root, parser_.parse(text), {path});
    json::array list;
    if (root.get(list) == simdjson::SUCCESS) {
      read_releases(std::filesystem::path(path).stem().native(), list, {"cycle", "eol", "extendedSupport"});
      return {};
    }
    json::object document, product;
    json::element result;
    if (root.get(document) != simdjson::SUCCESS || document.at_key("result").get(result) != simdjson::SUCCESS) {
      return fail(Code::invalid, {path, ": no document of endoflife.date"});
    }
    if (result.get(product) == simdjson::SUCCESS) {
      read_product(product);
    } else if (result.get(list) == simdjson::SUCCESS) {
      for (const auto element : list) {
        if (element.get(product) == simdjson::SUCCESS) read_product(product);
      }
    } else {
      return fail(Code::invalid, {path, ": \"result\" is no product"});
    }
    return {};
  }

 private:
  struct Keys {
    std::string_view name, standard, later;
  };

  void read_product(const json::object& product) {
    json::array releases;
    if (product.at_key("releases").get(releases) != simdjson::SUCCESS) return;
    read_releases(text_member(product, "name").value_or(""), releases, {"name", "eolFrom", "eoesFrom"});
  }

  void read_releases(std::string_view product, const json::array& releases, const Keys& keys) {
    for (const auto element : releases) {
      ++counts_.records;
      ++counts_.statements;
      json::object release;
      EndOfLife dates;
      if (element.get(release) == simdjson::SUCCESS) {
        dates.name_space = namespace_of_release(product, text_member(release, keys.name).value_or(""));
      }
      if (dates.name_space.empty()) {
        counts_.drop("product or release without a namespace");
        continue;
      }
      dates.codename = codename_of_namespace(dates.name_space);
      dates.released = date_member(release, "releaseDate");
      dates.standard = date_member(release, keys.standard);
      // Debian's is free, all others' is for subscribers.
      (product == "debian" ? dates.extended : dates.paid) = date_member(release, keys.later);
      sink_.end_of_life(std::move(dates));
    }
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class EndoflifeFeed final : public Feed {
 public:
  std::string_view name() const override { return "endoflife"; }
  std::string_view description() const override {
    return "end-of-life dates of distributions from endoflife.date: products/full, PRODUCT.json, or a folder of them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json"}));
    DatesReader reader(counts, sink);
    for (const auto& path : paths) LIMPID_TRY(reader.read_file(path));
    return counts;
  }
};

}  // namespace

const Feed& endoflife_feed() {
  static const EndoflifeFeed feed;
  return feed;
}

}  // namespace limpid::advisory

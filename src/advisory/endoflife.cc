// Feed "endoflife": release dates as https://endoflife.date serves them. Three forms: api/PRODUCT.json (a list of
// cycles; the file's name tells the product), api/v1/products/PRODUCT.json, and api/v1/products/full.
//
// A record and a statement is a release of Debian, Ubuntu or Alpine; other products are counted as dropped.
#include <filesystem>

#include "advisory/input.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kDocumentSizeMax = std::uint64_t{64} << 20;

std::string namespace_of_release(std::string_view product, std::string_view release) {
  if (product == "debian") return debian_namespace(release);
  if (product == "ubuntu") return ubuntu_namespace(release);
  if (product == "alpine" || product == "alpine-linux") return alpine_namespace(release);
  return {};
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
      // Debian's is free, Ubuntu's for subscribers.
      (product == "ubuntu" ? dates.paid : dates.extended) = date_member(release, keys.later);
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
    return "end-of-life dates from endoflife.date: debian.json, ubuntu.json, alpine-linux.json, or a folder of them";
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

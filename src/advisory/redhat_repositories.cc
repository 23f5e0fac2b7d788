// Feed "redhat-repositories": the products that each of Red Hat's repositories offers,
// https://security.access.redhat.com/data/metrics/repository-to-cpe.json (also data/meta/v1/repository-to-cpe.json).
// Images say which repositories they were built from; the statements of the feed "redhat" say which products they are
// about.
//
// A record is a repository, a statement a product that it offers.
#include <array>

#include "advisory/input.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/redhat_products.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kTableSizeMax = std::uint64_t{64} << 20;  // it has 2 MB

// Nothing that runs is installed from these.
bool is_for_developers(std::string_view repository) {
  static constexpr std::array<std::string_view, 2> kMarks = {"-debug-rpms", "-source-rpms"};
  return std::ranges::any_of(kMarks, [&](auto mark) { return repository.find(mark) != std::string_view::npos; });
}

Result<void> read_table(std::string& text, FeedCounts& counts, Sink& sink) {
  JsonParser parser;
  LIMPID_ASSIGN(const auto root, parser.parse(text));
  json::object object;
  if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
  const auto data = object_member(object, "data");
  if (!data) return fail(Code::invalid, {"no table of repositories: no \"data\""});
  for (const auto [name, value] : *data) {
    if (sink.is_cancelled()) return cancelled();
    ++counts.records;
    json::object entry;
    if (value.get(entry) != simdjson::SUCCESS) {
      ++counts.statements;
      counts.drop("repository that is no object");
      continue;
    }
    RepositoryProducts repository{.repository = std::string(base::trim(name)), .products = {}};
    const bool wanted = !is_for_developers(repository.repository);
    for (const auto& cpe : texts_member(entry, "cpes")) {
      ++counts.statements;
      auto product = redhat_product(cpe);
      if (product.cpe.empty()) product = redhat_layered_product(cpe);
      if (!wanted) {
        counts.drop("repository of sources or debugging symbols");
      } else if (product.cpe.empty()) {
        counts.drop("no product of Red Hat's");
      } else {
        repository.products.push_back(std::move(product.cpe));
      }
    }
    if (!repository.products.empty()) sink.repository(std::move(repository));
  }
  return {};
}

class RedHatRepositoriesFeed final : public Feed {
 public:
  std::string_view name() const override { return "redhat-repositories"; }
  std::string_view description() const override {
    return "Red Hat's table of its repositories' products: repository-to-cpe.json, or a folder with it";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json", ".json.gz", ".json.xz", ".json.zst"}));
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto text, read_input(path, kTableSizeMax));
      LIMPID_TRY_WITHIN(read_table(text, counts, sink), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& redhat_repositories_feed() {
  static const RedHatRepositoriesFeed feed;
  return feed;
}

}  // namespace limpid::advisory

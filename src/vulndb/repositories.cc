// The section is read from its beginning to its end when it is asked for: an image asks once.
#include "vulndb/repositories.h"

#include <algorithm>
#include <map>

#include "vulndb/state.h"

namespace limpid::vulndb {

using format::Section;

Result<void> write_repositories(const Records& records, Output& output) {
  std::map<std::string_view, std::size_t> products;
  for (const auto& [name, own] : records.repositories)
    for (const std::string& product : own) products.emplace(product, 0);
  format::Encoder out;
  out.varint(products.size());
  for (std::size_t next = 0; auto& [product, number] : products) {
    number = next++;
    out.text(product);
  }
  out.varint(records.repositories.size());
  for (const auto& [name, own] : records.repositories) {
    out.text(name);
    out.varint(own.size());
    for (const std::string& product : own) out.varint(products[product]);
  }
  if (out.size() > format::kRepositoriesSizeMax) return fail(Code::limit, {"repositories: ", out.size(), " bytes"});
  output.begin(Section::repositories);
  output.append(out.view());
  return {};
}

Result<void> Database::State::each_repository(
    const std::function<void(std::string_view name, std::span<const std::string_view> products)>& use) {
  const SectionPlace& place = section(Section::repositories);
  if (place.size > format::kRepositoriesSizeMax) return fail(Code::limit, {"repositories: ", place.size, " bytes"});
  LIMPID_ASSIGN_WITHIN(const Bytes bytes,
                       repository_table.get(source, place.offset, place.size, place.checksum,
                                            static_cast<std::uint64_t>(Section::repositories)),
                       {"repositories"});
  format::Decoder in(bytes);
  std::vector<std::string_view> products(in.count(1));
  for (std::string_view& product : products) product = in.text();
  std::string_view before;
  std::vector<std::string_view> own;
  const std::size_t count = in.count(2);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::string_view name = in.text();
    own.clear();
    for (std::size_t left = in.count(1); left != 0 && in.ok(); --left) {
      const std::uint64_t number = in.varint();
      if (number >= products.size()) return fail(Code::invalid, {"repository ", i, ": of product ", number});
      own.push_back(products[number]);
    }
    if (!in.ok() || name <= before) break;
    use(name, own);
    before = name;
  }
  return in.finished() ? Result<void>{} : fail(Code::invalid, {"repositories: damaged or not in order"});
}

Result<std::vector<advisory::RepositoryProducts>> Database::repositories(std::span<const std::string> names) const {
  std::vector<advisory::RepositoryProducts> known;
  if (names.empty()) return known;
  std::vector<std::string_view> asked(names.begin(), names.end());
  std::ranges::sort(asked);
  LIMPID_TRY(state_->each_repository([&](std::string_view name, std::span<const std::string_view> products) {
    if (std::ranges::binary_search(asked, name))
      known.push_back({.repository = std::string(name), .products = {products.begin(), products.end()}});
  }));
  return known;
}

}  // namespace limpid::vulndb

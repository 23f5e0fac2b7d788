#include "advisory/rpm_statements.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace limpid::advisory {

void RpmStatements::add(RpmStatement&& statement, Status status, std::string_view severity) {
  const bool fixed = status == Status::fixed;
  Key key{std::move(statement.name_space),
          std::move(statement.name),
          statement.key_kind,
          std::move(statement.module),
          fixed ? std::move(statement.introduced) : std::string(),
          std::move(fixed ? statement.version : statement.end),
          status,
          std::string(severity)};
  if (last_ == by_product_.end() || last_->first != key) last_ = by_product_.try_emplace(std::move(key)).first;
  last_->second[std::move(statement.product)].insert(fixed ? std::move(statement.architecture) : std::string());
}

void RpmStatements::prefer_fixes() {
  using Package = std::tuple<std::string, std::string, KeyKind, std::string>;
  const auto package_of = [](const Key& key) {
    return Package(std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key));
  };
  const auto status_of = [](const Key& key) { return std::get<Status>(key); };
  std::set<Package> fixed;
  for (const auto& [key, _] : by_product_)
    if (status_of(key) == Status::fixed) fixed.insert(package_of(key));
  std::erase_if(by_product_, [&](const auto& one) {
    const Status status = status_of(one.first);
    return status != Status::fixed && status != Status::not_affected && fixed.contains(package_of(one.first));
  });
  last_ = by_product_.end();
}

void RpmStatements::take(Advisory& advisory) {
  for (const auto& [key, products] : by_product_) {
    std::map<Architectures, std::vector<std::string>> by_architectures;
    for (const auto& [product, architectures] : products) {
      // What is built for every architecture is not tied to one.
      const bool any = architectures.contains("noarch") || architectures.contains("");
      by_architectures[any ? Architectures() : architectures].push_back(product);
    }
    for (auto& [architectures, cpes] : by_architectures) {
      Affected affected;
      std::string introduced, version;
      std::tie(affected.name_space, affected.package, affected.key_kind, affected.module, introduced, version,
               affected.status, affected.severity) = key;
      affected.scheme = version::Scheme::rpm;
      const bool fixed = affected.status == Status::fixed;
      if (fixed || !version.empty()) {
        affected.ranges.push_back(
            {.introduced = std::move(introduced), .fixed = std::move(version), .last_affected = {}});
      }
      affected.architectures.assign(architectures.begin(), architectures.end());
      if (std::ranges::find(cpes, "") == cpes.end()) affected.products = std::move(cpes);
      advisory.affected.push_back(std::move(affected));
    }
  }
  by_product_.clear();
  last_ = by_product_.end();
}

}  // namespace limpid::advisory

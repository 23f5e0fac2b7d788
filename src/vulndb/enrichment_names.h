#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpid::vulndb {

// Who assessed flaws: some hundreds, named by hundreds of thousands of records.
class EnrichmentNames {
 public:
  std::uint32_t number_of(std::string_view name);
  std::string_view operator[](std::uint64_t number) const { return number < names_.size() ? names_[number] : ""; }
  std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> kept_;
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

}  // namespace limpid::vulndb

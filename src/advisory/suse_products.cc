#include "advisory/suse_products.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace limpid::advisory {
namespace {

std::string_view number_at(std::string_view text) { return text.substr(0, text.find_first_not_of("0123456789.")); }

// The release behind a family's name, the last number of it: "15 SP5-LTSS" → "15.5", "16.0" → "16.0", "12-SP5" →
// "12.5", "15-LTSS" → "15", "Module for Python 3 15 SP6" → "15.6".
std::string release_in(std::string_view text) {
  std::string release;
  std::string words(text);
  std::ranges::replace(words, '-', ' ');
  std::string_view rest = words;
  bool after_number = false;
  for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest)) {
    const auto number = number_at(word);
    if (!number.empty()) {
      release = number;
    } else if (after_number && (base::strip_prefix(word, "SP") || base::strip_prefix(word, "sp"))) {
      if (const auto pack = number_at(word); !pack.empty()) base::append(release, {".", pack});
    }
    after_number = !number.empty();
  }
  while (release.ends_with('.')) release.pop_back();
  return release;
}

}  // namespace

std::string suse_namespace(std::string_view product) {
  product = base::trim(product);
  if (product == "openSUSE Tumbleweed") return "opensuse-tumbleweed";
  // The more special names first.
  static constexpr std::pair<std::string_view, std::string_view> kFamilies[] = {
      {"openSUSE Leap Micro ", "opensuse-leap-micro:"},
      {"openSUSE Leap ", "opensuse-leap:"},
      {"openSUSE ", "opensuse:"},
      {"SUSE Linux Enterprise Micro ", "sle-micro:"},
      {"SUSE Linux Micro ", "sle-micro:"},
      {"SUSE Linux Enterprise Storage", ""},
      {"SUSE Linux Enterprise ", "sles:"},
      {"sles", "sles:"},  // "sles10-sp4", in the oldest files
  };
  if (product.find("SUSE Manager") != std::string_view::npos) return {};
  for (const auto& [name, family] : kFamilies) {
    auto rest = product;
    if (!base::strip_prefix(rest, name)) continue;
    if (family.empty() || rest.empty()) return {};
    const auto release = release_in(rest);
    // "openSUSE Backports SLE-15-SP1" and the like: packages of others for the enterprise releases.
    const bool named = family == "sles:" || base::is_digit(rest.front());
    return release.empty() || !named ? std::string() : base::cat({family, release});
  }
  return {};
}

}  // namespace limpid::advisory

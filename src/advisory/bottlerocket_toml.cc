// Of this room, the only file that includes toml++, which is slow to compile.
#include "advisory/bottlerocket_toml.h"

#include <sstream>

#include "advisory/ids.h"
#include "base/text.h"
#include "base/toml.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kProductsMax = 10'000;

std::string text_in(const toml::table& table, std::string_view key) {
  const auto value = table[key].value_exact<std::string>();
  return value.value_or("");
}

// "kernel-5.15.162-107.160.amzn2" of "kernel-5.15" names what the package is made of: its version is the package's,
// its release is not. Others give the version alone, "1.16.2".
std::string version_of(std::string_view text) {
  while (!text.empty() && !base::is_digit(text.front())) {
    const auto hyphen = text.find('-');
    if (hyphen == std::string_view::npos) return {};
    text.remove_prefix(hyphen + 1);
  }
  return std::string(text.substr(0, text.find('-')));
}

std::string fixed_version(const toml::table& product) {
  std::string version = version_of(text_in(product, "patched-version"));
  if (version.empty()) return version;
  if (const auto epoch = text_in(product, "patched-epoch"); !epoch.empty() && epoch != "0")
    version.insert(0, base::cat({epoch, ":"}));
  if (const auto release = text_in(product, "patched-release"); !release.empty()) base::append(version, {"-", release});
  return version;
}

std::string time_in(const toml::table& table, std::string_view key) {
  const auto* time = table[key].as_date_time();
  if (time == nullptr) return text_in(table, key);
  std::ostringstream text;
  text << time->get();
  return text.str();
}

}  // namespace

Result<BottlerocketAdvisory> parse_bottlerocket_toml(const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed)
    return fail(Code::invalid, {"TOML: ", std::string(parsed.error().description()), " in line ",
                                static_cast<std::uint64_t>(parsed.error().source().begin.line)});
  const toml::table& root = parsed.table();
  const auto* advisory = root["advisory"].as_table();
  if (advisory == nullptr) return fail(Code::invalid, {"no [advisory]"});
  BottlerocketAdvisory read;
  read.texts.id = text_in(*advisory, "id");
  if (!is_plausible_id(read.texts.id)) return fail(Code::invalid, {"no usable id"});
  read.texts.title = text_in(*advisory, "title");
  read.texts.severity = text_in(*advisory, "severity");
  read.texts.description = text_in(*advisory, "description");
  read.texts.upstream = find_cves(text_in(*advisory, "cve"));
  if (auto ghsa = text_in(*advisory, "ghsa"); is_plausible_id(ghsa)) read.texts.aliases.push_back(std::move(ghsa));
  if (const auto* info = root["updateinfo"].as_table()) read.texts.published = time_in(*info, "issue-date");
  const auto* products = (*advisory)["products"].as_array();
  if (products == nullptr) return read;
  if (products->size() > kProductsMax) return fail(Code::limit, {"more than ", kProductsMax, " products"});
  for (const toml::node& one : *products) {
    const auto* product = one.as_table();
    if (product == nullptr) return fail(Code::invalid, {"a product that is no table"});
    read.packages.push_back({.name = text_in(*product, "package-name"), .version = fixed_version(*product)});
  }
  return read;
}

}  // namespace limpid::advisory

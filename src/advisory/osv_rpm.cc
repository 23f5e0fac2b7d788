#include "advisory/osv_rpm.h"

#include <algorithm>
#include <array>

#include "advisory/rpm_names.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kModulesMax = 8;

std::vector<std::string> modules_in(std::string_view summary) {
  std::vector<std::string> modules;
  for (auto word = base::take_word(summary); !word.empty(); word = base::take_word(summary)) {
    while (word.ends_with(',') || word.ends_with(':')) word.remove_suffix(1);
    auto module = module_stream(word);
    if (module.empty() || modules.size() == kModulesMax) continue;
    if (std::ranges::find(modules, module) == modules.end()) modules.push_back(std::move(module));
  }
  return modules;
}

// "…?distro=rocky-linux-9-aarch64&epoch=0"; false for the packages of another product (sig-cloud).
bool read_rocky_architecture(std::string_view purl, std::vector<std::string>& architectures) {
  const auto at = purl.find("distro=rocky-linux-");
  if (at == std::string_view::npos) return true;
  std::string_view variant = purl.substr(purl.find('=', at) + 1);
  variant = variant.substr(std::string_view("rocky-linux-").size());
  variant = variant.substr(0, variant.find('&'));
  variant = variant.substr(std::min(variant.size(), variant.find_first_not_of("0123456789-")));
  if (variant.empty() || variant == "legacy") return true;
  if (variant == "x86-64") variant = "x86_64";
  static constexpr std::array<std::string_view, 5> kArchitectures = {"x86_64", "aarch64", "ppc64le", "s390x", "i686"};
  if (std::ranges::find(kArchitectures, variant) == kArchitectures.end()) return false;
  architectures.emplace_back(variant);
  return true;
}

}  // namespace

std::vector<Affected> finish_rpm_statement(Affected&& affected, std::string_view summary, std::string_view purl,
                                           std::string_view& why_not) {
  std::vector<Affected> statements;
  if (!read_rocky_architecture(purl, affected.architectures)) {
    why_not = "another product of the distribution";
    return statements;
  }
  bool modular = false;
  for (auto& range : affected.ranges) {
    for (auto* bound : {&range.introduced, &range.fixed, &range.last_affected}) {
      modular = modular || bound->find(".module") != std::string::npos;
      *bound = affected.key_kind == KeyKind::source ? std::string(without_epoch(*bound)) : rpm_version(*bound);
    }
  }
  if (!modular) {
    statements.push_back(std::move(affected));
    return statements;
  }
  for (auto& module : modules_in(summary)) {
    statements.push_back(affected);
    statements.back().module = std::move(module);
  }
  if (statements.empty()) why_not = "modular package without its module";
  return statements;
}

bool is_plain_update(std::string_view id) {
  static constexpr std::array<std::string_view, 12> kKinds = {
      "ALBA-",    "ALEA-",    "RLBA-",    "RLEA-",        "RHBA-",        "RHEA-",
      "SUSE-RU-", "SUSE-FU-", "SUSE-OU-", "openSUSE-RU-", "openSUSE-FU-", "openSUSE-OU-"};
  return std::ranges::any_of(kKinds, [&](std::string_view kind) { return id.starts_with(kind); });
}

}  // namespace limpid::advisory

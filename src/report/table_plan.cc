// `limpid plan -f table`: what to upgrade, layer by layer, heaviest first.
#include <algorithm>

#include "base/text.h"
#include "report/terminal.h"

namespace limpid::report {
namespace {

std::string layer_title(const Subject& subject, std::uint32_t layer) {
  std::string title = base::cat({"Layer ", layer + 1, " of ", subject.inventory.layers.size()});
  if (layer >= subject.manifest.layers.size()) return title;
  const image::LayerDescriptor& descriptor = subject.manifest.layers[layer];
  const Digest& digest = descriptor.digest.empty() ? descriptor.diff_id : descriptor.digest;
  if (!digest.empty()) base::append(title, {", ", digest.brief()});
  if (!descriptor.created_by.empty()) base::append(title, {": ", base::printable(descriptor.created_by)});
  return title;
}

}  // namespace

Result<std::string> plan_table(const ScanResult& result, const Style& style) {
  std::string text = opening(result, style);
  const match::Plan& plan = result.plan;
  if (plan.upgrades.empty()) {
    text += plan.left == 0 ? "\nNothing to upgrade.\n"
                           : base::cat({"\nNo upgrade helps: ", plural(plan.left, "finding"), " without a fix.\n"});
    return text + incomplete(result.subject, style);
  }
  const std::string summary =
      base::cat({plural(plan.upgrades.size(), "upgrade removes", "upgrades remove"), " ", plan.removed, " of ",
                 plural(plan.removed + plan.left, "finding"), "; ", plan.left, " stay."});
  base::append(text, {"\n", paint(style, Ink::green, wrap_text(summary, 0, style.width)), "\n"});
  for (std::size_t begin = 0, end = 0; begin < plan.upgrades.size(); begin = end) {
    while (end < plan.upgrades.size() && plan.upgrades[end].layer == plan.upgrades[begin].layer) ++end;
    base::append(text, {"\n",
                        paint(style, Ink::bold,
                              fit(layer_title(result.subject, plan.upgrades[begin].layer), style.width, false)),
                        "\n"});
    for (std::size_t i = begin; i < end; ++i) {
      const match::Upgrade& upgrade = plan.upgrades[i];
      const std::string& to = upgrade.available.empty() ? upgrade.fixed_in : upgrade.available;
      std::vector<std::string> packages;
      for (const std::uint32_t package : upgrade.packages)
        packages.push_back(base::printable(result.subject.inventory.packages[package].name));
      packages.erase(std::ranges::unique(packages).begin(), packages.end());
      base::append(text, {"  ",
                          fit(base::cat({base::printable(upgrade.source), " ", base::printable(upgrade.from), " → ",
                                         base::printable(to)}),
                              style.width - 2, false),
                          "\n"});
      std::vector<std::string> ids;
      for (const std::string& id : upgrade.ids) ids.push_back(base::printable(id));
      const std::string removes = base::cat({"removes ", ids.size(), ": "});
      base::append(text, {"    ", removes, wrap_list(ids, 4 + removes.size(), style.width), "\n"});
      base::append(text, {"    ", paint(style, Ink::dim, "packages: " + wrap_list(packages, 14, style.width)), "\n"});
    }
  }
  return text + "\n" + incomplete(result.subject, style);
}

}  // namespace limpid::report

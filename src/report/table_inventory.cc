// `limpid inventory -f table`: one line a package.
#include "base/text.h"
#include "report/terminal.h"

namespace limpid::report {

Result<std::string> inventory_table(const Subject& subject, const Style& style) {
  std::string text = base::cat({paint(style, Ink::bold, base::printable(subject.target)), "\n",
                                wrap_text(headline(subject), 2, style.width), "\n\n"});
  std::vector<std::vector<std::string>> rows{{"NAME", "VERSION", "ARCH", "LAYER", "SOURCE"}};
  for (const inventory::Package& package : subject.inventory.packages) {
    std::string source;
    if (package.source_name != package.name || package.source_version != package.version)
      source = base::cat({base::printable(package.source_name), " ", base::printable(package.source_version)});
    rows.push_back({base::printable(package.name), base::printable(package.version), base::printable(package.arch),
                    base::cat({package.layer + 1}), source});
  }
  if (rows.size() > 1) text += columns(rows, style);
  return text + incomplete(subject, style);
}

}  // namespace limpid::report

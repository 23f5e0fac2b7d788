#include "report/report.h"

namespace limpid::report {

std::span<const Format> formats() {
  static constexpr Format kFormats[] = {
      {"table", scan_table, inventory_table, plan_table},
      {"json", scan_json, inventory_json, plan_json},
  };
  return kFormats;
}

const Format* find_format(std::string_view name) {
  for (const Format& format : formats())
    if (format.name == name) return &format;
  return nullptr;
}

}  // namespace limpid::report

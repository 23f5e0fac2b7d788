#include "advisory/types.h"

namespace limpid::advisory {

std::string_view name_of(Status status) {
  switch (status) {
    case Status::unknown:
      return "unknown";
    case Status::fixed:
      return "fixed";
    case Status::affected:
      return "affected";
    case Status::will_not_fix:
      return "will_not_fix";
    case Status::fix_deferred:
      return "fix_deferred";
    case Status::end_of_life:
      return "end_of_life";
    case Status::under_investigation:
      return "under_investigation";
    case Status::not_affected:
      return "not_affected";
  }
  return "unknown";
}

std::string_view name_of(Enrichment::Exploitation exploitation) {
  switch (exploitation) {
    case Enrichment::Exploitation::unknown:
      return "";
    case Enrichment::Exploitation::none:
      return "none";
    case Enrichment::Exploitation::poc:
      return "poc";
    case Enrichment::Exploitation::active:
      return "active";
  }
  return "";
}

std::string_view name_of(Enrichment::Automatable automatable) {
  switch (automatable) {
    case Enrichment::Automatable::unknown:
      return "";
    case Enrichment::Automatable::no:
      return "no";
    case Enrichment::Automatable::yes:
      return "yes";
  }
  return "";
}

std::string_view name_of(Enrichment::TechnicalImpact impact) {
  switch (impact) {
    case Enrichment::TechnicalImpact::unknown:
      return "";
    case Enrichment::TechnicalImpact::partial:
      return "partial";
    case Enrichment::TechnicalImpact::total:
      return "total";
  }
  return "";
}

}  // namespace limpid::advisory

// The registry of orderings, and comparing two strings by one of them.
#include "version/ordering.h"

#include "version/schemes.h"

namespace limpid::version {

const std::vector<const Ordering*>& orderings() {
  static const std::vector<const Ordering*> all = {
      &generic_ordering(), &dpkg_ordering(),   &apk_ordering(),     &semver_ordering(),
      &rpm_ordering(),     &pacman_ordering(), &portage_ordering(), &bitnami_ordering(),
  };
  return all;
}

const Ordering* find_ordering(Scheme scheme) {
  for (const Ordering* ordering : orderings())
    if (ordering->scheme() == scheme) return ordering;
  return nullptr;
}

const Ordering* find_ordering(std::string_view name) {
  for (const Ordering* ordering : orderings())
    if (ordering->name() == name) return ordering;
  return nullptr;
}

Result<std::strong_ordering> compare(Scheme scheme, std::string_view a, std::string_view b) {
  const Ordering* ordering = find_ordering(scheme);
  if (ordering == nullptr)
    return fail(Code::unsupported, {"no ordering for version scheme ", static_cast<unsigned>(scheme)});
  const Version left = ordering->parse(a);
  const Version right = ordering->parse(b);
  if (!left.valid) return fail(Code::invalid, {ordering->name(), " version '", a, "': ", left.problem});
  if (!right.valid) return fail(Code::invalid, {ordering->name(), " version '", b, "': ", right.problem});
  return ordering->compare(left, right);
}

}  // namespace limpid::version

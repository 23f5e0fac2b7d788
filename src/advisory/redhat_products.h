// Red Hat's products by their CPE names (URI binding, https://csrc.nist.gov/pubs/ir/7695/final), and the releases of
// RHEL whose packages they are.
#pragma once

#include <string>
#include <string_view>

namespace limpid::advisory {

struct RedHatProduct {
  std::string name_space;  // "rhel:9"; "" where no release of RHEL can be told
  std::string cpe;         // as statements keep it, "" where the whole namespace is meant
  // Whether it is the release itself, or a minor one of it with longer support (EUS, AUS, E4S, TUS, ELS); neither for
  // what stands upon it.
  bool is_base = false, is_extended = false;
};
// "cpe:/a:redhat:enterprise_linux:9::appstream" is rhel:9's, and so is "cpe:/a:redhat:openshift:4.14::el9". RHEL's
// minor releases are one product where Red Hat's CPE names one (10.0 is 10): an image follows them.
RedHatProduct redhat_product(std::string_view cpe);
// A product of Red Hat's that stands upon RHEL, whichever release of it: "cpe:/a:redhat:openshift:4" is of the
// namespace "rhel". Nothing is installed from it but in images that name their products.
RedHatProduct redhat_layered_product(std::string_view cpe);

}  // namespace limpid::advisory

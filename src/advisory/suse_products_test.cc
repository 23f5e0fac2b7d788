#include "advisory/suse_products.h"

#include <utility>

#include <gtest/gtest.h>

namespace limpid::advisory {
namespace {

TEST(SuseProducts, TheirReleases) {
  const std::pair<const char*, const char*> cases[] = {
      {"SUSE Linux Enterprise Server 15 SP5", "sles:15.5"},
      {"SUSE Linux Enterprise Server 15 SP5-LTSS", "sles:15.5"},
      {"SUSE Linux Enterprise Server 15", "sles:15"},
      {"SUSE Linux Enterprise Server 15-LTSS", "sles:15"},
      {"SUSE Linux Enterprise Server 16.0", "sles:16.0"},
      {"SUSE Linux Enterprise Server for SAP Applications 12-SP5", "sles:12.5"},
      {"SUSE Linux Enterprise Module for Basesystem 15 SP3", "sles:15.3"},
      {"SUSE Linux Enterprise Module for Python 3 15 SP6", "sles:15.6"},
      {"SUSE Linux Enterprise Module for Python 3 15-SP4", "sles:15.4"},
      {"SUSE Linux Enterprise Module for Python 2 15", "sles:15"},
      {"SUSE Linux Enterprise Server 12 SP5 LTSS Extended Security", "sles:12.5"},
      {"SUSE Linux Enterprise Software Development Kit 11 SP4", "sles:11.4"},
      {"sles10-sp4", "sles:10.4"},
      {"SUSE Linux Enterprise Micro 5.2", "sle-micro:5.2"},
      {"SUSE Linux Micro 6.0", "sle-micro:6.0"},
      {"openSUSE Leap 15.2", "opensuse-leap:15.2"},
      {"openSUSE Leap Micro 5.2", "opensuse-leap-micro:5.2"},
      {"openSUSE Tumbleweed", "opensuse-tumbleweed"},
      {"openSUSE 13.2", "opensuse:13.2"},
      {"openSUSE Backports SLE-15-SP1", ""},
      {"SUSE Enterprise Storage 7.1", ""},
      {"SUSE Linux Enterprise Storage 7", ""},
      {"SUSE Manager Server 4.3", ""},
      {"SUSE Linux Enterprise Module for SUSE Manager Server 4.1", ""},
      {"Open Enterprise Server 23.4", ""},
      {"SUSE Linux Enterprise Server", ""},
      {"", ""},
  };
  for (const auto& [product, name_space] : cases) EXPECT_EQ(suse_namespace(product), name_space) << product;
}

}  // namespace
}  // namespace limpid::advisory

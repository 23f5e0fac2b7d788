#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Generic, OrdersNumbersAndPreReleases) {
  for (const char* statement : {
           "1.2 = 1.2.0 = v1.2 = V1.2 = =1.2 < 1.2.3",
           "1.2rc1 < 1.2",
           "1.2p1 > 1.2",
           "1.2.3.4 > 1.2.3",
           "2021a < 2021b",
           "1.0-beta < 1.0",
           "r123 < r124",
           "7.4p1 < 7.5",
           "1.2.3+x = 1.2.3",
           "2 < 10",
           "1.9 < 1.10",
           "1.0.5 > 1.0",
           "1.0-rc1 = 1-rc1 = 1.0.0_RC.1",
           "1.0rc = 1.0rc0 < 1.0rc1",
           "0.5 > 0",
           "01.02 = 1.2",
           "20.04 < 20.04.1 < 2023.12.1 < 20240115",
           "1.0-0 < 1.0-1 < 1.0.dev1 < 1.0-alpha < 1.0-beta.2 < 1.0-beta.11 < 1.0-preview1 < 1.0-rc.1 < 1.0-snapshot < "
           "1.0 < 1.0-patch1 < 1.0.other < 1.0.1",
           "1.0~rc1 < 1.0",
           "1.0~git2023 < 1.0",
           "1.0.0-M1 < 1.0.0-RC1",
       })
    checks::expect_order(generic_ordering(), statement);
}

TEST(Generic, OrdersWhatWellKnownProgramsSay) {
  for (const char* statement : {
           // OpenSSL
           "1.0.2 < 1.0.2a < 1.0.2m < 1.0.2u < 1.0.2z < 1.0.2za < 1.0.2zh < 1.0.2zi",
           "1.1.1-pre9 < 1.1.1 < 1.1.1a < 1.1.1w < 1.1.1zb < 3.0.0-alpha1 < 3.0.0-beta2 < 3.0.0 < 3.0.9 < 3.0.10",
           "1.0.2-beta3 < 1.0.2",
           "0.9.7m < 0.9.8 < 0.9.8z < 0.9.8zh < 1.0.0",
           "1.1.0l < 1.1.1",
           "1.0.2k-fips = 1.0.2k",
           // BIND, OpenSSH, ntp, PostgreSQL, bash, the kernel, Java
           "9.11.4rc1 < 9.11.4 < 9.11.4-P1 < 9.11.4-P2 < 9.11.5",
           "9.3p1 < 9.3p2",
           "4.2.8p9 < 4.2.8p10",
           "9.6.24 < 10.0 < 15beta1 < 15rc1 < 15.0 < 15.10",
           "5.1.16(1) > 5.1.16",
           "6.1-rc8 < 6.1 = 6.1.0",
           "5.10.99 < 5.10.100",
           "2.6.32 < 2.6.32.1 < 2.6.33",
           "1.8.0 < 1.8.0_92 < 1.8.0_102",
           "1.8.0 < 1.8.0:update92 < 1.8.0:update362",
       })
    checks::expect_order(generic_ordering(), statement);
}

TEST(Generic, DropsDecoration) {
  const auto key = [](std::string_view raw) { return generic_ordering().parse(raw).key; };
  EXPECT_EQ(key(" v1.2.3 (release build)\n"), key("1.2.3"));
  EXPECT_EQ(key("1.20.5 X:boringcrypto"), key("1.20.5"));
}

TEST(Generic, RefusesVersionsWithoutDigits) {
  for (const std::string_view raw : std::vector<std::string_view>{"", "v", "=", "latest", "(devel)", "-", "*", "+1",
                                                                  "master 1.2", "\xff", std::string_view("1\0", 2)})
    checks::expect_invalid(generic_ordering(), raw);
}

TEST(Generic, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(
      generic_ordering(),
      {"1.2.3", "1.0-rc1", "1.0.2zh", "1.0.0", "2021a", "9.11.4-P2", "v1.2beta3", "r123", "1.0-0.0a", "1_0"},
      "00019abprzZ.-_~+", 40'000);
}

}  // namespace
}  // namespace limpid::version

#include "version/ordering_checks.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

TEST(Apk, OrdersAsApkToolsDoes) {
  for (const char* statement : {
           "1.0 > 1.0_rc1",
           "1.0_p1 > 1.0",
           "1.0_pre1 < 1.0_rc1",
           "1.0_alpha2 < 1.0_beta1",
           "1.0_alpha < 1.0_alpha1",
           "1.0_rc1 < 1.0_rc1_p1",
           "1.0 < 1.0.0",
           "1.0a > 1.0",
           "1.0a < 1.0.1",
           "1.0b > 1.0_p1",
           "1.02 < 1.1",
           "1.01 < 1.010",
           "1.10 > 1.9",
           "1.0_git20200101 < 1.0_p1",
           "1.0_cvs1 < 1.0_svn1",
           "1.0-r1 > 1.0",
           "1.0-r10 > 1.0-r9",
           "1.0~abcdef > 1.0",
           "0.1_pre2~12 > 0.1_pre2",
           "20230506-r0 > 6.4_p20230506-r0",
           "8.2.0015 < 8.2.002",
       })
    checks::expect_order(apk_ordering(), statement);
}

TEST(Apk, OrdersEveryKindOfToken) {
  for (const char* statement : {
           // The suffixes, and where they stand among the other tokens.
           "1_alpha < 1_beta < 1_pre < 1_rc < 1 < 1_cvs < 1_svn < 1_git < 1_hg < 1_p < 1a < 1z < 1.0",
           "1 < 1-r0 < 1-r1 < 1~0 < 1~a < 1~a-r0 < 1~ab < 1_p < 1_p-r0 < 1_p~0 < 1_p0 < 1_p_p < 1a < 1a_p < 1.0",
           "1_rc_alpha < 1_rc < 1_rc-r0 < 1_rc~0 < 1_rc0 < 1_rc1 < 1_rc_p < 1-r0",
           "1_alpha_p > 1_alpha1",
           // Numbers: the first, suffixes' and revisions by value; the others as text once one begins with 0.
           "01.1 = 1.1",
           "1_p01 = 1_p1",
           "1-r01 = 1-r1",
           "1.0 < 1.00 < 1.000 < 1.001 < 1.0010 < 1.01 < 1.09 < 1.1 < 1.9 < 1.10 < 1.18446744073709551616",
           "1.0.1 < 1.00a < 1.00.1",
           // What Alpine really has.
           "1.36.1-r5 < 1.36.1-r15",
           "3.1.4-r5 < 3.1.4-r6 < 3.1.5-r0",
           "1.1.1k-r0 < 1.1.1l-r0",
       })
    checks::expect_order(apk_ordering(), statement);
}

TEST(Apk, AcceptsWhatTheGrammarHas) {
  for (const char* raw : {"1.0_p", "9999", "1.0_p1_git2", "0", "1.2.3a_rc1_p2~deadbeef-r12", " 1.0-r0\n"})
    EXPECT_TRUE(apk_ordering().parse(raw).valid) << raw;
}

TEST(Apk, RefusesWhatItHasNot) {
  for (const std::string_view raw : std::vector<std::string_view>{"",
                                                                  "1.0_post1",
                                                                  "1.0bc",
                                                                  "1..0",
                                                                  "v1.0",
                                                                  "1.0-1",
                                                                  "1.0A",
                                                                  ".1",
                                                                  "1.",
                                                                  "1.0_",
                                                                  "1.0_1",
                                                                  "1.0_rC1",
                                                                  "1.0~",
                                                                  "1.0~xyz",
                                                                  "1.0~AB",
                                                                  "1.0-r",
                                                                  "1.0-r1-r2",
                                                                  "1.0-r0.1",
                                                                  "1.0-r1_p1",
                                                                  "1.0a1",
                                                                  "1.0a.1",
                                                                  "1.0_p1.2",
                                                                  "1.0~ab_p1",
                                                                  "1 0",
                                                                  "1:1.0",
                                                                  "1.0+1",
                                                                  "a",
                                                                  "\xc3\xa9",
                                                                  std::string_view("1.0\0001", 5)})
    checks::expect_invalid(apk_ordering(), raw);
}

TEST(Apk, KeepsTheLawsOfAnOrder) {
  checks::expect_laws(
      apk_ordering(),
      {"1.2.3-r1", "1.0_rc1-r0", "1.0.01", "1.00.1a_p2", "1_alpha_p1_git20200101~abc-r1", "20230506-r10", "1.0_pre_p"},
      "00019aab.", 20'000);
}

}  // namespace
}  // namespace limpid::version

#include "match/risk.h"

#include <gtest/gtest.h>

namespace limpid::match {
namespace {

using advisory::Enrichment;
using advisory::Status;

TEST(Risk, TheVendorsWordBoundsTheScore) {
  EXPECT_EQ(assess_risk(Severity::low, 9.8, nullptr, Status::fixed).severity, 3.9);
  EXPECT_EQ(assess_risk(Severity::critical, 5.0, nullptr, Status::fixed).severity, 9.0);
  EXPECT_EQ(assess_risk(Severity::unknown, 6.1, nullptr, Status::fixed).severity, 6.1);
  EXPECT_EQ(assess_risk(Severity::medium, std::nullopt, nullptr, Status::fixed).severity, 5.5);
}

TEST(Risk, ExploitationRaisesAndNoFixLowersIt) {
  Enrichment enrichment;
  const auto risk = [&](Status status = Status::fixed) {
    return assess_risk(Severity::critical, 9.8, &enrichment, status).risk();
  };
  EXPECT_EQ(risk(), 29.4);
  EXPECT_EQ(risk(Status::affected), 20.6);
  enrichment.epss = Enrichment::Epss{0, 0};
  EXPECT_EQ(risk(), 19.6);
  enrichment.epss = Enrichment::Epss{250'000, 990'000};
  EXPECT_EQ(risk(), 58.8);
  enrichment.epss = Enrichment::Epss{10'000, 500'000};
  EXPECT_EQ(risk(), 27.4);
  enrichment.exploitation = Enrichment::Exploitation::poc;
  EXPECT_EQ(risk(), 58.8);
  enrichment.epss = Enrichment::Epss{1'000'000, 1'000'000};
  EXPECT_EQ(risk(), 98.0);
  enrichment.epss.reset();
  enrichment.exploitation = Enrichment::Exploitation::active;
  EXPECT_EQ(risk(), 98.0);
  enrichment.exploitation = Enrichment::Exploitation::none;
  EXPECT_EQ(risk(), 29.4);
  enrichment.kev_added = "2031-01-01";
  EXPECT_EQ(risk(), 98.0);
  EXPECT_EQ(risk(Status::will_not_fix), 68.6);
}

}  // namespace
}  // namespace limpid::match

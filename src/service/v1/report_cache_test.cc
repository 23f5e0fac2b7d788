#include "service/v1/report_cache.h"

#include <gtest/gtest.h>

namespace limpid::service::v1 {
namespace {

using Packages = std::vector<std::pair<std::string, std::string>>;

class ReportCacheTest : public ::testing::Test {
 protected:
  static ReportCache::Known layer(const std::string& name, const std::vector<std::string>& packages,
                                  store::LayerId id = 1) {
    ReportCache::Known known;
    known.layer.id = id;
    known.layer.name = name;
    std::vector<store::HeldFeature> features;
    for (const std::string& package : packages) {
      store::HeldFeature held;
      held.feature = {"debian:12", package, "1", "", version::Scheme::dpkg};
      features.push_back(held);
    }
    known.features = std::make_shared<const std::vector<store::HeldFeature>>(features);
    return known;
  }
  static http::ReadyPointer answer(std::string body) {
    auto ready = std::make_shared<http::Ready>();
    ready->body = std::move(body);
    return ready;
  }
  void put(const std::string& name, const std::vector<std::string>& packages, std::string body = "x") {
    cache_.put(layer(name, packages), Part::vulnerabilities, false, answer(std::move(body)), cache_.moment());
  }
  bool has(std::string_view name, Part part = Part::vulnerabilities) {
    return cache_.find(name, part, false) != nullptr;
  }
  void change(const std::string& package) { cache_.packages_changed(Packages{{"debian:12", package}}); }

  ReportCache cache_{std::uint64_t{1} << 20};
};

TEST_F(ReportCacheTest, PartsAndEncodingsAreApart) {
  const auto known = layer("a", {"zlib"});
  cache_.put(known, Part::features, true, answer("f"), cache_.moment());
  EXPECT_TRUE(cache_.find("a", Part::features, true));
  EXPECT_FALSE(cache_.find("a", Part::features, false));
  EXPECT_FALSE(cache_.find("a", Part::vulnerabilities, true));
  EXPECT_FALSE(cache_.find("b", Part::features, true));
}

TEST_F(ReportCacheTest, AChangeDropsExactlyWhatHoldsThePackage) {
  put("a", {"zlib", "openssl"});
  put("b", {"openssl"});
  cache_.put(layer("a", {"zlib", "openssl"}), Part::features, false, answer("f"), cache_.moment());
  change("zlib");
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(has("a", Part::features)) << "no advisory is in it";
  EXPECT_TRUE(has("b"));
  cache_.packages_changed(Packages{{"debian:11", "openssl"}});
  EXPECT_TRUE(has("b")) << "another namespace";
  put("a", {"zlib", "openssl"});
  change("openssl");
  EXPECT_FALSE(has("a"));
  EXPECT_FALSE(has("b"));
}

TEST_F(ReportCacheTest, OriginsCount) {
  ReportCache::Known known;
  known.layer.name = "a";
  store::HeldFeature held;
  held.feature = {"alpine:v3.19", "libssl3", "1", "openssl", version::Scheme::apk};
  known.features = std::make_shared<const std::vector<store::HeldFeature>>(std::vector{held});
  cache_.put(known, Part::vulnerabilities, false, answer("x"), cache_.moment());
  cache_.packages_changed(Packages{{"alpine:v3.19", "openssl"}});
  EXPECT_FALSE(has("a"));
}

TEST_F(ReportCacheTest, WhatWasMadeBeforeAChangeIsNotKept) {
  const auto moment = cache_.moment();
  change("zlib");
  cache_.put(layer("a", {"zlib"}), Part::vulnerabilities, false, answer("old"), moment);
  EXPECT_FALSE(has("a"));
  cache_.put(layer("b", {"openssl"}), Part::vulnerabilities, false, answer("untouched"), moment);
  EXPECT_TRUE(has("b"));
  const auto before_clear = cache_.moment();
  cache_.clear();
  cache_.put(layer("b", {"openssl"}), Part::vulnerabilities, false, answer("old"), before_clear);
  EXPECT_FALSE(has("b"));
}

TEST_F(ReportCacheTest, DeletedLayersMustBeConfirmed) {
  put("a", {"zlib"});
  cache_.layers_changed();
  EXPECT_FALSE(has("a"));
  EXPECT_FALSE(cache_.known("a")->certain);
  cache_.confirm("a", 1);
  EXPECT_TRUE(has("a"));
  cache_.layers_changed();
  cache_.confirm("a", 2);  // another row by that name
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(cache_.known("a"), nullptr);
}

TEST_F(ReportCacheTest, AChangeOfMorePackagesThanAreRememberedConcernsAnything) {
  const auto moment = cache_.moment();
  std::vector<std::pair<std::string, std::string>> many = {{"debian:12", "zlib"}};
  while (many.size() < 70'000) many.emplace_back("debian:12", "p" + std::to_string(many.size()));
  cache_.packages_changed(many);
  cache_.put(layer("a", {"zlib"}), Part::vulnerabilities, false, answer("x"), moment);
  EXPECT_FALSE(has("a"));
  put("a", {"zlib"});
  EXPECT_TRUE(has("a"));
}

TEST_F(ReportCacheTest, AnotherLayerByTheSameNameDependsOnItsOwnPackages) {
  put("a", {"zlib"});
  cache_.put(layer("a", {"openssl"}, 2), Part::vulnerabilities, false, answer("x"), cache_.moment());
  change("zlib");
  EXPECT_TRUE(has("a"));
  change("openssl");
  EXPECT_FALSE(has("a"));
  // What it was accounted with goes with it.
  const std::uint64_t bytes = cache_.bytes();
  for (store::LayerId id = 3; id < 10; ++id)
    cache_.put(layer("a", {"openssl"}, id), Part::vulnerabilities, false, answer("x"), cache_.moment());
  change("openssl");
  EXPECT_EQ(cache_.bytes(), bytes);
}

TEST_F(ReportCacheTest, ALayerIsRememberedWithoutAnAnswer) {
  cache_.remember(layer("a", {"zlib"}), cache_.moment());
  EXPECT_FALSE(has("a"));
  ASSERT_NE(cache_.known("a"), nullptr);
  EXPECT_EQ(cache_.known("a")->features->size(), 1U);
  const auto moment = cache_.moment();
  cache_.layers_changed();
  cache_.remember(layer("b", {"zlib"}), moment);
  EXPECT_EQ(cache_.known("b"), nullptr) << "it may have been deleted meanwhile";
}

TEST_F(ReportCacheTest, WhatWasAskedForIsRemembered) {
  ReportCache::Known posted = layer("a", {"zlib"});
  cache_.remember(posted, cache_.moment());
  EXPECT_FALSE(cache_.known("a")->is_asked_for);
  posted.is_asked_for = true;
  cache_.remember(posted, cache_.moment());
  EXPECT_TRUE(cache_.known("a")->is_asked_for);
  posted.is_asked_for = false;
  cache_.remember(posted, cache_.moment());
  EXPECT_TRUE(cache_.known("a")->is_asked_for) << "once and for all";
  cache_.remember(layer("a", {"zlib"}, 7), cache_.moment());
  EXPECT_FALSE(cache_.known("a")->is_asked_for) << "another layer by that name";
}

TEST_F(ReportCacheTest, StaysWithinItsBytes) {
  for (int i = 0; i < 300; ++i) put("layer" + std::to_string(i), {"p" + std::to_string(i)}, std::string(20'000, 'x'));
  EXPECT_LE(cache_.bytes(), std::uint64_t{1} << 20);
  EXPECT_FALSE(has("layer0"));
  EXPECT_TRUE(has("layer299"));
  put("huge", {"zlib"}, std::string(500'000, 'x'));
  EXPECT_FALSE(has("huge")) << "one answer must not push out all others";
}

TEST_F(ReportCacheTest, TheLeastUsedGoesFirst) {
  for (int i = 0; i < 40; ++i) {
    put("layer" + std::to_string(i), {"p"}, std::string(40'000, 'x'));
    EXPECT_TRUE(has("layer0")) << i;
  }
  EXPECT_FALSE(has("layer1"));
}

TEST_F(ReportCacheTest, BytesGoBackToNothing) {
  put("a", {"zlib", "openssl"});
  change("zlib");
  put("a", {"zlib", "openssl"}, "longer than before");
  cache_.layers_changed();
  cache_.confirm("a", 99);
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(ReportCacheTest, NothingIsBelievedWithoutNewsFromOtherNodes) {
  put("a", {"zlib"});
  cache_.trust(false);
  EXPECT_FALSE(has("a"));
  put("a", {"zlib"});
  EXPECT_FALSE(has("a"));
  const auto moment = cache_.moment();
  cache_.trust(true);
  cache_.put(layer("a", {"zlib"}), Part::vulnerabilities, false, answer("x"), moment);
  EXPECT_FALSE(has("a")) << "made while news did not arrive";
  put("a", {"zlib"});
  EXPECT_TRUE(has("a"));
}

}  // namespace
}  // namespace limpid::service::v1

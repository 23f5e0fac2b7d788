// Layers, their features and inventories, and who holds what.
#pragma once

#include <set>

#include "store/conformance_fixture.h"

namespace limpid::store::conformance {

TEST_P(Conformance, FindsNoLayerInAnEmptyStore) {
  EXPECT_EQ(show(must(store().find_layer("a"))), "none");
  EXPECT_EQ(outcome(store().ancestry(1)), "not found");
  EXPECT_TRUE(must(store().features(1)).empty());
  EXPECT_FALSE(must(store().delete_layer("a")));
  EXPECT_TRUE(must(store().namespaces()).empty());
  EXPECT_TRUE(must(store().versions_of("debian:12", "zlib")).empty());
  EXPECT_EQ(store().engine(), GetParam().name);
  must(store().ping());
}

TEST_P(Conformance, KeepsEveryPartOfALayer) {
  NewLayer layer = new_layer(kHardText, 0);
  layer.name_space = kHardText + "namespace";
  layer.engine = 7;
  layer.diff_id = base::sha256(base::as_bytes("diff"));
  const Feature hard{kHardText + "1", kHardText + "2", kHardText + "3", kHardText + "4", version::Scheme::apk};
  const Feature bare{"ns", "name", "", "", version::Scheme::none};
  layer.added = {hard, bare};
  const LayerId id = put(layer);
  EXPECT_GT(id, 0);
  const auto check = [&] {
    const std::optional<Layer> found = must(store().find_layer(kHardText));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->name, layer.name);
    EXPECT_EQ(found->parent, "");
    EXPECT_EQ(found->parent_id, 0);
    EXPECT_EQ(found->name_space, layer.name_space);
    EXPECT_EQ(found->engine, 7);
    EXPECT_EQ(found->diff_id, layer.diff_id);
    Lines expected = {show(hard) + " by " + kHardText, show(bare) + " by " + kHardText};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(show(must(store().features(id))), expected);
  };
  check();
  reopen();
  check();
}

TEST_P(Conformance, KeepsDigestsOfBothKindsAndNone) {
  NewLayer layer = new_layer("none", 0);
  put(layer);
  layer.name = "sha512";
  base::Hasher hasher(base::HashAlgorithm::sha512);
  hasher.update(base::as_bytes("diff"));
  layer.diff_id = hasher.finish();
  layer.name_space = "";
  put(layer);
  EXPECT_EQ(show(must(store().find_layer("none"))), "none on  in debian:12 by 3 of ");
  EXPECT_EQ(show(must(store().find_layer("sha512"))), "sha512 on  in  by 3 of " + layer.diff_id.to_string());
}

TEST_P(Conformance, ToldApartAreNamesThatDifferInCaseOrBlanks) {
  const Lines names = {"a", "A", "a ", " a", "\xC3\xA9", "e\xCC\x81"};  // the last two: é composed and decomposed
  for (const std::string& name : names) put(new_layer(name, 0, {deb(name, "1")}));
  for (const std::string& name : names) {
    EXPECT_EQ(show(must(store().features(id_of(name)))), Lines{show(deb(name, "1")) + " by " + name});
    EXPECT_EQ(show(must(store().versions_of("debian:12", name))), Lines{show(deb(name, "1"))});
  }
}

TEST_P(Conformance, NumbersRowsUpwardAndNeverAgain) {
  const LayerId a = put(new_layer("a", 0));
  const LayerId b = put(new_layer("b", a));
  EXPECT_LT(a, b);
  EXPECT_TRUE(must(store().delete_layer("b")));
  const LayerId c = put(new_layer("c", a));
  EXPECT_LT(b, c);
  EXPECT_TRUE(must(store().delete_layer("a")));
  reopen();
  EXPECT_LT(c, put(new_layer("a", 0)));
}

TEST_P(Conformance, TellsTheAncestryBottomFirst) {
  const LayerId a = put(new_layer("a", 0));
  const LayerId b = put(new_layer("b", a));
  const LayerId c = put(new_layer("c", b));
  put(new_layer("other child of b", b));
  EXPECT_EQ(show(must(store().ancestry(c))), (Lines{"a", "b", "c"}));
  EXPECT_EQ(show(must(store().ancestry(a))), Lines{"a"});
  const std::vector<Layer> chain = must(store().ancestry(c));
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(show(chain[2]), "c on b in debian:12 by 3 of ");
  EXPECT_EQ(chain[2].parent_id, b);
  EXPECT_EQ(chain[2].id, c);
  EXPECT_EQ(chain[1].parent, "a");
  EXPECT_EQ(chain[0].parent, "");
  EXPECT_EQ(outcome(store().ancestry(c + 1'000)), "not found");
}

TEST_P(Conformance, LaysDiffsOverEachOther) {
  const Feature zlib = deb("zlib", "1");
  const Feature newer = deb("zlib", "2");
  const Feature curl = deb("curl", "7");
  const LayerId a = put(new_layer("a", 0, {zlib, curl}));
  const LayerId b = put(new_layer("b", a, {newer}, {zlib}));
  const LayerId c = put(new_layer("c", b, {}, {curl}));
  const LayerId d = put(new_layer("d", c, {curl}));
  const LayerId e = put(new_layer("e", d, {newer}));  // again what an ancestor added: the topmost counts
  const LayerId beside = put(new_layer("beside", a, {deb("bash", "5")}));
  const auto line = [](const Feature& feature, const std::string& by) { return show(feature) + " by " + by; };
  EXPECT_EQ(show(must(store().features(a))), (Lines{line(curl, "a"), line(zlib, "a")}));
  EXPECT_EQ(show(must(store().features(b))), (Lines{line(curl, "a"), line(newer, "b")}));
  EXPECT_EQ(show(must(store().features(c))), Lines{line(newer, "b")});
  EXPECT_EQ(show(must(store().features(d))), (Lines{line(curl, "d"), line(newer, "b")}));
  EXPECT_EQ(show(must(store().features(e))), (Lines{line(curl, "d"), line(newer, "e")}));
  EXPECT_EQ(show(must(store().features(beside))),
            (Lines{line(deb("bash", "5"), "beside"), line(curl, "a"), line(zlib, "a")}));
  EXPECT_TRUE(must(store().features(e + 1'000)).empty());
}

TEST_P(Conformance, GivesAFeatureOneNumberWhereverItIsHeld) {
  const Feature zlib = deb("zlib", "1");
  const LayerId a = put(new_layer("a", 0, {zlib, zlib}));  // twice in one list is once
  const LayerId b = put(new_layer("b", 0, {deb("x", "1"), zlib}));
  const std::vector<HeldFeature> in_a = must(store().features(a));
  ASSERT_EQ(in_a.size(), 1u);
  EXPECT_EQ(in_a[0].id, feature_id(zlib));
  for (const HeldFeature& held : must(store().features(b))) {
    EXPECT_EQ(held.id, feature_id(held.feature));
    EXPECT_EQ(held.id == in_a[0].id, held.feature == zlib);
  }
}

TEST_P(Conformance, TellsFeaturesApartByEveryPart) {
  const Feature base = {"alpine:3.18", "libssl3", "3.1", "openssl", version::Scheme::apk};
  std::vector<Feature> all(7, base);
  all[1].name_space = "alpine:3.19";
  all[2].name = "libcrypto3";
  all[3].version = "3.2";
  all[4].origin = "openssl3";
  all[5].scheme = version::Scheme::generic;
  all[6].module = "openssl:3";
  const LayerId id = put(new_layer("a", 0, all));
  Lines expected;
  for (const Feature& feature : all) expected.push_back(show(feature) + " by a");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(show(must(store().features(id))), expected);
  std::set<FeatureId> ids;
  for (const HeldFeature& held : must(store().features(id))) ids.insert(held.id);
  EXPECT_EQ(ids.size(), all.size());
}

TEST_P(Conformance, LeavesAKnownLayerAlone) {
  put(new_layer("a", 0, {deb("zlib", "1")}));
  NewLayer again = new_layer("a", 0, {deb("curl", "7")});
  again.name_space = "debian:13";
  for (const int engine : {3, 2, 0}) {
    again.engine = engine;
    EXPECT_EQ(must(store().put_layer(again)), PutLayer::existed);
  }
  EXPECT_EQ(show(must(store().find_layer("a"))), "a on  in debian:12 by 3 of ");
  EXPECT_EQ(show(must(store().features(id_of("a")))), Lines{show(deb("zlib", "1")) + " by a"});
  EXPECT_TRUE(recorder_.changes().empty());
}

TEST_P(Conformance, ReplacesALayerOfALowerEngine) {
  const LayerId root = put(new_layer("root", 0, {deb("bash", "5")}));
  const LayerId a = put(new_layer("a", root, {deb("zlib", "1"), deb("curl", "7")}, {deb("bash", "5")}));
  const LayerId child = put(new_layer("child", a, {deb("sed", "4")}));
  EXPECT_TRUE(recorder_.changes().empty());

  NewLayer newer = new_layer("a", root, {deb("zlib", "1"), deb("xz", "5")});
  newer.name_space = "debian:13";
  newer.engine = 4;
  newer.diff_id = base::sha256(base::as_bytes("another"));
  EXPECT_EQ(must(store().put_layer(newer)), PutLayer::replaced);
  const auto check = [&] {
    EXPECT_EQ(id_of("a"), a);
    EXPECT_EQ(show(must(store().find_layer("a"))), "a on root in debian:13 by 4 of " + newer.diff_id.to_string());
    EXPECT_EQ(show(must(store().features(child))),
              (Lines{show(deb("bash", "5")) + " by root", show(deb("sed", "4")) + " by child",
                     show(deb("xz", "5")) + " by a", show(deb("zlib", "1")) + " by a"}));
    const FeatureId curl = feature_id(deb("curl", "7"));
    EXPECT_TRUE(must(store().layers_introducing(std::vector{curl}, 0, 10)).empty());
    const FeatureId xz = feature_id(deb("xz", "5"));
    EXPECT_EQ(show(must(store().layers_introducing(std::vector{xz}, 0, 10))), Lines{"a"});
  };
  check();
  ASSERT_EQ(show(recorder_.changes()), Lines{"2||"});
  EXPECT_EQ(must(store().put_layer(newer)), PutLayer::existed);
  reopen();
  check();
}

TEST_P(Conformance, MakesNothingOnAParentThatIsGone) {
  const LayerId a = put(new_layer("a", 0));
  EXPECT_TRUE(must(store().delete_layer("a")));
  EXPECT_EQ(outcome(store().put_layer(new_layer("b", a, {deb("zlib", "1")}))), "not found");
  EXPECT_EQ(outcome(store().put_layer(new_layer("b", a + 1'000, {deb("zlib", "1")}))), "not found");
  EXPECT_EQ(show(must(store().find_layer("b"))), "none");
  EXPECT_TRUE(must(store().versions_of("debian:12", "zlib")).empty());
  EXPECT_TRUE(must(store().namespaces()).empty());
}

TEST_P(Conformance, DeletesALayerWithAllThatDescendFromIt) {
  const Feature zlib = deb("zlib", "1");
  const Digest diff = base::sha256(base::as_bytes("diff"));
  const LayerId root = put(new_layer("root", 0, {zlib}));
  const LayerId a = put(new_layer("a", root, {zlib}));
  const LayerId b = put(new_layer("b", a, {zlib}));
  put(new_layer("c", b, {zlib}));
  const LayerId beside = put(new_layer("beside", root, {zlib}));
  must(store().put_inventory(diff, 1, "bytes"));
  EXPECT_TRUE(must(store().delete_layer("a")));
  const auto check = [&] {
    for (const std::string name : {"a", "b", "c"}) EXPECT_EQ(show(must(store().find_layer(name))), "none");
    EXPECT_TRUE(must(store().features(b)).empty());
    EXPECT_EQ(outcome(store().ancestry(b)), "not found");
    EXPECT_EQ(show(must(store().ancestry(beside))), (Lines{"root", "beside"}));
    const std::vector<FeatureId> ids = {feature_id(zlib)};
    EXPECT_EQ(show(must(store().layers_introducing(ids, 0, 10))), (Lines{"root", "beside"}));
    EXPECT_EQ(must(store().inventory(diff, 1)), "bytes");
    EXPECT_EQ(show(must(store().namespaces())), Lines{"debian:12|2"});
  };
  check();
  EXPECT_FALSE(must(store().delete_layer("a")));
  EXPECT_EQ(show(recorder_.changes()), Lines{"2||"});  // one for all of them, none for what was not there
  reopen();
  check();
}

// An engine's own cascades may have a depth at which they give up.
TEST_P(Conformance, ReadsAndDeletesADeepChain) {
  constexpr int kDepth = 1'200;
  LayerId parent = 0;
  Lines names;
  for (int i = 0; i < kDepth; ++i) {
    names.push_back("layer " + std::to_string(i));
    const std::string version = std::to_string(i);
    std::vector<Feature> removed;
    if (i % 3 == 2) removed.push_back(deb("zlib", std::to_string(i - 1)));
    parent = put(new_layer(names.back(), parent, {deb("zlib", version)}, removed));
    ASSERT_GT(parent, 0);
  }
  EXPECT_EQ(show(must(store().ancestry(parent))), names);
  EXPECT_EQ(must(store().features(parent)).size(), std::size_t{kDepth} * 2 / 3);
  EXPECT_TRUE(must(store().delete_layer(names[1])));
  EXPECT_EQ(show(must(store().find_layer(names.back()))), "none");
  EXPECT_EQ(show(must(store().find_layer(names[2]))), "none");
  EXPECT_TRUE(must(store().features(parent)).empty());
  EXPECT_EQ(show(must(store().features(id_of(names[0])))), Lines{show(deb("zlib", "0")) + " by layer 0"});
}

TEST_P(Conformance, TakesManyFeaturesAtOnce) {
  std::vector<Feature> many;
  for (int i = 0; i < 6'000; ++i) many.push_back(deb("package " + std::to_string(i), std::to_string(i % 7)));
  const LayerId a = put(new_layer("a", 0, many));
  const std::vector<Feature> first_half(many.begin(), many.begin() + 3'000);
  many.push_back(deb("one more", "1"));
  const LayerId b = put(new_layer("b", a, {many.back()}, first_half));
  const LayerId c = put(new_layer("c", 0, many));
  EXPECT_EQ(must(store().features(a)).size(), 6'000u);
  EXPECT_EQ(must(store().features(b)).size(), 3'001u);
  EXPECT_EQ(must(store().features(c)).size(), 6'001u);
}

TEST_P(Conformance, RefusesWhatCouldNotBeKeptAndKeepsNothingOfIt) {
  const auto refused = [&](NewLayer layer, const std::string& code) {
    layer.added.insert(layer.added.begin(), deb("first", "1"));
    EXPECT_EQ(outcome(store().put_layer(layer)), code);
  };
  const std::string longest(kNameLengthMax, 'x');
  for (const auto& [text, code] :
       {std::pair<std::string, std::string>{kNulText, "invalid"}, {kNotUtf8, "invalid"}, {longest + "x", "limit"}}) {
    refused(new_layer(text, 0), code);
    refused(new_layer("a", 0, {deb(text, "1")}), code);
    refused(new_layer("a", 0, {deb("zlib", text)}), code);
    refused(new_layer("a", 0, {}, {deb("zlib", text)}), code);
    refused(new_layer("a", 0, {{text, "zlib", "1", "", version::Scheme::none}}), code);
    refused(new_layer("a", 0, {{"debian:12", "zlib", "1", text, version::Scheme::none}}), code);
    NewLayer layer = new_layer("a", 0);
    layer.name_space = text;
    refused(layer, code);
    EXPECT_EQ(outcome(store().find_layer(text)), code);
    EXPECT_EQ(outcome(store().delete_layer(text)), code);
    EXPECT_EQ(outcome(store().versions_of(text, "zlib")), code);
    EXPECT_EQ(outcome(store().versions_of("debian:12", text)), code);
  }
  refused(new_layer("", 0), "invalid");
  EXPECT_EQ(show(must(store().find_layer("a"))), "none");
  EXPECT_TRUE(must(store().namespaces()).empty());

  // What is just short enough is kept, in every place at once.
  NewLayer layer = new_layer(longest, 0, {{longest, longest, longest, longest, version::Scheme::none}});
  layer.name_space = longest;
  const LayerId id = put(layer);
  EXPECT_EQ(show(must(store().features(id))), Lines{show(layer.added[0]) + " by " + longest});
}

TEST_P(Conformance, KeepsInventoriesByDiffAndDetectorSet) {
  const Digest one = base::sha256(base::as_bytes("1"));
  const Digest two = base::sha256(base::as_bytes("2"));
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 251));
  EXPECT_FALSE(must(store().inventory(one, 1)));
  must(store().put_inventory(one, 1, bytes));
  must(store().put_inventory(one, UINT64_MAX, ""));
  must(store().put_inventory(one, std::uint64_t{1} << 63, "high"));
  must(store().put_inventory(two, 1, std::string(3, '\0')));
  must(store().put_inventory(two, 1, std::string(3, '\0')));  // what is there may come again
  const auto check = [&] {
    EXPECT_TRUE(must(store().inventory(one, 1)) == bytes);
    EXPECT_EQ(must(store().inventory(one, UINT64_MAX)), "");
    EXPECT_EQ(must(store().inventory(one, std::uint64_t{1} << 63)), "high");
    EXPECT_EQ(must(store().inventory(two, 1)), std::string(3, '\0'));
    EXPECT_EQ(must(store().inventory(two, 2)), std::string(3, '\0')) << "another detector set's";
    EXPECT_EQ(must(store().inventory(one, 2)), "high") << "the newest one";
  };
  check();
  reopen();
  check();
}

TEST_P(Conformance, KnowsVersionsByNameAndOrigin) {
  const auto apk = [](std::string name, std::string version, std::string origin) {
    return Feature{"alpine:3.18", std::move(name), std::move(version), std::move(origin), version::Scheme::apk};
  };
  const std::vector<Feature> features = {apk("openssl", "3.0", ""), apk("openssl", "3.1", "openssl"),
                                         apk("libssl3", "3.1", "openssl"), apk("zlib", "1", "")};
  put(new_layer("a", 0, features));
  Feature elsewhere = features[0];
  elsewhere.name_space = "alpine:3.19";
  put(new_layer("b", 0, {elsewhere}));
  Lines expected = {show(features[0]), show(features[1]), show(features[2])};
  std::sort(expected.begin(), expected.end());
  const auto check = [&] {
    EXPECT_EQ(show(must(store().versions_of("alpine:3.18", "openssl"))), expected);
    EXPECT_EQ(show(must(store().versions_of("alpine:3.18", "libssl3"))), Lines{show(features[2])});
    EXPECT_EQ(show(must(store().versions_of("alpine:3.19", "openssl"))), Lines{show(elsewhere)});
    EXPECT_TRUE(must(store().versions_of("alpine:3.18", "ssl")).empty());
    EXPECT_TRUE(must(store().versions_of("alpine:3.18", "")).empty());  // no origin is no name
    EXPECT_TRUE(must(store().versions_of("alpine", "openssl")).empty());
  };
  check();
  EXPECT_TRUE(must(store().delete_layer("a")));  // features stay
  check();
}

TEST_P(Conformance, PagesTheLayersThatIntroduce) {
  const Feature zlib = deb("zlib", "1");
  const Feature curl = deb("curl", "7");
  Lines expected;
  for (int i = 0; i < 25; ++i) {
    const std::string name = "layer " + std::to_string(i);
    std::vector<Feature> added = {deb("other", std::to_string(i))};
    if (i % 2 == 0) added.push_back(zlib);
    if (i % 3 == 0) added.push_back(curl);
    if (added.size() > 1) expected.push_back(name);
    put(new_layer(name, 0, added));
  }
  put(new_layer("on top", id_of("layer 0"), {}, {zlib}));  // holds curl without adding it, and takes zlib away
  std::vector<FeatureId> ids = {feature_id(zlib), feature_id(curl), feature_id(zlib), feature_id(curl) + 1'000};
  for (const std::size_t limit : {1u, 3u, 100u}) {
    Lines all;
    LayerId from = 0;
    for (;;) {
      const LayerPage page = must(store().layers_introducing(ids, from, limit));
      EXPECT_LE(page.size(), limit);
      for (const LayerName& layer : page) {
        EXPECT_GE(layer.id, from);
        EXPECT_EQ(layer.id, id_of(layer.name));
        from = layer.id + 1;
        all.push_back(layer.name);
      }
      if (page.size() < limit) break;
    }
    EXPECT_EQ(all, expected) << limit;
  }
  // `from` itself is the first of the page, also when nothing of that number is there.
  const LayerId third = id_of(expected[2]);
  EXPECT_EQ(show(must(store().layers_introducing(ids, third, 2))), (Lines{expected[2], expected[3]}));
  EXPECT_TRUE(must(store().delete_layer(expected[2])));
  EXPECT_EQ(show(must(store().layers_introducing(ids, third, 2))), (Lines{expected[3], expected[4]}));
  EXPECT_TRUE(must(store().layers_introducing(ids, 0, 0)).empty());
  EXPECT_TRUE(must(store().layers_introducing({}, 0, 10)).empty());
}

TEST_P(Conformance, FindsLayersByAnyOfManyFeatures) {
  std::vector<Feature> many;
  for (int i = 0; i < 3'000; ++i) many.push_back(deb("package", std::to_string(i)));
  put(new_layer("all", 0, many));
  put(new_layer("last", 0, {many.back()}));
  std::vector<FeatureId> ids;
  for (const KnownFeature& known : must(store().versions_of("debian:12", "package"))) ids.push_back(known.id);
  ASSERT_EQ(ids.size(), many.size());
  EXPECT_EQ(show(must(store().layers_introducing(ids, 0, 100))), (Lines{"all", "last"}));
}

TEST_P(Conformance, ListsNamespacesByName) {
  put(new_layer("a", 0, {{"b", "x", "1", "", version::Scheme::apk}, {"a:2", "x", "1", "", version::Scheme::semver}}));
  put(new_layer("c", 0, {{"b", "y", "1", "", version::Scheme::dpkg}}));  // its ordering was settled by the first
  put(new_advisory("a:10", "CVE-1"));
  NewLayer bare = new_layer("d", 0);
  bare.name_space = "of no feature";
  put(bare);
  EXPECT_EQ(show(must(store().namespaces())), (Lines{"a:10|2", "a:2|4", "b|3"}));
  reopen();
  EXPECT_EQ(show(must(store().namespaces())), (Lines{"a:10|2", "a:2|4", "b|3"}));
}

TEST_P(Conformance, LetsManyPutTheSameLayersAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kLayers = 12;
  std::atomic<int> created = 0;
  in_parallel(kThreads, [&](int thread) {
    for (int i = 0; i < kLayers; ++i) {
      std::vector<Feature> added;
      for (int j = 0; j < 50; ++j) added.push_back(deb("package " + std::to_string(j), std::to_string(i)));
      if (thread % 2 == 1) std::reverse(added.begin(), added.end());  // the order invites deadlocks
      if (must(store().put_layer(new_layer("layer " + std::to_string(i), 0, added))) == PutLayer::created) ++created;
    }
  });
  EXPECT_EQ(created, kLayers);
  for (int i = 0; i < kLayers; ++i) EXPECT_EQ(must(store().features(id_of("layer " + std::to_string(i)))).size(), 50u);
  EXPECT_EQ(must(store().versions_of("debian:12", "package 0")).size(), std::size_t{kLayers});
}

TEST_P(Conformance, LeavesNoOrphansWhereParentsAreDeletedMeanwhile) {
  constexpr int kRounds = 10;
  constexpr int kWriters = 3;
  for (int round = 0; round < kRounds; ++round) {
    const LayerId parent = put(new_layer("parent", 0, {deb("zlib", "1")}));
    std::atomic<bool> deleted = false;
    in_parallel(kWriters + 1, [&](int thread) {
      if (thread == kWriters) {
        EXPECT_TRUE(must(store().delete_layer("parent")));
        deleted = true;
        return;
      }
      for (int i = 0; i < 5 || !deleted; ++i) {
        const std::string name = base::cat({"child ", round, " ", thread, " ", i});
        const auto put = store().put_layer(new_layer(name, parent, {deb("curl", "7")}));
        if (put) continue;
        EXPECT_EQ(outcome(put), "not found") << put.error().describe();
        break;
      }
    });
    const std::vector<FeatureId> ids = {feature_id(deb("zlib", "1"))};
    EXPECT_TRUE(must(store().layers_introducing(ids, 0, 10)).empty());
    for (const KnownFeature& curl : must(store().versions_of("debian:12", "curl")))
      EXPECT_TRUE(must(store().layers_introducing(std::vector{curl.id}, 0, 10)).empty());
  }
}

}  // namespace limpid::store::conformance

#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(Photon, RowsOfTheMetadata) {
  CollectingSink sink;
  const auto counts = read_text(photon_feed(), R"([
 {"cve_id":"CVE-2031-0011","pkg":"zfoo","cve_score":7.5,"aff_ver":"all versions before 1.2-3.ph4 are vulnerable",
  "res_ver":"1.2-3.ph4"},
 {"cve_id":"CVE-2031-0012","pkg":"zfoo","cve_score":10,"aff_ver":"all versions are vulnerable","res_ver":"NA"},
 {"cve_id":"CVE-2031-0013","pkg":"zfoo","cve_score":null,"aff_ver":"NA","res_ver":"NA","status":"Not Affected"},
 {"cve_id":"CVE-2031-0014","pkg":"zfoo","cve_score":1,"aff_ver":"NA","res_ver":"NA"},
 {"cve_id":"UNK-1","pkg":"zfoo","res_ver":"1"},{"cve_id":"","pkg":"zfoo"},{"cve_id":"CVE-2031-0015","res_ver":"1"}])",
                                sink, "cve_data_photon4.0.json");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 7u);
  EXPECT_EQ(counts->dropped,
            (std::map<std::string, std::uint64_t>{
                {"neither affected nor fixed versions", 1}, {"no CVE id", 2}, {"no package name", 1}}));
  const auto& fixed = sink.only("CVE-2031-0011", "photon:4.0", "zfoo");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.ranges[0].fixed, "1.2-3.ph4");
  EXPECT_EQ(fixed.severity, "7.5");
  EXPECT_EQ(fixed.key_kind, KeyKind::binary);
  EXPECT_EQ(fixed.scheme, version::Scheme::rpm);
  EXPECT_EQ(sink.only("CVE-2031-0012", "photon:4.0", "zfoo").status, Status::affected);
  EXPECT_EQ(sink.only("CVE-2031-0012", "photon:4.0", "zfoo").severity, "10.0");
  EXPECT_EQ(sink.only("CVE-2031-0013", "photon:4.0", "zfoo").status, Status::not_affected);
}

TEST(Photon, UpdatesInOval) {
  CollectingSink sink;
  const auto counts = read_text(photon_feed(), R"(<oval_definitions><definitions><definition class="patch" id="d">
<metadata><title>PHSA-2031:00001 zfoo Security Update. (Important)</title>
<affected family="unix"><platform>Photon 4</platform></affected>
<reference ref_id="PHSA:00001:4.0:0001" ref_url="https://localhost/1" source="PHSA"/>
<advisory><severity>Important</severity><issued date="2031-01-02"/><cve>CVE-2031-0001</cve><cve>CVE-2031-0002</cve>
</advisory></metadata><criteria operator="AND"><criterion test_ref="release"/><criteria operator="OR">
<criteria operator="AND"><criterion test_ref="older"/><criterion test_ref="signed"/></criteria></criteria></criteria>
</definition></definitions><tests><t id="release"><object object_ref="r"/><state state_ref="r"/></t>
<t id="older"><object object_ref="zfoo"/><state state_ref="older"/></t>
<t id="signed"><object object_ref="zfoo"/><state state_ref="signed"/></t></tests>
<objects><o id="zfoo"><name>zfoo-libs</name></o></objects><states><s id="r"><version>^4</version></s>
<s id="older"><evr operation="less than">0:1.2-3.ph4</evr></s><s id="signed"><signature_keyid>x</signature_keyid></s>
</states></oval_definitions>)",
                                sink, "phsa.xml");
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1u);
  EXPECT_EQ(counts->statements, 1u);
  EXPECT_EQ(sink.only("PHSA-2031:00001", "photon:4.0", "zfoo-libs").ranges[0].fixed, "1.2-3.ph4");
  const auto& update = *sink.find("PHSA-2031:00001");
  EXPECT_EQ(update.upstream, (std::vector<std::string>{"CVE-2031-0001", "CVE-2031-0002"}));
  EXPECT_EQ(update.severity, "Important");
  EXPECT_EQ(update.published, "2031-01-02");
  EXPECT_EQ(update.references, std::vector<std::string>{"https://localhost/1"});
}

TEST(Photon, OtherDocumentsFail) {
  CollectingSink sink;
  for (const auto* bad : {"", "{\"a\":1}", "[3]", "[{\"cve_id\":"})
    EXPECT_FALSE(read_text(photon_feed(), bad, sink, "cve_data_photon4.0.json")) << bad;
  EXPECT_FALSE(read_text(photon_feed(), "[]", sink, "rows.json"));
  EXPECT_TRUE(read_text(photon_feed(), "[]", sink, "rows.json", "photon:9.0"));
}

TEST(Photon, RealFiles) {
  const auto root = shared_data("photon");
  LIMPID_SKIP_WITHOUT(root);
  CollectingSink rows;
  const auto counts = photon_feed().read({.path = root + "/cve", .name_space = ""}, rows);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u + 5u + 6u + 7u);
  EXPECT_EQ(rows.only("CVE-2015-8863", "photon:2.0", "jq").ranges[0].fixed, "1.5-3.ph2");
  EXPECT_EQ(rows.only("CVE-2020-11979", "photon:1.0", "apache-ant").severity, "7.5");
  EXPECT_EQ(rows.only("CVE-2025-0725", "photon:3.0", "curl").status, Status::not_affected);

  CollectingSink updates;
  const auto oval =
      photon_feed().read({.path = root + "/oval/com.vmware.phsa-photon3.xml.zst", .name_space = ""}, updates);
  ASSERT_TRUE(oval) << oval.error().describe();
  EXPECT_EQ(oval->records, 222u);
  EXPECT_EQ(oval->statements, 778u);
  EXPECT_EQ(dropped_in_all(*oval), 0u);
  EXPECT_EQ(updates.only("PHSA-2020:00001", "photon:3.0", "sqlite-libs").ranges[0].fixed, "3.27.2-5.ph3");
  EXPECT_EQ(updates.find("PHSA-2020:00001")->upstream, std::vector<std::string>{"CVE-2019-16168"});
}

}  // namespace
}  // namespace limpid::advisory

// The feeds that speak of CVEs: NVD's documents, CVE records, EPSS' table and the catalogue of exploited ones.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "advisory/feed.h"
#include "base/bytes.h"
#include "base/file.h"

namespace {

using namespace limpid;

struct CheckingSink final : advisory::Sink {
  std::uint64_t given = 0;
  void advisory(advisory::Advisory&& /*advisory*/) override { std::abort(); }
  void available(advisory::Available&& /*available*/) override { std::abort(); }
  void end_of_life(advisory::EndOfLife&& /*end_of_life*/) override { std::abort(); }
  void enrichment(advisory::Enrichment&& enrichment) override {
    ++given;
    if (!enrichment.cve.starts_with("CVE-")) std::abort();
    if (enrichment.epss && (enrichment.epss->probability > 1'000'000 || enrichment.epss->percentile > 1'000'000))
      std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/CVE-2031-0001.json";
  std::ofstream(path, std::ios::binary) << base::as_text({data, size});
  for (const auto* name : {"nvd", "cvelist", "epss", "kev"}) {
    CheckingSink sink;
    const auto counts = advisory::find_feed(name)->read({.path = path, .name_space = ""}, sink);
    if (!counts) continue;
    // Whatever was counted was given or dropped.
    std::uint64_t dropped = 0;
    for (const auto& [reason, count] : counts->dropped) dropped += count;
    if (counts->statements != sink.given + dropped) std::abort();
  }
  return 0;
}

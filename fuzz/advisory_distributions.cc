// Feeds of distributions that come as text, JSON, YAML, TOML or XML, each read from a file of a name that it knows.
#include <iterator>

#include "base/bytes.h"
#include "feeds.h"

namespace {

struct Target {
  char first;  // byte of the input, so that a mutation stays with its parser
  const char* feed;
  const char* file_name;
};
constexpr Target kTargets[] = {
    {'t', "ubuntu", "CVE-2031-0001"},
    {'o', "ubuntu", "ubuntu.xml"},
    {'v', "ubuntu-vex", "CVE-2031-0001.json"},
    {'l', "debian-lists", "DSA.list"},
    {'z', "azurelinux", "azurelinux-3.0-oval.xml"},
    {'p', "photon", "cve_data_photon4.0.json"},
    {'x', "photon", "photon.xml"},
    {'b', "bottlerocket", "updateinfo.xml"},
    {'m', "bottlerocket", "BRSA-1.toml"},
    {'e', "echo", "data.json"},
    {'r', "rootio", "feed.json"},
    {'w', "wolfi", "zfoo.advisories.yaml"},
    {'c', "cvrf", "cvrf-1.xml"},
    {'g', "gentoo", "glsa-203101-01.xml"},
    {'a', "arch", "all.json"},
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  const auto text = base::as_text({data, size});
  if (text.empty()) return 0;
  const Target* target = &kTargets[std::size(kTargets) - 1];
  for (const Target& known : kTargets)
    if (known.first == text[0]) target = &known;
  fuzz::read_feed(target->feed, target->file_name, text.substr(1));
  return 0;
}

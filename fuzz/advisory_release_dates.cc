// The tables of release dates: distro-info's CSV and endoflife.date's JSON, and Debian's lists of unsupported packages,
// as their feeds read them.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "advisory/feed.h"
#include "base/bytes.h"
#include "base/file.h"

namespace {

// A release without a namespace would be nobody's, or everybody's.
struct CheckingSink final : limpid::advisory::Sink {
  void advisory(limpid::advisory::Advisory&& /*advisory*/) override { std::abort(); }
  void available(limpid::advisory::Available&& /*available*/) override { std::abort(); }
  void end_of_life(limpid::advisory::EndOfLife&& release) override {
    if (release.name_space.empty()) std::abort();
  }
  void package_support(limpid::advisory::PackageSupport&& support) override {
    if (support.name_space.empty() || support.package.empty()) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  for (const auto& [feed, name] :
       {std::pair{"distro-info", "/debian.csv"}, std::pair{"distro-info", "/ubuntu.csv"},
        std::pair{"endoflife", "/debian.json"}, std::pair{"debian-security-support", "/security-support-ended.deb12"},
        std::pair{"debian-security-support", "/security-support-limited.deb12"}}) {
    const std::string path = folder.path() + name;
    std::ofstream(path, std::ios::binary) << base::as_text({data, size});
    CheckingSink sink;
    (void)advisory::find_feed(feed)->read({.path = path, .name_space = ""}, sink);
  }
  return 0;
}

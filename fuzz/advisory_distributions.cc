// Feeds of distributions that come as text, JSON or OVAL, each read from a file of a name that it knows.
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

struct CountingSink final : advisory::Sink {
  std::uint64_t given = 0;
  void advisory(advisory::Advisory&& advisory) override {
    given += advisory.affected.size();
    for (const auto& affected : advisory.affected) {
      if (affected.name_space.empty() || affected.package.empty()) std::abort();
      // "Fixed" without a bound would mean every version.
      if (affected.status == advisory::Status::fixed && affected.ranges.empty()) std::abort();
    }
  }
  void available(advisory::Available&& /*available*/) override { std::abort(); }
  void end_of_life(advisory::EndOfLife&& /*end_of_life*/) override { std::abort(); }
};

void read(const char* feed, const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
  CountingSink sink;
  const auto counts = advisory::find_feed(feed)->read({.path = path, .name_space = ""}, sink);
  if (!counts) return;
  std::uint64_t dropped = 0;
  for (const auto& [reason, count] : counts->dropped) dropped += count;
  if (counts->statements != sink.given + dropped) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto text = base::as_text({data, size});
  // The first byte says which feed, so that a mutation stays with its parser.
  if (text.empty()) return 0;
  const auto rest = text.substr(1);
  switch (text[0]) {
    case 't':
      read("ubuntu", folder.path() + "/CVE-2031-0001", rest);
      break;
    case 'o':
      read("ubuntu", folder.path() + "/ubuntu.xml", rest);
      break;
    case 'l':
      read("debian-lists", folder.path() + "/DSA.list", rest);
      break;
    case 'z':
      read("azurelinux", folder.path() + "/azurelinux-3.0-oval.xml", rest);
      break;
    case 'p':
      read("photon", folder.path() + "/cve_data_photon4.0.json", rest);
      break;
    case 'x':
      read("photon", folder.path() + "/photon.xml", rest);
      break;
    case 'g':
      read("gentoo", folder.path() + "/glsa-203101-01.xml", rest);
      break;
    case 'b':
      read("bottlerocket", folder.path() + "/updateinfo.xml", rest);
      break;
    default:
      read("arch", folder.path() + "/all.json", rest);
  }
  return 0;
}

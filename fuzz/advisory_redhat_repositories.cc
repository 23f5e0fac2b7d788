// Red Hat's table of repositories: every product must be kept or counted.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "advisory/feed.h"
#include "base/bytes.h"
#include "base/file.h"

namespace {

struct CountingSink final : limpid::advisory::Sink {
  std::uint64_t products = 0;
  void advisory(limpid::advisory::Advisory&& /*advisory*/) override { std::abort(); }
  void available(limpid::advisory::Available&& /*available*/) override { std::abort(); }
  void end_of_life(limpid::advisory::EndOfLife&& /*end_of_life*/) override { std::abort(); }
  void repository(limpid::advisory::RepositoryProducts&& repository) override {
    if (repository.products.empty()) std::abort();
    products += repository.products.size();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/table.json";
  std::ofstream(path, std::ios::binary) << base::as_text({data, size});
  CountingSink sink;
  const auto counts = advisory::find_feed("redhat-repositories")->read({.path = path, .name_space = ""}, sink);
  if (!counts) return 0;
  std::uint64_t dropped = 0;
  for (const auto& [reason, count] : counts->dropped) dropped += count;
  if (counts->statements != sink.products + dropped) std::abort();
  return 0;
}

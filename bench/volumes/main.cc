// bench-feed-volumes OUT SCALE [FEED…]: writes the feeds of an invented world (facts.h) into OUT/FEED, as large as the
// upstreams' are with SCALE 1, each in its upstream's form and packing. Always the same bytes. Prints each feed's
// name, size and unpacked size.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "volumes/feeds.h"

namespace {

// The packages of an image, "source<TAB>version": 800 binary ones of 690 sources, half of which ever had a flaw.
void write_image(const limpid::volumes::World& world, const std::filesystem::path& path) {
  std::FILE* out = std::fopen(path.c_str(), "w");
  if (out == nullptr) std::exit(1);
  constexpr std::size_t kPackages = 800, kPerSeven = 6, kStep = 11;
  for (std::size_t i = 0; i < kPackages; ++i) {
    const std::size_t source = i * kPerSeven / 7;
    const std::string name = source % 2 == 0
                                 ? world.packages()[1 + source * kStep / 2 % (world.packages().size() - 1)].name
                                 : "unheard-of-" + std::to_string(source);
    std::fprintf(out, "%s\t9.%zu.1-1\n", name.c_str(), source % 30);
  }
  std::fclose(out);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace limpid::volumes;
  namespace fs = std::filesystem;
  if (argc < 3) return 2;
  const World world(std::strtod(argv[2], nullptr));
  using Write = std::uint64_t (*)(const World&, const std::string&);
  constexpr std::pair<std::string_view, Write> kFeeds[] = {
      {"debian", write_debian},
      {"debian-lists", write_debian_lists},
      {"ubuntu", write_ubuntu},
      {"alpine", write_alpine},
      {"arch", write_arch},
      {"azurelinux", write_azurelinux},
      {"photon", write_photon},
      {"bottlerocket", write_bottlerocket},
      {"redhat", write_redhat},
      {"suse", write_suse},
      {"almalinux", write_almalinux},
      {"rocky", write_rocky},
      {"oracle", write_oracle},
      {"amazon", write_amazon},
      {"fedora", write_fedora},
      {"nvd", write_nvd},
      {"cvelist", write_cvelist},
      {"epss", write_epss},
      {"kev", write_kev},
  };
  for (const auto& [name, write] : kFeeds) {
    const bool wanted = argc == 3 || std::any_of(argv + 3, argv + argc, [&](const char* one) { return name == one; });
    if (!wanted) continue;
    const fs::path out = fs::path(argv[1]) / name;
    fs::remove_all(out);
    fs::create_directories(out);
    const std::uint64_t unpacked = write(world, out.string());
    std::uint64_t size = 0;
    for (const auto& entry : fs::recursive_directory_iterator(out))
      if (entry.is_regular_file()) size += entry.file_size();
    std::printf("%.*s %llu %llu\n", static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(unpacked));
    std::fflush(stdout);
  }
  write_image(world, fs::path(argv[1]) / "packages.tsv");
  return 0;
}

// bench-match DATABASE NAMESPACE PACKAGES-FILE: opens the database and matches the packages ("name<TAB>version" lines)
// against it, once. Prints "<microseconds> <findings>": from before the open to after the last finding.
#include "match/match.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/heap.h"
#include "base/pool.h"
#include "vulndb/database.h"

int main(int argc, char** argv) {
  using namespace limpid;
  if (argc < 4) return 2;
  inventory::ImageInventory image;
  image.distribution.name_space = argv[2];
  std::ifstream lines(argv[3]);
  for (std::string line; std::getline(lines, line);) {
    inventory::Package package;
    package.name = package.source_name = line.substr(0, line.find('\t'));
    package.version = package.source_version = line.substr(line.find('\t') + 1);
    package.name_space = argv[2];
    package.scheme = version::Scheme::dpkg;
    image.packages.push_back(std::move(package));
  }
  const auto start = std::chrono::steady_clock::now();
  base::prepare_heap(std::size_t{1} << 21);  // as the commands do
  const auto database = vulndb::Database::open(argv[1]);
  if (!database) {
    std::fprintf(stderr, "bench-match: %s\n", database.error().describe().c_str());
    return 1;
  }
  match::MatchOptions options;
  options.threads = base::processors();  // likewise
  const auto matches = match::match_image(image, *database, options);
  if (!matches) {
    std::fprintf(stderr, "bench-match: %s\n", matches.error().describe().c_str());
    return 1;
  }
  const auto taken =
      std::chrono::duration_cast<std::chrono::duration<long, std::micro>>(std::chrono::steady_clock::now() - start);
  std::printf("%ld %zu\n", taken.count(), matches->findings.size());
  return 0;
}

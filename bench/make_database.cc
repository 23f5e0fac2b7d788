// bench-make-database OUT STATEMENTS [PACKAGES-FILE]: a database of that many statements over the namespaces that
// limpid reads today, in the proportions of the real ones, through the real compiler. With PACKAGES-FILE, writes 800
// "name<TAB>version" lines as a real image has them: seven binary packages for six sources, half of which have any
// advisories. Prints what it cost.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include <sys/resource.h>

#include "base/text.h"
#include "vulndb/compiler.h"

namespace {

using namespace limpid;

// Names and versions of the shape and spread of Debian's: a few packages have thousands of flaws, most have one.
std::string package_name(std::size_t number) { return base::cat({"lib", number % 97, "package-", number}); }
std::string some_version(std::mt19937_64& random) {
  return base::cat(
      {random() % 12, ".", random() % 30, ".", random() % 9, "-", 1 + random() % 5, "+deb12u", 1 + random() % 9});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::size_t statements = std::strtoull(argv[2], nullptr, 10);
  std::mt19937_64 random(12);
  vulndb::Compiler compiler;
  const auto start = std::chrono::steady_clock::now();
  compiler.begin_feed("debian", "synthetic");
  // debian:12 is as large as the real one, whatever the rest amounts to.
  constexpr std::size_t kNamespaces = 30, kPackages = 12'000, kDebian12 = 45'000;
  const std::size_t step = std::max<std::size_t>(1, statements / kDebian12);
  for (std::size_t i = 0; i < statements; ++i) {
    advisory::Advisory record;
    record.id = base::cat({"CVE-", 2005 + i % 22, "-", 1000 + i / 3 % 90'000});
    record.title = base::cat({"A flaw in part ", i % 1000, " of a program allows what it should not"});
    record.published = "2024-05-06T00:00:00Z";
    advisory::Affected affected;
    affected.name_space = base::cat({i % 2 == 0 ? "debian:" : "ubuntu:", 100 + i % kNamespaces});
    if (i % step == 0) affected.name_space = "debian:12";
    const double skew = static_cast<double>(random() % 1'000'000) / 1'000'000.0;
    affected.package = package_name(static_cast<std::size_t>(skew * skew * static_cast<double>(kPackages)));
    affected.scheme = version::Scheme::dpkg;
    affected.status = i % 5 == 0 ? advisory::Status::affected : advisory::Status::fixed;
    affected.severity = i % 3 == 0 ? "low" : "not yet assigned";
    affected.ranges.push_back(
        {"", affected.status == advisory::Status::fixed ? some_version(random) : std::string(), ""});
    record.affected.push_back(std::move(affected));
    compiler.add(std::move(record));
  }
  compiler.end_feed({"debian", "synthetic", statements, statements, {}, 0, ""});
  const auto written = compiler.write(argv[1]);
  if (!written) {
    std::fprintf(stderr, "bench-make-database: %s\n", written.error().describe().c_str());
    return 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.2f %ld %llu %llu\n", seconds, usage.ru_maxrss, static_cast<unsigned long long>(written->size),
              static_cast<unsigned long long>(written->statements));
  if (argc > 3) {
    std::FILE* out = std::fopen(argv[3], "w");
    if (out == nullptr) return 1;
    for (std::size_t i = 0; i < 800; ++i) {
      const std::size_t source = i * 6 / 7;
      std::fprintf(out, "%s\t%s\n", package_name(source % 2 == 0 ? source * 17 : kPackages + source).c_str(),
                   base::cat({11, ".", source % 30, ".1-1"}).c_str());
    }
    std::fclose(out);
  }
  return 0;
}

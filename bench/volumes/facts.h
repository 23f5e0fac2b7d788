// The invented world whose feeds bench-feed-volumes writes: flaws, source packages and the distributions that ship
// them. Everything follows from the numbers of things, so that all feeds speak of the same flaws, with the same texts,
// and nothing has to be kept. Spreads are those of real data: a few packages have thousands of flaws and most have one,
// texts repeat from feed to feed, versions repeat from flaw to flaw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::volumes {

// https://prng.di.unimi.it/splitmix64.c: as good from one seed as from the next.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // Small numbers much more often than great ones: the skew^th power of an even spread.
  std::size_t skewed(std::size_t bound, int skew);

 private:
  std::uint64_t state_;
};
// Independent for each purpose and number.
Random random_of(std::string_view purpose, std::uint64_t number, std::uint64_t second = 0);

struct SourcePackage {
  std::string name;
  std::vector<std::string> binaries;  // the first has the source's name
  bool kernel = false;
};

struct Flaw {
  std::size_t number = 0;
  std::string id;  // "CVE-2021-12345"
  int year = 0;
  std::string published, modified;  // "2021-03-04T05:06:07"
  std::size_t package = 0;          // in World::packages, if it is one of Linux
};

class World {
 public:
  // `scale` 1 is the volume of the upstreams, less of it the same world with fewer flaws.
  explicit World(double scale);

  std::size_t flaws() const { return flaws_; }
  // Those of packages that Linux distributions ship: every fifth.
  static bool is_of_linux(std::size_t flaw) { return flaw % 5 == 0; }
  Flaw flaw(std::size_t number) const;
  std::string title(const Flaw& flaw) const;
  std::string description(const Flaw& flaw) const;
  std::string reference(const Flaw& flaw, unsigned index) const;
  static std::string cvss3(const Flaw& flaw, unsigned variant = 0);
  static unsigned cwe(const Flaw& flaw);

  const std::vector<SourcePackage>& packages() const { return packages_; }
  // The version that fixes a flaw in one line of a package ("debian:12"), as "1.2.3" and "4": flaws fixed together
  // share it.
  struct Version {
    std::string upstream;
    unsigned release = 1;
  };
  Version fix(const Flaw& flaw, std::string_view line) const;
  // Whether a binary package of the flaw's source was made already when the flaw was found: a third of them came later
  // than the source, so that packages of one source have not all the same history.
  static bool ships(const Flaw& flaw, std::size_t binary);
  // Whether a distribution (or a release of one) speaks of something at all, for `percent` of all.
  static bool speaks(std::string_view who, std::size_t flaw, unsigned percent);

 private:
  std::string sentence(Random& random) const;
  const std::string& word(Random& random) const;
  std::string symbol(Random& random) const;

  std::size_t flaws_;
  std::vector<std::size_t> until_;  // for each year from 1999: the number behind its last flaw
  std::vector<SourcePackage> packages_;
  std::vector<std::string> words_;
};

// Severity words by a flaw, so that feeds agree roughly.
std::string_view severity(const Flaw& flaw, const std::string_view (&words)[4]);

}  // namespace limpid::volumes

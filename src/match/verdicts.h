// What the statements on one version say of it, each list of ranges once: flaws that were fixed together share it, so
// that a package with a thousand flaws has some dozens of lists.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "match/evaluate.h"
#include "version/ordering.h"
#include "vulndb/database.h"

namespace limpid::match {

class Verdicts {
 public:
  // Forgets everything: what follows is of a package with other versions, which is `rebuilt` as parse_build() has it.
  void begin(bool rebuilt);
  // `installed` was parsed by that, with the statement's scheme, from `raw`, the version of the package or,
  // `by_source`, of its source. The answer stays until begin().
  const Evaluation& of(const vulndb::Statement& statement, const version::Version& installed, std::string_view raw,
                       bool by_source);

 private:
  // Lists are told apart by their place. One that has lost its slot to another is evaluated again.
  struct Slot {
    const void* ranges = nullptr;
    const void* versions = nullptr;
    std::uint32_t generation = 0;
    version::Scheme scheme = version::Scheme::none;
    bool by_source = false;
    const Evaluation* evaluation = nullptr;
  };
  static constexpr std::size_t kSlots = 512, kPerChunk = 64;

  const Evaluation& keep(const Evaluation& evaluation);

  Evaluator evaluator_;
  version::Scheme scheme_ = version::Scheme::none;
  bool rebuilt_ = false;
  std::uint32_t generation_ = 0;
  std::array<Slot, kSlots> slots_{};
  std::vector<std::unique_ptr<std::array<Evaluation, kPerChunk>>> chunks_;
  std::size_t kept_ = 0;
};

}  // namespace limpid::match

#include "inventory/memory.h"

namespace limpid::inventory {
namespace {

template <class List>
std::uint64_t memory_of_all(const List& list) {
  std::uint64_t bytes = 0;
  for (const auto& one : list) bytes += memory_of(one);
  return bytes;
}
std::uint64_t memory_of(const Link& link) { return sizeof(Link) + link.path.size() + link.target.size(); }
std::uint64_t memory_of(const Skipped& skipped) {
  return sizeof(Skipped) + skipped.path.size() + skipped.layer.size() + skipped.detail.size();
}

}  // namespace

std::uint64_t memory_of(const Package& package) {
  std::uint64_t bytes = sizeof(Package) + memory_of_all(package.licenses);
  for (const std::string* text :
       {&package.ecosystem, &package.name_space, &package.name, &package.version, &package.arch, &package.source_name,
        &package.source_version, &package.maintainer, &package.location, &package.detector})
    bytes += text->size();
  return bytes;
}

std::uint64_t memory_of(const Evidence& evidence) {
  std::uint64_t bytes = sizeof(Evidence) + evidence.path.size() + evidence.read_from.size() + evidence.owner.size() +
                        memory_of_all(evidence.packages) + memory_of_all(evidence.owned);
  for (const auto& [name, value] : evidence.facts) bytes += kEntryMemory + name.size() + value.size();
  return bytes;
}

std::uint64_t memory_of(const LayerInventory& layer) {
  std::uint64_t bytes = sizeof(LayerInventory);
  for (const auto* paths : {&layer.whiteouts, &layer.opaque, &layer.directories, &layer.files})
    bytes += memory_of_all(*paths);
  for (const auto* links : {&layer.symlinks, &layer.hard_links})
    for (const Link& link : *links) bytes += memory_of(link);
  for (const Skipped& skipped : layer.skipped) bytes += memory_of(skipped);
  return bytes + memory_of_all(layer.evidence);
}

}  // namespace limpid::inventory

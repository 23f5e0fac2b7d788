// Encoding one group: group.h reads what this writes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "vulndb/format.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

// A statement as it goes into a group; texts are numbers in Strings.
struct ReadyStatement {
  std::uint32_t advisory = 0, id = 0, severity = 0;
  std::optional<std::uint32_t> cve;  // the id as cve_key() has it
  std::uint16_t feed = 0;
  advisory::Status status = advisory::Status::unknown;
  advisory::Kind kind = advisory::Kind::vulnerability;
  version::Scheme scheme = version::Scheme::none;
  std::vector<std::array<std::uint32_t, 3>> ranges;
  std::vector<std::uint32_t> versions;
  std::uint32_t conditions = 0;
};

// Conditions as strings.
struct ConditionStrings {
  std::vector<std::uint32_t> architectures, products;
  std::uint32_t module = 0;
};

class GroupWriter {
 public:
  GroupWriter(const Strings& strings, const std::vector<ConditionStrings>& conditions)
      : strings_(strings), conditions_(conditions) {}

  // Groups of one namespace share statements.
  void begin_namespace() { bodies_.clear(); }
  // The group's bytes, until the next call. `number` counts the groups of the file, `index` those of the namespace.
  Bytes encode(std::uint32_t number, std::uint32_t index, std::string_view package, advisory::KeyKind key_kind,
               std::span<const ReadyStatement> statements);

 private:
  void begin();
  std::uint32_t place_of(std::uint32_t string);
  void refer(format::Encoder& to, std::uint32_t string);
  std::uint64_t context_of(const ReadyStatement& statement);
  std::uint64_t ranges_of(const ReadyStatement& statement);
  std::array<const format::Encoder*, 7> areas() const;
  void encode_all(std::span<const ReadyStatement> statements);

  const Strings& strings_;
  const std::vector<ConditionStrings>& conditions_;
  std::uint8_t width_ = 2;
  // Where each string of the group stands, valid for those of this generation.
  std::uint32_t generation_ = 0;
  std::vector<std::uint32_t> seen_, places_;
  std::unordered_map<std::string, std::uint32_t> bodies_;  // what stands behind the name, by the group that has it
  format::Encoder strings_area_, contexts_, ranges_, entry_, group_;
  format::Encoder advisories_, ids_, context_references_, range_references_;  // the statements, column by column
  std::unordered_map<std::string, std::uint64_t> known_contexts_, known_ranges_;
};

}  // namespace limpid::vulndb

// What is said of flaws themselves, by CVE id: how it is united, encoded, written and found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "advisory/types.h"
#include "base/error.h"
#include "vulndb/format.h"
#include "vulndb/output.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

// A CVE id as a number that orders as ids do: years from 1999 to 2062 in the upper 6 bits, the number in the lower 26.
// Nothing for text that is no such id.
std::optional<std::uint32_t> cve_key(std::string_view cve);
std::string cve_of_key(std::uint32_t key);

// Sorts the lists and removes what stands there twice.
void normalise(advisory::Enrichment& enrichment);
// Unites what two records say of one CVE. The result does not depend on which came first.
void merge(advisory::Enrichment& into, advisory::Enrichment&& other);

// Without the id, which is the key.
void encode(const advisory::Enrichment& enrichment, format::Encoder& out);
advisory::Enrichment decode_enrichment(std::uint32_t key, format::Decoder& in);

// Where the record of one key lies in an unpacked block: nothing if the block has none. A block is a u32 number of
// records, for each its key (u32, ascending) and its offset from the block's beginning (u32), then the records.
Result<std::optional<Bytes>> enrichment_in_block(Bytes block, std::uint32_t key);
// Calls `use` with the key and the bytes of each record of a block; fails if they are not in order or leave gaps.
using EnrichmentUse = std::function<Result<void>(std::uint32_t key, Bytes record)>;
Result<void> each_enrichment_in_block(Bytes block, const EnrichmentUse& use);

// Unites and writes the two sections. The number of CVEs.
Result<std::uint64_t> write_enrichments(Records& records, Output& output);

}  // namespace limpid::vulndb

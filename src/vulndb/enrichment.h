// What is said of flaws themselves, by CVE id: how it is united, encoded, written and found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "advisory/types.h"
#include "base/error.h"
#include "vulndb/cve_ids.h"
#include "vulndb/enrichment_names.h"
#include "vulndb/format.h"
#include "vulndb/output.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

// Sorts the lists and removes what stands there twice.
void normalise(advisory::Enrichment& enrichment);
// Unites what two records say of one CVE. The result does not depend on which came first.
void merge(advisory::Enrichment& into, advisory::Enrichment&& other);

// Without the id, which is the key.
void encode(const advisory::Enrichment& enrichment, EnrichmentNames& names, format::Encoder& out);
advisory::Enrichment decode_enrichment(std::uint32_t key, const EnrichmentNames& names, format::Decoder& in);

// Unites and writes the five sections, from "enrichments" to "rating pages". The number of CVEs.
Result<std::uint64_t> write_enrichments(Records& records, Output& output);

}  // namespace limpid::vulndb

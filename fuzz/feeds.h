// What the fuzz targets of feeds share: a feed that reads the input as a file of a name that it knows, and the promise
// that every feed makes: whatever is counted as a statement is either given or counted as dropped.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "advisory/feed.h"
#include "base/file.h"

namespace limpid::fuzz {

struct CheckingSink final : advisory::Sink {
  std::uint64_t statements = 0;  // and enrichments, which are the statements of the feeds that have them

  void advisory(advisory::Advisory&& advisory) override {
    statements += advisory.affected.size();
    for (const auto& affected : advisory.affected) {
      if (affected.name_space.empty() || affected.package.empty()) std::abort();
      // "Fixed" without a bound would mean every version.
      if (affected.status == advisory::Status::fixed && affected.ranges.empty() && affected.versions.empty())
        std::abort();
      for (const auto& range : affected.ranges)
        if (!range.fixed.empty() && !range.last_affected.empty()) std::abort();
    }
  }
  void available(advisory::Available&& /*available*/) override {}
  void end_of_life(advisory::EndOfLife&& /*end_of_life*/) override {}
  void enrichment(advisory::Enrichment&& enrichment) override {
    ++statements;
    if (!enrichment.cve.starts_with("CVE-")) std::abort();
    if (enrichment.epss && (enrichment.epss->probability > 1'000'000 || enrichment.epss->percentile > 1'000'000))
      std::abort();
  }
};

inline void check(const advisory::FeedCounts& counts, const CheckingSink& sink) {
  std::uint64_t dropped = 0;
  for (const auto& [reason, count] : counts.dropped) dropped += count;
  if (counts.statements != sink.statements + dropped) std::abort();
}

// Reads the text as a file of that name.
inline void read_feed(std::string_view feed, const std::string& file_name, std::string_view text) {
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/" + file_name;
  std::ofstream(path, std::ios::binary) << text;
  CheckingSink sink;
  const auto counts = advisory::find_feed(feed)->read({.path = path, .name_space = ""}, sink);
  if (counts) check(*counts, sink);
}

}  // namespace limpid::fuzz

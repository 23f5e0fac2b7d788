// Debian changelogs (deb-changelog(5)): which entry says that it fixes which CVE. docs/feeds.md has the rules,
// precisely enough to be implemented a second time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpid::advisory {

struct ChangelogEntry {
  std::string package, version;
  std::vector<std::string> distributions;  // "bookworm-security", "unstable", …
  bool binary_only = false;                // a rebuild of one architecture: its version is no source version
  std::string date;                        // RFC 3339, UTC; "" if missing or malformed
  // CVE ids, each once: named by an item that counts, and named only by items that do not.
  std::vector<std::string> fixed, only_named;
};

// The entries, newest first. Never fails: what is no changelog has no entries.
std::vector<ChangelogEntry> parse_changelog(std::string_view text);

struct ChangelogFix {
  std::string id;
  std::string version;  // the first source version with the fix
  std::string date;     // of the entry that names it
};

struct ChangelogFacts {
  std::vector<ChangelogFix> fixes;       // sorted by id
  std::vector<std::string> without_fix;  // sorted: named, but nowhere as fixed for this release
};

// What the entries say for this release ("debian:12").
ChangelogFacts facts_for_release(const std::vector<ChangelogEntry>& entries, std::string_view name_space);

}  // namespace limpid::advisory

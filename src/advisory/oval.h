// OVAL definitions of rpm distributions, https://github.com/OVALProject/Language (5.x): a definition is a flaw or an
// update, its criteria say on which release which package must be older than what.
//
// Definitions stand before the tests that they refer to, so a file is read twice: first tests, objects and states,
// which are kept in a compact form, then the definitions, one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feed.h"

namespace limpid::advisory {

// A criterion with what its test asks for. Views live while the definition is visited.
struct OvalTest {
  std::string_view comment;
  std::string_view object;          // the package's name, "" where the test is of something else
  std::string_view operation, evr;  // "less than", "0:1.2-3"; "" if the state has none
  std::string_view version;         // of the state: a release's number, or "0" where SUSE says "not affected"
  std::string_view architectures;   // the state's pattern: "aarch64|x86_64"
  bool is_signature = false;        // asks who signed the package
  bool is_known = false;            // the file defines the test
};

struct OvalNode {
  bool is_and = true;
  bool is_leaf = false;
  OvalTest test;                   // of a leaf
  std::vector<OvalNode> children;  // of the others
};

struct OvalCve {
  std::string id, impact, cvss;  // cvss: vectors, blank-separated
};

struct OvalDefinition {
  std::string id, kind;  // "patch", "vulnerability", "inventory", …
  std::string title, description, severity, issued, updated;
  std::vector<OvalCve> cves;
  std::vector<std::string> reference_ids, references;  // ids and URLs of `reference`
  std::vector<std::string> platforms, cpes;
  struct Resolution {
    std::string state, component;  // Red Hat: "Will not fix", "tar"
  };
  std::vector<Resolution> resolutions;
  OvalNode criteria;
};

using OvalVisitor = std::function<Result<void>(const OvalDefinition&)>;

// Reads a file, a tar archive of them, or a folder of either (*.xml, also compressed).
Result<void> read_oval(const FeedInput& input, const Sink& sink, FeedCounts& counts, const OvalVisitor& visit);

// What a leaf means to a feed.
enum class OvalMeaning : std::uint8_t { ignored, package, release, architecture, module };

// The way to one package's test: what stands beside it in "AND". Empty: not asked for.
struct OvalPath {
  std::vector<std::string> releases, architectures;
  std::string module;
};

// Calls `use` for each package's test with the path to it. `meaning_of` may set the text that the path is to hold: the
// release's name, the architecture, "nodejs:18".
void walk_oval(const OvalNode& criteria,
               const std::function<OvalMeaning(const OvalTest& test, std::string& text)>& meaning_of,
               const std::function<void(const OvalPath& path, const OvalTest& test)>& use);

// The same, where every packages' test asks for an older version ("zlib is earlier than 0:1.2-3"), and modules are told
// by "Module nodejs:18 is enabled": the updates of Red Hat and of those who rebuild it. `place_of` tells releases and
// architectures. The update's id is the first reference that is no CVE.
struct RpmUpdate;
RpmUpdate update_of_oval(const OvalDefinition& definition,
                         const std::function<OvalMeaning(const OvalTest& test, std::string& text)>& place_of,
                         const std::function<std::string(const OvalPath& path)>& namespace_of);
// What the words of a test mean there, OvalMeaning::ignored for those of a place.
OvalMeaning rpm_oval_meaning(const OvalTest& test, std::string& text);

// The words of "x86_64|(aarch64|s390x)" or "(i586|x86_64)"; nothing for other patterns.
std::vector<std::string> oval_architectures(std::string_view pattern);
// Those that a package's test holds of: its path's, else its state's, else "" for any.
std::vector<std::string> architectures_of(const OvalPath& path, const OvalTest& test);
std::vector<std::string_view> vectors_of(const OvalCve& cve);

}  // namespace limpid::advisory

// An update of an rpm distribution: packages in the versions that fix some flaws. What updateinfo.xml, errata and their
// like have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "advisory/feed.h"

namespace limpid::advisory {

struct RpmUpdate {
  std::string id;    // "ALSA-2024:1234"
  std::string type;  // "security", "bugfix", …, in lower case
  std::string severity, title, description, issued, updated;
  std::vector<std::string> cves, references;
  std::vector<std::string> cvss;  // vectors
  struct Package {
    std::string name, epoch, version, release, architecture;
    std::string module;      // "nodejs:18", "" for none
    std::string introduced;  // of a line of versions that the fix is for, "" for all before it
    std::string name_space;  // "" where the update's holds
  };
  std::vector<Package> packages;
};

// How a distribution's updates become statements.
struct RpmUpdateRules {
  std::string name_space;
  std::vector<std::string> products;  // see Affected
  // Architectures with one version between them are not told apart: for feeds whose files list all of them anyway.
  bool unite_architectures = false;
};

// Hands the update to the sink as one advisory that names its CVEs as upstream. A record is an update, a statement is
// one of its packages for one architecture. Dropped: updates that are no security updates and name no CVE, source
// packages, debugging symbols.
void emit_rpm_update(RpmUpdate&& update, const RpmUpdateRules& rules, FeedCounts& counts, Sink& sink);

// Whether `id` is one, and then adds it to the list unless it is there.
bool add_cve(std::vector<std::string>& cves, std::string_view id);

// Each update of an updateinfo.xml (https://github.com/rpm-software-management/createrepo_c, updateinfo), with the
// names that its release and its collections go by.
struct UpdateInfoPlace {
  std::string release, short_name, name;
};
using UpdateInfoVisitor = std::function<Result<void>(RpmUpdate&& update, const UpdateInfoPlace& place)>;
Result<void> read_updateinfo(const std::string& path, const Sink& sink, const UpdateInfoVisitor& visit);

// The inputs of a feed whose updates come in several forms: a file of any name, or in a folder all that are named
// *.json or *.xml, compressed or not, and are of a form that is known. Code::not_found if there is none.
enum class UpdateForm : std::uint8_t { json, updateinfo, oval };
struct UpdateInput {
  std::string path;
  UpdateForm form = UpdateForm::json;
};
Result<std::vector<UpdateInput>> list_update_inputs(const std::string& path);

}  // namespace limpid::advisory

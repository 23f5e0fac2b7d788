// Feed "ubuntu": Ubuntu's CVE tracker, https://git.launchpad.net/ubuntu-cve-tracker (active/, retired/, ignored/; a
// text file for each CVE, described in its README), and the OVAL files made of it,
// https://security-metadata.canonical.com/oval/.
#include "advisory/ubuntu.h"

#include <algorithm>

#include "advisory/documents.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kCveFileSizeMax = std::uint64_t{8} << 20;  // the largest real one: 200 kB

bool is_oval_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".xml") || name.ends_with(".xml.bz2") || name.ends_with(".xml.gz") || name.ends_with(".xml.xz");
}

// Neither boilerplate nor lists.
bool is_cve_file(std::string_view path) { return path.substr(path.rfind('/') + 1).starts_with("CVE-"); }

class UbuntuFeed final : public Feed {
 public:
  std::string_view name() const override { return "ubuntu"; }
  std::string_view description() const override {
    return "Ubuntu's CVE tracker (a tar archive, a folder, or one CVE's file), or its OVAL files (.xml, .xml.bz2)";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    // OVAL files first, each by itself; what is no such file is the tracker's.
    const auto oval = list_inputs(input.path, is_oval_file);
    if (!oval && oval.error().code() != Code::not_found) return std::unexpected(oval.error());
    const bool one_file = oval && oval->size() == 1 && (*oval)[0] == input.path;
    bool any_oval = false;
    if (oval && (!one_file || is_oval_file(input.path))) {
      for (const auto& path : *oval) {
        if (sink.is_cancelled()) return cancelled();
        LIMPID_TRY(read_ubuntu_oval(path, counts, sink));
        any_oval = true;
      }
      if (one_file) return counts;
    }
    const DocumentKind kind{
        .size_max = kCveFileSizeMax,
        .is_document = is_cve_file,
        // A tar archive begins with a name and zeroes.
        .begins_document = [](std::string_view beginning) { return beginning.find('\0') == std::string_view::npos; },
    };
    const auto visit = [&](const std::string& /*name*/, std::string& text) {
      return read_ubuntu_cve(text, counts, sink);
    };
    const auto read = each_document(input, kind, sink, counts, visit);
    if (!read && !(any_oval && read.error().code() == Code::not_found)) return std::unexpected(read.error());
    return counts;
  }
};

}  // namespace

std::string ubuntu_namespace_of_pocket(std::string_view pocket) {
  std::string_view release = pocket;
  bool esm = base::strip_suffix(release, "/esm");
  for (const std::string_view prefix : {"esm-infra/", "esm-apps/", "esm-infra-legacy/", "esm-apps-legacy/"})
    if (base::strip_prefix(release, prefix)) esm = true;
  const auto known = namespace_of_codename(release);
  if (!known.starts_with("ubuntu:")) return {};
  return esm ? base::cat({known, "+esm"}) : std::string(known);
}

bool tells_end_of_life(std::string_view note) {
  const auto text = base::lower(note);
  for (const auto* phrase :
       {"end of life", "end-of-life", "end of standard support", "out of standard support", "end of support"})
    if (text.contains(phrase)) return true;
  return false;
}

const Feed& ubuntu_feed() {
  static const UbuntuFeed feed;
  return feed;
}

}  // namespace limpid::advisory

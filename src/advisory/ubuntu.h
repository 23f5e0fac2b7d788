// Ubuntu's own two forms of one content: the CVE tracker's text files (ubuntu_tracker.cc) and OVAL (ubuntu_oval.cc).
// Only for ubuntu*.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "advisory/feed.h"

namespace limpid::advisory {

// "ubuntu:22.04" of "jammy", "ubuntu:16.04+esm" of "esm-infra/xenial", "esm-apps/xenial", "xenial/esm"; "" for a
// variant with packages of its own (FIPS, phone, real-time) and for what is no release.
std::string ubuntu_namespace_of_pocket(std::string_view pocket);

// Whether the note beside "ignored" tells that the release's support has ended.
bool tells_end_of_life(std::string_view note);

// A record is a CVE's file, a statement a line "RELEASE_PACKAGE: STATUS (NOTE)".
Result<void> read_ubuntu_cve(const std::string& text, FeedCounts& counts, Sink& sink);

// A record is a definition, a statement one of its tests.
Result<void> read_ubuntu_oval(const std::string& path, FeedCounts& counts, Sink& sink);

}  // namespace limpid::advisory

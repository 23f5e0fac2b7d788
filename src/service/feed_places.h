// Where feeds come from: the upstreams' places, and which files a configured place stands for.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/config.h"

namespace limpid::service {

// One file to fetch.
struct FeedFile {
  std::string url;
  std::string name;  // of the local copy, such as "v3.19/main.json": plain names joined by '/'
  // Where a list says when the file was last changed: a copy that was taken under the same words is not asked for
  // again.
  std::string version = {};
  // Its content, where the place says that there is nothing to be fetched.
  std::string text = {};
};

struct FeedPlace {
  bool is_local = false;
  std::string path;        // of a local file or folder
  bool is_folder = false;  // the feed reads a folder; else one file
  std::string shown;       // for people: "secdb.alpinelinux.org", "all.zip"
};

// What kind of place it is, without asking anybody. A URL that ends in '/' is a folder. Code::usage for a place that
// the feed cannot have.
Result<FeedPlace> find_place(const FeedSource& source);

// Fetches a small page, for indices.
using PageReader = std::function<Result<std::string>(const std::string& url)>;

// The files to fetch, sorted by name; none for a local folder, which is read where it is. A remote folder stands for
// what is known to lie below it: an archive and what changed since (redhat), errata of each release (almalinux),
// branches and repositories of Alpine's secdb (as its index pages list them), all.zip of the ecosystems whose packages
// we find in images (osv), the metadata of each release (photon), debian.csv and ubuntu.csv (distro-info). `kept` are
// the names of the files that we have.
Result<std::vector<FeedFile>> list_files(const FeedSource& source, const FeedPlace& place, const PageReader& read_page,
                                         std::span<const std::string> kept = {});

// The values of href in a page's <a …> elements, in their order; nothing is decoded.
std::vector<std::string_view> anchors_of(std::string_view page);

// The URL without credentials and query, for people and as a name.
std::string printable_place(std::string_view url);

}  // namespace limpid::service

#include "service/feed_places.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "base/date.h"
#include "base/text.h"
#include "service/redhat_vex.h"
#include "service/update.h"

namespace limpid::service {
namespace {

// Alpine has some two branches a year since 2014.
constexpr std::size_t kBranchesMax = 200;
constexpr std::string_view kAlpineRepositories[] = {"community.json", "main.json"};
// Of OSV's ecosystems, those whose packages the inventory finds. Others are given by their own URL.
constexpr std::string_view kOsvEcosystems[] = {"Alpaquita", "Alpine",  "Chainguard", "Debian", "Echo",
                                               "Mageia",    "MinimOS", "Ubuntu",     "Wolfi",  "openEuler"};
constexpr std::string_view kPhotonReleases[] = {"3.0", "4.0", "5.0"};
constexpr std::string_view kDistroInfoTables[] = {"debian.csv", "ubuntu.csv"};
constexpr std::string_view kAlmaLinuxErrata[] = {"8/errata.full.json", "9/errata.full.json", "10/errata.full.json"};
constexpr std::string_view kDebianLists[] = {"DLA/list", "DSA/list"};
constexpr std::string_view kDebianSupport[] = {"security-support-ended.deb10", "security-support-ended.deb11",
                                               "security-support-ended.deb12", "security-support-limited"};
constexpr int kNvdFirstYear = 2002;  // its file holds the years before, too
constexpr std::size_t kFileNameMax = 100;

bool is_http(std::string_view url) {
  const std::string scheme = base::lower(base::take_until(url, ':'));
  return (scheme == "http" || scheme == "https") && url.starts_with("//");
}

// "" where it is none.
std::string_view without_query(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

// What follows the host: "/a/b", "" if nothing does.
std::string_view path_of(std::string_view url) {
  url = without_query(url);
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return url;
  const std::size_t path = url.find('/', host + 3);
  return path == std::string_view::npos ? std::string_view() : url.substr(path);
}

// A name for the local copy that no file system minds. A feed may judge by it ("debian.csv", "all.zip").
std::string file_name_of(std::string_view url) {
  std::string_view path = path_of(url);
  std::string name;
  for (const char c : path.substr(path.rfind('/') + 1)) {
    if (name.size() == kFileNameMax) break;
    const bool plain = base::is_alnum(c) || c == '_' || c == '-' || (c == '.' && !name.empty());
    name += plain ? c : '_';
  }
  return name.empty() ? "feed" : name;
}

// RFC 8089: file:///path, file:/path, file://localhost/path, percent-encoded.
Result<std::string> path_of_file_url(std::string_view url) {
  std::string_view rest = url.substr(std::string_view("file:").size());
  if (base::strip_prefix(rest, "//")) {
    const std::size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    if (slash == std::string_view::npos || (!host.empty() && host != "localhost"))
      return fail(Code::usage, {url, ": a file URL of this machine is written file:///PATH"});
    rest.remove_prefix(slash);
  }
  std::string path;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    const int high = i + 2 < rest.size() ? base::hex_value(rest[i + 1]) : -1;
    const int low = high >= 0 ? base::hex_value(rest[i + 2]) : -1;
    const int byte = high * 16 + low;
    if (low < 0 || byte == 0) return fail(Code::usage, {url, ": a damaged percent-encoding"});
    path += static_cast<char>(byte);
    i += 2;
  }
  if (path.empty()) return fail(Code::usage, {url, ": no path"});
  return path;
}

Result<FeedPlace> local_place(std::string path) {
  FeedPlace place;
  place.is_local = true;
  std::error_code error;
  place.is_folder = std::filesystem::is_directory(path, error);
  std::filesystem::path name(path);
  if (!name.has_filename()) name = name.parent_path();
  place.shown = name.filename().string();
  place.path = std::move(path);
  return place;
}

// A link of an index page as a name right below the page, "" if it leads elsewhere.
std::string_view name_below(std::string_view page_url, std::string_view link) {
  if (!base::strip_prefix(link, page_url) && !base::strip_prefix(link, path_of(page_url)))
    base::strip_prefix(link, "./");
  return link;
}

bool is_branch(std::string_view name) {
  if (name == "edge/") return true;
  if (!base::strip_prefix(name, "v") || !base::strip_suffix(name, "/")) return false;
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, base::is_digit);
  };
  const std::string_view major = base::take_until(name, '.');
  return is_number(major) && is_number(name);
}

// The names below the page that `wanted` says yes to, sorted, each once.
template <class Wanted>
std::set<std::string> names_in(std::string_view page_url, std::string_view page, const Wanted& wanted) {
  std::set<std::string> names;
  for (const std::string_view link : anchors_of(page)) {
    const std::string_view name = name_below(page_url, link);
    if (wanted(name)) names.emplace(name);
  }
  return names;
}

bool is_repository(std::string_view name) {
  return std::ranges::find(kAlpineRepositories, name) != std::end(kAlpineRepositories);
}

Result<std::vector<FeedFile>> alpine_files(const std::string& base_url, const PageReader& read_page) {
  LIMPID_ASSIGN(const std::string page, read_page(base_url));
  std::vector<FeedFile> files;
  for (const std::string& name : names_in(base_url, page, is_repository)) files.push_back({base_url + name, name});
  if (!files.empty()) return files;  // the base is one branch
  const std::set<std::string> branches = names_in(base_url, page, is_branch);
  if (branches.size() > kBranchesMax)
    return fail(Code::limit, {printable_place(base_url), ": an index of more than ", kBranchesMax, " branches"});
  for (const std::string& branch : branches) {
    const std::string branch_url = base_url + branch;
    LIMPID_ASSIGN(const std::string list, read_page(branch_url));
    for (const std::string& name : names_in(branch_url, list, is_repository))
      files.push_back({branch_url + name, branch + name});
  }
  if (files.empty()) return fail(Code::invalid, {printable_place(base_url), ": its index lists no branch of Alpine"});
  return files;
}

Result<std::vector<FeedFile>> files_below(const FeedSource& source, const PageReader& read_page,
                                          std::span<const std::string> kept) {
  const std::string& base_url = source.url;
  if (base_url.find_first_of("?#") != std::string::npos)
    return fail(Code::usage, {printable_place(base_url), ": a query after a folder"});
  std::vector<FeedFile> files;
  if (source.feed == "alpine") return alpine_files(base_url, read_page);
  if (source.feed == "redhat") return redhat_vex_files(base_url, kept, read_page);
  if (source.feed == "osv") {
    for (const std::string_view ecosystem : kOsvEcosystems) {
      const std::string name = base::cat({ecosystem, "/all.zip"});
      files.push_back({base_url + name, name});
    }
  } else if (source.feed == "almalinux") {
    for (const std::string_view errata : kAlmaLinuxErrata)
      files.push_back({base::cat({base_url, errata}), std::string(errata)});
  } else if (source.feed == "photon") {
    for (const std::string_view release : kPhotonReleases) {
      const std::string name = base::cat({"cve_data_photon", release, ".json"});
      files.push_back({base_url + name, name});
    }
  } else if (source.feed == "distro-info") {
    for (const std::string_view table : kDistroInfoTables)
      files.push_back({base::cat({base_url, table}), std::string(table)});
  } else if (source.feed == "debian-lists") {
    for (const std::string_view list : kDebianLists) files.push_back({base::cat({base_url, list}), std::string(list)});
  } else if (source.feed == "debian-security-support") {
    for (const std::string_view list : kDebianSupport)
      files.push_back({base::cat({base_url, list}), std::string(list)});
  } else if (source.feed == "nvd") {
    const int this_year = static_cast<int>(std::chrono::year_month_day(base::today()).year());
    for (int year = kNvdFirstYear; year <= this_year; ++year) {
      const std::string name = base::cat({"nvdcve-2.0-", year, ".json.gz"});
      files.push_back({base_url + name, name});
    }
  } else {
    return fail(Code::usage,
                {printable_place(base_url), ": for the feed ", source.feed, ", name a file, not a folder"});
  }
  return files;
}

std::string host_of(std::string_view printable) {
  base::take_until(printable, '/');
  base::take_until(printable, '/');
  return std::string(base::take_until(printable, '/'));
}

}  // namespace

const std::vector<FeedSource>& default_feeds() {
  static const std::vector<FeedSource> feeds = {
      {.feed = "debian",
       .url = "https://security-tracker.debian.org/tracker/data/json",
       .name_space = {},
       .ca_file = {}},
      {.feed = "alpine", .url = "https://secdb.alpinelinux.org/", .name_space = {}, .ca_file = {}},
      {.feed = "redhat",
       .url = "https://security.access.redhat.com/data/csaf/v2/vex/",
       .name_space = {},
       .ca_file = {}},
      {.feed = "redhat-repositories",
       .url = "https://security.access.redhat.com/data/metrics/repository-to-cpe.json",
       .name_space = {},
       .ca_file = {}},
      {.feed = "almalinux", .url = "https://errata.almalinux.org/", .name_space = {}, .ca_file = {}},
      {.feed = "oracle",
       .url = "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
       .name_space = {},
       .ca_file = {}},
      {.feed = "suse",
       .url = "https://ftp.suse.com/pub/projects/security/csaf-vex.tar.bz2",
       .name_space = {},
       .ca_file = {}},
      {.feed = "osv", .url = "https://osv-vulnerabilities.storage.googleapis.com/", .name_space = {}, .ca_file = {}},
      {.feed = "endoflife", .url = "https://endoflife.date/api/v1/products/full", .name_space = {}, .ca_file = {}},
      {.feed = "azurelinux",
       .url = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/azurelinux-3.0-oval.xml",
       .name_space = {},
       .ca_file = {}},
      {.feed = "photon",
       .url = "https://packages.broadcom.com/photon/photon_cve_metadata/",
       .name_space = {},
       .ca_file = {}},
      {.feed = "arch", .url = "https://security.archlinux.org/all.json", .name_space = {}, .ca_file = {}},
      {.feed = "bottlerocket",
       .url = "https://advisories.bottlerocket.aws/updateinfo.xml.gz",
       .name_space = {},
       .ca_file = {}},
      {.feed = "epss",
       .url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
       .name_space = {},
       .ca_file = {}},
      {.feed = "kev",
       .url = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
       .name_space = {},
       .ca_file = {}},
  };
  return feeds;
}

Result<FeedPlace> find_place(const FeedSource& source) {
  if (source.url.empty()) return fail(Code::usage, {"the feed ", source.feed, " has no URL"});
  if (base::lower(source.url.substr(0, 5)) == "file:") {
    LIMPID_ASSIGN(std::string path, path_of_file_url(source.url));
    return local_place(std::move(path));
  }
  if (!is_http(source.url)) {
    if (source.url.find("://") != std::string::npos)
      return fail(Code::usage, {printable_place(source.url), ": only http, https and file URLs and paths are read"});
    return local_place(source.url);
  }
  FeedPlace place;
  const std::string_view path = path_of(source.url);
  place.is_folder = path.empty() || path.ends_with('/');
  place.shown = place.is_folder ? host_of(printable_place(source.url)) : file_name_of(source.url);
  return place;
}

Result<std::vector<FeedFile>> list_files(const FeedSource& source, const FeedPlace& place, const PageReader& read_page,
                                         std::span<const std::string> kept) {
  std::vector<FeedFile> files;
  if (place.is_local) {
    if (!place.is_folder) files.push_back({place.path, file_name_of(place.path)});
    return files;
  }
  if (!place.is_folder) {
    files.push_back({source.url, file_name_of(source.url)});
    return files;
  }
  FeedSource base = source;
  if (path_of(base.url).empty()) base.url += '/';
  LIMPID_ASSIGN(files, files_below(base, read_page, kept));
  std::ranges::sort(files, {}, &FeedFile::name);
  return files;
}

std::vector<std::string_view> anchors_of(std::string_view page) {
  std::vector<std::string_view> links;
  std::size_t at = 0;
  while ((at = page.find('<', at)) != std::string_view::npos) {
    ++at;
    if (at + 1 >= page.size() || base::to_lower(page[at]) != 'a' || !base::is_space(page[at + 1])) continue;
    const std::size_t tag_end = std::min(page.size(), page.find('>', at));
    std::string_view rest = page.substr(at + 1, tag_end - at - 1);
    at = tag_end;
    while (!(rest = base::trim(rest)).empty()) {
      const std::size_t name_end = rest.find_first_of("= \t\r\n");
      const std::string_view name = rest.substr(0, name_end);
      rest = base::trim(rest.substr(std::min(rest.size(), name.size())));
      if (!base::strip_prefix(rest, "=")) continue;
      rest = base::trim(rest);
      const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
      const std::size_t end = quoted ? rest.find(rest[0], 1) : rest.find_first_of(" \t\r\n");
      const std::string_view value =
          quoted ? rest.substr(1, end == std::string_view::npos ? end : end - 1) : rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (!value.empty() && base::equal_ignoring_case(name, "href")) links.push_back(value);
    }
  }
  return links;
}

std::string printable_place(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return std::string(url);
  url = without_query(url);
  const std::size_t slash = url.find('/', host + 3);
  const std::string_view authority = url.substr(host + 3, slash == std::string_view::npos ? slash : slash - host - 3);
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return base::cat({url.substr(0, host + 3), url.substr(host + 3 + at + 1)});
}

}  // namespace limpid::service

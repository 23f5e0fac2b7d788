#include "image/host_certificates.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace limpid::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAuthority = ".crt", kCertificate = ".cert", kKey = ".key";

// The names of the files of a folder, in order; nothing where there is no such folder.
Result<std::optional<std::vector<std::string>>> names_in(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  auto entry = fs::directory_iterator(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return std::nullopt;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
    if (names.size() > kHostCertificatesMax)
      return fail(Code::limit, {folder, ": more than the ", kHostCertificatesMax, " files that we read"});
  }
  // As containers' tools have it: somebody else's folder keeps nobody from a public image.
  if (error)
    base::log(base::LogLevel::debug, "registry: no look at certificates",
              {{"folder", folder}, {"reason", error.message()}});
  std::ranges::sort(names);
  return names;
}

Result<void> add_folder(const std::string& folder, const std::vector<std::string>& names, net::Tls& tls) {
  const auto has = [&](const std::string& name) { return std::ranges::binary_search(names, name); };
  const auto read = [&](const std::string& name) {
    return base::read_file(base::cat({folder, "/", name}), kHostCertificateSizeMax);
  };
  const bool wants_identity = !tls.has_identity();
  for (const std::string& name : names) {
    std::string_view stem = name;
    if (base::strip_suffix(stem, kAuthority)) {
      LIMPID_ASSIGN(const std::string pem, read(name));
      base::append(tls.ca, {"\n", pem});
    } else if (base::strip_suffix(stem, kCertificate)) {
      const std::string key = base::cat({stem, kKey});
      if (!has(key))
        return fail(Code::usage, {folder, ": ", name, " is without its ", key, " (authorities are named *.crt)"});
      if (!wants_identity || !tls.cert.empty()) continue;
      LIMPID_ASSIGN(tls.cert, read(name));
      LIMPID_ASSIGN(tls.key, read(key));
    } else if (base::strip_suffix(stem, kKey) && !has(base::cat({stem, kCertificate}))) {
      return fail(Code::usage, {folder, ": ", name, " is without its ", stem, kCertificate});
    }
  }
  return {};
}

}  // namespace

Result<void> add_host_certificates(const Name& name, const CertificateSearch& search, net::Tls& tls) {
  std::vector<std::string> places = search.system;
  if (const std::string home = search.environment ? search.environment("HOME") : ""; !home.empty())
    places.insert(places.begin(), home + "/.config/containers/certs.d");
  for (const std::string& place : places) {
    const std::string folder = base::cat({place, "/", name.domain});
    LIMPID_ASSIGN(const std::optional<std::vector<std::string>> names, names_in(folder));
    if (names) return add_folder(folder, *names, tls);
  }
  return {};
}

}  // namespace limpid::image

#include "cli/sandbox.h"

#include <cstdlib>
#include <filesystem>
#include <span>
#include <utility>

#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/common.h"

namespace limpid::cli {
namespace {

// The sanitizers' own runtimes open files, start helpers and trace themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

// Libraries that are loaded when they are first needed, what libc and the standard library look up. /proc/self is this
// process alone.
constexpr const char* kSystem[] = {"/usr",
                                   "/lib",
                                   "/lib32",
                                   "/lib64",
                                   "/nix/store",
                                   "/gnu/store",
                                   "/etc/ld.so.cache",
                                   "/etc/localtime",
                                   "/proc/self",
                                   "/proc/cpuinfo",
                                   "/proc/meminfo",
                                   "/proc/stat",
                                   "/proc/sys",
                                   "/sys/devices/system",
                                   "/sys/fs/cgroup",
                                   "/dev/null",
                                   "/dev/zero",
                                   "/dev/random",
                                   "/dev/urandom"};
// For connections besides: names of hosts, certificates.
constexpr const char* kNetwork[] = {
    "/etc",     "/opt", "/var/lib/ca-certificates", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
    "/run/nscd"};
// Variables that name files or folders (several of them by colons) that libraries read.
constexpr const char* kSystemVariables[] = {"LD_LIBRARY_PATH", "TZDIR"};
constexpr const char* kNetworkVariables[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_MODULES",
                                             "CURL_CA_BUNDLE"};

void add(std::span<const char* const> paths, std::span<const char* const> variables, std::vector<std::string>& to) {
  to.insert(to.end(), paths.begin(), paths.end());
  for (const char* name : variables) {
    if (const char* value = std::getenv(name))
      for (const std::string_view path : base::split(value, ':'))
        if (!path.empty()) to.emplace_back(path);
  }
}

void add_folder_of(const std::string& path, std::vector<std::string>& to) {
  const std::string folder = std::filesystem::path(path).parent_path();
  to.push_back(folder.empty() ? "." : folder);
}

// Where a result goes: the file itself if it is a device or a pipe, else its folder, in which it is replaced.
void add_output(const OutputOptions& output, std::vector<std::string>& writable) {
  if (to_standard_output(output)) return;
  const std::string file = base::followed(output.file);
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    writable.push_back(file);
  } else {
    add_folder_of(file, writable);
  }
}

std::string told(const base::Confined::Part& part) {
  return part.active ? part.detail : base::cat({"none: ", part.detail});
}

void confine(const std::vector<std::string>& targets, const ImageOptions& image, const OutputOptions& output) {
  if (image.no_sandbox || kSanitized) {
    const char* const reason = image.no_sandbox ? "none: --no-sandbox" : "none: built with a sanitizer";
    return base::log(base::LogLevel::debug, "sandbox", {{"files", reason}, {"calls", reason}});
  }
  const base::Confinement to = confinement_for(targets, image, output);
  const base::Confined done = base::confine(to);
  base::log(base::LogLevel::debug, "sandbox",
            {{"files", told(done.files)}, {"calls", told(done.calls)}, {"network", to.network ? "yes" : "no"}});
}

}  // namespace

base::Confinement confinement_for(const std::vector<std::string>& targets, const ImageOptions& image,
                                  const OutputOptions& output) {
  base::Confinement to;
  add(kSystem, kSystemVariables, to.readable);
  for (const std::string& target : targets) {
    if (auto path = image::local_path(target)) {
      if (!path->empty()) to.readable.push_back(*std::move(path));
      continue;
    }
    to.network = true;
    if (image::is_in_runtime(target)) to.readable.emplace_back("/");
  }
  if (!image.foreign_layers_from.empty()) to.network = true;
  if (to.network) {
    add(kNetwork, kNetworkVariables, to.readable);
    // For foreign layers; all others' certificates have been read when the image was found.
    if (!image.registry.ca_file.empty()) to.readable.push_back(image.registry.ca_file);
  }
  const char* temporary = std::getenv("TMPDIR");
  to.writable.emplace_back(temporary != nullptr && *temporary != '\0' ? temporary : "/tmp");
  to.writable.emplace_back("/dev/null");
  if (!image.cache.off) to.writable.push_back(scan::cache_files_folder(cache_folder(image.cache.folder)));
  add_output(output, to.writable);
  return to;
}

Result<Targets> Targets::confine_and_open(const std::vector<std::string>& targets, const image::OpenOptions& options,
                                          const ImageOptions& image, const OutputOptions& output) {
  Targets all(options);
  for (const std::string& target : targets) {
    all.targets_.push_back({target, {}});
    if (image::local_path(target)) continue;
    LIMPID_ASSIGN(all.targets_.back().images, image::open_images(target, options));
  }
  confine(targets, image, output);
  return all;
}

Result<Targets::Images> Targets::open(std::size_t index) {
  Target& target = targets_.at(index);
  if (!target.images.empty()) return std::exchange(target.images, {});
  return image::open_images(target.name, *options_);
}

}  // namespace limpid::cli

// What the command line said, one struct a command. Filled by arguments.cc, used by the command's own file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scan/limits.h"

namespace limpid::cli {

// The exit statuses that scripts rely on.
inline constexpr int kDone = 0, kFailed = 1, kGateTripped = 2;

struct OutputOptions {
  std::string format = "table";
  std::string file;  // "" or "-": standard output
};

struct RegistryArguments {
  std::string username;
  bool password_from_input = false;
  bool insecure = false;
  std::vector<std::string> plain_http;  // HOST[:PORT]
  std::string ca_file, cert_file, key_file;
  std::string registries_conf;       // "": the usual places
  std::vector<std::string> mirrors;  // [REGISTRY=]HOST[/PATH]
};

struct CacheOptions {
  bool off = false;
  std::string folder;          // "": the default place
  std::uint64_t size_max = 0;  // set by the argument's default
};

struct ImageOptions {
  std::string platform;      // "" : linux on this machine's architecture
  std::string distribution;  // "": what the image says
  unsigned jobs = 0;         // 0: one for each processor
  std::string timeout;       // of the whole run; "": none
  scan::Limits limits;
  bool no_sandbox = false;
  bool lazy = false;  // fetch only what is wanted of layers, where they allow it
  RegistryArguments registry;
  std::vector<std::string> foreign_layers_from;  // HOST or NETWORK
  std::string containerd_root;                   // "": where containerd keeps it by itself
  CacheOptions cache;
};

struct ScanCommand {
  std::vector<std::string> targets;
  ImageOptions image;
  OutputOptions output;
  std::string database;                    // "": the default place
  std::string severities;                  // comma separated, "" for all
  std::string statuses, ignored_statuses;  // likewise
  bool only_fixed = false, only_unfixed = false;
  bool ignore_not_running = false, ignore_data_only = false;
  std::string ignore_file = ".trivyignore";
  bool ignore_file_named = false;  // by the user: then it must exist
  std::string fail_on;
  int exit_code = -1;    // -1: not given
  int exit_on_eol = -1;  // likewise
  bool fail_on_incomplete = false;
  bool quiet = false;
};

struct InventoryCommand {
  std::string target;
  ImageOptions image;
  OutputOptions output;
  bool fail_on_incomplete = false;
  bool quiet = false;
};

struct DbBuildCommand {
  std::vector<std::string> feeds;  // NAME[@NAMESPACE]=PATH
  std::string file;
  bool quiet = false;
};

struct DbUpdateCommand {
  std::vector<std::string> feeds;  // NAME[@NAMESPACE]=URL; none: the upstreams' own places
  std::string folder;              // of what was fetched; "": the default place
  std::string file;
  std::string ca_file;
  bool quiet = false;
};

struct DbQueryCommand {
  std::string database;
  std::string argument;    // the id, or the package
  std::string name_space;  // "": all
  std::string format = "table";
};

struct CacheCommand {
  CacheOptions cache;
  std::string format = "table";  // of info
  bool all = false;              // of prune
};

struct ServeCommand {
  std::string config, listen, store, database, data_folder;
  std::vector<std::string> layers_from;
  bool insecure_tls = false;
  bool check_config = false;
};

struct VersionCompareCommand {
  std::string scheme, a, b;  // a == "-": pairs from standard input
};

int run_scan(const ScanCommand& command);
int run_plan(const ScanCommand& command);
int run_inventory(const InventoryCommand& command);
int run_db_build(const DbBuildCommand& command);
int run_db_update(const DbUpdateCommand& command);
int run_db_info(const DbQueryCommand& command);
int run_db_show(const DbQueryCommand& command);
int run_db_search(const DbQueryCommand& command);
int run_db_verify(const DbQueryCommand& command);
int run_cache_info(const CacheCommand& command);
int run_cache_prune(const CacheCommand& command);
int run_serve(const ServeCommand& command);
int run_version_compare(const VersionCompareCommand& command);

// Parses and runs; the process's exit status.
int run(int argc, char** argv);

}  // namespace limpid::cli

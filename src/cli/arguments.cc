// The command tree. The only file that includes CLI11, which is slow to compile.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advisory/feed.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/options.h"
#include "scan/cache.h"
#include "version/ordering.h"

#ifndef LIMPID_VERSION
#error "the build defines LIMPID_VERSION"
#endif

namespace limpid::cli {
namespace {

constexpr const char* kTargets =
    "TARGET is a path, recognised by its content, or what a prefix says it is:\n"
    "  docker-archive:PATH[:TAG]   what `docker save` writes\n"
    "  oci-archive:PATH[:TAG]      an OCI layout in a tar\n"
    "  oci-dir:PATH[:TAG]          an OCI layout in a folder\n"
    "  aci:PATH                    an App Container Image\n"
    "  rootfs:PATH, dir:PATH       an unpacked root filesystem, or a tar of one; rootfs:/ is this machine\n"
    "  docker:NAME, podman:NAME    an image that the daemon has ($DOCKER_HOST, $CONTAINER_HOST)\n"
    "  containerd:NAME             an image in containerd's store on this machine\n"
    "  registry:NAME[:TAG][@DIGEST]  an image in a registry\n"
    "A name without a prefix, where there is no such path, is looked for at Docker, at Podman, then in its registry.\n"
    "Credentials are those of `docker login` and `podman login`, or --username with --password-stdin or "
    "$LIMPID_PASSWORD.\n";

constexpr const char* kExitStatus =
    "Exit status: 0 done; 1 the run failed, with one line on what and where; 2 a gate tripped (--fail-on);\n"
    "130 interrupted (Ctrl-C), 143 ended by SIGTERM.\n"
    "Each flag can be set by an environment variable: --fail-on is LIMPID_FAIL_ON.\n";

struct Global {
  bool quiet = false;
  bool verbose = false;
};

void add_output(CLI::App& command, OutputOptions& output) {
  command.add_option("-f,--format", output.format, "table or json")->capture_default_str();
  command.add_option("-o,--output", output.file, "write the result to this file instead of standard output");
}

void add_cache_place(CLI::App& command, CacheOptions& cache) {
  command.add_option("--cache-dir", cache.folder,
                     "where what is known of layers is kept (default: $XDG_CACHE_HOME/limpid)");
  cache.size_max = scan::kCacheSizeDefault;
  command
      .add_option("--cache-size", cache.size_max, "what it may take, such as 64MiB; 0 keeps nothing (default: 256MiB)")
      ->transform(CLI::AsSizeValue(false));
}

// NAME=VALUE, several separated by commas; the list in place of a value.
void set_limits(const std::vector<std::string>& texts, scan::Limits& to) {
  for (const std::string& text : texts) {
    if (text == "list" || text == "help")
      throw CLI::CallForVersion(std::string(base::trim_right(scan::list_limits())), kDone);
    std::string_view value = text;
    const std::string_view name = base::take_until(value, '=');
    if (const auto set = scan::set_limit(to, name, value); !set)
      throw CLI::ValidationError("--limit",
                                 base::cat({base::printable(set.error().describe()), "; `--limit list` shows all"}));
  }
}

void add_limits(CLI::App& command, scan::Limits& limits) {
  command
      .add_option_function<std::vector<std::string>>(
          "--limit", [&limits](const std::vector<std::string>& texts) { set_limits(texts, limits); },
          "NAME=VALUE: bound hostile images otherwise; repeatable; `--limit list` shows all")
      ->delimiter(',')
      ->allow_extra_args(false);  // what follows is a TARGET
}

void add_image(CLI::App& command, ImageOptions& image) {
  command.add_option("--platform", image.platform,
                     "os/arch[/variant] of a multi-platform image, or all of them: all (default: linux on this "
                     "machine's architecture)");
  command.add_option("--distro", image.distribution, "take the image for this distribution, such as debian:12");
  command.add_option("--jobs", image.jobs, "layers to read at once (default: one for each processor)");
  command.add_option("--timeout", image.timeout, "give up after this time, such as 90s or 5m (default: never)");
  command.add_flag("--lazy", image.lazy,
                   "of eStargz and zstd:chunked layers fetch only what is wanted; believes their tables of contents");
  RegistryArguments& registry = image.registry;
  constexpr const char* kGroup = "Registries";
  command.add_option("--username", registry.username, "log in to the registry as this user")->group(kGroup);
  command.add_flag("--password-stdin", registry.password_from_input, "read the password from standard input")
      ->group(kGroup);
  command
      .add_flag("--insecure-registry", registry.insecure,
                "take any certificate of a registry, and HTTP without TLS where there is no HTTPS")
      ->group(kGroup);
  command.add_option("--plain-http", registry.plain_http, "HOST[:PORT] that is spoken to without TLS; repeatable")
      ->allow_extra_args(false)  // what follows is a TARGET
      ->group(kGroup);
  command.add_option("--ca-file", registry.ca_file, "trust these certificates, too (PEM)")->group(kGroup);
  command.add_option("--registry-cert", registry.cert_file, "a client certificate to show to the registry (PEM)")
      ->group(kGroup);
  command.add_option("--registry-key", registry.key_file, "its key (PEM)")->group(kGroup);
  command
      .add_option("--registry-mirror", registry.mirrors,
                  "[REGISTRY=]HOST[:PORT][/PATH] to ask before the registry (without one, Docker Hub); repeatable")
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_option("--registries-conf", registry.registries_conf,
                  "read mirrors and short names from this file (default: registries.conf in ~/.config/containers or "
                  "/etc/containers, and their registries.conf.d)")
      ->group(kGroup);
  command
      .add_option("--foreign-layers-from", image.foreign_layers_from,
                  "HOST or NETWORK from which layers are fetched that their vendor keeps; repeatable")
      ->allow_extra_args(false)
      ->group("Sources");
  command
      .add_option("--containerd-root", image.containerd_root,
                  "containerd's folder (default: $CONTAINERD_ROOT, else /var/lib/containerd)")
      ->group("Sources");
  command.add_flag("--no-cache", image.cache.off, "read every layer, and keep nothing of it for the next time");
  add_cache_place(command, image.cache);
  add_limits(command, image.limits);
  command.add_flag("--no-sandbox", image.no_sandbox, "read the image without confining this process first");
}

void add_database(CLI::App& command, std::string& database) {
  command.add_option("--db", database, "the vulnerability database (default: $XDG_CACHE_HOME/limpid/limpid.db)");
}

void add_incomplete(CLI::App& command, bool& fail_on_incomplete) {
  command.add_flag("--fail-on-incomplete", fail_on_incomplete, "fail if any part of the image could not be read");
}

void add_scan(CLI::App& command, ScanCommand& options, bool gates) {
  command.add_option("TARGET", options.targets, "the images")->required();
  add_output(command, options.output);
  add_database(command, options.database);
  add_image(command, options.image);
  constexpr const char* kGroup = "What is shown";
  command
      .add_option("-s,--severity", options.severities,
                  "show only these, comma separated: critical,high,medium,low,negligible,unknown")
      ->join(',')
      ->group(kGroup);
  command
      .add_option("--status", options.statuses,
                  "show only what the vendor says is affected,fixed,under_investigation,will_not_fix,fix_deferred,"
                  "end_of_life,not_affected,unknown (default: all but under_investigation and not_affected)")
      ->join(',')
      ->group(kGroup);
  command
      .add_option("--ignore-status,--ignore-states", options.ignored_statuses, "show all but these, comma separated")
      ->join(',')
      ->group(kGroup);
  command.add_flag("--only-fixed,--ignore-unfixed", options.only_fixed, "show only what an upgrade makes go away")
      ->group(kGroup);
  command.add_flag("--only-notfixed", options.only_unfixed, "show only what no upgrade makes go away")->group(kGroup);
  command
      .add_flag("--ignore-not-running", options.ignore_not_running,
                "hide the flaws of kernels, which a container brings along and does not run")
      ->group(kGroup);
  command
      .add_flag("--ignore-data-only", options.ignore_data_only,
                "hide the flaws of packages that by their names are documentation, translations or empty folders")
      ->group(kGroup);
  command.add_option("--ignorefile", options.ignore_file, "ids to ignore, as Trivy reads them")
      ->capture_default_str()
      ->group(kGroup);
  if (gates) {
    command
        .add_option("--fail-on", options.fail_on,
                    "exit with 2 if a finding of this severity or above is left; eol: if support has ended for the "
                    "release or a package; several: high,eol")
        ->join(',');
    command.add_option("--exit-code", options.exit_code,
                       "use this status instead of 2; without --fail-on, for any finding");
    command.add_option("--exit-on-eol", options.exit_on_eol,
                       "exit with this status if the image's release has reached its end of life");
  }
  add_incomplete(command, options.fail_on_incomplete);
  command.footer(std::string("\n") + kTargets + "\n" + kExitStatus);
}

// LIMPID_FAIL_ON for --fail-on, in every command.
void name_environment(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    if (option->get_lnames().front() == "help" || option->get_lnames().front() == "version") continue;
    std::string name = "LIMPID_";
    for (const char c : option->get_lnames().front()) name += c == '-' ? '_' : base::to_upper(c);
    option->envname(name);
  }
  for (CLI::App* below : command.get_subcommands([](CLI::App*) { return true; })) name_environment(*below);
}

// Every command has its name and a sentence; its options are made only where the arguments name it: a scan of known
// layers takes milliseconds, and all of them together are some hundred.
class Arguments {
 public:
  Arguments(int argc, char** argv)
      : words_(argv + std::min(argc, 1), argv + argc),
        app_("Looks inside container images: known vulnerabilities, outdated packages, and the upgrades that end them.",
             "limpid") {
    app_.set_version_flag("--version", LIMPID_VERSION);
    app_.add_flag("-q,--quiet", global_.quiet, "say nothing but the result and errors");
    app_.add_flag("-v,--verbose", global_.verbose, "say more on standard error");
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(std::string("\n") + kTargets + "\n" + kExitStatus);
    if (CLI::App* scan = add_command("scan", "findings: which known flaws are in an image"))
      add_scan(*scan, scan_, true);
    if (CLI::App* plan = add_command("plan", "the upgrades that remove the most risk, layer by layer"))
      add_scan(*plan, plan_, false);
    add_inventory();
    add_db();
    add_cache();
    add_serve();
    add_version();
    add_help();
    name_environment(app_);
  }

  int parse_and_run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      // Help and the version are successes to CLI11 as well; everything else is ours to number.
      return app_.exit(error) == 0 ? kDone : kFailed;
    }
    base::set_log_level(global_.quiet     ? base::LogLevel::error
                        : global_.verbose ? base::LogLevel::debug
                                          : base::LogLevel::warn);
    return run_chosen();
  }

 private:
  // Null where nobody asks for it.
  CLI::App* add_command(const char* name, const char* sentence) {
    CLI::App* command = app_.add_subcommand(name, sentence);
    return std::ranges::find(words_, std::string_view(name)) == words_.end() ? nullptr : command;
  }

  void add_inventory() {
    CLI::App* command = add_command("inventory", "what is inside an image, without a database");
    if (command == nullptr) return;
    command->add_option("TARGET", inventory_.target, "the image")->required();
    add_output(*command, inventory_.output);
    add_image(*command, inventory_.image);
    add_incomplete(*command, inventory_.fail_on_incomplete);
    command->footer(std::string("\n") + kTargets);
  }

  void add_db() {
    CLI::App* command = add_command("db", "build and look into the vulnerability database");
    if (command == nullptr) return;
    CLI::App& db = *command;
    db.require_subcommand(1);
    CLI::App& build = *db.add_subcommand("build", "compile local copies of feeds, each in its upstream's own format");
    build
        .add_option("--feed", build_.feeds, "NAME=PATH, or NAME@NAMESPACE=PATH where the data does not say whose it is")
        ->required();
    build.add_option("-o,--output", build_.file, "the file to write (default: $XDG_CACHE_HOME/limpid/limpid.db)");
    build.footer(feed_list());
    CLI::App& update = *db.add_subcommand("update", "fetch the feeds as far as they changed, and compile them");
    update.add_option("--feed", update_.feeds,
                      "NAME=URL or NAME@NAMESPACE=URL, also a path (default: the upstreams' own places)");
    update.add_option("--folder", update_.folder, "keeps what was fetched (default: $XDG_CACHE_HOME/limpid/feeds)");
    update.add_option("-o,--output", update_.file, "the file to write (default: $XDG_CACHE_HOME/limpid/limpid.db)");
    update.add_option("--ca-file", update_.ca_file, "trust these certificates, too (PEM)");
    update.footer(feed_list());
    CLI::App& info = *db.add_subcommand("info", "the feeds in it, with what was read, kept and dropped");
    add_database(info, query_.database);
    info.add_option("-f,--format", query_.format, "table or json")->capture_default_str();
    CLI::App& show = *db.add_subcommand("show", "all that it says about one advisory or CVE");
    show.add_option("ID", query_.argument, "CVE-…, DSA-…, GHSA-…")->required();
    add_database(show, query_.database);
    CLI::App& search = *db.add_subcommand("search", "the advisories for the packages whose name contains a text");
    search.add_option("PACKAGE", query_.argument, "the text")->required();
    search.add_option("--namespace", query_.name_space, "only this namespace, such as debian:12");
    add_database(search, query_.database);
    CLI::App& verify = *db.add_subcommand("verify", "read every byte of it and check every checksum");
    add_database(verify, query_.database);
  }

  void add_cache() {
    CLI::App* command = add_command("cache", "what is kept of layers, so that they need not be read again");
    if (command == nullptr) return;
    CLI::App& cache = *command;
    cache.require_subcommand(1);
    CLI::App& info = *cache.add_subcommand("info", "where it is, and how much is in it");
    add_cache_place(info, cache_.cache);
    info.add_option("-f,--format", cache_.format, "table or json")->capture_default_str();
    CLI::App& prune = *cache.add_subcommand("prune", "removes what was used longest ago, down to the size allowed");
    add_cache_place(prune, cache_.cache);
    prune.add_flag("--all", cache_.all, "remove everything that it keeps of layers");
  }

  static std::string feed_list() {
    std::string text = "\nFeeds:\n";
    for (const advisory::Feed* feed : advisory::feeds())
      base::append(text, {"  ", feed->name(), std::string(20 - std::min<std::size_t>(19, feed->name().size()), ' '),
                          feed->description(), "\n"});
    return text;
  }

  void add_serve() {
    CLI::App* wanted = add_command("serve", "the service: Clair's API over a store of indexed layers");
    if (wanted == nullptr) return;
    CLI::App& command = *wanted;
    command.add_option("--config", serve_.config, "a YAML file; Clair's own files are understood");
    command.add_option("--listen", serve_.listen,
                       "ADDR:PORT of the API, health on the next port (default: 127.0.0.1:6060)");
    command.add_option("--store", serve_.store, "sqlite:PATH or postgresql://… (default: SQLite in the data folder)");
    command.add_option("--db", serve_.database,
                       "use this vulnerability database, and take a new one that is put in its place");
    command.add_option("--data-folder", serve_.data_folder, "where to keep data (default: $XDG_DATA_HOME/limpid)");
    command.add_option(
        "--layers-from", serve_.layers_from,
        "HOST, NETWORK or FOLDER where layers may be read from, besides the public internet; repeatable");
    command.add_flag("--insecure-tls", serve_.insecure_tls, "do not verify the servers that layers come from");
    command.add_flag("--check-config", serve_.check_config, "print the configuration in effect, and end");
    command.footer("\nTry it: limpid serve --layers-from 127.0.0.1, then curl http://127.0.0.1:6060/v1/namespaces\n");
  }

  void add_version() {
    CLI::App* command = add_command("version", "compare versions as their package managers do");
    if (command == nullptr) return;
    CLI::App& version = *command;
    version.require_subcommand(1);
    CLI::App& compare = *version.add_subcommand("compare", "prints <, = or >");
    std::vector<std::string> schemes;
    for (const version::Ordering* ordering : version::orderings()) schemes.emplace_back(ordering->name());
    compare.add_option("SCHEME", compare_.scheme, base::join(schemes, ", "))->required();
    compare.add_option("A", compare_.a, "a version, or - to read tab-separated pairs from standard input")->required();
    compare.add_option("B", compare_.b, "the version to compare with");
  }

  void add_help() {
    CLI::App& help = *app_.add_subcommand("help", "help on a command");
    help.add_option("COMMAND", help_of_, "the command");
  }

  int run_chosen() {
    for (const auto& [name, options] : {std::pair{"scan", &scan_}, {"plan", &plan_}})
      if (app_.got_subcommand(name)) options->ignore_file_named = app_.get_subcommand(name)->count("--ignorefile") > 0;
    scan_.quiet = plan_.quiet = inventory_.quiet = build_.quiet = update_.quiet = global_.quiet;
    if (app_.got_subcommand("scan")) return run_scan(scan_);
    if (app_.got_subcommand("plan")) return run_plan(plan_);
    if (app_.got_subcommand("inventory")) return run_inventory(inventory_);
    if (app_.got_subcommand("serve")) return serve();
    if (const CLI::App& cache = *app_.get_subcommand("cache"); cache.parsed())
      return cache.got_subcommand("info") ? run_cache_info(cache_) : run_cache_prune(cache_);
    if (app_.got_subcommand("version")) return run_compare();
    if (app_.got_subcommand("help")) return print_help();
    const CLI::App& db = *app_.get_subcommand("db");
    if (db.got_subcommand("build")) return run_db_build(build_);
    if (db.got_subcommand("update")) return run_db_update(update_);
    if (db.got_subcommand("info")) return run_db_info(query_);
    if (db.got_subcommand("show")) return run_db_show(query_);
    if (db.got_subcommand("search")) return run_db_search(query_);
    return run_db_verify(query_);
  }

  // Who runs a service wants to see what it does.
  int serve() const {
    if (!global_.quiet && !global_.verbose) base::set_log_level(base::LogLevel::info);
    return run_serve(serve_);
  }

  int run_compare() const {
    if (compare_.b.empty() && compare_.a != "-") {
      std::fprintf(stderr, "limpid: version compare: give two versions, or - to read pairs\n");
      return kFailed;
    }
    return run_version_compare(compare_);
  }

  static const CLI::App* find_subcommand(const CLI::App& command, const std::string& name) {
    const auto found = command.get_subcommands([&](const CLI::App* below) { return below->get_name() == name; });
    return found.empty() ? nullptr : found.front();
  }

  int print_help() const {
    const CLI::App* command = &app_;
    for (const std::string& word : help_of_) {
      command = find_subcommand(*command, word);
      if (command != nullptr) continue;
      std::fprintf(stderr, "limpid: there is no command '%s'\n", base::printable(word).c_str());
      return kFailed;
    }
    std::fputs(command->help().c_str(), stdout);
    return kDone;
  }

  const std::vector<std::string_view> words_;
  CLI::App app_;
  Global global_;
  ScanCommand scan_, plan_;
  InventoryCommand inventory_;
  DbBuildCommand build_;
  DbUpdateCommand update_;
  DbQueryCommand query_;
  CacheCommand cache_;
  ServeCommand serve_;
  VersionCompareCommand compare_;
  std::vector<std::string> help_of_;
};

}  // namespace

int run(int argc, char** argv) { return Arguments(argc, argv).parse_and_run(argc, argv); }

}  // namespace limpid::cli

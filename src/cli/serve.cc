// `limpid serve`: the service, until somebody says SIGTERM or SIGINT.
#include <csignal>
#include <cstdio>
#include <string>

#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "service/service.h"

namespace limpid::cli {
namespace {

// The command line wins over the file.
Result<service::Config> configuration(const ServeCommand& command) {
  LIMPID_ASSIGN(service::Config config,
                command.config.empty() ? service::default_config() : service::read_config(command.config));
  if (!command.listen.empty()) {
    LIMPID_ASSIGN_WITHIN(const service::Endpoint endpoint, service::parse_endpoint(command.listen), {"--listen"});
    config.api.address = endpoint.address;
    config.api.port = endpoint.port;
    config.api.health_address = endpoint.address;
    config.api.health_port = endpoint.port == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(endpoint.port + 1);
    if (endpoint.port == 65'535) return fail(Code::usage, {"--listen: the port above is needed for health"});
  }
  if (!command.store.empty()) config.store.url = command.store;
  if (!command.database.empty()) config.database = command.database;
  if (!command.data_folder.empty()) config.data_folder = command.data_folder;
  config.layers.from.insert(config.layers.from.end(), command.layers_from.begin(), command.layers_from.end());
  config.default_database = database_path("");
  if (command.insecure_tls) config.layers.insecure_tls = true;
  return config;
}

Result<int> run(const ServeCommand& command) {
  LIMPID_ASSIGN(const service::Config config, configuration(command));
  for (const std::string& warning : config.warnings) base::log(base::LogLevel::warn, warning);
  if (command.check_config) {
    std::fputs(service::describe(config).c_str(), stdout);
    return kDone;
  }
  // Threads inherit the mask: signals come to this one only, which waits for them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  LIMPID_ASSIGN(const std::unique_ptr<service::Service> node, service::Service::open(config));
  node->start();
  base::log(base::LogLevel::info, "listening", {{"api", node->api_address()}, {"health", node->health_address()}});
  int signal = 0;
  sigwait(&signals, &signal);
  base::log(base::LogLevel::info, "stopping", {{"signal", signal == SIGTERM ? "TERM" : "INT"}});
  // Whoever asks twice does not want to wait.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  const bool whole = node->stop();
  base::log(base::LogLevel::info, "stopped", {{"whole", whole ? "yes" : "no"}});
  return kDone;
}

}  // namespace

int run_serve(const ServeCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

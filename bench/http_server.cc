// bench-http-server BYTES IO_THREADS: the real HTTP server answering every request with the same ready body of BYTES.
// Prints its port, and ends when standard input does.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

#include "service/http/server.h"

namespace {

namespace http = limpid::service::http;

class Fixed final : public http::Handler {
 public:
  explicit Fixed(std::size_t size) {
    http::Response response;
    response.headers = {
        {"Server", "clair"}, {"Content-Type", "application/json;charset=utf-8"}, {"Content-Encoding", "gzip"}};
    response.body.assign(size, 'x');
    ready_ = http::make_ready(response);
  }
  http::ReadyPointer ready(const http::Request&, std::string_view& route) override {
    route = "fixed";
    return ready_;
  }
  http::Response handle(const http::Request&) override { return {}; }
  http::Response timed_out(const http::Request&) override { return {}; }
  http::Response overloaded(const http::Request&) override { return {}; }

 private:
  http::ReadyPointer ready_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Fixed handler(std::strtoul(argv[1], nullptr, 10));
  http::ServerOptions options;
  options.port = 0;
  options.io_threads = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
  const auto server = http::Server::bind(options, handler);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().describe().c_str());
    return 1;
  }
  (*server)->start();
  std::printf("%u\n", unsigned{(*server)->port()});
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
  return 0;
}

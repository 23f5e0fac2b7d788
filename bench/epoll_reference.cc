// bench-epoll-reference BYTES THREADS: what an HTTP server of THREADS threads cannot be much faster than. Each thread
// has a bare epoll loop that takes any bytes ending in an empty line for a request and sends the same bytes as
// bench-http-server does. No parsing, no deadlines, no limits. Prints its port, and ends when standard input does.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Client {
  int socket = -1;
  std::size_t sent = 0;  // of the answer that is being sent
  bool sending = false;
};

void watch(int epoll, int operation, Client& client, unsigned events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &client;
  ::epoll_ctl(epoll, operation, client.socket, &event);
}

void send_rest(int epoll, Client& client, const std::string& answer) {
  const auto sent = ::send(client.socket, answer.data() + client.sent, answer.size() - client.sent, MSG_NOSIGNAL);
  if (sent > 0) client.sent += static_cast<std::size_t>(sent);
  const bool all = client.sent == answer.size();
  if (client.sending == all) watch(epoll, EPOLL_CTL_MOD, client, all ? EPOLLIN : EPOLLOUT);
  client.sending = !all;
}

void serve(int epoll, const std::string& answer) {
  epoll_event events[64];
  char request[4096];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      Client& client = *static_cast<Client*>(events[i].data.ptr);
      if (!client.sending) {
        const auto got = ::recv(client.socket, request, sizeof request, 0);
        if (got <= 0) {
          ::close(client.socket);
          delete &client;
          continue;
        }
        if (got < 4 || request[got - 1] != '\n') continue;
        client.sent = 0;
      }
      send_rest(epoll, client, answer);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string size = argv[1];
  const std::string answer =
      "HTTP/1.1 200 OK\r\nServer: clair\r\nContent-Type: application/json;charset=utf-8\r\nContent-Encoding: gzip\r\n"
      "Content-Length: " +
      size + "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n" + std::string(std::stoul(size), 'x');
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening, generic, length) != 0 || ::listen(listening, 1024) != 0 ||
      ::getsockname(listening, generic, &length) != 0)
    return 1;
  std::string threads = argv[2];
  std::vector<int> epolls(std::stoul(threads));
  for (int& epoll : epolls) {
    epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::thread(serve, epoll, std::cref(answer)).detach();
  }
  std::thread([&] {
    for (std::size_t next = 0;; ++next) {
      const int socket = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(epolls[next % epolls.size()], EPOLL_CTL_ADD, *new Client{socket}, EPOLLIN);
    }
  }).detach();
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
  std::_Exit(0);
}

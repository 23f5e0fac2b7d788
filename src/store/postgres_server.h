// For tests: a PostgreSQL server of their own, in a temporary directory, with everything that makes a server durable
// switched on. It can be killed, stopped and started again, and it can be told to end its clients' connections. It is
// gone with this object, and with the test program however that ends.
//
// Everything is inline, since it is no part of the program.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::store {

class PostgresServer {
 public:
  // Makes and starts one. Call it, and restart(), from the test's main thread: the server ends with the thread that
  // started it.
  static Result<std::unique_ptr<PostgresServer>> start() {
    std::unique_ptr<PostgresServer> server(new PostgresServer());
    LIMPID_TRY(server->make());
    LIMPID_TRY(server->restart());
    return server;
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    kill();
    if (!folder_.empty()) {
      std::error_code ignored;
      std::filesystem::remove_all(folder_, ignored);
    }
    if (janitor_ > 0) {
      ::close(janitor_pipe_);
      ::waitpid(janitor_, nullptr, 0);
    }
  }

  // Through its Unix socket, which is the fastest way, and over TCP on the loopback interface. `options` is added:
  // "?options=…" has been begun with an application name.
  std::string url(std::string_view options = {}) const {
    return base::cat({"postgresql://limpid@/postgres?host=", folder_, "&port=", port_, options});
  }
  std::string tcp_url(std::string_view options = {}) const {
    return base::cat({"postgresql://limpid@127.0.0.1:", port_, "/postgres?sslmode=disable", options});
  }
  // For a store of its own: a schema made for it. Tables of one are not seen by another.
  Result<std::string> fresh_url(bool over_tcp = false) {
    const std::string schema = base::cat({"store", ++schemas_});
    LIMPID_TRY(query(base::cat({"CREATE SCHEMA ", schema})));
    const std::string option = base::cat({"&options=-csearch_path%3D", schema});
    return over_tcp ? tcp_url(option) : url(option);
  }

  // The server and all its processes, at once, as if the power had failed for them.
  void kill() { end(SIGKILL); }
  // As an administrator does it: clients are told that it goes.
  void stop() { end(SIGINT); }
  // Starts it, first if it was never started, and returns when it takes connections.
  Result<void> restart() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      LIMPID_TRY(launch());
      if (wait_until_ready()) return {};
      end(SIGKILL);
      if (!was_ready_) LIMPID_TRY(choose_port());  // somebody else may have taken it
    }
    return fail(Code::io, {"PostgreSQL does not start:\n", log()});
  }
  bool is_running() const { return postmaster_ > 0; }
  // Stops and wakes every process of the server: a server that hangs, but whose machine still answers.
  void freeze(bool yes) {
    for (const pid_t process : processes()) ::kill(process, yes ? SIGSTOP : SIGCONT);
  }

  // One statement as the server's superuser; the first column of the first row, if there is one.
  Result<std::string> query(const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url().c_str()), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK) return fail(Code::io, {PQerrorMessage(connection.get())});
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      return fail(Code::io, {PQresultErrorMessage(result.get())});
    return PQntuples(result.get()) == 0 ? std::string() : std::string(PQgetvalue(result.get(), 0, 0));
  }
  // Ends all connections of clients but the one that asks; how many.
  Result<std::string> terminate_connections(std::string_view condition = "true") {
    return query(
        base::cat({"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                   "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND (",
                   condition, ")"}));
  }
  std::string log() const { return base::read_file(folder_ + "/log", std::uint64_t{64} << 20).value_or(""); }
  const std::string& folder() const { return folder_; }

 private:
  static constexpr int kAttempts = 5;
  static constexpr std::chrono::seconds kReadyMax{120};
  static constexpr std::chrono::milliseconds kLook{10};
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

  PostgresServer() = default;

  Result<void> make() {
    // Not where TMPDIR says: the path of a Unix socket has room for 107 bytes.
    std::string pattern = "/tmp/limpid-pg-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) return base::fail_errno({pattern});
    folder_ = pattern;
    LIMPID_TRY(start_janitor());
    if (::geteuid() == 0) {  // which PostgreSQL refuses to run as
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr) user = ::getpwnam("nobody");
      if (user == nullptr) return fail(Code::io, {"neither a user postgres nor nobody"});
      user_ = user->pw_uid;
      group_ = user->pw_gid;
      if (::chown(folder_.c_str(), user_, group_) != 0) return base::fail_errno({folder_});
    }
    LIMPID_TRY(choose_port());
    const pid_t initdb = spawn({base::cat({kPrograms, "/initdb"}), "--pgdata=" + folder_ + "/data", "--username=limpid",
                                "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"});
    int status = 0;
    if (initdb < 0 || ::waitpid(initdb, &status, 0) != initdb || status != 0)
      return fail(Code::io, {"initdb failed:\n", log()});
    return {};
  }

  // Takes the folder away if the test program dies without having done so. The server dies by itself then.
  Result<void> start_janitor() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno({"pipe"});
    janitor_ = ::fork();
    if (janitor_ < 0) return base::fail_errno({"fork"});
    if (janitor_ == 0) {
      ::setsid();  // a Ctrl-C at the terminal is not for it
      ::dup2(ends[0], STDIN_FILENO);
      ::execl("/bin/sh", "sh", "-c",
              "read nothing; pid=$(head -n 1 \"$1/data/postmaster.pid\" 2>/dev/null); "
              "for i in 1 2 3 4 5 6 7 8 9; do [ -n \"$pid\" ] && [ -d \"/proc/$pid\" ] && sleep 1; done; rm -rf \"$1\"",
              "janitor", folder_.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[0]);
    janitor_pipe_ = ends[1];
    return {};
  }

  Result<void> choose_port() {
    const base::File socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.descriptor(), generic, size) != 0 || ::getsockname(socket.descriptor(), generic, &size) != 0)
      return base::fail_errno({"bind"});
    port_ = ntohs(address.sin_port);
    return {};
  }

  // As the server's user, its output in the log, ending with the thread that calls this.
  pid_t spawn(const std::vector<std::string>& arguments) const {
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    const std::string log_path = folder_ + "/log";
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (user_ != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after the change of user, which clears it
    if (::getppid() != parent) ::_exit(125);
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::setsid();
    if (::chdir(folder_.c_str()) != 0) ::_exit(124);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  Result<void> launch() {
    postmaster_ = spawn({base::cat({kPrograms, "/postgres"}),
                         "-D",
                         folder_ + "/data",
                         "-k",
                         folder_,
                         "-h",
                         "127.0.0.1",
                         "-p",
                         std::to_string(port_),
                         "-c",
                         "fsync=on",
                         "-c",
                         "synchronous_commit=on",
                         "-c",
                         "full_page_writes=on",
                         "-c",
                         "shared_buffers=64MB",
                         "-c",
                         "max_connections=120",
                         "-c",
                         "unix_socket_permissions=0777",
                         "-c",
                         "log_min_messages=warning"});
    if (postmaster_ < 0) return base::fail_errno({"fork"});
    return {};
  }

  bool wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + kReadyMax;
    while (std::chrono::steady_clock::now() < deadline) {
      if (PQping(url().c_str()) == PQPING_OK) return was_ready_ = true;
      if (::waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) {
        postmaster_ = -1;
        return false;
      }
      std::this_thread::sleep_for(kLook);
    }
    return false;
  }

  // The server's and its children's.
  std::vector<pid_t> processes() const {
    std::vector<pid_t> all;
    if (postmaster_ <= 0) return all;
    all.push_back(postmaster_);
    // A file of /proc tells no size.
    std::string children;
    const std::string path = base::cat({"/proc/", postmaster_, "/task/", postmaster_, "/children"});
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(file, buffer, sizeof(buffer))) > 0;)
      children.append(buffer, static_cast<std::size_t>(count));
    ::close(file);
    for (std::string_view rest = children; !rest.empty();)
      if (const auto child = base::parse_unsigned(base::take_word(rest))) all.push_back(static_cast<pid_t>(*child));
    return all;
  }

  void end(int signal) {
    if (postmaster_ <= 0) return;
    if (signal == SIGKILL) {
      ::kill(postmaster_, SIGSTOP);  // it makes no more children
      for (const pid_t process : processes())
        if (process != postmaster_) ::kill(process, SIGKILL);
    }
    ::kill(postmaster_, signal);
    ::waitpid(postmaster_, nullptr, 0);
    postmaster_ = -1;
  }

  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  std::uint16_t port_ = 0;
  pid_t postmaster_ = -1;
  pid_t janitor_ = -1;
  int janitor_pipe_ = -1;
  int schemas_ = 0;
  bool was_ready_ = false;
};

}  // namespace limpid::store

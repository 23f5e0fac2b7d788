#include "image/credential_helper.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "image/json_text.h"

namespace limpid::image {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPoll{50};
constexpr milliseconds kExitPoll{2};
// What all helpers say, on standard output, when they have nothing.
constexpr std::string_view kNothingThere = "credentials not found";

// Part of a program's name: nothing that could lead to another folder, or be an option.
bool is_helper_name(std::string_view name) {
  constexpr std::size_t kHelperNameMax = 64;
  return !name.empty() && name.size() <= kHelperNameMax && base::is_alnum(name.front()) &&
         std::ranges::all_of(name, [](char c) { return base::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

// A child in a process group of its own, which ends with this object.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ <= 0) return;
    ::kill(-id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  // The wait status, once it has ended.
  std::optional<int> ended() {
    int status = 0;
    if (id_ <= 0 || ::waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
    id_ = 0;
    return status;
  }
  pid_t* id() { return &id_; }

 private:
  pid_t id_ = 0;
};

struct Ended {
  int status = 0;
  std::string output;
};

class Run {
 public:
  Run(std::string program, const std::atomic<bool>* cancel, milliseconds time_max)
      : program_(std::move(program)), cancel_(cancel), deadline_(Clock::now() + time_max) {}

  Result<Ended> get(const std::string& server) {
    LIMPID_TRY(start());
    // The socket takes this little at once; a program that has closed it already is told by its status.
    static_cast<void>(::send(ours_.descriptor(), server.data(), server.size(), MSG_NOSIGNAL));
    ::shutdown(ours_.descriptor(), SHUT_WR);
    Ended ended;
    LIMPID_TRY(read(ended.output));
    for (;;) {
      if (const auto status = child_.ended()) {
        ended.status = *status;
        return ended;
      }
      LIMPID_TRY(check_time());
      std::this_thread::sleep_for(kExitPoll);
    }
  }

 private:
  // One socket is its standard input and output: unlike a pipe, it can be written to without risking a signal.
  Result<void> start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return base::fail_errno({"socketpair"});
    ours_ = base::File(ends[0]);
    const base::File theirs(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string argument = "get";
    char* const arguments[] = {program_.data(), argument.data(), nullptr};
    const int error = ::posix_spawnp(child_.id(), program_.c_str(), &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return {};
    *child_.id() = 0;
    errno = error;
    return base::fail_errno({"it cannot be started"});
  }

  Result<void> read(std::string& output) {
    char chunk[4096];
    for (;;) {
      pollfd waiting{ours_.descriptor(), POLLIN, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(kPoll.count()));
      LIMPID_TRY(check_time());
      if (ready <= 0) continue;
      const ssize_t size = ::recv(ours_.descriptor(), chunk, sizeof chunk, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return {};  // a reset, too, is an end: it left what it was told unread
      output.append(chunk, static_cast<std::size_t>(size));
      if (output.size() > kHelperOutputMax)
        return fail(Code::limit, {"it writes more than ", kHelperOutputMax, " bytes"});
    }
  }

  Result<void> check_time() const {
    LIMPID_TRY(base::check_cancelled(cancel_));
    if (Clock::now() >= deadline_) return fail(Code::limit, {"it does not end in time"});
    return {};
  }

  std::string program_;
  const std::atomic<bool>* cancel_;
  Clock::time_point deadline_;
  base::File ours_;
  Child child_;
};

Result<Credentials> parse_answer(std::string_view text) {
  Text json;
  LIMPID_ASSIGN(const dom::element root, json.parse(text));
  LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the answer", {"Username", "Secret"}));
  LIMPID_ASSIGN(std::string username, fields.text("Username"));
  LIMPID_ASSIGN(std::string secret, fields.text("Secret"));
  Credentials found;
  // Docker's convention for an identity token.
  if (username == "<token>") {
    found.identity_token = std::move(secret);
  } else {
    found.username = std::move(username);
    found.password = std::move(secret);
  }
  return found;
}

}  // namespace

Result<Credentials> ask_helper(const std::string& name, const std::string& server, const std::atomic<bool>* cancel,
                               std::chrono::milliseconds time_max) {
  if (!is_helper_name(name)) return fail(Code::usage, {"'", name, "' is no name of a credential helper"});
  const std::string program = "docker-credential-" + name;
  LIMPID_ASSIGN_WITHIN(const Ended ended, Run(program, cancel, time_max).get(server), {program});
  if (WIFSIGNALED(ended.status)) return fail(Code::io, {program, ": ended by signal ", WTERMSIG(ended.status)});
  const int status = WEXITSTATUS(ended.status);
  if (status != 0 && ended.output.find(kNothingThere) != std::string::npos) return Credentials{};
  if (status != 0)
    return fail(Code::io, {program, ": ended with status ", status, "; what it has to say, it says to `echo ", server,
                           " | ", program, " get`"});
  LIMPID_ASSIGN_WITHIN(Credentials found, parse_answer(ended.output), {program});
  return found;
}

}  // namespace limpid::image

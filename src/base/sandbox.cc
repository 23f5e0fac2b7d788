#include "base/sandbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace limpid::base {
namespace {

std::string why(std::string_view step) { return fail_errno({step}).error().message(); }

// --- Files ---

// What newer kernels know than the headers that we are built with.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;     // since ABI 3
constexpr std::uint64_t kIoctlDevice = std::uint64_t{1} << 15;  // 5
constexpr std::uint64_t kBindTcp = 1, kConnectTcp = 2;          // 4
constexpr std::uint64_t kScopes = 3;                            // 6: abstract sockets and signals

struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scoped;
};
// As much of it as a kernel of that ABI knows.
std::size_t size_of_ruleset(int abi) {
  if (abi < 4) return offsetof(Ruleset, network);
  return abi < 6 ? offsetof(Ruleset, scoped) : sizeof(Ruleset);
}

std::uint64_t all_rights(int abi) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // ABI 1: bits 0 to 12
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDevice;
  return rights;
}

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite =
    kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | kTruncate;
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

// What cannot be allowed stays forbidden, and is an error to whoever wants it.
void allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const File file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.descriptor(), &status) != 0) return;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? rights : rights & kOfFiles;
  rule.parent_fd = file.descriptor();
  (void)::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

Confined::Part confine_files(const Confinement& to) {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return {false, why("no Landlock in this kernel")};
  const auto known = static_cast<int>(abi);
  Ruleset all{all_rights(known), to.network ? kBindTcp : kBindTcp | kConnectTcp, kScopes};
  const File ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, size_of_ruleset(known), 0)));
  if (!ruleset.is_open()) return {false, why("landlock_create_ruleset")};
  for (const std::string& path : to.readable) allow(ruleset.descriptor(), path, kRead & all.files);
  for (const std::string& path : to.writable) allow(ruleset.descriptor(), path, kWrite & all.files);
  if (::syscall(SYS_landlock_restrict_self, ruleset.descriptor(), 0) != 0)
    return {false, why("landlock_restrict_self")};
  return {true, cat({"Landlock ", known})};
}

// --- System calls ---

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// What no reader of images has any use for, and what gets round the rest of the filter or round Landlock (io_uring does
// both; of owners, modes and attributes Landlock knows nothing).
constexpr auto kForbidden = std::to_array<int>({
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
    SYS_pidfd_send_signal,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_setns,
    SYS_unshare,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_truncate,
    SYS_fchmodat,
    SYS_fchownat,
    SYS_fchown,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
#ifdef SYS_chmod  // the old ones, where there are still any
    SYS_fork,
    SYS_vfork,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
    SYS_reboot,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_syslog,
    SYS_vhangup,
});

constexpr auto kOfConnections =
    std::to_array<int>({SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg, SYS_sendmmsg});

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, kArchitecture, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    jump(BPF_JGE, 0x40000000, 0, 1);  // the x32 ABI: the same calls under other numbers
    answer(refusal(ENOSYS));
#endif
  }

  void forbid(int call, int error = EPERM) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1);
    answer(refusal(error));
  }
  // The same for many, by halves: the kernel tries the filter on every number when it is installed, and on most calls.
  void forbid(std::span<const int> calls, int error = EPERM) {
    std::vector<int> sorted(calls.begin(), calls.end());
    std::ranges::sort(sorted);
    std::vector<std::size_t> found;
    std::vector<std::size_t> missed;
    find(sorted, found, missed);
    for (const std::size_t at : found) code_[at].jt = distance(at);
    answer(refusal(error));
    for (const std::size_t at : missed) code_[at].jf = distance(at);
  }
  // Forbidden unless the lower half of that argument is one of `values`.
  void only_with(int call, unsigned argument, std::initializer_list<std::uint32_t> values, int error = EPERM) {
    const auto count = static_cast<std::uint8_t>(values.size());
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(count + 3));
    load_argument(argument);
    std::uint8_t left = count;
    for (const std::uint32_t value : values) jump(BPF_JEQ, value, left--, 0);
    answer(refusal(error));
    answer(SECCOMP_RET_ALLOW);
  }
  // Forbidden unless that argument is the null pointer: all of its 64 bits, since allocators begin regions of memory
  // where the lower half is zero.
  void only_with_null(int call, unsigned argument) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 6);
    load_argument(argument);
    jump(BPF_JEQ, 0, 0, 2);
    load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) + sizeof(std::uint32_t));
    jump(BPF_JEQ, 0, 1, 0);
    answer(refusal(EPERM));
    answer(SECCOMP_RET_ALLOW);
  }
  void not_with(int call, unsigned argument, std::uint32_t value) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4);
    load_argument(argument);
    jump(BPF_JEQ, value, 0, 1);
    answer(refusal(EPERM));
    answer(SECCOMP_RET_ALLOW);
  }
  void only_with_bit(int call, unsigned argument, std::uint32_t bit) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4);
    load_argument(argument);
    jump(BPF_JSET, bit, 1, 0);
    answer(refusal(EPERM));
    answer(SECCOMP_RET_ALLOW);
  }
  // For this thread and all others.
  bool install() {
    answer(SECCOMP_RET_ALLOW);
    if (too_long_) {
      errno = E2BIG;
      return false;
    }
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  // Appends the search; what is equal to one of `calls` must be sent on from `found`, what is not from `missed`.
  void find(std::span<const int> calls, std::vector<std::size_t>& found, std::vector<std::size_t>& missed) {
    constexpr std::size_t kFew = 3;
    if (calls.size() <= kFew) {
      for (const int call : calls) {
        found.push_back(code_.size());
        jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 0);
      }
      missed.push_back(found.back());
      return;
    }
    const std::size_t half = calls.size() / 2;
    const std::size_t fork = code_.size();
    jump(BPF_JGE, static_cast<std::uint32_t>(calls[half]), 0, 0);
    find(calls.first(half), found, missed);
    code_[fork].jt = distance(fork);
    find(calls.subspan(half), found, missed);
  }
  // From that jump to what is appended next.
  std::uint8_t distance(std::size_t from) {
    const std::size_t steps = code_.size() - from - 1;
    if (steps > std::numeric_limits<std::uint8_t>::max()) too_long_ = true;
    return static_cast<std::uint8_t>(steps);
  }
  static std::uint32_t refusal(int error) {
    return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
  }
  void load(std::size_t offset) {
    code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  // The lower half: both architectures are little-endian.
  void load_argument(unsigned argument) { load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t)); }
  void jump(std::uint16_t test, std::uint32_t value, std::uint8_t if_so, std::uint8_t if_not) {
    code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, if_so, if_not));
  }
  void answer(std::uint32_t value) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, value)); }

  std::vector<sock_filter> code_;
  bool too_long_ = false;  // for a jump's byte
};

Confined::Part confine_calls(const Confinement& to) {
  if (kArchitecture == 0) return {false, "no filter for this architecture"};
  Filter filter;
  filter.forbid(kForbidden);
#ifdef SYS_clone3
  filter.forbid(SYS_clone3, ENOSYS);  // its flags lie in memory, where no filter sees them; libc then takes clone
#endif
  filter.only_with_bit(SYS_clone, 0, CLONE_THREAD);
  const auto self = static_cast<std::uint32_t>(::getpid());
  filter.only_with(SYS_kill, 0, {self});
  filter.only_with(SYS_tgkill, 0, {self});
  filter.not_with(SYS_ioctl, 1, TIOCSTI);   // would type into the terminal that we run in
  filter.only_with_null(SYS_utimensat, 1);  // of an open file
  if (to.network) {
    filter.only_with(SYS_socket, 0, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}, EAFNOSUPPORT);
  } else {
    // A pair of sockets, too: one end of it may send to any other socket that has a path.
    filter.forbid(kOfConnections, EACCES);
  }
  if (!filter.install()) return {false, why("seccomp")};
  return {true, "seccomp"};
}

}  // namespace

std::span<const int> forbidden_calls() { return kForbidden; }

Confined confine(const Confinement& to) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    const std::string reason = why("no_new_privs");
    return {{false, reason}, {false, reason}};
  }
  Confined done;
  done.files = confine_files(to);
  done.calls = confine_calls(to);
  return done;
}

}  // namespace limpid::base

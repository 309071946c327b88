#include "actors/agents/sandbox/seccomp.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>

namespace machine::agents {

namespace {

constexpr std::array forbidden{
  SCMP_SYS(acct),
  SCMP_SYS(add_key),
  SCMP_SYS(bpf),
  SCMP_SYS(clock_adjtime),
  SCMP_SYS(clock_settime),
  SCMP_SYS(delete_module),
  SCMP_SYS(finit_module),
  SCMP_SYS(fsconfig),
  SCMP_SYS(fsmount),
  SCMP_SYS(fsopen),
  SCMP_SYS(fspick),
  SCMP_SYS(init_module),
  SCMP_SYS(io_uring_setup),
  SCMP_SYS(kexec_file_load),
  SCMP_SYS(kexec_load),
  SCMP_SYS(keyctl),
  SCMP_SYS(lookup_dcookie),
  SCMP_SYS(mount),
  SCMP_SYS(mount_setattr),
  SCMP_SYS(move_mount),
  SCMP_SYS(name_to_handle_at),
  SCMP_SYS(open_by_handle_at),
  SCMP_SYS(open_tree),
  SCMP_SYS(perf_event_open),
  SCMP_SYS(pivot_root),
  SCMP_SYS(quotactl),
  SCMP_SYS(reboot),
  SCMP_SYS(request_key),
  SCMP_SYS(setns),
  SCMP_SYS(settimeofday),
  SCMP_SYS(swapoff),
  SCMP_SYS(swapon),
  SCMP_SYS(syslog),
  SCMP_SYS(umount2),
  SCMP_SYS(unshare),
  SCMP_SYS(userfaultfd),
  SCMP_SYS(vhangup),
};

struct release {
  void operator()(void* x) const {
    seccomp_release(x);
  }
};

/// Values of `personality` that programs have a reason for: no randomised
/// addresses (debuggers, sanitizers), the name of a 32-bit machine.
constexpr uint64_t usual_personality =
  uint64_t{ADDR_NO_RANDOMIZE} | uint64_t{PER_LINUX32};

class rules {
public:
  explicit rules(scmp_filter_ctx filter) : filter_(filter) {}

  void refuse(int call, int problem = EPERM) {
    // A call that this kernel's table does not have cannot be made.
    auto rc = seccomp_rule_add(filter_, SCMP_ACT_ERRNO(problem), call, 0);
    ok_ = ok_ && (rc == 0 || rc == -EDOM);
  }

  void refuse_if(int call, std::initializer_list<scmp_arg_cmp> tests,
                 int problem = EPERM) {
    auto rc = seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(problem), call,
                                     static_cast<unsigned>(tests.size()),
                                     tests.begin());
    ok_ = ok_ && (rc == 0 || rc == -EDOM);
  }

  void refuse_if(int call, scmp_arg_cmp test, int problem = EPERM) {
    refuse_if(call, {test}, problem);
  }

  bool ok() const {
    return ok_;
  }

private:
  scmp_filter_ctx filter_;
  bool ok_ = true;
};

/// Refuses all but usual values and 0xFFFFFFFF, which asks for the present
/// one. A filter can only test for bits: in any other value there is, from an
/// unusual bit upwards and around, a first bit that is clear, and the bit
/// below it is set. Where that bit is a usual one, the bit below it counts.
void refuse_personalities(rules& to) {
  auto bit = [](unsigned n) { return uint64_t{1} << (n % 32); };
  auto test = [&](unsigned set, unsigned clear) {
    to.refuse_if(SCMP_SYS(personality),
                 SCMP_A0(SCMP_CMP_MASKED_EQ, bit(set) | bit(clear), bit(set)));
  };
  for (unsigned n = 0; n < 32; ++n) {
    if ((usual_personality & bit(n)) != 0)
      continue;
    test(n, n + 1);
    if ((usual_personality & bit(n + 1)) != 0)
      test(n, n + 2);
  }
}

/// Refuses to make files that run with the rights of their owner: seen from
/// outside, that may be root.
void refuse_set_id(rules& to) {
  struct call {
    int number;
    /// Which argument is the mode.
    unsigned mode;
    /// Which are flags without which there is no mode; -1 for none.
    int flags = -1;
  };
  constexpr std::array calls{
    call{SCMP_SYS(chmod), 1},    call{SCMP_SYS(fchmod), 1},
    call{SCMP_SYS(fchmodat), 2}, call{SCMP_SYS(creat), 1},
    call{SCMP_SYS(mknod), 1},    call{SCMP_SYS(mknodat), 2},
    call{SCMP_SYS(mkdir), 1},    call{SCMP_SYS(mkdirat), 2},
    call{SCMP_SYS(open), 2, 1},  call{SCMP_SYS(openat), 3, 2},
  };
  constexpr uint64_t tmpfile = 020000000;
  for (auto& x : calls)
    for (uint64_t bit : {S_ISUID, S_ISGID}) {
      scmp_arg_cmp mode{x.mode, SCMP_CMP_MASKED_EQ, bit, bit};
      if (x.flags < 0) {
        to.refuse_if(x.number, {mode});
        continue;
      }
      for (uint64_t flag : {uint64_t{O_CREAT}, tmpfile})
        to.refuse_if(x.number,
                     {mode, scmp_arg_cmp{static_cast<unsigned>(x.flags),
                                         SCMP_CMP_MASKED_EQ, flag, flag}});
    }
  // Their modes are behind a pointer, or newer than our library; programs fall
  // back to those above.
  constexpr int fchmodat2 = 452;
  for (auto number : {SCMP_SYS(openat2), fchmodat2})
    to.refuse(number, ENOSYS);
}

bool fill(scmp_filter_ctx filter, hidden_memory memory) {
  rules all{filter};
  for (auto call : forbidden)
    all.refuse(call);
  // New user namespaces bring all capabilities with them.
  all.refuse_if(SCMP_SYS(clone),
                SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
  // Its flags are behind a pointer; libraries fall back to `clone`.
  all.refuse(SCMP_SYS(clone3), ENOSYS);
  // Typing into somebody's terminal.
  for (auto request : {TIOCSTI, TIOCLINUX})
    all.refuse_if(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFFFFFFFFu,
                                           static_cast<scmp_datum_t>(request)));
  for (auto family : {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH})
    all.refuse_if(SCMP_SYS(socket),
                  SCMP_A0(SCMP_CMP_MASKED_EQ, 0xFFFFFFFFu,
                          static_cast<scmp_datum_t>(family)),
                  EAFNOSUPPORT);
  // Who rules the first process could make it outlive us.
  all.refuse_if(SCMP_SYS(ptrace), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFFFFFFFFu, 1));
  for (auto call : {SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev)})
    all.refuse_if(call, SCMP_A0(SCMP_CMP_MASKED_EQ, 0xFFFFFFFFu, 1));
  refuse_personalities(all);
  refuse_set_id(all);
  if (memory == hidden_memory::refused)
    for (auto call :
         {SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret), SCMP_SYS(shmget)})
      all.refuse(call, ENOSYS);
  return all.ok();
}

} // namespace

caf::expected<descriptor> open_seccomp_filter(hidden_memory memory) {
  std::unique_ptr<void, release> filter{seccomp_init(SCMP_ACT_ALLOW)};
  if (filter == nullptr || !fill(filter.get(), memory))
    return make_error(ec::unavailable,
                      "libseccomp cannot build the sandbox's filter");
  descriptor file{::memfd_create("seccomp", MFD_CLOEXEC)};
  if (!file || seccomp_export_bpf(filter.get(), file.get()) != 0
      || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return make_error(ec::io_failed,
                      std::string{"cannot write the sandbox's filter: "}
                        + std::strerror(errno));
  return file;
}

} // namespace machine::agents

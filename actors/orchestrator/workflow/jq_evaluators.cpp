#include "actors/orchestrator/workflow/jq_evaluators.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace machine::orchestrator {

namespace {

/// Evaluators that are kept for what comes next. As many work as threads have
/// something evaluated.
size_t max_idle() {
  return std::max<size_t>(4, std::thread::hardware_concurrency());
}

/// Time for an evaluator to come up, which is none of its first expression's.
constexpr int64_t startup_ms = 5'000;

/// How many times as long as its deadline an expression may take where other
/// processes have the processor.
constexpr int max_waits = 10;

/// A process that evaluates, and our end of the socket to it.
class evaluator {
public:
  static caf::expected<std::unique_ptr<evaluator>> start(uint64_t memory) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return make_error(ec::io_failed, std::string{"no socket for jq: "}
                                         + std::strerror(errno));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    // A descriptor that is duplicated onto itself would keep its flag.
    auto source = ends[1];
    if (source == jq_server_fd) {
      source = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
      ::close(ends[1]);
      ends[1] = source;
    }
    ::posix_spawn_file_actions_adddup2(&actions, source, jq_server_fd);
    auto bound = std::to_string(memory);
    std::array<char*, 4> argv{const_cast<char*>("themachine-jq"),
                              const_cast<char*>(jq_server_flag), bound.data(),
                              nullptr};
    std::array<char*, 1> environment{nullptr};
    pid_t pid = 0;
    auto rc = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr,
                            argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (rc != 0) {
      ::close(ends[0]);
      return make_error(ec::unavailable,
                        std::string{"jq does not start: "} + std::strerror(rc));
    }
    return std::unique_ptr<evaluator>{new evaluator{pid, ends[0]}};
  }

  evaluator(const evaluator&) = delete;
  evaluator& operator=(const evaluator&) = delete;

  ~evaluator() {
    ::close(fd_);
    static_cast<void>(end());
  }

  /// If there is no answer, the evaluator is of no more use.
  evaluation ask(const jq_request& what, const jq_limits& limits) {
    if (std::exchange(fresh_, false)) {
      auto ready = receive_answer(fd_, startup_ms, limits.max_bytes);
      if (!ready.answer)
        return {ready.timed_out ? late("come up") : killed(end())};
    }
    auto before = time_had();
    auto answer = converse(what, limits, before);
    // Of one that has ended nothing is known.
    return {std::move(answer), std::max(before, time_had()) - before};
  }

private:
  enum class waited : uint8_t { to_read, worked_too_long, hardly_worked };

  evaluator(pid_t pid, int fd) : pid_(pid), fd_(fd) {}

  caf::expected<jq_answer> converse(const jq_request& what,
                                    const jq_limits& limits,
                                    std::chrono::nanoseconds before) {
    auto patience = max_waits * limits.deadline;
    auto sent = send_request(fd_, what, patience.count());
    if (sent == transfer::late)
      return late("get to work");
    received_answer got;
    if (sent == transfer::whole) {
      switch (await_answer(limits.deadline, before)) {
        case waited::hardly_worked: return late("get to work");
        case waited::worked_too_long:
          return make_error(
            ec::timeout, "the expression did not end within "
                           + std::to_string(limits.deadline.count()) + " ms");
        case waited::to_read: break;
      }
      got = receive_answer(fd_, patience.count(), limits.max_bytes);
      if (got.answer)
        return std::move(*got.answer);
      if (got.timed_out)
        return late("get to work");
    }
    auto status = end();
    // How jq ends itself where it gets no memory, and how defects end it.
    auto broke = WIFSIGNALED(status)
              && (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGSEGV
                  || WTERMSIG(status) == SIGBUS);
    if (broke && sent == transfer::whole)
      return make_error(ec::limit_exceeded,
                        "the expression needed more than "
                          + std::to_string(limits.memory_bytes >> 20)
                          + " MiB of memory, or broke jq");
    return killed(status);
  }

  /// The processor's time that the process has had.
  std::chrono::nanoseconds time_had() const {
    clockid_t its_clock{};
    timespec had{};
    if (pid_ == 0 || ::clock_getcpuclockid(pid_, &its_clock) != 0
        || ::clock_gettime(its_clock, &had) != 0)
      return {};
    return std::chrono::seconds{had.tv_sec}
         + std::chrono::nanoseconds{had.tv_nsec};
  }

  /// Until there is something to read, or the process had all of its time; or
  /// did not get it within some times as long, for others took it.
  waited await_answer(duration deadline,
                      std::chrono::nanoseconds before) const {
    using clock = std::chrono::steady_clock;
    for (auto until = clock::now() + max_waits * deadline;;) {
      auto work_left = deadline - (time_had() - before);
      auto time_left = until - clock::now();
      if (work_left.count() <= 0)
        return waited::worked_too_long;
      if (time_left.count() <= 0)
        return waited::hardly_worked;
      auto left = std::min<std::chrono::nanoseconds>(work_left, time_left);
      auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left);
      pollfd waiting{fd_, POLLIN, 0};
      auto ready = ::poll(&waiting, 1, static_cast<int>(ms.count()) + 1);
      if (ready > 0 || (ready < 0 && errno != EINTR))
        return waited::to_read;
    }
  }

  static caf::error late(const std::string& to) {
    return make_error(ec::unavailable,
                      "the process that evaluates jq does not " + to
                        + "; see whether the machine is overloaded");
  }

  static caf::error killed(int status) {
    auto how = WIFSIGNALED(status) ? "was killed from outside, by signal "
                                       + std::to_string(WTERMSIG(status))
                                   : std::string{"ended by itself"};
    return make_error(ec::unavailable,
                      "the process that evaluates jq " + how
                        + "; see whether the machine has enough memory");
  }

  /// Ends the process, if it lives; how it ended.
  int end() {
    if (pid_ == 0)
      return 0;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR)
      continue;
    pid_ = 0;
    return status;
  }

  /// 0 once it has ended.
  pid_t pid_;
  int fd_;
  bool fresh_ = true;
};

/// The evaluators of this process.
class evaluator_pool {
public:
  evaluation ask(const jq_request& what, const jq_limits& limits) {
    auto mine = take(limits.memory_bytes);
    if (!mine)
      return {std::move(mine.error())};
    auto result = (*mine)->ask(what, limits);
    // It is the same in another process, so a process that was killed does not
    // matter. It may even have been idle.
    if (!result.answer && code_of(result.answer.error()) == ec::unavailable) {
      auto next = evaluator::start(limits.memory_bytes);
      if (next) {
        *mine = std::move(*next);
        result = (*mine)->ask(what, limits);
      }
    }
    if (result.answer)
      give_back(std::move(*mine));
    return result;
  }

private:
  caf::expected<std::unique_ptr<evaluator>> take(uint64_t memory) {
    {
      std::lock_guard guard{mutex_};
      if (!idle_.empty()) {
        auto result = std::move(idle_.back());
        idle_.pop_back();
        return result;
      }
    }
    return evaluator::start(memory);
  }

  void give_back(std::unique_ptr<evaluator> what) {
    std::lock_guard guard{mutex_};
    if (idle_.size() < max_idle())
      idle_.push_back(std::move(what));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<evaluator>> idle_;
};

evaluator_pool& pool() {
  static evaluator_pool instance;
  return instance;
}

} // namespace

evaluation ask_evaluator(const jq_request& what, const jq_limits& limits) {
  return pool().ask(what, limits);
}

} // namespace machine::orchestrator

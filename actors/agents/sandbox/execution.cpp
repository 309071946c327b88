#include "actors/agents/sandbox/execution.hpp"

#include "actors/agents/sandbox/child.hpp"
#include "actors/agents/sandbox/explain.hpp"
#include "actors/agents/sandbox/group.hpp"
#include "actors/agents/sandbox/output.hpp"
#include "actors/agents/sandbox/proc.hpp"
#include "actors/agents/sandbox/watch.hpp"
#include "actors/agents/sandbox/wrap.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace machine::agents {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How often the bounds are looked at.
constexpr milliseconds watch_every{25};

/// How often that is done which takes longer: every tenth of a second, and
/// once a second.
constexpr uint32_t looks_per_map = 4;
constexpr milliseconds disk_every{1'000};

/// Time in which the kernel ends processes that were killed.
constexpr milliseconds death{5'000};

/// Longest time limit; larger ones mean as much.
constexpr duration longest{30ll * 86'400'000};

/// Processes that are not the command's: bubblewrap, and its first process in
/// the sandbox.
constexpr uint32_t wrappers = 2;

/// Behind our own processes, so that those can stop it.
constexpr int niceness = 10;

descriptor open_process(pid_t pid) {
  return descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

void kill_process(const descriptor& process) {
  if (process)
    ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

/// One command under way.
class execution {
public:
  execution(const sandbox_command& command, child process, descriptor info,
            std::optional<control_group> group,
            const std::function<void(std::string_view)>& on_output)
      : command_(command), process_(process), output_(process.output),
        info_(std::move(info)), ending_(open_process(process.pid)),
        group_(std::move(group)), on_output_(on_output),
        kept_(command.limits.output_bytes) {}

  sandbox_result run(int cancel) {
    auto began = clock::now();
    auto until = began + std::min(command_.limits.time, longest);
    do {
      auto left = std::chrono::ceil<milliseconds>(until - clock::now());
      auto wait = std::clamp(left, milliseconds{0}, watch_every);
      std::array<pollfd, 4> sources{{{output_.get(), POLLIN, 0},
                                     {stopped_ ? -1 : cancel, POLLIN, 0},
                                     {ending_.get(), POLLIN, 0},
                                     {info_.get(), POLLIN, 0}}};
      ::poll(sources.data(), sources.size(), static_cast<int>(wait.count()));
      drain();
      learn();
      if (sources[1].revents != 0)
        stop(sandbox_end::cancelled);
      else if (clock::now() >= until)
        stop(sandbox_end::time_limit);
      else if (fills_disk())
        stop(sandbox_end::disk_limit);
      else
        watch();
    } while (!has_ended());
    end_all();
    drain();
    if (on_output_)
      tell(splitter_.finish());
    result_.elapsed =
      std::chrono::duration_cast<duration>(clock::now() - began);
    result_.output = kept_.text();
    result_.output_bytes = kept_.size();
    result_.note = explain(result_, command_);
    return std::move(result_);
  }

private:
  void tell(const std::string& text) {
    if (!text.empty())
      on_output_(text);
  }

  void drain() {
    std::array<char, 65'536> buffer;
    // A command that writes without end must not keep us from looking up.
    for (int rounds = 0; output_ && rounds < 64; ++rounds) {
      auto size = ::read(output_.get(), buffer.data(), buffer.size());
      if (size < 0)
        return;
      if (size == 0) {
        output_.close();
        return;
      }
      std::string_view data{buffer.data(), static_cast<size_t>(size)};
      kept_.add(data);
      if (on_output_)
        tell(splitter_.feed(data));
    }
  }

  /// Finds out which is the first process of the sandbox.
  void learn() {
    std::array<char, 512> buffer{};
    while (info_) {
      auto size = ::read(info_.get(), buffer.data(), buffer.size());
      if (size < 0)
        return;
      said_.append(buffer.data(), static_cast<size_t>(size));
      first_pid_ = first_process_in(said_);
      if (first_pid_ > 0)
        first_ = open_process(first_pid_);
      if (first_pid_ > 0 || size == 0 || said_.size() > 4'096)
        info_.close();
    }
  }

  void stop(sandbox_end why) {
    if (!stopped_) {
      stopped_ = true;
      result_.end = why;
      // Bubblewrap may have made a process and not said so yet.
      if (!first_)
        for (auto pid : numbers_in(read_small_file(
               "/proc/" + std::to_string(process_.pid) + "/task/"
               + std::to_string(process_.pid) + "/children")))
          first_ = open_process(pid);
    }
    // It takes all others with it.
    kill_process(first_);
    ::kill(process_.pid, SIGKILL);
  }

  bool fills_disk() {
    auto now = clock::now();
    if (now < next_disk_)
      return false;
    next_disk_ = now + disk_every;
    return is_disk_full(command_.worktree, command_.limits.disk_reserve_bytes);
  }

  void watch() {
    auto& limits = command_.limits;
    if (group_) {
      if (group_->out_of_memory())
        stop(sandbox_end::memory_limit);
      else if (group_->out_of_processes())
        stop(sandbox_end::process_limit);
      return;
    }
    if (first_pid_ <= 0)
      return;
    auto room = limits.memory_bytes - std::min(limits.memory_bytes, shared_);
    // Bubblewrap's process in there is one of them.
    auto now = measure(first_pid_, {limits.processes + 1, room});
    if (now.processes > limits.processes + 1)
      stop(sandbox_end::process_limit);
    else if (now.memory_bytes > room)
      stop(sandbox_end::memory_limit);
    else if (looks_++ % looks_per_map == 0)
      shared_ = measure_shared(first_pid_, limits.processes + 1);
  }

  bool has_ended() {
    int status = 0;
    if (::waitpid(process_.pid, &status, WNOHANG) != process_.pid)
      return false;
    if (WIFEXITED(status))
      result_.exit_code = WEXITSTATUS(status);
    else if (WIFSIGNALED(status))
      result_.exit_code = 128 + WTERMSIG(status);
    // It may have been over before we looked.
    if (group_ && !stopped_)
      watch();
    if (!stopped_ && result_.exit_code > 128
        && result_.exit_code <= 128 + SIGRTMAX)
      result_.end = sandbox_end::signalled;
    return true;
  }

  /// Ends what the command left behind, and waits for it.
  void end_all() {
    learn();
    kill_process(first_);
    auto until = clock::now() + death;
    while (first_) {
      auto left = std::chrono::ceil<milliseconds>(until - clock::now());
      pollfd source{first_.get(), POLLIN, 0};
      if (left.count() <= 0
          || ::poll(&source, 1, static_cast<int>(left.count())) > 0)
        break;
    }
    if (group_)
      group_->empty_out(death);
  }

  const sandbox_command& command_;
  child process_;
  descriptor output_;
  /// What bubblewrap says about itself.
  descriptor info_;
  std::string said_;
  /// Readable when bubblewrap has ended.
  descriptor ending_;
  /// Readable when the first process of the sandbox has ended, which it does
  /// after all others.
  descriptor first_;
  pid_t first_pid_ = -1;
  std::optional<control_group> group_;
  /// What `measure_shared` has found last.
  uint64_t shared_ = 0;
  uint32_t looks_ = 0;
  clock::time_point next_disk_{};
  const std::function<void(std::string_view)>& on_output_;
  output_keeper kept_;
  utf8_splitter splitter_;
  sandbox_result result_;
  bool stopped_ = false;
};

/// Starts the command in a new group, if one can be had.
caf::expected<execution>
start(const sandbox_command& command,
      const std::function<void(std::string_view)>& on_output, accounting how) {
  auto group = how == accounting::best
               ? control_group::make(command.limits.memory_bytes,
                                     command.limits.processes + wrappers)
               : std::nullopt;
  auto wrapped = wrap_command(command, group ? hidden_memory::allowed
                                             : hidden_memory::refused);
  if (!wrapped)
    return std::move(wrapped.error());
  child_spec spec;
  spec.argv = std::move(wrapped->argv);
  spec.descriptors = wrapped->descriptors;
  spec.file_bytes = command.limits.file_bytes;
  spec.niceness = niceness;
  if (::geteuid() == 0)
    spec.devices = device_nodes::sealed;
  if (group)
    spec.groups = group->entrances();
  else
    // A bound that all processes of the user count for; it only has to stop
    // what grows faster than we look.
    spec.user_processes =
      count_all_processes() + 2ull * command.limits.processes + 1'000;
  auto process = start_child(spec);
  if (!process) {
    if (group && code_of(process.error()) == ec::io_failed)
      return start(command, on_output, accounting::looking);
    return std::move(process.error());
  }
  return execution{command, *process, std::move(wrapped->info),
                   std::move(group), on_output};
}

} // namespace

caf::expected<sandbox_result>
execute(const sandbox_command& command, std::stop_token stop,
        const std::function<void(std::string_view)>& on_output,
        accounting how) {
  if (auto err = check_command(command))
    return err;
  if (stop.stop_requested())
    return make_error(ec::cancelled, "the command was cancelled");
  if (::access(bubblewrap, X_OK) != 0)
    return make_error(ec::unavailable,
                      "bubblewrap is not installed, and commands run in its "
                      "sandbox alone; install the package bubblewrap");
  descriptor cancel{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!cancel)
    return make_error(ec::io_failed, "there are no descriptors left");
  std::stop_callback wake{stop, [fd = cancel.get()] {
                            uint64_t one = 1;
                            static_cast<void>(!::write(fd, &one, sizeof one));
                          }};
  auto under_way = start(command, on_output, how);
  if (!under_way)
    return std::move(under_way.error());
  return under_way->run(cancel.get());
}

} // namespace machine::agents

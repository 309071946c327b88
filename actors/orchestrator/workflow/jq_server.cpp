#include "actors/orchestrator/workflow/jq_protocol.hpp"

#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/jq_engine.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace machine::orchestrator {

namespace {

/// Programs that stay compiled.
constexpr size_t max_served_programs = 256;

} // namespace

std::optional<int> serve_jq_if_asked(int argc, char** argv) {
  if (argc != 3 || std::strcmp(argv[1], jq_server_flag) != 0)
    return std::nullopt;
  // Its parent ends it when a deadline passes. Where the parent is gone, the
  // end of the socket does, or the alarm if it is busy.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  auto memory = std::strtoull(argv[2], nullptr, 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit limit{memory, memory};
  ::setrlimit(RLIMIT_DATA, &limit);
  // libjq complains of a lack of memory where a person looks at something else.
  if (auto nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    ::dup2(nowhere, STDERR_FILENO);
#else
  // The sanitizers' own books are larger than any bound.
  static_cast<void>(memory);
#endif
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  jq_engine serve{max_served_programs};
  // It is up: from now on the time of expressions counts.
  if (!send_answer(jq_server_fd, {}))
    return 0;
  while (auto request = receive_request(jq_server_fd)) {
    ::alarm(max_jq_seconds);
    auto sent = send_answer(jq_server_fd, serve.answer(*request));
    ::alarm(0);
    if (!sent)
      break;
  }
  return 0;
}

} // namespace machine::orchestrator

#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// How the machine and its evaluators of jq speak: requests and answers with
/// lengths in front, over a socket that both inherit.
namespace machine::orchestrator {

/// The first argument of an evaluator; the second is its bound on memory.
constexpr const char* jq_server_flag = "--serve-jq";

/// The evaluator's end of the socket.
constexpr int jq_server_fd = 3;

/// Bound on a program, in bytes.
constexpr size_t max_jq_program = 16u << 10;

/// Bound on one evaluation, whatever its deadline, in seconds.
constexpr unsigned max_jq_seconds = 60;

struct jq_request {
  std::string program;
  /// Empty: the program is compiled and not run.
  std::string input;
  uint64_t max_bytes = 0;
};

enum class jq_status : uint8_t { ok, no_program, failed, too_large };

struct jq_answer {
  jq_status status = jq_status::ok;
  std::string text;
};

/// How a message went: all of it, or the other side is gone, or the time was
/// over first.
enum class transfer : uint8_t { whole, gone, late };

/// Does not wait for longer than *timeout_ms*, whatever the other side does.
transfer send_request(int fd, const jq_request& what, int64_t timeout_ms);

/// Blocks; none if the other side is gone.
std::optional<jq_request> receive_request(int fd);

bool send_answer(int fd, const jq_answer& what);

/// None if the other side is gone, broke the rules, or said nothing within
/// *timeout_ms*; *timed_out* is then set.
struct received_answer {
  std::optional<jq_answer> answer;
  bool timed_out = false;
};

received_answer receive_answer(int fd, int64_t timeout_ms, size_t max_bytes);

} // namespace machine::orchestrator

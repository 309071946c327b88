#include "actors/orchestrator/workflow/jq_protocol.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace machine::orchestrator {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t max_message = 64u << 20;

bool send_all(int fd, const std::string& data) {
  for (size_t sent = 0; sent < data.size();) {
    auto n = ::send(fd, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

/// Reads exactly *size* bytes; none at the end of the stream, or when *until*
/// has passed first.
bool receive_all(int fd, char* to, size_t size,
                 const std::optional<clock::time_point>& until,
                 bool& timed_out) {
  for (size_t got = 0; got < size;) {
    if (until) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *until - clock::now());
      pollfd waiting{fd, POLLIN, 0};
      auto n = left.count() <= 0
               ? 0
               : ::poll(&waiting, 1, static_cast<int>(left.count()) + 1);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0) {
        timed_out = n == 0;
        return false;
      }
    }
    auto n = ::recv(fd, to + got, size - got, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    got += static_cast<size_t>(n);
  }
  return true;
}

template <class T>
void put(std::string& to, T x) {
  to.append(reinterpret_cast<const char*>(&x), sizeof x);
}

} // namespace

bool send_request(int fd, const jq_request& what) {
  std::string message;
  message.reserve(24 + what.program.size() + what.input.size());
  put<uint64_t>(message, what.program.size());
  put<uint64_t>(message, what.input.size());
  put<uint64_t>(message, what.max_bytes);
  message += what.program;
  message += what.input;
  return send_all(fd, message);
}

std::optional<jq_request> receive_request(int fd) {
  std::array<uint64_t, 3> head{};
  auto ignored = false;
  if (!receive_all(fd, reinterpret_cast<char*>(head.data()), sizeof head,
                   std::nullopt, ignored)
      || head[0] > max_message || head[1] > max_message)
    return std::nullopt;
  jq_request result;
  result.program.resize(head[0]);
  result.input.resize(head[1]);
  result.max_bytes = head[2];
  if (!receive_all(fd, result.program.data(), result.program.size(),
                   std::nullopt, ignored)
      || !receive_all(fd, result.input.data(), result.input.size(),
                      std::nullopt, ignored))
    return std::nullopt;
  return result;
}

bool send_answer(int fd, const jq_answer& what) {
  std::string message;
  put<uint64_t>(message, static_cast<uint64_t>(what.status));
  put<uint64_t>(message, what.text.size());
  message += what.text;
  return send_all(fd, message);
}

received_answer receive_answer(int fd, int64_t timeout_ms, size_t max_bytes) {
  received_answer result;
  auto until = clock::now() + std::chrono::milliseconds{timeout_ms};
  std::array<uint64_t, 2> head{};
  if (!receive_all(fd, reinterpret_cast<char*>(head.data()), sizeof head, until,
                   result.timed_out)
      || head[1] > max_bytes + 64u * 1024)
    return result;
  jq_answer answer;
  answer.status = static_cast<jq_status>(head[0]);
  answer.text.resize(head[1]);
  if (receive_all(fd, answer.text.data(), answer.text.size(), until,
                  result.timed_out))
    result.answer = std::move(answer);
  return result;
}

} // namespace machine::orchestrator

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

int left_ms(clock::time_point until) {
  auto left =
    std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
  return left.count() <= 0 ? 0 : static_cast<int>(left.count()) + 1;
}

/// Without *until*, waits for as long as it takes.
transfer send_all(int fd, const std::string& data,
                  const std::optional<clock::time_point>& until) {
  auto flags = MSG_NOSIGNAL | (until ? MSG_DONTWAIT : 0);
  for (size_t sent = 0; sent < data.size();) {
    auto n = ::send(fd, data.data() + sent, data.size() - sent, flags);
    if (n > 0) {
      sent += static_cast<size_t>(n);
      continue;
    }
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && until && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      // An evaluator that was stopped reads nothing.
      pollfd waiting{fd, POLLOUT, 0};
      auto ready = ::poll(&waiting, 1, left_ms(*until));
      if (ready == 0)
        return transfer::late;
      if (ready > 0 || errno == EINTR)
        continue;
    }
    return transfer::gone;
  }
  return transfer::whole;
}

/// Reads exactly *size* bytes; none at the end of the stream, or when *until*
/// has passed first.
bool receive_all(int fd, char* to, size_t size,
                 const std::optional<clock::time_point>& until,
                 bool& timed_out) {
  for (size_t got = 0; got < size;) {
    if (until) {
      pollfd waiting{fd, POLLIN, 0};
      auto left = left_ms(*until);
      auto n = left == 0 ? 0 : ::poll(&waiting, 1, left);
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

transfer send_request(int fd, const jq_request& what, int64_t timeout_ms) {
  std::string message;
  message.reserve(24 + what.program.size() + what.input.size());
  put<uint64_t>(message, what.program.size());
  put<uint64_t>(message, what.input.size());
  put<uint64_t>(message, what.max_bytes);
  message += what.program;
  message += what.input;
  return send_all(fd, message,
                  clock::now() + std::chrono::milliseconds{timeout_ms});
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
  return send_all(fd, message, std::nullopt) == transfer::whole;
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

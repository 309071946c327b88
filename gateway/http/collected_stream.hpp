#pragma once

#include "gateway/http/exchange.hpp"

#include <mutex>

namespace machine::gateway {

/// Makes one answer of a stream of bytes, for whoever has no connection to
/// stream to. Signs of life have no place in it.
class collected_stream final : public raw_stream {
public:
  using then_type = std::function<void(http_answer)>;

  /// @param most Bound on the body, in bytes.
  /// @param then Is called once, on the thread that ends the stream: with the
  /// answer, or with a problem if the body came to no end or is too long.
  collected_stream(http_answer head, size_t most, then_type then);

  collected_stream(const collected_stream&) = delete;
  collected_stream& operator=(const collected_stream&) = delete;

  ~collected_stream() override;

  void send(std::string_view piece) override;

  void set_heartbeat(std::string) override {}

  void close() override;

  void abort() override;

  void on_closed(std::function<void()> then) override;

  void on_drained(std::function<void()> then) override;

private:
  void end(std::unique_lock<std::mutex> guard, http_answer what);

  std::mutex mutex_;
  http_answer answer_;
  const size_t most_;
  /// Null once it is over.
  then_type then_;
  std::function<void()> closed_;
};

} // namespace machine::gateway

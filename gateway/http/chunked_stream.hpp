#pragma once

#include "gateway/http/connection.hpp"

#include <mutex>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// Fails with `internal` if *head* cannot be the head of a `raw_stream`.
caf::error check_raw_head(const http_answer& head);

/// The pieces of a body that wait for a client, and the one write that is under
/// way. All that waits leaves as one chunk, or without any to a client of
/// HTTP/1.0. Pieces come from any thread into one buffer, and the lane is woken
/// once for all of them.
class chunked_stream final
    : public raw_stream,
      public occupant,
      public std::enable_shared_from_this<chunked_stream> {
public:
  /// @param head See `check_raw_head`.
  chunked_stream(std::shared_ptr<connection> on, http_answer head);

  /// Begins to send; on the connection's lane.
  void begin();

  /// Ends without having sent anything.
  void refuse();

  void send(std::string_view piece) override;

  void set_heartbeat(std::string bytes) override;

  void close() override;

  void abort() override;

  void on_closed(std::function<void()> then) override;

  void on_drained(std::function<void()> then) override;

  void on_tick(steady_time now) override;

  void on_flush() override;

  void on_refused(const std::string& why) override;

  void on_drain() override {}

  bool is_complete() const override;

  void on_gone() override;

private:
  using error_code = boost::system::error_code;

  /// What follows what was queued.
  enum class ending : uint8_t { none, whole, broken, overflow };

  void end_with(ending how);
  void want_flush();
  size_t waiting() const;
  void write();
  void frame();
  std::string head_text() const;
  void write_slice();
  void on_written(const error_code& code, size_t count);
  void on_idle();
  void finish();
  void break_off(break_reason why);

  /// What tells the owner that it is over; none if it was over before.
  std::optional<std::function<void()>> leave(std::string_view problem);

  std::shared_ptr<connection> on_;

  mutable std::mutex mutex_;
  /// Room for the size of a chunk, and what waits.
  std::string waiting_;
  /// Bytes that are being written.
  size_t under_way_ = 0;
  ending ending_ = ending::none;
  /// The lane will look at what waits.
  bool woken_ = false;
  bool over_ = false;
  std::string beat_;
  std::function<void()> closed_;
  std::vector<std::function<void()>> drained_;

  // Of the lane alone.
  http_answer head_;
  /// What is being written, and how much of it has left.
  std::string sending_;
  size_t sent_ = 0;
  uint64_t bytes_ = 0;
  /// Until what is being written has to have left.
  steady_time deadline_ = never;
  steady_time beat_at_ = never;
  /// What follows what is being written.
  ending next_ = ending::none;
  bool begun_ = false;
  bool head_waits_ = true;
  bool has_body_ = true;
  bool in_chunks_ = true;
  bool keeps_ = false;
};

} // namespace machine::gateway

#pragma once

#include "gateway/http/connection.hpp"

/// Included by the parts of the server alone.
namespace machine::gateway {

/// The events that wait for a client, and the one write that is under way.
class sse_stream final : public event_stream,
                         public occupant,
                         public std::enable_shared_from_this<sse_stream> {
public:
  explicit sse_stream(std::shared_ptr<connection> on);

  /// Begins to send; on the connection's lane.
  void begin();

  /// Ends without having sent anything; on the connection's lane.
  void refuse();

  void send(const std::optional<std::string>& id, std::string_view event,
            std::string_view data) override;

  void close() override;

  void on_closed(std::function<void()> then) override;

  void on_drained(std::function<void()> then) override;

  void on_tick(steady_time now) override;

  void on_refused(const std::string& why) override;

  void on_drain() override;

  void on_gone() override;

private:
  template <class Job>
  bool post(Job job) {
    return on_->on().post(
      [me = shared_from_this(), job = std::move(job)]() mutable { job(*me); });
  }

  bool is_idle() const {
    return sending_.empty() && waiting_.empty();
  }

  void enqueue(std::string_view frame);
  void drop();
  void write();
  void write_slice();
  void on_written(const boost::system::error_code& code, size_t count);
  void tell_drained();
  void end();

  std::shared_ptr<connection> on_;
  std::string waiting_;
  /// What is being written, and how much of it has left.
  std::string sending_;
  size_t sent_ = 0;
  /// Until what is being written has to have left.
  steady_time deadline_ = never;
  steady_time heartbeat_ = never;
  std::function<void()> closed_;
  std::vector<std::function<void()>> drained_;
  bool closing_ = false;
  bool ended_ = false;
};

} // namespace machine::gateway

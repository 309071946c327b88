#include "gateway/http/collected_stream.hpp"

namespace machine::gateway {

collected_stream::collected_stream(http_answer head, size_t most,
                                   then_type then)
    : answer_(std::move(head)), most_(most), then_(std::move(then)) {}

collected_stream::~collected_stream() {
  collected_stream::abort();
}

void collected_stream::send(std::string_view piece) {
  std::unique_lock guard{mutex_};
  if (!then_)
    return;
  if (answer_.body.size() + piece.size() <= most_) {
    answer_.body += piece;
    return;
  }
  end(std::move(guard),
      problem_answer(make_error(
        ec::limit_exceeded,
        "the answer has more than " + std::to_string(most_)
          + " bytes; ask for it on a connection of its own, without a "
            "message")));
}

void collected_stream::close() {
  std::unique_lock guard{mutex_};
  auto whole = std::move(answer_);
  end(std::move(guard), std::move(whole));
}

void collected_stream::abort() {
  end(std::unique_lock{mutex_},
      problem_answer(make_error(
        ec::unavailable, "the answer broke off before its end; ask again")));
}

void collected_stream::end(std::unique_lock<std::mutex> guard,
                           http_answer what) {
  auto then = std::exchange(then_, nullptr);
  auto closed = std::exchange(closed_, nullptr);
  guard.unlock();
  if (!then)
    return;
  then(std::move(what));
  if (closed)
    closed();
}

void collected_stream::on_closed(std::function<void()> then) {
  std::unique_lock guard{mutex_};
  if (then_) {
    closed_ = std::move(then);
    return;
  }
  guard.unlock();
  then();
}

void collected_stream::on_drained(std::function<void()> then) {
  std::unique_lock guard{mutex_};
  if (!then_)
    return;
  guard.unlock();
  then();
}

} // namespace machine::gateway

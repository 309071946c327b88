#pragma once

#include "actors/models/protocol.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace machine::models {

/// Whom a request went to, and as whom.
struct exchange_facts {
  std::string provider;
  /// Told by no message.
  std::string key;
  std::shared_ptr<const protocol> speaks;
};

/// What comes back for one request, from its first byte to its outcome. On the
/// client's thread.
class exchange_base {
public:
  explicit exchange_base(exchange_facts of) : of_(std::move(of)) {}

  virtual ~exchange_base() = default;

  void on_connected() {
    sent_ = true;
  }

  /// Returns what the head says of the limits on the key.
  virtual std::optional<rate_report> on_head(const net::response_head& head);

  virtual void on_data(std::string_view data);

protected:
  bool went_well() const {
    return head_.status >= 200 && head_.status < 300;
  }

  /// Fills in all of *outcome* but its answer and what was counted; if the
  /// provider refused, its answer, too.
  template <class Answer>
  void describe(outcome_of<Answer>& outcome);

  /// What broke off before there was an answer.
  caf::error broken(const caf::error& why) const;

  exchange_facts of_;
  net::response_head head_;
  std::string body_;
  /// Bound on `body_`, in bytes.
  size_t max_body_ = 8u << 20;
  /// It may have reached the provider.
  bool sent_ = false;

private:
  refusal refused();

  std::optional<duration> retry_after_;
  std::optional<rate_report> rates_;
};

template <class Answer>
class exchange : public exchange_base {
public:
  using exchange_base::exchange_base;

  /// What became of the request.
  virtual outcome_of<Answer> end(const caf::error& why) = 0;
};

/// For an answer, whose pieces go to *on_delta*, which may be empty.
std::unique_ptr<exchange<chat_response>>
chat_exchange(exchange_facts of, const chat_request& what,
              const call_options& options,
              std::function<void(const answer_delta&)> on_delta);

/// For vectors.
std::unique_ptr<exchange<embedding_response>>
vector_exchange(exchange_facts of, const embedding_request& what);

} // namespace machine::models

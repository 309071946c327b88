#include "actors/models/exchange.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <utility>

namespace machine::models {

std::optional<rate_report>
exchange_base::on_head(const net::response_head& head) {
  head_ = head;
  auto now = wall_clock();
  retry_after_ = retry_after_of(head, now);
  rates_ = read_rates(head, now);
  return rates_;
}

void exchange_base::on_data(std::string_view data) {
  auto most = went_well() ? max_body_ : max_error_document;
  body_ += data.substr(0, most - std::min(most, body_.size()));
}

refusal exchange_base::refused() {
  auto said = read_fault(head_, body_);
  said.message = for_people(std::move(said.message), of_.key);
  if (!retry_after_)
    retry_after_ = said.retry_after;
  return explain(of_.provider, head_.status, said, retry_after_);
}

template <class Answer>
void exchange_base::describe(outcome_of<Answer>& outcome) {
  outcome.status = head_.status;
  outcome.rates = rates_;
  if (head_.status >= 300) {
    auto meaning = refused();
    outcome.response = std::move(meaning.why);
    outcome.fault = meaning.fault;
    outcome.retry_after = retry_after_;
    return;
  }
  outcome.accepted = sent_;
  if (outcome.response)
    return;
  auto& problem = outcome.response.error();
  auto code = code_of(problem);
  outcome.fault = fault_of(code);
  outcome.response = make_error(code, for_people(message_of(problem), of_.key));
}

caf::error exchange_base::broken(const caf::error& why) const {
  if (code_of(why) == ec::io_failed && head_.status != 0)
    return make_error(ec::provider_interrupted,
                      of_.provider + " broke off in the middle of its answer");
  return with_context(of_.provider, why);
}

namespace {

class chat_exchange_impl final : public exchange<chat_response> {
public:
  chat_exchange_impl(exchange_facts of, chat_request what, call_options options,
                     std::function<void(const answer_delta&)> on_delta)
      : exchange(std::move(of)), what_(std::move(what)),
        options_(std::move(options)), on_delta_(std::move(on_delta)),
        reader_(of_.speaks->make_reader(what_, options_)) {}

  std::optional<rate_report> on_head(const net::response_head& head) override {
    auto rates = exchange::on_head(head);
    if (went_well())
      frames_ =
        of_.speaks->make_framing(head.header("content-type").value_or(""));
    return rates;
  }

  void on_data(std::string_view data) override {
    if (frames_ == nullptr)
      exchange::on_data(data);
    else if (!problem_)
      problem_ = take(data);
  }

  call_outcome end(const caf::error& why) override {
    call_outcome outcome{finish(why), std::nullopt, reader_->usage()};
    if (outcome.response)
      outcome.usage = outcome.response->usage;
    describe(outcome);
    if (head_.status >= 300)
      outcome.usage.reset();
    return outcome;
  }

private:
  caf::error take(std::string_view data) {
    auto events = frames_->feed(data);
    if (!events)
      return make_error(ec::provider_garbled,
                        of_.provider + ": " + message_of(events.error()));
    for (auto& event : *events) {
      auto deltas = reader_->take(event);
      if (!deltas)
        return with_context(of_.provider, deltas.error());
      tell(*deltas);
    }
    return caf::none;
  }

  caf::expected<chat_response> finish(const caf::error& why) {
    if (problem_)
      return problem_;
    auto streams = frames_ != nullptr;
    // What came after the end of the answer does not matter.
    if (streams && (reader_->complete() || (!why && reader_->may_end()))) {
      auto answer = reader_->response();
      return answer ? answer : with_context(of_.provider, answer.error());
    }
    if (why)
      return broken(why);
    if (streams)
      return make_error(ec::provider_interrupted,
                        of_.provider + " ended its answer before its end");
    if (!went_well())
      return make_error(ec::provider_failed);
    auto whole = of_.speaks->read_whole(body_, what_, options_);
    if (!whole)
      return with_context(of_.provider, whole.error());
    tell(deltas_of(*whole));
    return whole;
  }

  void tell(const answer_deltas& all) {
    if (on_delta_)
      for (auto& x : all)
        on_delta_(x);
  }

  const chat_request what_;
  const call_options options_;
  std::function<void(const answer_delta&)> on_delta_;
  std::unique_ptr<answer_reader> reader_;
  /// Null: the answer is one document.
  std::unique_ptr<framing> frames_;
  caf::error problem_;
};

class vector_exchange_impl final : public exchange<embedding_response> {
public:
  vector_exchange_impl(exchange_facts of, embedding_request what)
      : exchange(std::move(of)), what_(std::move(what)) {
    max_body_ = 64u << 20;
  }

  embedding_outcome end(const caf::error& why) override {
    embedding_outcome outcome{finish(why), std::nullopt, std::nullopt};
    if (outcome.response)
      outcome.usage = outcome.response->usage;
    describe(outcome);
    return outcome;
  }

private:
  caf::expected<embedding_response> finish(const caf::error& why) {
    if (why)
      return broken(why);
    if (!went_well())
      return make_error(ec::provider_failed);
    auto answer = of_.speaks->read_embeddings(body_, what_);
    return answer ? std::move(answer)
                  : with_context(of_.provider, answer.error());
  }

  const embedding_request what_;
};

} // namespace

std::unique_ptr<exchange<chat_response>>
chat_exchange(exchange_facts of, const chat_request& what,
              const call_options& options,
              std::function<void(const answer_delta&)> on_delta) {
  return std::make_unique<chat_exchange_impl>(std::move(of), what, options,
                                              std::move(on_delta));
}

std::unique_ptr<exchange<embedding_response>>
vector_exchange(exchange_facts of, const embedding_request& what) {
  return std::make_unique<vector_exchange_impl>(std::move(of), what);
}

} // namespace machine::models

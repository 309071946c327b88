#pragma once

#include "actors/models/desk/answer_channel.hpp"
#include "actors/models/desk/desk_state.hpp"
#include "actors/models/desk/meter.hpp"

#include <atomic>
#include <functional>
#include <memory>

namespace machine::models {

/// What a try is to do.
struct try_plan {
  /// In the course of its call.
  uint32_t number = 0;
  std::shared_ptr<const model_stock> stock;
  const model_entry* model = nullptr;
  candidate choice;
  std::shared_ptr<provider> asked;
  std::shared_ptr<const chat_request> request;
  /// How long its prompt can be.
  costs::prompt_size prompt;
  std::string job;
  /// As estimated.
  uint64_t prompt_tokens = 0;
  call_options options;
  call_facts facts;
  costs::counted_by counts = costs::counted_by::all;
  /// One that has not begun by then hangs.
  duration first_byte_timeout{60'000};
};

/// How a try ended.
struct try_result {
  uint32_t number = 0;
  call_outcome outcome;
  micro_usd cost = 0;
  /// Where a whole answer is wanted.
  std::string thoughts;
  /// It reached the provider, or was meant to.
  bool asked = false;
  /// Until the answer began, and until the end.
  std::optional<duration> first_byte;
  duration took{0};
};

/// One call of one model for a client: has money set aside, asks the provider,
/// watches that the answer stays within the money, and settles. What it says
/// goes to the channel. Belongs to the desk's actor.
class chat_try : public std::enable_shared_from_this<chat_try> {
public:
  /// @param then Called once; not after the try is gone.
  chat_try(desk_state& at, const chat_order& what, try_plan plan,
           std::shared_ptr<answer_channel> to,
           std::function<void(try_result)> then);

  ~chat_try();

  /// `then` may be called before this returns, as from `stop`.
  void start();

  /// It is not wanted any more.
  void stop();

  bool is_over() const {
    return over_;
  }

  const call_facts& facts() const {
    return plan_.facts;
  }

  const model_entry& model() const {
    return *plan_.model;
  }

  /// What the learner is told of it, but for what it has shown.
  observation observed() const;

private:
  void ask();
  std::function<void(meter::need)> need_teller();
  void need(meter::need what);
  void extend();
  void take(call_outcome outcome);
  void settle(call_outcome outcome, micro_usd cost);
  costs::call_end end_of(const call_outcome& outcome) const;
  void tell_health(const call_outcome& outcome);
  void learn(const call_outcome& outcome, micro_usd cost);
  void end(call_outcome outcome, micro_usd cost);
  std::optional<duration> first_byte() const;

  /// What the thread of the provider sees of the answer.
  struct sight {
    std::atomic<timestamp> began{timestamp{}};
    meter tokens{UINT64_MAX};
    /// Only on the provider's thread until the end.
    std::string thoughts;

    bool has_begun() const {
      return began.load() != timestamp{};
    }
  };

  desk_state& at_;
  const std::string tenant_;
  const bool keeps_thoughts_;
  try_plan plan_;
  const std::shared_ptr<answer_channel> to_;
  const std::function<void(try_result)> then_;
  const std::shared_ptr<sight> seen_ = std::make_shared<sight>();
  costs::call_line line_;
  permission permitted_;
  /// Its number at the till; 0: nothing is set aside.
  uint64_t number_ = 0;
  /// The longest answer that is paid for.
  uint32_t allowed_ = 0;
  provider::call_id call_ = 0;
  timestamp began_{};
  /// Why it could not be allowed more.
  caf::error broke_;
  bool calling_ = false;
  bool stopped_ = false;
  bool cut_ = false;
  bool over_ = false;
};

} // namespace machine::models

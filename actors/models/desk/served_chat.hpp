#pragma once

#include "actors/models/desk/charge.hpp"
#include "actors/models/desk/desk_state.hpp"
#include "actors/models/desk/stream_tap.hpp"

namespace machine::models {

/// One call that was ordered: chooses a model, sets money aside, has the
/// provider answer, settles, and tries another model where that may help and
/// the client has seen nothing yet.
class served_chat final : public served,
                          public std::enable_shared_from_this<served_chat> {
public:
  served_chat(desk_state& at, uint64_t number, chat_order what,
              std::shared_ptr<call_watcher> by);

  ~served_chat() override;

  void start() override;
  void stop(const caf::error& why) override;

private:
  bool answer_from_cache();
  void choose();
  void wait_for(duration pause);
  void reserve();
  void no_money(const caf::error& why);
  void call();
  void need(meter::need what);
  void extend();
  void ended(call_outcome outcome);
  void settle(const call_outcome& outcome, micro_usd cost);
  void report(const call_outcome& outcome, micro_usd cost);
  void proceed(call_outcome outcome);
  void finish(caf::expected<chat_response> answer);
  void later(duration wait, void (served_chat::*what)());

  desk_state& at_;
  const uint64_t number_;
  const chat_order what_;
  std::shared_ptr<call_watcher> by_;
  std::shared_ptr<const model_stock> stock_;
  selection_request wish_;
  routing_policy policy_;
  decision decision_;
  /// The model of this try.
  const model_entry* model_ = nullptr;
  candidate choice_;
  permission permitted_;
  costs::call_line line_;
  std::shared_ptr<stream_tap> tap_;
  std::shared_ptr<provider> provider_;
  provider::call_id call_ = 0;
  /// The number of this try at the till; 0: none is under way.
  uint64_t try_ = 0;
  /// The longest answer that is paid for.
  uint32_t allowed_ = 0;
  call_facts facts_;
  /// Empty: the answer is not kept.
  std::string cache_key_;
  timestamp began_{};
  timestamp try_began_{};
  timestamp deadline_{};
  /// Why it is to end.
  caf::error stopped_;
  /// What the first model that failed said.
  caf::error problem_;
  uint32_t tries_of_model_ = 0;
  bool calling_ = false;
  /// This try is among those in flight.
  bool counted_ = false;
  bool ended_ = false;
};

} // namespace machine::models

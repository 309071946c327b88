#pragma once

#include "actors/models/desk/chat_try.hpp"
#include "actors/models/desk/decision_notes.hpp"
#include "actors/models/desk/desk.hpp"
#include "actors/models/routing/course.hpp"

#include <deque>

namespace machine::models {

/// One call that was ordered: ranks the models, and does what its course says,
/// try by try, until there is an answer or none can be had.
class served_chat final : public served,
                          public std::enable_shared_from_this<served_chat> {
public:
  served_chat(desk_state& at, uint64_t number, chat_order what,
              std::shared_ptr<call_watcher> by);

  ~served_chat() override;

  void start() override;
  void stop(const caf::error& why) override;
  void wake() override;

private:
  /// How a question is to one that was answered before.
  enum class nearness : uint8_t { same, near };

  bool look_before();
  bool answer_from_near();
  void order_vector(const std::string& text);
  void take_vector(micro_usd cost, caf::expected<embedding_response> answer);
  void answer_as_before(const answer_cache::entry& found, nearness how);
  void keep_answer(const chat_response& answer);
  void choose();
  void pause(duration how_long);
  void begin_course();
  bool can_continue() const;
  void advance(const std::function<course_steps()>& next);
  course_steps hear_channel(const answer_channel::pause& held);
  void tell_channel(answer_channel::pause& held, const course_step& step);
  void perform(course_steps steps);
  void perform_one(const course_step& step);
  decision_mode mode_of(const start_try& what) const;
  void begin_try(const start_try& what);
  call_options options_of(const model_entry& model,
                          const start_try& what) const;
  std::shared_ptr<const chat_request> request_of(try_mode mode);
  size_t plan_checks();
  void take(try_result result);
  void checked(uint32_t number, try_end how, std::optional<bool> fits);
  bool has_money_for_more() const;
  void ended(uint32_t number, const try_end& how);
  void remember(const chat_try& by);
  void answer_with(uint32_t number);
  void end(caf::expected<chat_response> answer);
  void conclude();
  void keep_decision();

  desk_state& at_;
  const uint64_t number_;
  const chat_order what_;
  const std::shared_ptr<call_watcher> by_;
  std::shared_ptr<const model_stock> stock_;
  selection_request wish_;
  routing_policy policy_;
  decision decision_;
  std::shared_ptr<answer_channel> channel_;
  std::optional<course> course_;
  std::vector<std::shared_ptr<chat_try>> tries_;
  /// What tries have answered.
  std::map<uint32_t, chat_response> answers_;
  /// Whether they satisfy the schema, where somebody knows.
  std::map<uint32_t, std::optional<bool>> forms_;
  std::deque<course_step> to_do_;
  call_facts facts_;
  /// Empty: the answer is not kept.
  std::string cache_key_;
  /// An answer that was given before will do.
  bool looks_before_ = false;
  /// Set where nearly the same question would do.
  std::optional<near_question> near_;
  /// The order of its vector, while that is made.
  std::optional<uint64_t> vector_;
  timestamp deadline_{};
  /// Why it is to end.
  caf::error stopped_;
  std::optional<caf::expected<chat_response>> result_;
  decision_notes notes_;
  bool performing_ = false;
  bool told_ = false;
  bool kept_ = false;
};

} // namespace machine::models

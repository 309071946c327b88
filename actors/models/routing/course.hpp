#pragma once

#include "actors/models/routing/policy.hpp"
#include "runtime/error.hpp"

#include <variant>

namespace machine::models {

/// One of the models that a call may go to, the best first.
struct course_candidate {
  std::string model;
  std::string provider;
  uint64_t context_tokens = 0;
  micro_usd worst_case = 0;
  /// Whether it can go on from a text that another model began.
  bool continues = false;
  /// When a second model is to be asked as well; none: never.
  std::optional<duration> hedge_after;
  /// Another model is asked if its answer does not pass a check.
  bool is_checked = false;
};

/// Whether a request may be made again that a provider has taken already.
enum class repetition : uint8_t {
  /// All that it costs is money.
  harmless,
  /// It may do something twice.
  harmful,
};

/// How a call is made.
struct course_rule {
  fallback_rule fallback;
  repetition again = repetition::harmless;
  /// Calls to one model; the first pause between them is drawn from zero to
  /// *first_pause*, each further one from twice as much.
  uint32_t tries_of_model = 2;
  duration first_pause{1'000};
  duration longest_pause{60'000};
  /// A longer pause is spent with another model, if there is one.
  duration worth_waiting{2'000};
  /// A try that has not begun to answer by then hangs.
  duration first_byte_timeout{60'000};
};

enum class successor : uint8_t;

/// How a try is begun.
enum class try_mode : uint8_t {
  fresh,
  /// It is given what the client has so far, and goes on from there.
  resume,
};

/// To do: ask a model.
struct start_try {
  uint32_t number = 0;
  /// The place of the candidate.
  size_t candidate = 0;
  try_mode mode = try_mode::fresh;
  /// The provider has at most so long.
  duration time_left{0};

  bool operator==(const start_try&) const = default;
};

/// To do: end a try, whose end is told all the same, for its money.
struct stop_try {
  uint32_t number = 0;

  bool operator==(const stop_try&) const = default;
};

/// What is charged for a try; see `charge_for`.
enum class payment : uint8_t {
  /// It was not taken.
  nothing,
  /// What the provider has counted.
  counted,
  /// All that was set aside: it was taken, and is not known to have cost less.
  lease,
};

/// To do: settle the money of a try that has ended.
struct settle_try {
  uint32_t number = 0;
  payment what = payment::nothing;

  bool operator==(const settle_try&) const = default;
};

/// To do: tell the client, who has a part of an answer.
struct tell_client {
  enum class kind : uint8_t {
    /// Another model goes on.
    resumed,
    /// What it has is to be forgotten; another answer follows.
    restarted,
    /// No more follows.
    ended_early,
  };

  kind what = kind::resumed;
  /// A sentence.
  std::string text;

  bool operator==(const tell_client&) const = default;
};

/// The end: this try has the answer.
struct use_answer {
  uint32_t number = 0;

  bool operator==(const use_answer&) const = default;
};

/// The end: there is no answer.
struct give_up {
  caf::error why;
  /// When it may be worth asking again.
  std::optional<duration> retry_after;

  bool operator==(const give_up&) const = default;
};

using course_step = std::variant<start_try, stop_try, settle_try, tell_client,
                                 use_answer, give_up>;

/// What is to be done now, in this order.
using course_steps = std::vector<course_step>;

/// How a try ended.
struct try_end {
  /// None if it has given a whole answer.
  caf::error why;
  /// See `outcome_of`.
  bool accepted = false;
  bool counted = false;
  int status = 0;
  std::optional<duration> retry_after;
  /// It has given a whole answer, which did not pass the check.
  bool rejected = false;
};

/// What an answer consists of, as far as another model could go on from it.
enum class piece_kind : uint8_t {
  text,
  /// A call of a tool, or something else that nobody can go on from.
  other,
};

/// One call of a client, from the first try to the answer: it is told what
/// happens, and says what to do. Which failure leads where stands in
/// `course_moves.hpp`.
///
/// An answer that does not pass its check is handed on: the next model is asked
/// for a better one. Where none can be had, because tries, time or models are
/// used up, the answer that there is is used.
///
/// Money is settled try by try: each that was started is told to have ended,
/// also after `stop_try` and after the end of the call.
///
/// Pure: time and random bits come in as arguments. It ends after
/// `fallback_rule::tries` tries, and at `fallback_rule::deadline` if `tick` is
/// called by then.
class course {
public:
  /// @param candidates At least one.
  course(const course_rule& rule, std::vector<course_candidate> candidates,
         timestamp now);

  /// Begins.
  course_steps start(timestamp now);

  /// A try has begun to answer. Only pieces of a try that `speaks` are passed
  /// on to the client.
  course_steps began(uint32_t number);

  bool speaks(uint32_t number) const;

  /// A piece of the answer was passed on to the client.
  void passed_on(piece_kind what);

  course_steps ended(uint32_t number, const try_end& how, timestamp now,
                     uint64_t random);

  /// It is as late as `alarm` said.
  course_steps tick(timestamp now, uint64_t random);

  /// The client does not want the answer any more.
  course_steps cancel();

  /// When to call `tick`; none once it is over.
  std::optional<timestamp> alarm() const;

  bool over() const {
    return over_;
  }

  /// Tries that were started.
  uint32_t tries() const {
    return static_cast<uint32_t>(tries_.size());
  }

private:
  enum class try_state : uint8_t { running, stopping, ended };

  struct one_try {
    size_t candidate = 0;
    try_mode mode = try_mode::fresh;
    try_state state = try_state::running;
    timestamp hangs_at{};
    std::optional<timestamp> hedge_at;
  };

  struct pause {
    timestamp until{};
    size_t candidate = 0;
    try_mode mode = try_mode::fresh;
  };

  bool is_running(uint32_t number) const;
  size_t count_running() const;
  bool may_start() const;
  void begin_try(course_steps& to, size_t candidate, try_mode mode,
                 timestamp now);
  void stop_others(course_steps& to, std::optional<uint32_t> but);
  void finish(course_steps& to, caf::error why);
  void failed(course_steps& to, uint32_t number, const try_end& how,
              timestamp now, uint64_t random);
  bool hand_on(course_steps& to, uint32_t number, timestamp now);
  void go_on(course_steps& to, size_t from, const try_end& how, try_mode mode,
             timestamp now, uint64_t random);
  void strike(size_t failed, successor next);
  bool can_take(size_t candidate, try_mode mode) const;
  std::optional<size_t> next_of(size_t failed, successor next,
                                try_mode mode) const;
  duration pause_before(size_t candidate, const try_end& how,
                        uint64_t random) const;
  void hedge(course_steps& to, timestamp now);

  course_rule rule_;
  std::vector<course_candidate> candidates_;
  timestamp deadline_;
  std::vector<one_try> tries_;
  /// Calls to each candidate.
  std::vector<uint32_t> tries_of_;
  /// What cannot do it, whatever else happens.
  std::vector<bool> struck_;
  std::optional<pause> pause_;
  std::optional<uint32_t> speaker_;
  /// Has answered, for want of something better.
  std::optional<uint32_t> spare_;
  bool passed_on_ = false;
  bool only_text_ = true;
  bool hedged_ = false;
  bool over_ = false;
  /// What went wrong first, which is what a person can do something about.
  caf::error problem_;
  std::optional<duration> retry_after_;
};

/// What is to be settled for a try that ended like this.
payment payment_for(const try_end& x);

} // namespace machine::models

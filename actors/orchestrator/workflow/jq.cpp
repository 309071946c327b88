#include "actors/orchestrator/workflow/jq.hpp"

#include "actors/orchestrator/workflow/jq_cache.hpp"
#include "actors/orchestrator/workflow/jq_evaluators.hpp"
#include "actors/orchestrator/workflow/purity.hpp"
#include "runtime/entity/takes_long.hpp"
#include "runtime/wire/document.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <unordered_map>

namespace machine::orchestrator {

namespace {

/// Plans that a thread remembers, and the size of their programs, in bytes.
constexpr size_t max_plans = 4'096;
constexpr size_t max_planned_bytes = 1u << 20;

/// Compiling always ends; it may take long where others need the processor.
constexpr duration compile_deadline{10'000};

/// Of programs, in bytes, that are compiled where nothing may take long:
/// milliseconds.
constexpr size_t max_compiled_at_once = 8u << 10;

/// For all evaluations of a budget together where nothing may take long.
constexpr std::chrono::milliseconds max_moment{100};

/// Programs to compile along with one, if that has to be.
using companions = std::function<std::vector<std::string>()>;

caf::error check_text(std::string_view program) {
  if (program.size() > max_jq_program)
    return make_error(ec::limit_exceeded,
                      "the expression has " + std::to_string(program.size())
                        + " bytes; at most " + std::to_string(max_jq_program)
                        + " are allowed");
  if (program.find('\0') != program.npos)
    return make_error(ec::invalid_argument,
                      "the expression has a NUL character in it");
  if (auto word = find_impurity(program))
    return make_error(ec::invalid_argument,
                      "`" + *word
                        + "` reaches outside of the run; an expression may use "
                          "its input alone");
  return caf::none;
}

/// jq's complaint in one line, without what it says of its own.
std::string one_line(std::string text) {
  for (std::string_view noise : {"jq: error: ", "jq: 1 compile error"})
    if (auto at = text.find(noise); at != text.npos)
      text.erase(at, noise.size());
  for (auto& c : text)
    if (c == '\n')
      c = ' ';
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text.substr(0, 500);
}

/// What is known of a program by its spelling.
struct known_program {
  caf::error problem;
  jq_plan plan;
};

/// Valid until the next call in this thread.
const known_program& look_up(std::string_view program) {
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  thread_local std::unordered_map<std::string, known_program, hash,
                                  std::equal_to<>>
    known;
  if (auto i = known.find(program); i != known.end())
    return i->second;
  thread_local size_t size = 0;
  if (known.size() >= max_plans || size > max_planned_bytes) {
    known.clear();
    size = 0;
  }
  size += program.size();
  known_program made{check_text(program), {}};
  if (!made.problem)
    made.plan = plan_jq(program);
  return known.emplace(program, std::move(made)).first->second;
}

jq_cache& tame_programs() {
  static jq_cache instance;
  return instance;
}

/// The processor's time that this thread has had.
std::chrono::nanoseconds time_had() {
  timespec had{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &had);
  return std::chrono::seconds{had.tv_sec}
       + std::chrono::nanoseconds{had.tv_nsec};
}

size_t size_of(const std::vector<std::string>& programs) {
  return std::accumulate(programs.begin(), programs.end(), size_t{0},
                         [](size_t sum, auto& x) { return sum + x.size(); });
}

/// By a process, which may take as long as it may.
evaluation have_evaluated(const jq_request& what, const jq_limits& limits) {
  if (!limits.may_take_long)
    throw entity::takes_long{};
  return ask_evaluator(what, limits);
}

evaluation ask(const jq_request& what, const jq_plan& plan,
               const jq_limits& limits, const companions& others) {
  if (!plan.tame || what.input.size() > max_tame_input)
    return have_evaluated(what, limits);
  auto before = time_had();
  auto& known = tame_programs();
  auto answer = known.answer(what);
  if (!answer) {
    auto all = others ? others() : std::vector<std::string>{};
    all.push_back(what.program);
    if (limits.may_take_long)
      known.add(all);
    else if (size_of(all) > max_compiled_at_once || !known.try_add(all))
      throw entity::takes_long{};
    answer = known.answer(what);
  }
  if (!answer)
    return have_evaluated(what, limits);
  return {std::move(*answer), time_had() - before};
}

/// What an expression yields, and how long a processor worked for it.
struct yielded {
  caf::expected<json_text> value;
  std::chrono::nanoseconds worked{0};
};

caf::expected<json_text> value_of(std::string_view program, jq_answer answer,
                                  size_t most, const jq_limits& limits) {
  switch (answer.status) {
    case jq_status::ok:
      // Others have to read it, with more around it; and jq writes a note
      // where a value is too deep for it.
      if (!wire::parse_json(answer.text, {.max_bytes = limits.max_bytes,
                                          .max_depth = max_value_depth}))
        return make_error(ec::limit_exceeded,
                          "the expression yields a value that is nested "
                          "deeper than "
                            + std::to_string(max_value_depth)
                            + " levels, or has more than a million parts");
      return json_text{std::move(answer.text)};
    case jq_status::too_large:
      return make_error(ec::limit_exceeded, "the expression yields "
                                              + answer.text + " bytes; at most "
                                              + std::to_string(most)
                                              + " are allowed");
    case jq_status::no_program:
    case jq_status::failed: break;
  }
  return make_error(ec::invalid_argument,
                    "`" + std::string{program.substr(0, 200)}
                      + "`: " + one_line(std::move(answer.text)));
}

yielded evaluate_known(std::string_view program, const known_program& known,
                       const json_text& input, const jq_limits& limits,
                       const companions& others) {
  if (input.text.size() > limits.max_bytes)
    return {make_error(ec::limit_exceeded, "the expression's input has "
                                             + std::to_string(input.text.size())
                                             + " bytes; at most "
                                             + std::to_string(limits.max_bytes)
                                             + " are allowed")};
  auto most = std::min(limits.max_bytes, limits.max_result_bytes);
  auto [answer, worked] =
    ask({std::string{program}, input.text, most}, known.plan, limits, others);
  if (!answer)
    return {std::move(answer.error()), worked};
  return {value_of(program, std::move(*answer), most, limits), worked};
}

} // namespace

caf::expected<void> check_jq(std::string_view program) {
  return jq_check_budget{compile_deadline}.check(program);
}

caf::expected<void> jq_check_budget::check(std::string_view program) {
  if (auto err = check_text(program))
    return err;
  auto left = std::chrono::duration_cast<duration>(left_);
  if (left.count() <= 0)
    return make_error(ec::timeout, "there is no time left to compile it");
  auto [answer, worked] =
    ask_evaluator({std::string{program}, {}, 0},
                  {.deadline = std::min(left, compile_deadline)});
  left_ -= worked;
  if (!answer)
    return std::move(answer.error());
  if (answer->status == jq_status::no_program)
    return make_error(ec::invalid_argument,
                      "`" + std::string{program.substr(0, 200)}
                        + "` is no jq: " + one_line(std::move(answer->text)));
  return caf::unit;
}

caf::expected<json_text> evaluate_jq(std::string_view program,
                                     const json_text& input,
                                     const jq_limits& limits) {
  auto& known = look_up(program);
  if (known.problem)
    return known.problem;
  return evaluate_known(program, known, input, limits, nullptr).value;
}

jq_budget::jq_budget(duration all, const jq_limits& each)
    : all_(all), each_(each) {}

caf::expected<json_text> jq_budget::evaluate(std::string_view program,
                                             const jq_scope& scope) {
  auto left =
    std::chrono::duration_cast<duration>(all_ + worked_at_renewal_ - worked_);
  if (left.count() <= 0)
    return make_error(ec::timeout, "its expressions together did not end "
                                   "within "
                                     + std::to_string(all_.count()) + " ms");
  if (!each_.may_take_long && used_ > max_moment)
    throw entity::takes_long{};
  auto limits = each_;
  limits.deadline = std::min(limits.deadline, left);
  auto begin = std::chrono::steady_clock::now();
  auto& known = look_up(program);
  if (known.problem)
    return known.problem;
  if (known.plan.constant)
    return json_text{*known.plan.constant};
  auto [value, worked] =
    evaluate_known(program, known, scope.read(known.plan.needs), limits,
                   [&] { return scope.others(); });
  used_ += std::chrono::steady_clock::now() - begin;
  worked_ += worked;
  return std::move(value);
}

void jq_budget::renew() {
  worked_at_renewal_ = worked_;
}

duration jq_budget::used() const {
  return std::chrono::duration_cast<duration>(used_);
}

} // namespace machine::orchestrator

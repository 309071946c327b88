#include "actors/orchestrator/workflow/jq_engine.hpp"

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <algorithm>
#include <utility>

#ifdef __SANITIZE_ADDRESS__
/// libjq 1.6 forgets a key of the object that it goes through when an error
/// ends that: a few dozen bytes for each such error.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
  return "leak:libjq.so";
}
#endif

namespace machine::orchestrator {

namespace {

struct teardown {
  void operator()(jq_state* x) const {
    jq_teardown(&x);
  }
};

void collect_error(void* to, jv message) {
  auto text = jv_get_kind(message) == JV_KIND_STRING
              ? jv_copy(message)
              : jv_dump_string(jv_copy(message), 0);
  auto& all = *static_cast<std::string*>(to);
  if (all.size() < 4'096) {
    all += jv_string_value(text);
    all += '\n';
  }
  jv_free(text);
  jv_free(message);
}

std::string text_of(jv value) {
  auto text =
    jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0);
  std::string result{
    jv_string_value(text),
    static_cast<size_t>(jv_string_length_bytes(jv_copy(text)))};
  jv_free(text);
  return result;
}

} // namespace

struct jq_program::compiled {
  std::unique_ptr<jq_state, teardown> state{jq_init()};
};

jq_program::jq_program(std::unique_ptr<compiled> it) : it_(std::move(it)) {}

jq_program::~jq_program() = default;

std::unique_ptr<jq_program> jq_program::compile(const std::string& text,
                                                std::string& problem) {
  auto made = std::make_unique<compiled>();
  auto* state = made->state.get();
  if (state == nullptr) {
    problem = "jq does not start";
    return nullptr;
  }
  jq_set_error_cb(state, collect_error, &problem);
  if (jq_compile(state, text.c_str()) == 0)
    return nullptr;
  jq_set_error_cb(state, nullptr, nullptr);
  return std::unique_ptr<jq_program>{new jq_program{std::move(made)}};
}

jq_answer jq_program::run(std::string_view input, uint64_t max_bytes) {
  auto* state = it_->state.get();
  auto value = jv_parse_sized(input.data(), static_cast<int>(input.size()));
  if (!jv_is_valid(value)) {
    jv_free(value);
    return {jq_status::failed, "the input is no JSON"};
  }
  jq_start(state, value, 0);
  auto first = jq_next(state);
  if (!jv_is_valid(first)) {
    auto message = jv_invalid_get_msg(first);
    if (jv_get_kind(message) == JV_KIND_NULL) {
      jv_free(message);
      return {jq_status::failed, "it yields no value"};
    }
    return {jq_status::failed, text_of(message)};
  }
  auto second = jq_next(state);
  auto more = jv_is_valid(second);
  jv_free(second);
  if (more) {
    jv_free(first);
    return {jq_status::failed,
            "it yields more than one value; put it in [ ] to make a list"};
  }
  auto text = jv_dump_string(first, 0);
  std::string result{
    jv_string_value(text),
    static_cast<size_t>(jv_string_length_bytes(jv_copy(text)))};
  jv_free(text);
  if (result.size() > max_bytes)
    return {jq_status::too_large, std::to_string(result.size())};
  return {jq_status::ok, std::move(result)};
}

jq_answer jq_engine::answer(const jq_request& what) {
  auto i = std::find_if(programs_.begin(), programs_.end(),
                        [&](auto& x) { return x.text == what.program; });
  if (i == programs_.end()) {
    std::string problem;
    auto made = jq_program::compile(what.program, problem);
    if (made == nullptr)
      return {jq_status::no_program, std::move(problem)};
    programs_.push_front({what.program, std::move(made)});
    if (programs_.size() > most_)
      programs_.pop_back();
  } else {
    programs_.splice(programs_.begin(), programs_, i);
  }
  if (what.input.empty())
    return {jq_status::ok, {}};
  return programs_.front().program->run(what.input, what.max_bytes);
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/jq_protocol.hpp"

#include "actors/orchestrator/workflow/jq.hpp"

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>

namespace machine::orchestrator {

namespace {

/// Programs that stay compiled.
constexpr size_t max_programs = 256;

struct teardown {
  void operator()(jq_state* x) const {
    jq_teardown(&x);
  }
};

struct compiled {
  std::string text;
  std::unique_ptr<jq_state, teardown> state;
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

/// Evaluates on behalf of the parent.
class server {
public:
  jq_answer answer(const jq_request& what) {
    std::string problem;
    auto* state = find(what.program, problem);
    if (state == nullptr)
      return {jq_status::no_program, std::move(problem)};
    if (what.input.empty())
      return {jq_status::ok, {}};
    auto input =
      jv_parse_sized(what.input.data(), static_cast<int>(what.input.size()));
    if (!jv_is_valid(input)) {
      jv_free(input);
      return {jq_status::failed, "the input is no JSON"};
    }
    jq_start(state, input, 0);
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
    if (result.size() > what.max_bytes)
      return {jq_status::too_large, std::to_string(result.size())};
    return {jq_status::ok, std::move(result)};
  }

private:
  jq_state* find(const std::string& program, std::string& problem) {
    for (auto i = programs_.begin(); i != programs_.end(); ++i)
      if (i->text == program) {
        programs_.splice(programs_.begin(), programs_, i);
        return i->state.get();
      }
    std::unique_ptr<jq_state, teardown> state{jq_init()};
    if (state == nullptr) {
      problem = "jq does not start";
      return nullptr;
    }
    jq_set_error_cb(state.get(), collect_error, &problem);
    if (jq_compile(state.get(), program.c_str()) == 0)
      return nullptr;
    jq_set_error_cb(state.get(), nullptr, nullptr);
    programs_.push_front({program, std::move(state)});
    if (programs_.size() > max_programs)
      programs_.pop_back();
    return programs_.front().state.get();
  }

  std::list<compiled> programs_;
};

} // namespace

std::optional<int> serve_jq_if_asked(int argc, char** argv) {
  if (argc != 3 || std::strcmp(argv[1], jq_server_flag) != 0)
    return std::nullopt;
  // Its parent ends it when a deadline passes. Where the parent is gone, the
  // end of the socket does, or the alarm if it is busy.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  auto memory = std::strtoull(argv[2], nullptr, 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit limit{memory, memory};
  ::setrlimit(RLIMIT_DATA, &limit);
#else
  // The sanitizers' own books are larger than any bound.
  static_cast<void>(memory);
#endif
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  server serve;
  // It is up: from now on the time of expressions counts.
  if (!send_answer(jq_server_fd, {}))
    return 0;
  while (auto request = receive_request(jq_server_fd)) {
    ::alarm(max_jq_seconds);
    auto sent = send_answer(jq_server_fd, serve.answer(*request));
    ::alarm(0);
    if (!sent)
      break;
  }
  return 0;
}

} // namespace machine::orchestrator

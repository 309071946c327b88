// Expressions that are evaluated where nobody watches: whatever they are given,
// they end soon, need little memory, and yield one value or an error.

#include "actors/orchestrator/workflow/jq_engine.hpp"
#include "actors/orchestrator/workflow/jq_plan.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>

#include <sanitizer/allocator_interface.h>

using namespace machine;
using namespace machine::orchestrator;
using fuzz::require;

namespace {

/// Of a thread whose programs are slowed by a sanitizer, in seconds.
constexpr double max_seconds = 0.75;
constexpr size_t max_memory = 40u << 20;

/// What costs more than anything before it is worth going on from.
[[gnu::section("__libfuzzer_extra_counters")]] std::array<uint8_t, 64> costs;

void note_costs(double seconds, size_t memory) {
  auto steps = [](double x) {
    return static_cast<size_t>(std::clamp(2 * std::log2(x), 0.0, 31.0));
  };
  costs[steps(seconds * 1e3)] = 1;
  costs[32 + steps(static_cast<double>(memory) / 4'096)] = 1;
}

thread_local size_t held = 0;
thread_local size_t most_held = 0;

void note_taken(const volatile void* where, size_t) {
  held += __sanitizer_get_allocated_size(const_cast<const void*>(where));
  most_held = std::max(most_held, held);
}

void note_given(const volatile void* where) {
  auto size = where == nullptr
              ? 0
              : __sanitizer_get_allocated_size(const_cast<const void*>(where));
  held -= std::min(held, size);
}

double seconds_had() {
  timespec had{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &had);
  return static_cast<double>(had.tv_sec)
       + static_cast<double>(had.tv_nsec) / 1e9;
}

/// Makes programs of numbers: most compile, and many are close to what is no
/// longer tame.
class author {
public:
  explicit author(fuzz::input& numbers) : numbers_(numbers) {}

  std::string expression(int depth) {
    auto part = [&] { return expression(depth - 1); };
    switch (depth == 0 ? 0 : numbers_.byte() % 10) {
      case 0:
      case 1:
        return one_of(std::array{".a", ".a", ".b", ".a.b", ".[\"a\"]", ".a[0]",
                                 "3", "100", "\"x\"", "\"\"", "\",\"", "null",
                                 ".", ".a * 100", ".a / \",\"", ".a / \"\"",
                                 ".a * 100 / \"\""});
      case 2: return "(" + part() + ")";
      case 3: return "[" + list() + "]";
      case 4: return "{a: (" + part() + "), b: " + part() + "}";
      case 5:
        return "if " + part() + " then " + part() + " else " + part() + " end";
      case 6: return part() + " * 100";
      case 7:
      case 8:
        return part() + " | " + one_of(std::array{"length",    "utf8bytelength",
                                                  "type",      "keys",
                                                  "tostring",  "tojson",
                                                  "tojson",    "add",
                                                  "add",       "any",
                                                  "all",       "min",
                                                  "max",       "sort",
                                                  "unique",    "reverse",
                                                  "floor",     "first",
                                                  "last",      "ascii_downcase",
                                                  "not",       ".a",
                                                  "[.[]]",     "flatten",
                                                  "tojson * 2"});
      default:
        return part()
             + one_of(std::array{" + ", " - ", " / ", " * ", " == ", " < ",
                                 " // ", " and ", " or ", " - 1 + "})
             + part();
    }
  }

private:
  template <size_t Size>
  std::string one_of(const std::array<const char*, Size>& these) {
    return these[numbers_.byte() % Size];
  }

  std::string list() {
    auto result = expression(1);
    for (auto left = numbers_.byte() % 32; left > 0; --left)
      result += ", .a";
    return result;
  }

  fuzz::input& numbers_;
};

/// *part* again and again, as far as an input may go.
std::string filled(std::string_view begin, std::string_view part,
                   std::string_view end) {
  std::string result{begin};
  while (result.size() + part.size() + end.size() <= max_tame_input)
    result += part;
  return result.append(end);
}

std::string input_of(fuzz::input& numbers) {
  constexpr std::array<std::array<std::string_view, 3>, 12> shapes{{
    {R"({"a":")", "x", R"("})"},
    {R"({"a":")", "\\\"", R"("})"},
    {R"({"a":")", "\\u0001", R"("})"},
    {R"({"a":")", "\xF0\x9F\x98\x80", R"("})"},
    {R"({"a":[)", "1,", "1]}"},
    {R"({"a":[)", "[],", "0]}"},
    {R"({"a":[)", "{},", "0]}"},
    {R"({"a":[)", "\"\",", "\"\"]}"},
    {R"({"a":[)", R"({"a":1},)", R"(0]})"},
    {R"({"b":",","a":")", ",", R"("})"},
    {R"({"a":[1e308,)", "1e-308,", "0]}"},
    {R"({"a":{"b":[)", "\"\\\\\",", "\"\"]}}"},
  }};
  auto& shape = shapes[numbers.byte() % shapes.size()];
  return filled(shape[0], shape[1], shape[2]);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  require(__sanitizer_install_malloc_and_free_hooks(note_taken, note_given)
          != 0);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto all = fuzz::input{data, size};
  std::string program;
  std::string input;
  // The text of a program and that of its input, or numbers to make them of.
  if (auto choice = all.byte(); choice % 2 == 0) {
    auto parts = all.parts('\n', 2);
    program = parts.front();
    input = parts.size() == 2 ? std::string{parts.back()} : "null";
    if (input.size() > max_tame_input || !wire::is_json(input))
      return 0;
  } else {
    input = input_of(all);
    program = author{all}.expression(4);
  }
  if (!plan_jq(program).tame || program.find('\0') != program.npos)
    return 0;
  std::string problem;
  auto compiled = jq_program::compile(program, problem);
  if (compiled == nullptr)
    return 0;
  held = most_held = 0;
  auto begin = seconds_had();
  auto answer = compiled->run(input, 4u << 20);
  auto took = seconds_had() - begin;
  note_costs(took, most_held);
  if (took > max_seconds || most_held > max_memory)
    std::fprintf(stderr, "%s\ntook %.3f s and %zu bytes for\n%s\n",
                 program.c_str(), took, most_held, input.c_str());
  require(took <= max_seconds);
  require(most_held <= max_memory);
  require(answer.status != jq_status::ok || wire::is_json(answer.text));
  return 0;
}

#include "actors/models/selector.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;

namespace {

catalogue three_models() {
  auto loaded = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://127.0.0.1:1/v1"
[provider.s]
protocol = "scripted"
[model.cheap]
provider = "p"
context = 100000
max_output = 8192
price = { input = "0.10", output = "0.40" }
quality = { general = 0.5, code = 0.3 }
[model.middle]
provider = "p"
context = 100000
max_output = 8192
tools = true
price = { input = "1", output = "4" }
quality = { general = 0.7, code = 0.65 }
[model.best]
provider = "p"
context = 200000
max_output = 8192
tools = true
structured_output = true
price = { input = "10", output = "40" }
quality = { general = 0.9, code = 0.95 }
[model.unpriced]
provider = "p"
context = 200000
max_output = 8192
tools = true
[model.demo]
provider = "s"
context = 200000
max_output = 8192
tools = true
price = { input = "0", output = "0" }
)",
                               "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return *loaded;
}

std::string reason_of(const decision& x, const std::string& model) {
  for (auto& y : x.rejections)
    if (y.model == model)
      return y.reason;
  return {};
}

} // namespace

TEST_CASE("the cheapest that is good enough is chosen") {
  auto all = three_models();
  selection_request code{.job = "code", .prompt_tokens = 1'000};
  auto x = select(all, code);
  REQUIRE(x);
  CHECK(x->candidates.front().model == "middle");
  CHECK(x->why.find("cheapest that is good enough for code")
        != std::string::npos);
  code.minimum_quality = 0.9;
  CHECK(select(all, code)->candidates.front().model == "best");
  code.minimum_quality = 0.99;
  auto y = select(all, code);
  CHECK(y->candidates.front().model == "best");
  CHECK(y->why.find("not good enough") != std::string::npos);
}

TEST_CASE("each rejection has its reason") {
  auto all = three_models();
  selection_request wish{.needs_structured_output = true,
                         .prompt_tokens = 1'000};
  auto x = select(all, wish);
  REQUIRE(x);
  CHECK(x->candidates.size() == 1);
  CHECK(reason_of(*x, "cheap") == "it cannot answer by a schema");
  CHECK(reason_of(*x, "demo").find("script") != std::string::npos);
  selection_request tools{
    .needs_tools = true, .prompt_tokens = 300'000, .estimated_tokens = 150'000};
  auto y = select(all, tools);
  REQUIRE(y);
  CHECK(reason_of(*y, "middle").find("its context has 100000 tokens")
        != std::string::npos);
  CHECK(reason_of(*y, "unpriced").find("set `price`") != std::string::npos);
}

TEST_CASE("a model that was asked for is used, or it is said why not") {
  auto all = three_models();
  selection_request wish{.pinned = "demo", .prompt_tokens = 10};
  CHECK(select(all, wish)->candidates.front().model == "demo");
  wish.pinned = "mdle";
  auto none = select(all, wish);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::not_found);
  CHECK(message_of(none.error()).find("did you mean middle?")
        != std::string::npos);
  wish.pinned = "unpriced";
  auto unpriced = select(all, wish);
  REQUIRE(!unpriced);
  CHECK(code_of(unpriced.error()) == ec::unknown_price);
  wish.pinned = "middle";
  wish.unusable["p"] = "no key: set P_KEY";
  auto unusable = select(all, wish);
  REQUIRE(!unusable);
  CHECK(code_of(unusable.error()) == ec::no_model);
  CHECK(message_of(unusable.error()).find("set P_KEY") != std::string::npos);
}

TEST_CASE("where only money stands in the way, it is said how much") {
  auto all = three_models();
  selection_request wish{.needs_structured_output = true,
                         .prompt_tokens = 1'000,
                         .max_output_tokens = 1'000,
                         .money = 49'999};
  auto x = select(all, wish);
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::budget_exceeded);
  CHECK(message_of(x.error()).find("up to $0.05, and at most $0.049999 is left")
        != std::string::npos);
  wish.money = 50'000;
  CHECK(select(all, wish));
}

TEST_CASE("a model is asked for no longer answer than it can give") {
  auto all = three_models();
  selection_request wish{.pinned = "middle",
                         .prompt_tokens = 50'000,
                         .estimated_tokens = 20'000,
                         .max_output_tokens = 16'000};
  auto x = select(all, wish);
  REQUIRE(x);
  CHECK(x->candidates[0].max_output_tokens == 8'192);
  CHECK(x->candidates[0].worst_case == 50'000 + 4 * 8'192);
  // Nor for more than its context has room for.
  wish.estimated_tokens = 96'000;
  CHECK(select(all, wish)->candidates[0].max_output_tokens == 4'000);
  wish.estimated_tokens = 99'500;
  auto full = select(all, wish);
  REQUIRE(!full);
  CHECK(message_of(full.error()).find("no room for an answer")
        != std::string::npos);
}

TEST_CASE("a model that was left out is not chosen") {
  auto all = three_models();
  selection_request wish{.job = "code", .excluded = {{"middle", "gone"}}};
  auto x = select(all, wish);
  REQUIRE(x);
  CHECK(x->candidates.front().model != "middle");
  CHECK(reason_of(*x, "middle") == "gone");
}

TEST_CASE("a dialect is its model's, or its provider's") {
  auto loaded = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://x"
output_bound = "max_completion_tokens"
reasoning_effort = "low"
[model.a]
provider = "p"
[model.b]
provider = "p"
reasoning_effort = "none"
forced_tools = false
)",
                               "c.toml");
  REQUIRE(loaded);
  CHECK(loaded->models["a"].speaks
        == dialect{"max_completion_tokens", "low", true});
  CHECK(loaded->models["b"].speaks
        == dialect{"max_completion_tokens", "none", false});
  auto bad = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://x"
reasoning_effort = "lots"
)",
                            "c.toml");
  REQUIRE(!bad);
  CHECK(message_of(bad.error()).find("it can be none, minimal")
        != std::string::npos);
}

TEST_CASE("what a provider promises about data stands in the catalogue") {
  auto loaded = load_catalogue({}, R"(
[provider.careful]
protocol = "openai"
url = "http://x"
regions = ["eu", "eu-west"]
no_training = true
zero_retention = true
[provider.other]
protocol = "openai"
url = "http://x"
)",
                               "c.toml");
  REQUIRE(loaded);
  auto& careful = loaded->providers["careful"];
  CHECK(careful.regions == std::vector<std::string>{"eu", "eu-west"});
  CHECK(careful.no_training);
  CHECK(careful.zero_retention);
  // What is not said is not promised.
  auto& other = loaded->providers["other"];
  CHECK(other.regions.empty());
  CHECK(!other.no_training);
  CHECK(!other.zero_retention);
}

TEST_CASE("no candidate breaks a constraint, and the order is a total one") {
  auto all = three_models();
  CHECK(rc::check([&] {
    selection_request wish;
    wish.job = *rc::gen::element<std::string>("code", "general", "other");
    wish.needs_tools = *rc::gen::arbitrary<bool>();
    wish.estimated_tokens = *rc::gen::inRange<uint64_t>(0, 250'000);
    wish.prompt_tokens =
      wish.estimated_tokens + *rc::gen::inRange<uint64_t>(0, 250'000);
    wish.max_output_tokens = *rc::gen::inRange<uint32_t>(1, 10'000);
    wish.money = *rc::gen::inRange<micro_usd>(0, 3'000'000);
    auto x = select(all, wish);
    if (!x)
      return;
    for (auto& y : x->candidates) {
      auto& model = all.models.at(y.model);
      RC_ASSERT(!wish.needs_tools || model.tools);
      RC_ASSERT(y.worst_case <= *wish.money);
      RC_ASSERT(y.expected <= y.worst_case);
      RC_ASSERT(y.max_output_tokens > 0);
      RC_ASSERT(y.max_output_tokens <= wish.max_output_tokens);
      RC_ASSERT(y.max_output_tokens <= model.max_output_tokens);
      RC_ASSERT(wish.estimated_tokens + y.max_output_tokens
                <= model.context_tokens);
    }
    RC_ASSERT(x->candidates.size() + x->rejections.size() == all.models.size());
  }));
}

TEST_CASE("mistakes in a catalogue are told with their line") {
  auto problem = [](std::string_view text) {
    auto x = load_catalogue({}, text, "c.toml");
    return x ? "none" : message_of(x.error());
  };
  CHECK(problem("[model.x]\nprovider = \"y\"\ncontext = 10\n")
          .find("c.toml:2: model.x.provider is y, which is not in the "
                "catalogue")
        != std::string::npos);
  CHECK(
    problem("[provider.p]\nprotocol = \"soap\"\nurl = \"http://x\"\n")
      .find("it can be openai, openai_responses, anthropic, gemini, bedrock "
            "or scripted")
    != std::string::npos);
  CHECK(problem("[provider.p]\nprotocol = \"openai\"\nurl = \"x\"\nkee = 1\n")
          .find("c.toml:4: provider.p.kee is no known key")
        != std::string::npos);
  CHECK(problem("[").find("c.toml:1: this is no TOML") != std::string::npos);
}

TEST_CASE("the built-in catalogue is valid, and every price has its source") {
  auto all = built_in_catalogue();
  if (!all)
    FAIL(render(all.error()));
  for (auto& [id, x] : all->models) {
    CAPTURE(id);
    CHECK(x.price);
    CHECK(!x.source.empty());
    CHECK(!x.as_of.empty());
  }
}

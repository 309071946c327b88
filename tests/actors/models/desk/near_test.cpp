#include "tests/actors/models/desk/desk_under_test.hpp"

#include <map>

using namespace machine;
using namespace machine::models;
using namespace machine::test;

// Nearly the same is answered again, where a policy says so.

namespace {

/// Makes the vectors that a test names; answers nothing else.
class embedder final : public provider {
public:
  const std::string& name() const override {
    return name_;
  }

  call_id start(const chat_request&, const call_options&,
                call_handlers how) override {
    how.on_done({make_error(ec::provider_rejected, "it makes vectors"),
                 std::nullopt, std::nullopt, false, 400});
    return 1;
  }

  call_id embed(const embedding_request& what, const call_options&,
                embedding_handlers how) override {
    ++calls;
    if (how.on_leave)
      how.on_leave();
    auto found = vectors.find(what.inputs.front());
    embedding_response x;
    x.usage = token_usage{7, 0, 0};
    if (found != vectors.end())
      x.vectors = {found->second};
    if (found == vectors.end())
      how.on_done({make_error(ec::provider_failed, "it has no vector"),
                   std::nullopt, std::nullopt, false, 500});
    else
      how.on_done({std::move(x), std::nullopt, std::nullopt, true, 200});
    return 1;
  }

  void cancel(call_id) override {}

  std::map<std::string, std::vector<float>> vectors;
  std::atomic<size_t> calls{0};

private:
  const std::string name_ = "vectors";
};

routing_policy near_policy(double threshold = 0.8) {
  auto result = desk_under_test::usual_policy();
  result.name = "default";
  result.cache.semantic = threshold;
  return result;
}

struct question {
  std::string text;
  std::optional<cache_use> use{};
  std::string tenant = "acme";
  std::string system{};
  duration keep_for{600'000};
};

listener::result ask(desk_under_test& it, const question& x) {
  auto what = it.order("small");
  auto request = *what.request;
  request.messages.clear();
  if (!x.system.empty())
    request.messages.push_back({chat_role::system, x.system});
  request.messages.push_back({chat_role::user, x.text});
  what.request = std::make_shared<chat_request>(request);
  what.tenant = x.tenant;
  what.cache = x.use;
  what.keep_for = x.keep_for;
  auto by = std::make_shared<listener>();
  it.call(std::move(what), by);
  auto end = by->wait();
  REQUIRE(end.answer);
  CHECK(by->text == end.answer->message.content);
  return end;
}

constexpr const char* asked = "What is the capital of France?";
constexpr const char* nearly = "what's the capital of France";

} // namespace

TEST_CASE("without a policy for it, nothing is answered again unasked") {
  desk_under_test it;
  CHECK(!ask(it, {asked}).facts.is_cached);
  CHECK(!ask(it, {asked}).facts.is_cached);
  CHECK(it.one->calls() == 2);
}

TEST_CASE("nearly the same is answered again for nothing") {
  desk_under_test it;
  it.set_policies({{"default", near_policy()}});
  CHECK(!ask(it, {asked}).facts.is_cached);
  it.one->answer_with("other", {10, 0, 5});
  auto end = ask(it, {nearly});
  CHECK(end.facts.is_cached);
  CHECK(end.facts.is_near);
  CHECK(end.facts.cost == 0);
  CHECK(end.facts.model == "small");
  CHECK(end.answer->message.content == "hello");
  // The same comes first.
  auto same = ask(it, {asked});
  CHECK(same.facts.is_cached);
  CHECK(!same.facts.is_near);
  CHECK(it.one->calls() == 1);
  CHECK(it.rest(1).spent == 15);
}

TEST_CASE("what is not near enough, or not the same request, is asked anew") {
  desk_under_test it;
  it.set_policies({{"default", near_policy(0.8)}});
  ask(it, {asked});
  for (auto& x :
       {question{"What is the capital of Spain?"},
        question{"What isn't the capital of France?"},
        question{nearly, cache_use::off}, question{nearly, cache_use::refresh},
        question{"what's the capital of France", {}, "umbrella"},
        question{nearly, {}, "acme", "Answer in French."}}) {
    INFO(x.text);
    CHECK(!ask(it, x).facts.is_cached);
  }
  it.set_policies({{"default", near_policy(0.999)}});
  CHECK(!ask(it, {"Hi, what is the capital of France?"}).facts.is_cached);
  it.set_policies({{"default", near_policy(0.5)}});
  CHECK(ask(it, {"Hello, what is the capital of France?"}).facts.is_near);
}

TEST_CASE("digits that differ are no near miss, but a miss") {
  desk_under_test it;
  it.set_policies({{"default", near_policy(0.5)}});
  std::string much(2'000, 'x');
  ask(it, {"Sum up the chapter 12 of " + much});
  CHECK(ask(it, {"sum up chapter 12 of " + much}).facts.is_near);
  CHECK(!ask(it, {"Sum up the chapter 13 of " + much}).facts.is_cached);
  CHECK(!ask(it, {"Do not sum up the chapter 12 of " + much}).facts.is_cached);
}

TEST_CASE("nearly the same is answered again for its time alone") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{near_policy(), clock};
  ask(it, {asked, {}, "acme", "", duration{10'000}});
  it.advance(duration{9'999});
  CHECK(ask(it, {nearly}).facts.is_near);
  it.advance(duration{1});
  CHECK(!ask(it, {nearly}).facts.is_cached);
}

TEST_CASE("a refusal or half an answer is not given to who asks nearly that") {
  desk_under_test it;
  it.set_policies({{"default", near_policy()}});
  it.one->hold();
  auto by = std::make_shared<listener>();
  auto what = it.order("small");
  auto request = *what.request;
  request.messages.back().content = asked;
  what.request = std::make_shared<chat_request>(request);
  it.call(std::move(what), by);
  auto call = it.one->take();
  chat_response cut;
  cut.message.role = chat_role::assistant;
  cut.message.content = "Par";
  cut.stop = stop_reason::length;
  cut.usage = token_usage{10, 0, 5};
  call->how.on_done({cut, std::nullopt, cut.usage, true, 200});
  REQUIRE(by->wait().answer);
  it.one->answer_with("Paris", {10, 0, 5});
  CHECK(!ask(it, {nearly}).facts.is_cached);
}

TEST_CASE("the vectors of a model are asked for and paid") {
  desk_under_test it;
  auto maker = std::make_shared<embedder>();
  maker->vectors = {{asked, {3, 4}},
                    {"Which city is the French capital?", {3.1F, 4}},
                    {"Which city is the Spanish capital?", {4, -3}},
                    {"Which city is the 2nd French capital?", {3, 4}}};
  it.change([&](model_stock& stock) {
    auto provider = stock.listed.providers.at("one");
    provider.name = "vectors";
    stock.listed.providers["vectors"] = provider;
    auto model = stock.listed.models.at("small");
    model.id = model.name = "embed";
    model.provider = "vectors";
    stock.listed.models["embed"] = model;
    stock.providers["vectors"] = maker;
  });
  auto policy = near_policy(0.99);
  policy.cache.embedder = "embed";
  it.set_policies({{"default", policy}});
  // Seven micro-dollars for the vector.
  CHECK(ask(it, {asked}).facts.cost == 22);
  auto near = ask(it, {"Which city is the French capital?"});
  CHECK(near.facts.is_near);
  CHECK(near.facts.cost == 7);
  CHECK(!ask(it, {"Which city is the Spanish capital?"}).facts.is_cached);
  CHECK(!ask(it, {"Which city is the 2nd French capital?"}).facts.is_cached);
  CHECK(maker->calls == 4);
  // Whoever wants none of it pays for none of it.
  CHECK(ask(it, {asked, cache_use::off}).facts.cost == 15);
  CHECK(maker->calls == 4);
  it.rest(8);
  // Without a vector the call is one like others, and that is said once.
  for (int i = 0; i < 2; ++i)
    CHECK(ask(it, {"Nobody knows a vector of this."}).facts.is_cached
          == (i == 1));
  CHECK(!ask(it, {"Nor of this."}).facts.is_cached);
  CHECK(it.troubles().size() == 1);
}

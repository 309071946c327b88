#include "actors/models/desk/call_memory.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

const timestamp noon{std::chrono::hours{100}};

remembered_call call_of(const std::string& tenant) {
  return {tenant, "default", "small", "code", 7, {}, {}};
}

} // namespace

TEST_CASE("a call is remembered for its tenant, for some hours") {
  call_memory it;
  it.keep("d-1", call_of("acme"), noon);
  REQUIRE(it.find("d-1", "acme", noon));
  CHECK(it.find("d-1", "acme", noon)->model == "small");
  CHECK(code_of(it.find("d-1", "umbrella", noon).error()) == ec::not_found);
  CHECK(code_of(it.find("d-2", "acme", noon).error()) == ec::not_found);
  CHECK(!it.find("d-1", "acme", noon + remembered_for));
  it.keep("d-3", call_of("acme"), noon + remembered_for);
  CHECK(it.size() == 1);
}

TEST_CASE("the oldest call is forgotten for one too many") {
  call_memory it{2};
  for (auto* id : {"a", "b", "c"})
    it.keep(id, call_of("acme"), noon);
  CHECK(it.size() == 2);
  CHECK(!it.find("a", "acme", noon));
  CHECK(it.find("c", "acme", noon));
}

TEST_CASE("only what is new of a call is learned from, and no contrary") {
  call_memory it;
  it.keep("d-1", call_of("acme"), noon);
  auto first = it.judge("d-1", true, std::nullopt);
  REQUIRE((first && *first));
  CHECK((*first)->verdict == answer_verdict{{}, true});
  CHECK((*first)->model == "small");
  CHECK((*first)->job == "code");
  CHECK((*first)->prompt_tokens == 7);
  CHECK(!(*first)->output_tokens);
  auto again = it.judge("d-1", true, std::nullopt);
  REQUIRE(again);
  CHECK(!*again);
  auto more = it.judge("d-1", true, false);
  REQUIRE((more && *more));
  CHECK((*more)->verdict == answer_verdict{{}, {}, false});
  CHECK(code_of(it.judge("d-1", false, std::nullopt).error()) == ec::conflict);
  CHECK(code_of(it.judge("d-1", {}, true).error()) == ec::conflict);
}

#include "actors/models/catalogue.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace machine;
using namespace machine::models;

namespace {

const catalogue& built_in() {
  static const auto all = built_in_catalogue();
  if (!all)
    FAIL(render(all.error()));
  return *all;
}

/// `2026-11-28`
bool is_a_day(const std::string& x) {
  return x.size() == 10 && x.find_first_not_of("0123456789-") == x.npos
      && x[4] == '-' && x[7] == '-';
}

} // namespace

TEST_CASE("every model that comes with the machine says where its price is "
          "from") {
  CHECK(built_in().models.size() >= 25);
  for (auto& [id, x] : built_in().models) {
    CAPTURE(id);
    CHECK(x.source.find("http") == 0);
    CHECK(is_a_day(x.as_of));
    CHECK(built_in().providers.contains(x.provider));
  }
}

TEST_CASE("what a model that comes with the machine costs is plausible") {
  constexpr micro_usd most = 200'000'000;
  for (auto& [id, x] : built_in().models) {
    CAPTURE(id);
    REQUIRE(x.price);
    auto& price = *x.price;
    auto is_free = built_in().providers.at(x.provider).local;
    CHECK((price.input > 0) == !is_free);
    CHECK(price.input <= most);
    CHECK(price.output <= most);
    CHECK(price.cached <= price.input);
    if (x.embeddings)
      CHECK(price.output == 0);
    else
      CHECK(price.input <= price.output);
    CHECK(price.cache_write.value_or(price.input) >= price.input);
    CHECK(price.cache_write_hour.value_or(most)
          >= price.cache_write.value_or(price.input));
    if (!price.long_prompt)
      continue;
    auto& beyond = *price.long_prompt;
    CHECK(beyond.above < x.context_tokens);
    CHECK(beyond.input >= price.input);
    CHECK(beyond.cached >= price.cached);
    CHECK(beyond.output >= price.output);
    // Who says what writing costs says so for both.
    CHECK(beyond.cache_write.has_value() == price.cache_write.has_value());
    CHECK(beyond.cache_write.value_or(0) >= price.cache_write.value_or(0));
    CHECK(beyond.cache_write_hour.has_value()
          == price.cache_write_hour.has_value());
  }
}

TEST_CASE("what a model that comes with the machine can do is plausible") {
  for (auto& [id, x] : built_in().models) {
    CAPTURE(id);
    CHECK(x.context_tokens >= 2'000);
    CHECK(x.max_output_tokens <= x.context_tokens);
    CHECK(x.embeddings == x.quality.empty());
    if (!x.embeddings)
      CHECK(x.quality.contains("general"));
    else
      CHECK(!x.tools);
    if (x.max_images)
      CHECK(std::count(x.takes.begin(), x.takes.end(), attachment_kind::image)
            == 1);
  }
}

TEST_CASE("no two models that come with the machine share a name") {
  std::set<std::string> names;
  std::set<std::pair<std::string, std::string>> there;
  for (auto& [id, x] : built_in().models) {
    CAPTURE(id);
    CHECK(names.insert(id).second);
    CHECK(there.emplace(x.provider, x.name).second);
    for (auto& alias : x.aliases) {
      CAPTURE(alias);
      CHECK(names.insert(alias).second);
      REQUIRE(find_model(built_in(), alias) != nullptr);
      CHECK(find_model(built_in(), alias)->id == id);
    }
  }
}

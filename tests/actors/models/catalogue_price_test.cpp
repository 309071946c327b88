#include "actors/models/catalogue.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace machine;
using namespace machine::models;

namespace {

std::string with_price(std::string price, const std::string& more = {}) {
  // TOML has such tables in one line.
  std::replace(price.begin(), price.end(), '\n', ' ');
  return "[provider.p]\nprotocol = \"openai\"\nurl = \"http://x\"\n"
         "[model.x]\nprovider = \"p\"\nprice = "
       + price + "\n" + more;
}

costs::price must_read(const std::string& price, const std::string& more = {}) {
  auto loaded = load_catalogue({}, with_price(price, more), "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  REQUIRE(loaded->models.at("x").price);
  return *loaded->models.at("x").price;
}

std::string mistakes_of(const std::string& price) {
  auto loaded = load_catalogue({}, with_price(price), "c.toml");
  return loaded ? "none" : message_of(loaded.error());
}

} // namespace

TEST_CASE("a whole price is read") {
  auto x = must_read(R"({ input = "0.10", cached = "0.01", output = "0.50",
cache_write = "0.125", cache_write_hour = "0.20", image = "0.3", audio = "0.4",
audio_output = "0.6", call = "0.005", long = { above = 100000, input = "0.50",
cached = "0.05", output = "2.50", cache_write = "0.625",
cache_write_hour = "1" } })");
  costs::price expected;
  expected.input = 100'000;
  expected.cached = 10'000;
  expected.output = 500'000;
  expected.cache_write = 125'000;
  expected.cache_write_hour = 200'000;
  expected.image = 300'000;
  expected.audio = 400'000;
  expected.audio_output = 600'000;
  expected.call = 5'000;
  expected.long_prompt = costs::long_price{.above = 100'000,
                                           .input = 500'000,
                                           .cached = 50'000,
                                           .output = 2'500'000,
                                           .cache_write = 625'000,
                                           .cache_write_hour = 1'000'000};
  CHECK(x == expected);
}

TEST_CASE("what a price does not say costs as much as the prompt") {
  auto x = must_read(R"({ input = "2", output = "10",
long = { above = 200000, input = "4", output = "15" } })");
  CHECK(x.cached == 2'000'000);
  CHECK(!x.cache_write);
  CHECK(!x.image);
  CHECK(x.call == 0);
  REQUIRE(x.long_prompt);
  CHECK(x.long_prompt->cached == 4'000'000);
  CHECK(!x.long_prompt->cache_write);
}

TEST_CASE("only vectors may be without a price of answers") {
  auto x = must_read(R"({ input = "0.02" })", "embeddings = true\n");
  CHECK(x.input == 20'000);
  CHECK(x.output == 0);
  CHECK(mistakes_of(R"({ input = "0.02" })")
          .find("c.toml:6: model.x.price.output is missing")
        != std::string::npos);
}

TEST_CASE("every mistake in a price is told with its place and mending") {
  auto says = [](const std::string& price, const std::string& what) {
    auto text = mistakes_of(price);
    INFO(text);
    return text.find(what) != std::string::npos;
  };
  CHECK(says(R"({ output = "1" })", "c.toml:6: model.x.price.input is missing; "
                                    "it is dollars per million tokens"));
  CHECK(says(R"({ input = 1.0, output = "1" })",
             "model.x.price.input must be text in quotes"));
  CHECK(says(R"({ input = "1", output = "1e-6" })",
             "model.x.price.output must be dollars per million tokens as text, "
             "such as \"0.40\""));
  CHECK(says(R"({ input = "1", output = "-1" })", "model.x.price.output must"));
  CHECK(says(R"({ input = "1", output = "1", cache_write = "x" })",
             "model.x.price.cache_write must be dollars per million"));
  CHECK(says(R"({ input = "1", output = "1", call = "x" })",
             "model.x.price.call must be dollars a call as text"));
  CHECK(says(R"({ input = "1", output = "1", write = "2" })",
             "model.x.price.write is no known key; known are"));
  CHECK(says(R"({ input = "1", output = "1", long = {} })",
             "model.x.price.long.above is missing"));
  CHECK(says(
    R"({ input = "1", output = "1", long = { above = 0, input = "1", output = "1" } })",
    "model.x.price.long.above must be a whole number from 1"));
  CHECK(
    says(R"({ input = "1", output = "1", long = { above = 1, input = "1" } })",
         "model.x.price.long.output is missing"));
  CHECK(says(R"("free")", "model.x.price must be a table"));
}

TEST_CASE("what is kept for an hour has a price of its own in long prompts") {
  auto x = must_read(R"({ input = "0.10", output = "0.50",
cache_write = "0.125", cache_write_hour = "0.20", long = { above = 100000,
input = "0.50", output = "2.50", cache_write = "0.625",
cache_write_hour = "1.00" } })");
  token_usage usage;
  usage.cache_write_hour = 100'000;
  CHECK(costs::cost(x, usage) == 20'000);
  usage.cache_write_hour = 200'000;
  CHECK(costs::cost(x, usage) == 200'000);
  CHECK(costs::worst_case(x, {200'000, 0, true}, 0) == 200'000);
}

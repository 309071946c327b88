#include "actors/models/catalogue_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;

namespace {

catalogue with_providers() {
  auto loaded = load_catalogue({}, R"(
[provider.p]
protocol = "openai"
url = "http://x"
output_bound = "max_completion_tokens"
reasoning_effort = "low"
[provider.q]
protocol = "anthropic"
url = "http://x"
)",
                               "p.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return std::move(*loaded);
}

micro_usd draw_amount() {
  return *rc::gen::inRange<micro_usd>(0, 1'000'000'000'000);
}

std::optional<micro_usd> draw_optional() {
  return *rc::gen::arbitrary<bool>() ? std::optional{draw_amount()}
                                     : std::nullopt;
}

std::optional<uint32_t> draw_count() {
  return *rc::gen::arbitrary<bool>()
         ? std::optional{*rc::gen::inRange<uint32_t>(1, 100'000)}
         : std::nullopt;
}

costs::price draw_price() {
  costs::price x;
  x.input = draw_amount();
  x.cached = draw_amount();
  x.output = draw_amount();
  x.cache_write = draw_optional();
  x.cache_write_hour = draw_optional();
  x.image = draw_optional();
  x.audio = draw_optional();
  x.audio_output = draw_optional();
  x.call = draw_amount();
  if (*rc::gen::arbitrary<bool>())
    x.long_prompt =
      costs::long_price{.above = *rc::gen::inRange<uint64_t>(1, 100'000'000),
                        .input = draw_amount(),
                        .cached = draw_amount(),
                        .output = draw_amount(),
                        .cache_write = draw_optional(),
                        .cache_write_hour = draw_optional()};
  return x;
}

/// Some of *all*, each once.
template <class T>
std::vector<T> draw_some(const std::vector<T>& all) {
  std::vector<T> result;
  for (auto& x : all)
    if (*rc::gen::arbitrary<bool>())
      result.push_back(x);
  return result;
}

/// Text as a careless person would write it.
std::string draw_text() {
  return *rc::gen::container<std::string>(
    rc::gen::element('a', 'B', '0', '.', ' ', '"', '\\', '\n', '\t', '\x01',
                     '\x7f', '#', '[', ']', '=', '\'', '{', '/', ':'));
}

model_entry draw_model(const std::string& id, const catalogue& known) {
  using enum attachment_kind;
  model_entry x;
  x.id = id;
  x.aliases = draw_some<std::string>({id + "/a", id + "-\\b"});
  x.provider = *rc::gen::element<std::string>("p", "q");
  x.name = *rc::gen::arbitrary<bool>() ? id : "name" + draw_text();
  x.context_tokens = *rc::gen::inRange<uint64_t>(0, 100'000'000);
  x.max_output_tokens = *rc::gen::inRange<uint32_t>(1, 1'000'000);
  x.tools = *rc::gen::arbitrary<bool>();
  x.structured_output = *rc::gen::arbitrary<bool>();
  x.takes = draw_some<attachment_kind>({image, document, audio});
  x.max_images = draw_count();
  x.reasoning =
    *rc::gen::element(thinking::none, thinking::shown, thinking::hidden);
  x.streams = *rc::gen::arbitrary<bool>();
  x.embeddings = *rc::gen::arbitrary<bool>();
  if (x.embeddings)
    x.dimensions = draw_count();
  x.speaks = known.providers.at(x.provider).speaks;
  if (*rc::gen::arbitrary<bool>())
    x.speaks = {
      *rc::gen::element<std::string>("max_tokens", "max_completion_tokens"),
      *rc::gen::element<std::string>("", "none", "max"),
      *rc::gen::arbitrary<bool>()};
  if (*rc::gen::arbitrary<bool>())
    x.price = draw_price();
  for (auto& job : draw_some<std::string>({"general", "code", "a b", "ü"}))
    x.quality[job] = *rc::gen::inRange(0, 1'000'001) / 1e6;
  x.regions = draw_some<std::string>({"eu", draw_text()});
  x.data = draw_some<data_promise>(
    {data_promise::no_training, data_promise::zero_retention});
  if (*rc::gen::arbitrary<bool>())
    x.deprecated = "2026-11-28";
  x.source = draw_text();
  x.as_of = draw_text();
  return x;
}

} // namespace

TEST_CASE("a catalogue that was written reads as it was") {
  auto known = with_providers();
  CHECK(rc::check([&] {
    auto all = known;
    for (auto* id : {"m", "vendor/m:free", "back\\slash", "ü"})
      all.models[id] = draw_model(id, known);
    auto text = to_toml(all);
    auto read = load_catalogue(known, text, "c.toml");
    RC_LOG() << text;
    if (!read)
      RC_LOG() << message_of(read.error());
    RC_ASSERT(read);
    RC_ASSERT(read->models == all.models);
  }));
}

TEST_CASE("the built-in catalogue, written and read, is the same") {
  auto all = built_in_catalogue();
  REQUIRE(all);
  catalogue providers;
  providers.providers = all->providers;
  auto read = load_catalogue(providers, to_toml(*all), "c.toml");
  if (!read)
    FAIL(render(read.error()));
  CHECK(read->models == all->models);
  CHECK(read->aliases == all->aliases);
}

TEST_CASE("an entry says no more than it has to") {
  model_entry x;
  x.id = x.name = "x";
  x.provider = "p";
  x.context_tokens = 8'192;
  x.max_output_tokens = 1'024;
  x.price.emplace();
  x.price->input = x.price->cached = 400'000;
  x.price->output = 1'600'000;
  CHECK(to_toml(x, {}) == R"([model."x"]
provider = "p"
context = 8192
max_output = 1024
price = { input = "0.40", cached = "0.40", output = "1.60" }
)");
}

#include "actors/models/catalogue.hpp"

#include "actors/models/selector.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace machine;
using namespace machine::models;

namespace {

constexpr const char* one_provider = R"([provider.p]
protocol = "openai"
url = "http://127.0.0.1:1/v1"
)";

catalogue must_load(const std::string& text, catalogue base = {}) {
  auto loaded = load_catalogue(std::move(base), one_provider + text, "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return std::move(*loaded);
}

/// What is said about a model `x` with *lines*.
std::string mistakes(const std::string& lines) {
  auto text =
    std::string{one_provider} + "[model.x]\nprovider = \"p\"\n" + lines;
  auto loaded = load_catalogue({}, text, "c.toml");
  return loaded ? "none" : message_of(loaded.error());
}

bool says(const std::string& text, const std::string& what) {
  INFO(text);
  return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("all that a model can and promises is read") {
  auto all = must_load(R"([model.x]
provider = "p"
name = "x-2026"
aliases = ["x-latest", "vendor/x"]
context = 1050000
max_output = 128000
tools = true
structured_output = true
takes = ["image", "document", "audio", "image"]
max_images = 600
reasoning = "hidden"
streams = false
regions = ["eu", "us-east-1"]
data = ["no_training", "zero_retention"]
deprecated = "2027-02-28"
)");
  auto& x = all.models.at("x");
  CHECK(x.aliases == std::vector<std::string>{"x-latest", "vendor/x"});
  using enum attachment_kind;
  CHECK(x.takes == std::vector{image, document, audio});
  CHECK(x.max_images == 600);
  CHECK(x.reasoning == thinking::hidden);
  CHECK(!x.streams);
  CHECK(!x.embeddings);
  CHECK(x.regions == std::vector<std::string>{"eu", "us-east-1"});
  CHECK(
    x.data
    == std::vector{data_promise::no_training, data_promise::zero_retention});
  CHECK(x.deprecated == "2027-02-28");
}

TEST_CASE("what is not said about a model is as usual") {
  auto x = must_load("[model.x]\nprovider = \"p\"\n").models.at("x");
  CHECK(x.name == "x");
  CHECK(x.streams);
  CHECK(x.reasoning == thinking::none);
  CHECK(x.takes.empty());
  CHECK(!x.max_images);
  CHECK(!x.dimensions);
  CHECK(!x.price);
  CHECK(must_load("[model.x]\nprovider = \"p\"\nreasoning = true\n")
          .models.at("x")
          .reasoning
        == thinking::shown);
}

TEST_CASE("every mistake in a model is told with its place and mending") {
  CHECK(says(mistakes("takes = [\"video\"]\n"),
             "c.toml:6: model.x.takes has \"video\"; it can have image, "
             "document and audio"));
  CHECK(says(mistakes("takes = [\"cache_point\"]\n"), "it can have image"));
  CHECK(says(mistakes("max_images = 0\n"),
             "c.toml:6: model.x.max_images must be a whole number from 1"));
  CHECK(says(mistakes("reasoning = \"loud\"\n"),
             "model.x.reasoning is \"loud\"; it can be true, false or "
             "\"hidden\""));
  CHECK(says(mistakes("dimensions = 3\n"),
             "model.x.dimensions is the length of vectors; set embeddings = "
             "true"));
  CHECK(says(mistakes("data = [\"none\"]\n"),
             "model.x.data has \"none\"; it can have no_training and "
             "zero_retention"));
  CHECK(says(mistakes("deprecated = \"2026-02-30\"\n"),
             "model.x.deprecated is \"2026-02-30\"; it must be a day"));
  CHECK(says(mistakes("deprecated = 2026-02-28\n"), "must be text in quotes"));
  auto unknown = mistakes("colour = \"red\"\n");
  CHECK(says(unknown, "model.x.colour is no known key; known are aliases, "));
  for (auto* key :
       {"max_images", "dimensions", "price", "quality", "reasoning"})
    CHECK(says(unknown, key));
  CHECK(says(mistakes("regions = \"eu\"\n"), "must be a list of texts"));
  for (auto* name : {"auto", "auto:cheap"}) {
    auto alias = "aliases = [\"" + std::string{name} + "\"]\n";
    CHECK(says(mistakes(alias), "which asks for a choice"));
    auto loaded = load_catalogue({},
                                 std::string{one_provider} + "[model.\"" + name
                                   + "\"]\nprovider = \"p\"\n",
                                 "c.toml");
    REQUIRE(!loaded);
    CHECK(says(message_of(loaded.error()), "asks for a choice"));
  }
  CHECK(says(mistakes("aliases = [\"a b\", \"\"]\n"), "has spaces or quotes"));
}

TEST_CASE("a model is found by its id and by its aliases") {
  auto all =
    must_load("[model.x]\nprovider = \"p\"\naliases = [\"y\", \"z\"]\n");
  for (auto* name : {"x", "y", "z"}) {
    REQUIRE(find_model(all, name) != nullptr);
    CHECK(find_model(all, name)->id == "x");
  }
  CHECK(find_model(all, "w") == nullptr);
}

TEST_CASE("an alias stands for one model, and for none that has it as id") {
  CHECK(says(mistakes("aliases = [\"a\"]\n[model.y]\nprovider = \"p\"\n"
                      "aliases = [\"a\"]\n"),
             "c.toml:9: model.y.aliases has \"a\", which model x has already"));
  CHECK(says(mistakes("aliases = [\"a\", \"a\"]\n"), "has already"));
  CHECK(says(mistakes("aliases = [\"y\"]\n[model.y]\nprovider = \"p\"\n"),
             "model.x.aliases has \"y\", which is the id of a model"));
  CHECK(says(mistakes("aliases = [\"x\"]\n"), "which is the id of a model"));
}

TEST_CASE("aliases of a base give way to what a file says") {
  auto base = must_load("[model.old]\nprovider = \"p\"\n"
                        "aliases = [\"best\", \"next\", \"good\"]\n");
  auto all = must_load("[model.new]\nprovider = \"p\"\naliases = [\"best\"]\n"
                       "[model.next]\nprovider = \"p\"\n",
                       base);
  CHECK(find_model(all, "best")->id == "new");
  CHECK(find_model(all, "next")->id == "next");
  CHECK(find_model(all, "good")->id == "old");
  CHECK(all.models.at("old").aliases == std::vector<std::string>{"good"});
  // An entry that is replaced takes its aliases along.
  auto other = must_load("[model.old]\nprovider = \"p\"\n", base);
  CHECK(find_model(other, "best") == nullptr);
}

TEST_CASE("who asks for an alias is given its model") {
  auto all = must_load("[model.x]\nprovider = \"p\"\ncontext = 10000\n"
                       "aliases = [\"y\"]\n"
                       "price = { input = \"1\", output = \"2\" }\n");
  selection_request wish;
  wish.pinned = "y";
  auto chosen = select(all, wish);
  REQUIRE(chosen);
  CHECK(chosen->candidates.front().model == "x");
  wish.pinned = "yy";
  auto none = select(all, wish);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::not_found);
}

TEST_CASE("a model that makes vectors gives no answers") {
  auto all = must_load("[model.v]\nprovider = \"p\"\ncontext = 8192\n"
                       "embeddings = true\ndimensions = 768\n"
                       "price = { input = \"0.02\" }\n");
  CHECK(all.models.at("v").dimensions == 768);
  selection_request wish;
  wish.pinned = "v";
  auto none = select(all, wish);
  REQUIRE(!none);
  CHECK(says(message_of(none.error()), "it makes vectors, and no answers"));
}

TEST_CASE(
  "a model without a price is not used, and it is said how to set one") {
  auto all = must_load("[model.x]\nprovider = \"p\"\ncontext = 10000\n");
  selection_request wish;
  wish.pinned = "x";
  auto none = select(all, wish);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::unknown_price);
  CHECK(says(message_of(none.error()),
             "set `price` of model \"x\" in the file of config key "
             "models.catalogue, such as price = {"));
}

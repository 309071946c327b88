#include "actors/models/catalogue_text.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

model_entry priced(const std::string& id, micro_usd input) {
  model_entry x;
  x.id = x.name = id;
  x.provider = "p";
  x.context_tokens = 1'000;
  x.max_output_tokens = 100;
  x.price.emplace();
  x.price->input = x.price->cached = x.price->output = input;
  return x;
}

caf::expected<std::string> put(const std::string& text,
                               const std::vector<model_entry>& models) {
  return merge_models({}, text, models, "mine.toml");
}

std::string must_put(const std::string& text,
                     const std::vector<model_entry>& models) {
  auto result = put(text, models);
  if (!result)
    FAIL(render(result.error()));
  return std::move(*result);
}

constexpr const char* mine = R"(# Mine.
[provider.p]
protocol = "openai"
url = "http://x"   # [model.a]

# The first.
# It has [brackets].
[model.a]
provider = "p"
source = """
[model.b]
# none of it is a header ""\"
"""
quality = { general = 0.5 }

# The second, and its price.
[model.'b'] # said so
provider = "p"

[model.b.price]
input = "1"
output = "2"

# Long ago.
[ model . "c" ]
provider = "p"
aliases = [
  "see", # [model.a]
]

# The end.
)";

} // namespace

TEST_CASE("an entry takes the place of the old one, and all else stays") {
  auto text = must_put(mine, {priced("b", 7'000'000)});
  CHECK(text == R"(# Mine.
[provider.p]
protocol = "openai"
url = "http://x"   # [model.a]

# The first.
# It has [brackets].
[model.a]
provider = "p"
source = """
[model.b]
# none of it is a header ""\"
"""
quality = { general = 0.5 }

# The second, and its price.
[model."b"]
provider = "p"
context = 1000
max_output = 100
price = { input = "7.00", cached = "7.00", output = "7.00" }

# Long ago.
[ model . "c" ]
provider = "p"
aliases = [
  "see", # [model.a]
]

# The end.
)");
}

TEST_CASE("a new entry stands at the end") {
  auto provider = std::string{mine}.substr(0, std::string{mine}.find("# The"));
  auto text = must_put(provider, {priced("z", 1), priced("y", 1)});
  CHECK(text.starts_with(provider));
  auto read = load_catalogue({}, text, "mine.toml");
  REQUIRE(read);
  CHECK(read->models.size() == 2);
  CHECK(must_put(mine, {}) == mine);
}

TEST_CASE("entries are put a second time without a change") {
  std::vector<model_entry> models{priced("a", 1), priced("c", 2),
                                  priced("d/e:f", 3)};
  auto once = must_put(mine, models);
  CHECK(once.find("\n# The end.\n") != std::string::npos);
  CHECK(must_put(once, models) == once);
  auto read = load_catalogue({}, once, "mine.toml");
  REQUIRE(read);
  CHECK(read->models.size() == 4);
  CHECK(read->models.at("a") == models[0]);
  CHECK(read->models.at("b").price->output == 2'000'000);
  CHECK(read->models.at("c") == models[1]);
}

TEST_CASE("a file that lists models in another way is left alone") {
  std::string head =
    "[provider.p]\nprotocol = \"openai\"\nurl = \"http://x\"\n";
  for (auto* odd : {"[model]\na = { provider = \"p\" }\n",
                    "[model]\na.provider = \"p\"\n"}) {
    auto refused = put(head + odd, {priced("a", 1)});
    REQUIRE(!refused);
    CHECK(code_of(refused.error()) == ec::conflict);
    CHECK(message_of(refused.error())
            .find("give each model that it has a "
                  "table of its own")
          != std::string::npos);
    // Others can be added.
    CHECK(put(head + odd, {priced("b", 1)}));
  }
  auto broken = put("[model.a]\nprovider = 1\n", {priced("a", 1)});
  REQUIRE(!broken);
  CHECK(code_of(broken.error()) == ec::invalid_argument);
  CHECK(message_of(broken.error()).find("mine.toml:2: model.a.provider")
        != std::string::npos);
}

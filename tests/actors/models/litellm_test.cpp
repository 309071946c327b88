#include "actors/models/litellm.hpp"

#include "actors/models/catalogue_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::models;

namespace {

catalogue importing_catalogue() {
  auto loaded = load_catalogue({}, R"(
[provider.openai]
protocol = "openai"
url = "https://api.openai.com/v1"
output_bound = "max_completion_tokens"
[provider.anthropic]
protocol = "anthropic"
url = "https://api.anthropic.com/v1"
[provider.gemini]
protocol = "openai"
url = "https://gemini.example/v1"
[provider.bedrock]
protocol = "openai"
url = "https://bedrock.example/v1"
[provider.groq]
protocol = "openai"
url = "https://api.groq.com/openai/v1"
[provider.ollama]
protocol = "openai"
url = "http://127.0.0.1:11434/v1"
local = true
[model."sonnet"]
provider = "anthropic"
name = "claude-sonnet-4-5"
aliases = ["best"]
forced_tools = false
reasoning = true
quality = { general = 0.9 }
price = { input = "1", output = "1" }
)",
                               "c.toml");
  if (!loaded)
    FAIL(render(loaded.error()));
  return std::move(*loaded);
}

caf::expected<import_result> imported_from(const std::string& text,
                                           import_request what = {}) {
  static const auto known = importing_catalogue();
  if (what.source.empty())
    what.source = "the list";
  what.as_of = "2026-11-28";
  return import_litellm(text, known, what);
}

import_result must_import(const std::string& text, import_request what = {}) {
  auto result = imported_from(text, std::move(what));
  if (!result)
    FAIL(render(result.error()));
  return std::move(*result);
}

/// The one model that is taken of a list with one that has *members*.
model_entry taken(const std::string& members,
                  const std::string& name = "gpt-x") {
  auto result = must_import("{\"" + name + "\": {" + members + "}}");
  for (auto& x : result.skipped)
    FAIL(x.name << ": " << x.text);
  REQUIRE(result.models.size() == 1);
  return result.models.front();
}

/// Why the one model of a list is not taken.
std::string refused(const std::string& members,
                    const std::string& name = "gpt-x") {
  auto result = must_import("{\"" + name + "\": {" + members + "}}");
  CHECK(result.models.empty());
  REQUIRE(result.skipped.size() == 1);
  CHECK(result.skipped[0].name == name);
  return result.skipped[0].text;
}

constexpr const char* chat = R"("litellm_provider": "openai", "mode": "chat",
"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05)";

/// Written by hand after the form of the list.
constexpr const char* list = R"({
  "sample_spec": {
    "litellm_provider": "one of https://docs.litellm.ai/docs/providers",
    "max_tokens": "LEGACY parameter", "mode": "one of: chat, embedding",
    "input_cost_per_token": 0.0
  },
  "gpt-x": {
    "cache_creation_input_token_cost": 3.125e-06,
    "cache_read_input_token_cost": 2.5e-07,
    "cache_read_input_token_cost_above_272k_tokens": 5e-07,
    "cache_read_input_token_cost_priority": 5e-07,
    "input_cost_per_token": 2.5e-06,
    "input_cost_per_token_above_272k_tokens": 5e-06,
    "input_cost_per_token_batches": 1.25e-06,
    "litellm_provider": "openai",
    "max_input_tokens": 922000, "max_output_tokens": 128000,
    "max_tokens": 128000, "mode": "chat",
    "output_cost_per_token": 1.5e-05,
    "output_cost_per_token_above_272k_tokens": 2.25e-05,
    "source": "https://developers.openai.com/api/docs/pricing",
    "supported_endpoints": ["/v1/chat/completions", "/v1/responses"],
    "supports_function_calling": true, "supports_pdf_input": true,
    "supports_reasoning": true, "supports_response_schema": true,
    "supports_vision": true
  },
  "claude-sonnet-4-5": {
    "cache_creation_input_token_cost": 3.75e-06,
    "cache_creation_input_token_cost_above_1hr": 6e-06,
    "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
    "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
    "cache_read_input_token_cost": 3e-07,
    "cache_read_input_token_cost_above_200k_tokens": 6e-07,
    "input_cost_per_token": 3e-06,
    "input_cost_per_token_above_200k_tokens": 6e-06,
    "litellm_provider": "anthropic",
    "max_input_tokens": 1000000, "max_output_tokens": 64000,
    "mode": "chat", "output_cost_per_token": 1.5e-05,
    "output_cost_per_token_above_200k_tokens": 2.25e-05,
    "supports_reasoning": true
  },
  "gemini/gemini-x-flash": {
    "deprecation_date": "2027-06-17",
    "input_cost_per_audio_token": 1e-06, "input_cost_per_token": 3e-07,
    "litellm_provider": "gemini", "max_images_per_prompt": 3000,
    "max_input_tokens": 1048576, "max_output_tokens": 65535, "mode": "chat",
    "output_cost_per_reasoning_token": 2.5e-06,
    "output_cost_per_token": 2.5e-06, "rpm": 15, "supports_audio_input": true,
    "supported_regions": ["global"], "tpm": 250000
  },
  "text-embedding-x": {
    "input_cost_per_token": 2e-08, "litellm_provider": "openai",
    "max_input_tokens": 8191, "max_tokens": 8191, "mode": "embedding",
    "output_cost_per_token": 0.0, "output_vector_size": 1536
  },
  "groq/openai/gpt-oss-x": {
    "input_cost_per_request": 0.005, "input_cost_per_token": 1.5e-07,
    "litellm_provider": "groq", "max_tokens": 32768, "mode": "chat",
    "output_cost_per_token": 6e-07
  },
  "1024-x-1024/dall-e-x": {
    "input_cost_per_pixel": 1.9e-08, "litellm_provider": "openai",
    "mode": "image_generation", "output_cost_per_pixel": 0.0
  },
  "elsewhere/model": {
    "input_cost_per_token": 1e-06, "litellm_provider": "elsewhere",
    "mode": "chat", "output_cost_per_token": 1e-06
  }
})";

} // namespace

TEST_CASE("a list is taken, price by price") {
  auto result = must_import(list);
  std::map<std::string, model_entry> by_id;
  for (auto& x : result.models)
    by_id[x.id] = x;
  CHECK(by_id.size() == 5);

  auto& gpt = by_id["gpt-x"];
  CHECK(gpt.provider == "openai");
  CHECK(gpt.name == "gpt-x");
  CHECK(gpt.context_tokens == 922'000);
  CHECK(gpt.max_output_tokens == 128'000);
  CHECK(gpt.tools);
  CHECK(gpt.structured_output);
  using enum attachment_kind;
  CHECK(gpt.takes == std::vector{image, document});
  CHECK(gpt.reasoning == thinking::hidden);
  CHECK(gpt.speaks.output_bound == "max_completion_tokens");
  CHECK(gpt.source == "https://developers.openai.com/api/docs/pricing");
  CHECK(gpt.as_of == "2026-11-28");
  costs::price expected;
  expected.input = 2'500'000;
  expected.cached = 250'000;
  expected.output = 15'000'000;
  expected.cache_write = 3'125'000;
  // The list has no price of writing for long prompts.
  expected.long_prompt = costs::long_price{.above = 272'000,
                                           .input = 5'000'000,
                                           .cached = 500'000,
                                           .output = 22'500'000,
                                           .cache_write = 6'250'000};
  CHECK(gpt.price == expected);

  auto& gemini = by_id["gemini/gemini-x-flash"];
  CHECK(gemini.name == "gemini-x-flash");
  CHECK(gemini.price->audio == 1'000'000);
  CHECK(gemini.price->output == 2'500'000);
  CHECK(gemini.takes == std::vector{audio});
  CHECK(gemini.max_images == 3'000);
  CHECK(gemini.deprecated == "2027-06-17");
  CHECK(gemini.regions == std::vector<std::string>{"global"});
  CHECK(gemini.source == "the list");

  auto& vectors = by_id["text-embedding-x"];
  CHECK(vectors.embeddings);
  CHECK(vectors.dimensions == 1'536);
  CHECK(vectors.context_tokens == 8'191);
  CHECK(vectors.price->input == 20'000);
  CHECK(vectors.price->output == 0);

  auto& groq = by_id["groq/openai/gpt-oss-x"];
  CHECK(groq.name == "openai/gpt-oss-x");
  CHECK(groq.price->call == 5'000);
  CHECK(groq.context_tokens == 32'768);
}

TEST_CASE("what the catalogue knows of a model stays") {
  auto result = must_import(list);
  auto i = std::find_if(result.models.begin(), result.models.end(),
                        [](auto& x) { return x.provider == "anthropic"; });
  REQUIRE(i != result.models.end());
  CHECK(i->id == "sonnet");
  CHECK(i->name == "claude-sonnet-4-5");
  CHECK(i->aliases == std::vector<std::string>{"best"});
  CHECK(!i->speaks.forced_tools);
  CHECK(i->quality.at("general") == 0.9);
  CHECK(i->reasoning == thinking::shown);
  costs::price expected;
  expected.input = 3'000'000;
  expected.cached = 300'000;
  expected.output = 15'000'000;
  expected.cache_write = 3'750'000;
  expected.cache_write_hour = 6'000'000;
  expected.long_prompt = costs::long_price{.above = 200'000,
                                           .input = 6'000'000,
                                           .cached = 600'000,
                                           .output = 22'500'000,
                                           .cache_write = 7'500'000,
                                           .cache_write_hour = 12'000'000};
  CHECK(i->price == expected);
}

TEST_CASE("an id of the list that was an alias is none any more") {
  auto result = must_import(R"({"claude-sonnet-4-5": {"mode": "chat",
    "litellm_provider": "anthropic", "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06}, "best": {"mode": "chat",
    "litellm_provider": "openai", "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06}})");
  REQUIRE(result.models.size() == 2);
  CHECK(result.models[1].id == "sonnet");
  CHECK(result.models[1].aliases.empty());
  CHECK(load_catalogue(importing_catalogue(), result.toml, "c.toml"));
}

TEST_CASE("what is not taken has its reason, and what is unknown is counted") {
  auto result = must_import(list);
  CHECK(result.skipped
        == std::vector<import_note>{
          {"1024-x-1024/dall-e-x",
           "models of mode image_generation are not asked here"},
          {"elsewhere/model", "the catalogue has no provider elsewhere"}});
  CHECK(result.ignored.at("rpm") == 1);
  CHECK(result.ignored.at("input_cost_per_token_batches") == 1);
  CHECK(!result.ignored.contains("input_cost_per_token"));
  // Of what was not taken nothing is counted.
  CHECK(!result.ignored.contains("input_cost_per_pixel"));
}

TEST_CASE("what was taken reads as a catalogue's file") {
  auto result = must_import(list);
  auto known = importing_catalogue();
  auto read = load_catalogue(known, result.toml, "imported.toml");
  if (!read)
    FAIL(render(read.error()));
  for (auto& x : result.models)
    CHECK(read->models.at(x.id) == x);
  auto merged = merge_models(known, "", result.models, "imported.toml");
  REQUIRE(merged);
  CHECK(*merged == result.toml);
}

TEST_CASE("only what is wanted is looked at") {
  import_request one;
  one.providers = {"groq"};
  auto of_groq = must_import(list, one);
  CHECK(of_groq.models.size() == 1);
  CHECK(of_groq.skipped.empty());
  import_request by_name;
  by_name.wanted = [](std::string_view x) { return x.starts_with("gpt"); };
  auto of_gpt = must_import(list, by_name);
  CHECK(of_gpt.models.size() == 1);
  CHECK(of_gpt.skipped.empty());
  // As the list or as the catalogue calls it.
  for (auto* name : {"bedrock_converse", "bedrock"}) {
    import_request what;
    what.providers = {name};
    auto x = must_import(R"({"amazon.nova-x:0": {"mode": "chat",
      "litellm_provider": "bedrock_converse", "input_cost_per_token": 8e-07,
      "output_cost_per_token": 3.2e-06}})",
                         what);
    REQUIRE(x.models.size() == 1);
    CHECK(x.models[0].provider == "bedrock");
  }
}

TEST_CASE("a model whose price is not known is not taken") {
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat")")
        == "it has no price per token");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat",
                   "input_cost_per_token": 1e-06)")
        == "it has no price per token");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat",
                   "input_cost_per_token": null,
                   "output_cost_per_token": 1e-06)")
        == "it has no price per token");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat",
                   "input_cost_per_token": "cheap",
                   "output_cost_per_token": 1e-06)")
        == "its input_cost_per_token is no price");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat",
                   "input_cost_per_token": 1e-06,
                   "output_cost_per_token": -1e-06)")
        == "its output_cost_per_token is no price");
  CHECK(refused(std::string{chat}
                + R"(, "tiered_pricing": [{"range": [0, 32000]}])")
        == "its price has steps that a catalogue cannot say");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "chat",
                   "input_cost_per_token": 0.0,
                   "output_cost_per_token": 0.0)")
          .starts_with("its price is zero"));
  auto local = taken(R"("litellm_provider": "ollama", "mode": "chat",
                        "input_cost_per_token": 0.0,
                        "output_cost_per_token": 0.0)",
                     "ollama/llama-x");
  CHECK(local.name == "llama-x");
  CHECK(local.price == costs::price{});
}

TEST_CASE("what cannot be called is not taken") {
  CHECK(refused(R"("litellm_provider": "openai")") == "it has no mode");
  CHECK(refused(R"("litellm_provider": "openai", "mode": "responses",
                   "input_cost_per_token": 1e-06,
                   "output_cost_per_token": 1e-06)")
          .starts_with("it answers by OpenAI's Responses only"));
  CHECK(taken(R"("litellm_provider": "openai", "mode": "responses",
                 "supported_endpoints": ["/v1/chat/completions"],
                 "input_cost_per_token": 1e-06,
                 "output_cost_per_token": 1e-06)")
          .provider
        == "openai");
  CHECK(refused(chat, "ft:gpt-x")
        == "it is the price of models that somebody "
           "has tuned");
  CHECK(refused(R"("litellm_provider": "bedrock", "mode": "chat",
                   "input_cost_per_token": 1e-06,
                   "output_cost_per_token": 1e-06)",
                "bedrock/us-east-1/1-month-commitment/x")
        == "it is the price of one region, or of a commitment");
  CHECK(refused(chat, "auto") == "its name cannot be one of a model");
  CHECK(refused(chat, std::string(129, 'x'))
        == "its name cannot be one of a model");
  auto twice = must_import(std::string{"{\"x\": {"} + chat
                           + "}, \"openai/x\": {" + chat + "}}");
  CHECK(twice.models.size() == 2);
  auto same = must_import(R"({"claude-sonnet-4-5": {"mode": "chat",
    "litellm_provider": "anthropic", "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06}, "sonnet": {"mode": "chat",
    "litellm_provider": "anthropic", "input_cost_per_token": 1e-06,
    "output_cost_per_token": 1e-06}})");
  CHECK(same.models.size() == 1);
  REQUIRE(same.skipped.size() == 1);
  CHECK(same.skipped[0].text.find("model sonnet, which stands in the list")
        != std::string::npos);
}

TEST_CASE(
  "no price is lower than the list says, and it is said what is higher") {
  auto notes_of = [](const std::string& members) {
    auto result = must_import("{\"x\": {" + members + "}}");
    REQUIRE(result.models.size() == 1);
    std::string text;
    for (auto& x : result.notes)
      text += x.text + ".";
    return std::pair{result.models[0], text};
  };
  auto says = [](const std::string& text, const std::string& what) {
    INFO(text);
    return text.find(what) != std::string::npos;
  };
  auto [thinker, thoughts] = notes_of(
    std::string{chat} + R"(, "output_cost_per_reasoning_token": 2e-05)");
  CHECK(thinker.price->output == 20'000'000);
  CHECK(says(thoughts, "its thoughts are"));
  auto [stepped, steps] = notes_of(
    std::string{chat} + R"(, "input_cost_per_token_above_128k_tokens": 3e-06,
      "input_cost_per_token_above_256k_tokens": 6e-06,
      "cache_read_input_token_cost": 1e-07)");
  CHECK(stepped.price->long_prompt->above == 128'000);
  CHECK(stepped.price->long_prompt->input == 6'000'000);
  CHECK(stepped.price->long_prompt->output == 10'000'000);
  CHECK(stepped.price->long_prompt->cached == 240'000);
  CHECK(says(steps, "the dearest counts"));
  auto [seer, pieces] =
    notes_of(std::string{chat} + R"(, "input_cost_per_image": 0.0013,
      "input_cost_per_audio_per_second": 2e-06, "supports_vision": true,
      "supports_audio_input": true)");
  CHECK(seer.takes.empty());
  CHECK(says(pieces, "no images"));
  CHECK(says(pieces, "no sound"));
  auto [odd, rounding] = notes_of(R"("litellm_provider": "openai",
    "mode": "chat", "input_cost_per_token": 1.3333333333333333e-07,
    "output_cost_per_token": 1e-06)");
  CHECK(odd.price->input == 133'334);
  CHECK(says(rounding, "rounded up"));
  CHECK(notes_of(chat).second.empty());
}

TEST_CASE("what is no list, or too much of one, is refused") {
  auto problem = [](const std::string& text) {
    auto result = imported_from(text);
    REQUIRE(!result);
    return result.error();
  };
  CHECK(code_of(problem("")) == ec::invalid_argument);
  CHECK(code_of(problem("{\"a\": ")) == ec::invalid_argument);
  CHECK(message_of(problem("[1, 2]"))
          .find("this is a list, and no list of "
                "prices")
        != std::string::npos);
  CHECK(code_of(problem(std::string(10'000, '['))) == ec::limit_exceeded);
  std::string many = "{";
  for (size_t i = 0; i <= max_price_list_models; ++i)
    many += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":{}";
  CHECK(code_of(problem(many + "}")) == ec::limit_exceeded);
  CHECK(code_of(problem(std::string(max_price_list_bytes + 1, ' ')))
        == ec::limit_exceeded);
  // Whatever stands in an entry, the others are taken.
  auto mixed = must_import(std::string{R"({"a": 1, "b": [], "c": "d", "e": null,
    "f": {"litellm_provider": 7, "mode": {}}, "x": {)"}
                           + chat + "}}");
  CHECK(mixed.models.size() == 1);
  CHECK(mixed.skipped.size() == 5);
}

TEST_CASE("members without end are counted up to a bound") {
  std::string members = chat;
  for (size_t i = 0; i < max_ignored_members + 100; ++i)
    members += ",\"odd" + std::to_string(i) + "\":1";
  auto result = must_import("{\"x\": {" + members + "}}");
  CHECK(result.ignored.size() == max_ignored_members);
}

TEST_CASE("a price of a list is exact, whatever way it is written") {
  CHECK(rc::check([] {
    // Micro-dollars per million tokens are 1e-12 dollars a token.
    auto input = *rc::gen::inRange<int64_t>(1, 1'000'000'000);
    auto output = *rc::gen::inRange<int64_t>(1, 1'000'000'000);
    auto as_exponent = std::to_string(input) + "e-12";
    auto digits = std::to_string(output);
    auto as_decimal = "0." + std::string(12 - digits.size(), '0') + digits;
    auto x =
      taken(R"("litellm_provider": "openai", "mode": "chat",
      "input_cost_per_token": )"
            + as_exponent + R"(, "output_cost_per_token": )" + as_decimal);
    RC_ASSERT(x.price->input == input);
    RC_ASSERT(x.price->output == output);
  }));
}

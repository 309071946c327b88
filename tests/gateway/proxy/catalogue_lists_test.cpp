#include "gateway/proxy/lists.hpp"
#include "tests/gateway/proxy/talk.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

models::catalogue catalogue_of(size_t count) {
  models::catalogue result;
  for (size_t i = 0; i < count; ++i) {
    models::model_entry x;
    x.id = "m" + std::to_string(10'000 + i);
    x.provider = "p";
    x.context_tokens = 100;
    x.max_output_tokens = 10;
    result.models[x.id] = x;
  }
  return result;
}

} // namespace

TEST_CASE("a catalogue is listed as a whole, however long it is") {
  for (size_t count : {0, 2, 1'500}) {
    auto from = catalogue_of(count);
    auto openai = json::parse(write_models(from, list_dialect::openai));
    CHECK(openai["object"] == "list");
    CHECK(openai["data"].size() == count);
    auto anthropic = json::parse(write_models(from, list_dialect::anthropic));
    CHECK(anthropic["data"].size() == count);
    CHECK(anthropic["has_more"] == false);
    CHECK(anthropic["first_id"].is_null() == (count == 0));
    CHECK(anthropic["last_id"].is_null() == (count == 0));
  }
}

TEST_CASE("a model of a catalogue is told in both forms") {
  auto from = catalogue_of(2);
  auto openai = write_model(from, "m10001", list_dialect::openai);
  REQUIRE(openai);
  CHECK(json::parse(*openai)
        == json{{"id", "m10001"},
                {"object", "model"},
                {"created", 0},
                {"owned_by", "p"}});
  auto anthropic = write_model(from, "m10001", list_dialect::anthropic);
  REQUIRE(anthropic);
  CHECK(json::parse(*anthropic)["max_input_tokens"] == 100);
  auto none = write_model(from, "m", list_dialect::openai);
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::not_found);
}

TEST_CASE("vectors are asked for and spelled in one manner") {
  auto asked = read_embeddings(
    R"({"model":"m","input":["a","b"],"encoding_format":"base64"})");
  REQUIRE(asked);
  CHECK(asked->model == "m");
  CHECK(asked->request.inputs == std::vector<std::string>{"a", "b"});
  CHECK(asked->manner.as_base64);
  models::embedding_response answer;
  answer.vectors = {{1.0f}, {-2.0f}};
  auto packed = json::parse(write_embeddings(answer, "m", asked->manner));
  CHECK(packed["data"][1]["embedding"] == "AAAAwA==");
  auto list = json::parse(write_embeddings(answer, "m", {}));
  CHECK(list["data"][1]["embedding"] == json{-2.0});
  auto none = read_embeddings(R"({"model":"m","input":[[1]]})");
  REQUIRE(!none);
  CHECK(code_of(none.error()) == ec::invalid_argument);
}

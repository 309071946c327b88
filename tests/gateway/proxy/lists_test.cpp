#include "gateway/proxy/embeddings.hpp"
#include "gateway/proxy/model_list.hpp"
#include "tests/gateway/proxy/talk.hpp"

#include "runtime/wire/text.hpp"
#include "tests/support/text.hpp"

#include <cstring>

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

std::string no_embedding(const std::string& body) {
  auto x = read_embedding(body);
  return x ? "it was taken" : message_of(x.error());
}

std::vector<listed_model> three() {
  std::vector<listed_model> all(3);
  all[0] = {
    .id = "a", .owner = "one", .context_tokens = 100, .max_output_tokens = 10};
  all[1] = {.id = "b", .owner = "two", .title = "B"};
  all[2] = {.id = "c", .owner = "one"};
  return all;
}

json anthropic_list(const list_range& range) {
  auto x = write_models(three(), range);
  if (!x)
    return message_of(x.error());
  return json::parse(*x);
}

} // namespace

TEST_CASE("texts for vectors are read") {
  auto one = read_embedding(R"({"model":"m","input":"a","dimensions":4,
    "encoding_format":"base64","user":"u","x":1})");
  REQUIRE(one);
  CHECK(one->model == "m");
  CHECK(one->request.inputs == std::vector<std::string>{"a"});
  CHECK(one->request.dimensions == 4);
  CHECK(one->request.end_user == "u");
  CHECK(one->format == vector_format::base64);
  CHECK(one->ignored == std::vector<std::string>{"x"});
  auto two = read_embedding(R"({"model":"m","input":["a","b"]})");
  REQUIRE(two);
  CHECK(two->request.inputs.size() == 2);
  CHECK(!two->request.dimensions);
  CHECK(two->format == vector_format::list);
}

TEST_CASE("what is no text is refused") {
  CHECK(has(no_embedding(R"({"model":"m","input":[1,2]})"),
            "input[0]: this has to be a string; tokens are not taken"));
  CHECK(has(no_embedding(R"({"model":"m","input":[[1,2]]})"),
            "input[0]: tokens are of one model alone; send the text itself"));
  CHECK(has(no_embedding(R"({"model":"m","input":[]})"), "input: "));
  CHECK(
    has(no_embedding(R"({"model":"m","input":""})"), "input: this is empty"));
  CHECK(has(no_embedding(R"({"model":"m"})"), "input: this is missing"));
  CHECK(has(no_embedding(R"({"input":"a"})"), "model: this is missing"));
  CHECK(has(no_embedding(R"({"model":"m","input":"a","dimensions":0})"),
            "dimensions: "));
  CHECK(
    has(no_embedding(R"({"model":"m","input":"a","encoding_format":"hex"})"),
        "encoding_format: this has to be one of: float, base64"));
  std::string many;
  for (auto i = 0; i < 2'049; ++i)
    many += ",\"a\"";
  CHECK(has(no_embedding(R"({"model":"m","input":[)" + many.substr(1) + "]}"),
            "input: this has more than 2048 elements"));
}

TEST_CASE("vectors are numbers, or Base64 of them") {
  models::embedding_response answer;
  answer.vectors = {{0.5f, -1e-7f, 3.4028235e38f}, {1, 2, 3}};
  answer.usage = models::token_usage{.input = 9};
  auto list = json::parse(write_embedding(answer, "m", vector_format::list));
  CHECK(list["object"] == "list");
  CHECK(list["model"] == "m");
  CHECK(list["usage"] == json{{"prompt_tokens", 9}, {"total_tokens", 9}});
  REQUIRE(list["data"].size() == 2);
  CHECK(list["data"][1]["index"] == 1);
  CHECK(list["data"][0]["embedding"].get<std::vector<float>>()
        == answer.vectors[0]);
  auto packed =
    json::parse(write_embedding(answer, "m", vector_format::base64));
  auto data =
    wire::from_base64(packed["data"][0]["embedding"].get<std::string>());
  REQUIRE(data);
  REQUIRE(data->size() == 12);
  std::vector<float> again(3);
  std::memcpy(again.data(), data->data(), 12);
  CHECK(again == answer.vectors[0]);
}

TEST_CASE("models are listed as each API does") {
  auto openai = json::parse(write_models(three()));
  CHECK(openai["object"] == "list");
  REQUIRE(openai["data"].size() == 3);
  CHECK(
    openai["data"][0]
    == json{
      {"id", "a"}, {"object", "model"}, {"created", 0}, {"owned_by", "one"}});
  auto all = anthropic_list({});
  CHECK(all["data"][0]
        == json{{"type", "model"},
                {"id", "a"},
                {"display_name", "a"},
                {"created_at", "1970-01-01T00:00:00.000000Z"},
                {"max_input_tokens", 100},
                {"max_tokens", 10},
                {"capabilities", nullptr}});
  CHECK(all["data"][1]["display_name"] == "B");
  CHECK(all["data"][1]["max_tokens"].is_null());
  CHECK(all["has_more"] == false);
  CHECK(all["first_id"] == "a");
  CHECK(all["last_id"] == "c");
}

TEST_CASE("a list is read in parts, forwards and backwards") {
  auto first = anthropic_list({.limit = 2});
  CHECK(first["has_more"] == true);
  CHECK(first["last_id"] == "b");
  auto next = anthropic_list({.after_id = "b", .limit = 2});
  CHECK(next["has_more"] == false);
  CHECK(next["first_id"] == "c");
  auto back = anthropic_list({.before_id = "c", .limit = 1});
  CHECK(back["has_more"] == true);
  CHECK(back["first_id"] == "b");
  auto none = anthropic_list({.after_id = "c"});
  CHECK(none["data"].empty());
  CHECK(none["first_id"].is_null());
  CHECK(anthropic_list({.after_id = "z"})
        == "after_id: there is no model z; ask for the list from its "
           "beginning");
  CHECK(has(anthropic_list({.limit = 0}).get<std::string>(), "limit: "));
}

TEST_CASE("one model is told, or that there is none") {
  auto x = write_model(three(), "b", list_form::openai);
  REQUIRE(x);
  CHECK(json::parse(*x)["owned_by"] == "two");
  x = write_model(three(), "b", list_form::anthropic);
  REQUIRE(x);
  CHECK(json::parse(*x)["type"] == "model");
  x = write_model(three(), "z", list_form::openai);
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::not_found);
}

TEST_CASE("who may not see a model is not told of it") {
  auto all = models::built_in_catalogue();
  REQUIRE(all);
  auto some = list_models(*all, [](auto& x) { return !x.tools; });
  auto every = list_models(*all, [](auto&) { return true; });
  CHECK(every.size() == all->models.size());
  CHECK(some.size() < every.size());
}

#include "runtime/wire/text.hpp"
#include "tests/actors/models/asking.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <cstring>
#include <limits>

using namespace machine;
using namespace machine::models;

namespace {

embedding_request texts(std::vector<std::string> all) {
  embedding_request x;
  x.inputs = std::move(all);
  return x;
}

std::string base64_of(const std::vector<float>& x) {
  bytes data(x.size() * 4);
  std::memcpy(data.data(), x.data(), data.size());
  return wire::to_base64(data);
}

caf::expected<embedding_response> openai_vectors(const std::string& data,
                                                 size_t count) {
  return openai_chat()->read_embeddings(
    R"({"object":"list","model":"e-1","data":[)" + data
      + R"(],"usage":{"prompt_tokens":8,"total_tokens":8}})",
    texts(std::vector<std::string>(count, "x")));
}

ec vector_problem(const std::string& data, size_t count = 1) {
  auto x = openai_vectors(data, count);
  return x ? ec::none : code_of(x.error());
}

} // namespace

TEST_CASE("vectors are asked for in each protocol") {
  auto what = texts({"a", "b"});
  what.dimensions = 256;
  what.end_user = "u";
  endpoint to{"http://h/v1"};
  auto x = openai_chat()->encode_embeddings(what, test::of_model("e"), to);
  REQUIRE(x);
  CHECK(x->url == "http://h/v1/embeddings");
  CHECK(nlohmann::json::parse(x->body)
        == nlohmann::json::parse(
          R"({"model":"e","input":["a","b"],"encoding_format":"base64",)"
          R"("dimensions":256,"user":"u"})"));
  auto plain = test::of_model("e");
  plain.speaks.vector_format = "float";
  CHECK(openai_responses()->encode_embeddings(texts({"a"}), plain, to)->body
        == R"({"encoding_format":"float","input":["a"],"model":"e"})");
  auto y = gemini_content()->encode_embeddings(what, test::of_model("models/g"),
                                               {"http://h/v1beta"});
  REQUIRE(y);
  CHECK(y->url == "http://h/v1beta/models/g:batchEmbedContents");
  CHECK(nlohmann::json::parse(y->body)
        == nlohmann::json::parse(
          R"({"requests":[)"
          R"({"model":"models/g","content":{"parts":[{"text":"a"}]},)"
          R"("outputDimensionality":256},)"
          R"({"model":"models/g","content":{"parts":[{"text":"b"}]},)"
          R"("outputDimensionality":256}]})"));
  CHECK(!anthropic_messages()->encode_embeddings(what, {}, to));
  CHECK(!bedrock_converse()->encode_embeddings(what, {}, to));
}

TEST_CASE("vectors are read as numbers and as Base64, each in its place") {
  auto x =
    openai_vectors(R"({"object":"embedding","index":1,"embedding":[1,-2.5]},)"
                   R"({"object":"embedding","index":0,"embedding":")"
                     + base64_of({0.25f, 3}) + "\"}",
                   2);
  REQUIRE(x);
  CHECK(x->vectors == std::vector<std::vector<float>>{{0.25f, 3}, {1, -2.5f}});
  CHECK(x->model == "e-1");
  CHECK(x->usage == token_usage{8, 0, 0});
  auto y = gemini_content()->read_embeddings(
    R"({"embeddings":[{"values":[0.5,1]},{"values":[2,3]}]})",
    texts({"a", "b"}));
  REQUIRE(y);
  CHECK(y->vectors == std::vector<std::vector<float>>{{0.5f, 1}, {2, 3}});
  CHECK(!y->usage);
}

TEST_CASE("vectors that are no vectors are refused") {
  CHECK(vector_problem(R"({"embedding":[1]})") == ec::none);
  CHECK(vector_problem("") == ec::provider_garbled);
  CHECK(vector_problem(R"({"embedding":[]})") == ec::provider_garbled);
  CHECK(vector_problem(R"({"embedding":[1]},{"embedding":[1]})")
        == ec::provider_garbled);
  CHECK(vector_problem(R"({"embedding":[1]},{"embedding":[1,2]})", 2)
        == ec::provider_garbled);
  CHECK(vector_problem(
          R"({"index":0,"embedding":[1]},{"index":0,"embedding":[1]})", 2)
        == ec::provider_garbled);
  CHECK(vector_problem(R"({"index":7,"embedding":[1]})")
        == ec::provider_garbled);
  for (auto* x : {"null", "\"a\"", "[1]", "{}", "true", "1e999", "1e39"}) {
    CAPTURE(x);
    CHECK(vector_problem(R"({"embedding":[1,)" + std::string{x} + "]}")
          == ec::provider_garbled);
  }
  for (auto* x : {"!", "AAA=", "AAAAAAA="}) {
    CAPTURE(x);
    CHECK(vector_problem(R"({"embedding":")" + std::string{x} + "\"}")
          == ec::provider_garbled);
  }
  auto infinite = std::numeric_limits<float>::infinity();
  CHECK(vector_problem(R"({"embedding":")" + base64_of({1, infinite}) + "\"}")
        == ec::provider_garbled);
  CHECK(vector_problem(R"({"embedding":")" + base64_of({std::nanf("")}) + "\"}")
        == ec::provider_garbled);
  std::string list = "1";
  for (size_t i = 0; i < max_vector_length; ++i)
    list += ",1";
  CHECK(vector_problem(R"({"embedding":[)" + list + "]}")
        == ec::provider_garbled);
  CHECK(vector_problem(R"({"embedding":")"
                       + base64_of(std::vector<float>(max_vector_length + 1, 1))
                       + "\"}")
        == ec::provider_garbled);
  std::string deep(200'000, '[');
  CHECK(vector_problem(R"({"x":)" + deep + std::string(200'000, ']') + "}")
        == ec::provider_garbled);
}

TEST_CASE("an error in the place of vectors is one") {
  auto x = openai_chat()->read_embeddings(
    R"({"error":{"message":"m","code":"context_length_exceeded"}})",
    texts({"x"}));
  REQUIRE(!x);
  CHECK(code_of(x.error()) == ec::context_exceeded);
}

TEST_CASE("what may be asked is bounded") {
  auto code = [](const embedding_request& x) {
    return code_of(check_embedding_request(x));
  };
  CHECK(code(texts({"a"})) == ec::none);
  CHECK(code(texts({})) == ec::invalid_argument);
  CHECK(code(texts({"a", ""})) == ec::invalid_argument);
  CHECK(code(texts(std::vector<std::string>(max_embedding_texts, "a")))
        == ec::none);
  CHECK(code(texts(std::vector<std::string>(max_embedding_texts + 1, "a")))
        == ec::invalid_argument);
  CHECK(code(texts({std::string(max_embedding_bytes + 1, 'a')}))
        == ec::invalid_argument);
  auto x = texts({"a"});
  x.dimensions = 0;
  CHECK(code(x) == ec::invalid_argument);
  x.dimensions = max_vector_length + 1;
  CHECK(code(x) == ec::invalid_argument);
}

TEST_CASE("vectors are what they were written from") {
  CHECK(rc::check([] {
    auto count = *rc::gen::inRange<size_t>(1, 5);
    auto length = *rc::gen::inRange<size_t>(1, 9);
    std::vector<std::vector<float>> all;
    std::string data;
    for (size_t i = 0; i < count; ++i) {
      auto& x = all.emplace_back();
      for (size_t k = 0; k < length; ++k)
        x.push_back(static_cast<float>(*rc::gen::inRange(-1'000, 1'000)) / 8);
      auto text = *rc::gen::arbitrary<bool>() ? "\"" + base64_of(x) + "\""
                                              : nlohmann::json(x).dump();
      data += (i == 0 ? "" : ",") + std::string{"{\"index\":"}
            + std::to_string(i) + ",\"embedding\":" + text + "}";
    }
    auto x = openai_vectors(data, count);
    RC_ASSERT(static_cast<bool>(x));
    RC_ASSERT(x->vectors == all);
  }));
}

TEST_CASE("no document harms who looks for vectors in it") {
  const std::string good =
    R"({"data":[{"index":0,"embedding":[1,2]}],"usage":{"prompt_tokens":8}})";
  CHECK(rc::check([&](const std::string& noise, uint8_t at) {
    auto place = at % good.size();
    auto changed = good.substr(0, place) + noise + good.substr(place);
    for (auto& speaks : {openai_chat(), gemini_content()}) {
      auto x = speaks->read_embeddings(changed, texts({"x"}));
      if (x)
        RC_ASSERT(!check_embeddings(*x, texts({"x"})));
    }
  }));
}

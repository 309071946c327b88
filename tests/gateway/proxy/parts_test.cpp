#include "gateway/proxy/failure.hpp"
#include "gateway/proxy/json_out.hpp"
#include "gateway/proxy/media.hpp"
#include "gateway/proxy/thoughts.hpp"
#include "tests/gateway/proxy/talk.hpp"

#include "runtime/wire/text.hpp"
#include "tests/support/arbitrary.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

TEST_CASE("text that is escaped reads as it was") {
  CHECK(rc::check("whatever it is", [] {
    auto text = random_text();
    json_out out;
    out.text(text);
    RC_ASSERT(json::parse(out.view()) == text);
  }));
  std::string all;
  for (auto c = 0; c < 128; ++c)
    all += static_cast<char>(c);
  json_out out;
  out.text(all);
  CHECK(json::parse(out.view()) == all);
  CHECK(out.view().find('\n') == std::string_view::npos);
  out.clear();
  out.text("caf\xC3\xA9 \xC3 \xFF");
  CHECK(out.view() == "\"caf\xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD\"");
}

TEST_CASE("Base64 is told from what is none") {
  for (auto text : {"AAAA", "AA==", "AAA=", "+/+/"})
    CHECK(is_base64(text));
  for (auto text : {"", "A", "AA", "AAA", "A===", "====", "AA=A", "AA A",
                    "AAA\n", "-_-_", "AAAA="})
    CHECK(!is_base64(text));
  CHECK(rc::check("of any data", [] {
    auto data = *rc::gen::nonEmpty<bytes>();
    RC_ASSERT(is_base64(wire::to_base64(data)));
  }));
}

TEST_CASE("data URLs are strict") {
  auto x = parse_data_url("data:image/svg+xml;base64,AAAA");
  REQUIRE(x);
  CHECK(x->media_type == "image/svg+xml");
  CHECK(x->data == "AAAA");
  for (auto text :
       {"data:", "data:;base64,AAAA", "data:image;base64,AAAA",
        "data:image/png,AAAA", "data:image/png;base64,",
        "DATA:image/png;base64,AAAA", "data:image/png;charset=x;base64,AAAA",
        "data:image/;base64,AAAA", "data: image/png;base64,AAAA",
        "data:image/png;base64,AA\nAA", "image/png;base64,AAAA"})
    CHECK(!parse_data_url(text));
}

TEST_CASE("a seal says who had the thought") {
  using kind = thought_seal::kind_type;
  CHECK(rc::check([] {
    thought_seal x{*rc::gen::element(kind::signature, kind::whole), "anthropic",
                   "m" + random_text(), "s" + random_text()};
    RC_ASSERT(read_seal(to_text(x)) == x);
  }));
  CHECK(to_text({kind::signature, "anthropic", "claude-x", "c2ln"})
        == "tm1.YW50aHJvcGljL2NsYXVkZS14.c2ln");
  CHECK(to_text({kind::signature, "", "claude-x", "c2ln"}).empty());
  CHECK(to_text({kind::signature, "anthropic", "claude-x", ""}).empty());
  for (auto text : {"", "tm1.", "tm1..", "tm1.a", "tm1.YQ.x", "tm1.YS8.", "x",
                    "tm1.YW50aHJvcGljL2NsYXVkZS14=.c2ln",
                    "tm1.YW50aHJvcGljL2NsYXVkZS15", "tm1.L20.x"})
    CHECK(!read_seal(text));
}

TEST_CASE("errors are told as each API does") {
  struct row {
    ec code;
    int openai;
    std::string type;
    std::string openai_code;
    int anthropic;
    std::string anthropic_type;
  };
  std::string invalid = "invalid_request_error";
  std::vector<row> rows{
    {ec::invalid_argument, 400, invalid, "invalid_value", 400, invalid},
    {ec::context_exceeded, 400, invalid, "context_length_exceeded", 400,
     invalid},
    {ec::content_refused, 400, invalid, "content_filter", 400, invalid},
    {ec::provider_rejected, 400, invalid, "provider_rejected", 400, invalid},
    {ec::unauthenticated, 401, "authentication_error", "invalid_api_key", 401,
     "authentication_error"},
    {ec::budget_exceeded, 402, "insufficient_quota", "insufficient_quota", 402,
     "billing_error"},
    {ec::unknown_price, 402, "insufficient_quota", "unknown_price", 402,
     "billing_error"},
    {ec::denied, 403, "permission_error", "permission_denied", 403,
     "permission_error"},
    {ec::not_found, 404, invalid, "model_not_found", 404, "not_found_error"},
    {ec::conflict, 409, invalid, "conflict", 409, invalid},
    {ec::limit_exceeded, 413, invalid, "request_too_large", 413,
     "request_too_large"},
    {ec::no_model, 422, invalid, "no_model", 422, invalid},
    {ec::rate_limited, 429, "rate_limit_error", "rate_limit_exceeded", 429,
     "rate_limit_error"},
    {ec::provider_rate_limited, 429, "rate_limit_error", "rate_limit_exceeded",
     429, "rate_limit_error"},
    {ec::cancelled, 499, invalid, "cancelled", 499, invalid},
    {ec::overloaded, 503, "service_unavailable_error", "server_is_overloaded",
     529, "overloaded_error"},
    {ec::unavailable, 503, "service_unavailable_error", "unavailable", 503,
     "api_error"},
    {ec::timeout, 504, "server_error", "timeout", 504, "timeout_error"},
    {ec::provider_auth, 502, "server_error", "bad_gateway", 502, "api_error"},
    {ec::provider_failed, 502, "server_error", "bad_gateway", 502, "api_error"},
    {ec::provider_garbled, 502, "server_error", "bad_gateway", 502,
     "api_error"},
    {ec::provider_interrupted, 502, "server_error", "bad_gateway", 502,
     "api_error"},
    {ec::internal, 500, "server_error", "server_error", 500, "api_error"},
    {ec::storage_full, 500, "server_error", "server_error", 500, "api_error"},
  };
  for (auto& x : rows) {
    failure why{make_error(x.code, "it \"failed\""), {}, "r-1"};
    auto openai = chat_front()->refuse(why);
    INFO(to_string(x.code));
    CHECK(openai.status == x.openai);
    CHECK(json::parse(openai.body)
          == json{{"error",
                   {{"message", "it \"failed\""},
                    {"type", x.type},
                    {"param", nullptr},
                    {"code", x.openai_code}}}});
    CHECK(responses_front()->refuse(why).body == openai.body);
    auto anthropic = messages_front()->refuse(why);
    CHECK(anthropic.status == x.anthropic);
    CHECK(json::parse(anthropic.body)
          == json{{"type", "error"},
                  {"error",
                   {{"type", x.anthropic_type}, {"message", "it \"failed\""}}},
                  {"request_id", "r-1"}});
    auto waits = x.anthropic == 529 || x.openai == 429;
    CHECK(openai.retry_seconds.has_value() == waits);
    CHECK(anthropic.retry_seconds.has_value() == waits);
  }
}

TEST_CASE("who is to come back is told when") {
  failure why{make_error(ec::rate_limited, "too many"), duration{1'500}, ""};
  CHECK(chat_front()->refuse(why).retry_seconds == 2);
  why.retry_after = duration{-5};
  CHECK(chat_front()->refuse(why).retry_seconds == 1);
  why.retry_after = duration::max();
  CHECK(messages_front()->refuse(why).retry_seconds == 86'400);
  why = {make_error(ec::unavailable, "away"), duration{3'000}, ""};
  CHECK(messages_front()->refuse(why).retry_seconds == 3);
}

TEST_CASE("the member that is wrong is named apart") {
  CHECK(member_in("messages[3].content[1].image_url.url: no")
        == "messages[3].content[1].image_url.url");
  CHECK(member_in("the body: no").empty());
  CHECK(member_in("no").empty());
  CHECK(member_in(": no").empty());
  failure why{
    make_error(ec::invalid_argument, "tools[0].name: this is no name"), {}, ""};
  auto body = json::parse(chat_front()->refuse(why).body);
  CHECK(body["error"]["param"] == "tools[0].name");
}

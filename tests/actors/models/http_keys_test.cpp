#include "actors/models/http_provider.hpp"
#include "tests/actors/models/asking.hpp"
#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

#include <mutex>

using namespace machine;
using namespace machine::models;

namespace {

const std::string whole_answer =
  R"({"model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}})";

std::string refusing(int status, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n"
       + headers + "\r\n";
}

std::string agreeing(const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
         "Content-Length: "
       + std::to_string(whole_answer.size()) + "\r\n" + headers + "\r\n"
       + whole_answer;
}

/// A provider that answers by the key of the request, and remembers the keys.
class by_key {
public:
  explicit by_key(std::map<std::string, std::string> answers)
      : answers_(std::move(answers)), server_([this](test::connection& peer) {
          while (auto request = peer.read_request())
            peer.write(answer_to(*request));
        }) {}

  std::string url() const {
    return server_.url("/v1");
  }

  /// The keys so far, one letter each.
  std::string keys() {
    std::lock_guard guard{mutex_};
    return keys_;
  }

private:
  std::string answer_to(const std::string& request) {
    constexpr std::string_view name = "Bearer ";
    auto at = request.find(name) + name.size();
    auto key = request.substr(at, request.find('\r', at) - at);
    std::lock_guard guard{mutex_};
    keys_ += key.substr(0, 1);
    return answers_.at(key);
  }

  std::map<std::string, std::string> answers_;
  std::mutex mutex_;
  std::string keys_;
  test::server server_;
};

provider_entry about_at(const std::string& url) {
  provider_entry x;
  x.name = "p";
  x.url = url;
  return x;
}

std::shared_ptr<provider> with_keys(provider_entry about,
                                    std::vector<provider_key> keys) {
  return make_http_provider(std::move(about), std::move(keys),
                            std::make_shared<net::client>(),
                            net::address_policy::public_and_loopback);
}

call_outcome ask_once(provider& x, const std::string& model = "m") {
  chat_request what;
  what.messages.push_back(test::said(chat_role::user, "hello"));
  test::gate done;
  std::optional<call_outcome> outcome;
  call_handlers how;
  how.on_done = [&](call_outcome y) {
    outcome.emplace(std::move(y));
    done.open();
  };
  x.start(what, test::of_model(model), std::move(how));
  REQUIRE(done.wait());
  return std::move(*outcome);
}

} // namespace

TEST_CASE("the keys of a provider take turns") {
  by_key there{{{"a", agreeing()}, {"b", agreeing()}}};
  auto x = with_keys(about_at(there.url()), {{"a", 2}, {"b", 1}});
  for (int i = 0; i < 6; ++i)
    CHECK(ask_once(*x).response);
  CHECK(there.keys() == "abaaba");
}

TEST_CASE("a call that a key is refused for goes out with another") {
  for (auto status : {401, 402, 403, 429}) {
    CAPTURE(status);
    by_key there{
      {{"a", refusing(status, "Retry-After: 30\r\n")}, {"b", agreeing()}}};
    auto x = with_keys(about_at(there.url()), {{"a", 1}, {"b", 1}});
    auto outcome = ask_once(*x);
    REQUIRE(outcome.response);
    CHECK(outcome.accepted);
    CHECK(outcome.response->message.content == "Hi");
    // And the next does not try the first again.
    CHECK(ask_once(*x).response);
    CHECK(there.keys() == "abb");
  }
}

TEST_CASE("a call that failed for another reason is not asked twice") {
  for (auto status : {400, 404, 500, 503, 529}) {
    CAPTURE(status);
    by_key there{{{"a", refusing(status)}, {"b", agreeing()}}};
    auto x = with_keys(about_at(there.url()), {{"a", 1}, {"b", 1}});
    auto outcome = ask_once(*x);
    CHECK(!outcome.response);
    CHECK(!outcome.accepted);
    CHECK(outcome.status == status);
    CHECK(there.keys() == "a");
  }
}

TEST_CASE("of several refusals the one that passes is told") {
  by_key there{{{"a", refusing(429, "Retry-After: 30\r\n")},
                {"b", refusing(429, "Retry-After: 20\r\n")},
                {"c", refusing(401)}}};
  auto x = with_keys(about_at(there.url()), {{"a", 1}, {"b", 1}, {"c", 1}});
  auto outcome = ask_once(*x);
  REQUIRE(!outcome.response);
  CHECK(there.keys() == "abc");
  CHECK(code_of(outcome.response.error()) == ec::provider_rate_limited);
  CHECK(outcome.fault == fault_kind::rate_limited);
  CHECK(outcome.retry_after == duration{20'000});
}

TEST_CASE("where all keys have to wait, nothing is sent") {
  by_key there{{{"a", refusing(429, "Retry-After: 30\r\n")}}};
  auto x = with_keys(about_at(there.url()), {{"a", 1}});
  CHECK(ask_once(*x).retry_after == duration{30'000});
  auto again = ask_once(*x);
  REQUIRE(!again.response);
  CHECK(code_of(again.response.error()) == ec::provider_rate_limited);
  CHECK(again.status == 0);
  CHECK(!again.accepted);
  REQUIRE(again.retry_after);
  CHECK(*again.retry_after > duration{0});
  CHECK(*again.retry_after <= duration{30'000});
  CHECK(there.keys() == "a");
  // Another model has a limit of its own.
  CHECK(ask_once(*x, "n").status == 429);
  CHECK(there.keys() == "aa");
}

TEST_CASE("the one key that there is is asked again, if nobody said to wait") {
  for (auto status : {401, 429}) {
    by_key there{{{"a", refusing(status)}}};
    auto x = with_keys(about_at(there.url()), {{"a", 1}});
    CHECK(ask_once(*x).status == status);
    CHECK(ask_once(*x).status == status);
    CHECK(there.keys() == "aa");
  }
}

TEST_CASE("what was configured is not exceeded, by any key") {
  by_key there{{{"a", agreeing()}, {"b", agreeing()}}};
  auto about = about_at(there.url());
  about.requests_per_minute = 1;
  auto x = with_keys(about, {{"a", 1}, {"b", 1}});
  CHECK(ask_once(*x).response);
  CHECK(ask_once(*x).response);
  auto third = ask_once(*x);
  REQUIRE(!third.response);
  CHECK(third.status == 0);
  CHECK(third.retry_after > duration{0});
  CHECK(there.keys() == "ab");
}

TEST_CASE("what a provider says of its limits is told, and kept to") {
  by_key there{{{"a", agreeing("x-ratelimit-limit-requests: 100\r\n"
                               "x-ratelimit-remaining-requests: 0\r\n"
                               "x-ratelimit-reset-requests: 6m0s\r\n")}}};
  auto x = with_keys(about_at(there.url()), {{"a", 1}});
  auto first = ask_once(*x);
  REQUIRE(first.rates);
  CHECK(first.rates->requests == rate_limit_state{100, 0, duration{360'000}});
  auto second = ask_once(*x);
  REQUIRE(!second.response);
  // One of a hundred comes back every 3.6 seconds.
  REQUIRE(second.retry_after);
  CHECK(*second.retry_after <= duration{3'600});
  CHECK(there.keys() == "a");
}

TEST_CASE("no key is told by an error, whichever was used") {
  auto quoting = [](const std::string& key) {
    auto body = R"({"error":{"message":"wrong key )" + key + "\"}}";
    return "HTTP/1.1 401 No\r\nContent-Type: application/json\r\n"
           "Content-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  by_key there{
    {{"key-of-a", quoting("key-of-a")}, {"word-of-b", quoting("word-of-b")}}};
  auto x =
    with_keys(about_at(there.url()), {{"key-of-a", 1}, {"word-of-b", 1}});
  auto text = message_of(ask_once(*x).response.error());
  CHECK(there.keys() == "kw");
  CHECK(text.find("-of-") == std::string::npos);
  CHECK(text.find("wrong key [key]") != std::string::npos);
}

TEST_CASE("a key of the wrong form is told of, and nothing is sent") {
  auto about = about_at("http://127.0.0.1:9");
  about.protocol = protocol_kind::bedrock;
  about.region = "eu-west-1";
  auto x = with_keys(about, {{"sk-1234", 1}});
  auto outcome = ask_once(*x);
  REQUIRE(!outcome.response);
  CHECK(code_of(outcome.response.error()) == ec::provider_auth);
  CHECK(outcome.status == 0);
  CHECK(message_of(outcome.response.error()).find("ID:SECRET")
        != std::string::npos);
}

TEST_CASE("what a protocol cannot carry is refused before it is sent") {
  provider_entry about = about_at("http://127.0.0.1:9");
  about.protocol = protocol_kind::anthropic;
  auto x = with_keys(about, {{"k", 1}});
  chat_request what;
  what.messages.push_back(test::said(chat_role::user, "x"));
  what.messages.back().attachments.push_back(
    test::attached(attachment_kind::audio, 0, "audio/wav", "QQ=="));
  std::optional<call_outcome> outcome;
  call_handlers how;
  how.on_done = [&](call_outcome y) { outcome.emplace(std::move(y)); };
  x->start(what, {}, std::move(how));
  REQUIRE(outcome);
  CHECK(code_of(outcome->response.error()) == ec::provider_rejected);
  CHECK(!outcome->accepted);
}

TEST_CASE("headers of the catalogue are sent with every request") {
  std::string got;
  {
    test::server there{[&](test::connection& peer) {
      if (auto request = peer.read_request())
        got = *request;
    }};
    auto about = about_at(there.url("/v1"));
    about.headers = {{"X-Team", "shop"}};
    auto x = with_keys(about, {});
    ask_once(*x);
  }
  CHECK(got.find("X-Team: shop\r\n") != std::string::npos);
  CHECK(got.find("Authorization") == std::string::npos);
}

TEST_CASE("vectors come in as many requests as their provider needs") {
  std::mutex mutex;
  std::vector<size_t> sizes;
  test::server there{[&](test::connection& peer) {
    while (auto request = peer.read_request()) {
      auto body =
        nlohmann::json::parse(request->substr(request->find("\r\n\r\n") + 4));
      auto answer = nlohmann::json::object();
      for (auto& one : body["requests"])
        answer["embeddings"].push_back(
          {{"values",
            {std::stod(one["content"]["parts"][0]["text"].get<std::string>()),
             1.0}}});
      {
        std::lock_guard guard{mutex};
        sizes.push_back(body["requests"].size());
      }
      peer.answer(answer.dump(), "Content-Type: application/json\r\n");
    }
  }};
  auto about = about_at(there.url("/v1beta"));
  about.protocol = protocol_kind::gemini;
  auto x = with_keys(about, {{"k", 1}});
  embedding_request what;
  for (int i = 0; i < 250; ++i)
    what.inputs.push_back(std::to_string(i));
  test::gate done;
  std::optional<embedding_outcome> outcome;
  x->embed(what, test::of_model("g"), {{}, [&](embedding_outcome y) {
                                         outcome.emplace(std::move(y));
                                         done.open();
                                       }});
  REQUIRE(done.wait());
  REQUIRE(outcome->response);
  CHECK(sizes == std::vector<size_t>{100, 100, 50});
  REQUIRE(outcome->response->vectors.size() == 250);
  for (size_t i = 0; i < 250; ++i)
    CHECK(outcome->response->vectors[i]
          == std::vector<float>{static_cast<float>(i), 1});
  CHECK(outcome->accepted);
  CHECK(!outcome->usage);
}

TEST_CASE("who makes no vectors says so, and who asks for none is told") {
  auto about = about_at("http://127.0.0.1:9");
  about.protocol = protocol_kind::anthropic;
  auto x = with_keys(about, {{"k", 1}});
  auto code = [&](std::vector<std::string> inputs) {
    embedding_request what;
    what.inputs = std::move(inputs);
    std::optional<embedding_outcome> outcome;
    x->embed(what, {},
             {{}, [&](embedding_outcome y) { outcome.emplace(std::move(y)); }});
    REQUIRE(outcome);
    return code_of(outcome->response.error());
  };
  CHECK(code({"a"}) == ec::provider_rejected);
  CHECK(code({}) == ec::invalid_argument);
}

TEST_CASE("a call that was cancelled is not asked with another key") {
  test::gate asked;
  test::gate refuse;
  test::server there{[&](test::connection& peer) {
    while (peer.read_request()) {
      asked.open();
      refuse.wait();
      peer.write(refusing(429));
    }
  }};
  auto x = with_keys(about_at(there.url("/v1")), {{"a", 1}, {"b", 1}});
  test::gate done;
  std::optional<call_outcome> outcome;
  call_handlers how;
  how.on_done = [&](call_outcome y) {
    outcome.emplace(std::move(y));
    done.open();
  };
  auto id = x->start({}, test::of_model("m"), std::move(how));
  REQUIRE(asked.wait());
  x->cancel(id);
  REQUIRE(done.wait());
  refuse.open();
  CHECK(code_of(outcome->response.error()) == ec::cancelled);
  CHECK(there.connections() == 1);
}

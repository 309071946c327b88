#include "actors/models/http_provider.hpp"
#include "tests/actors/models/desk/desk_under_test.hpp"
#include "tests/runtime/net/server.hpp"

#include <nlohmann/json.hpp>

// What providers do wrong, over real connections, and what becomes of the call
// under each policy.

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

enum class wrong { busy, broken, hangs, garbage, cut_before, cut_within };

constexpr const char* begun_text = "One, two, ";

std::string chunk_of(const std::string& text) {
  return R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":")" + text
       + R"("}}]})" + "\n\n";
}

void answer(connection& peer, const std::string& text) {
  peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
             "Transfer-Encoding: chunked\r\n\r\n");
  peer.chunk(chunk_of(text));
  peer.chunk(R"(data: {"choices":[{"index":0,"delta":{},)"
             R"("finish_reason":"stop"}],)"
             R"("usage":{"prompt_tokens":10,"completion_tokens":5}})"
             "\n\ndata: [DONE]\n\n");
  peer.chunk("");
}

void refuse(connection& peer, const std::string& status) {
  peer.write(
    "HTTP/1.1 " + status
    + "\r\nContent-Type: application/json\r\nContent-Length: 32\r\n\r\n"
      R"({"error":{"message":"not today"}})");
}

void do_wrong(connection& peer, wrong what) {
  switch (what) {
    case wrong::busy: refuse(peer, "429 Too Many Requests"); break;
    case wrong::broken: refuse(peer, "500 Internal Server Error"); break;
    case wrong::hangs: peer.closed_within(-1); break;
    case wrong::garbage:
      peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 "Content-Length: 12\r\n\r\ndata: {no:\n\n");
      break;
    case wrong::cut_before:
    case wrong::cut_within:
      peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n");
      if (what == wrong::cut_within)
        peer.chunk(chunk_of(begun_text));
      break;
  }
}

/// A provider that does something wrong with every call, and one that does not.
struct upstreams {
  explicit upstreams(wrong what)
      : bad{[this, what](connection& peer) {
          while (peer.read_request()) {
            ++asked_bad;
            do_wrong(peer, what);
            if (what != wrong::busy && what != wrong::broken)
              return;
          }
        }},
        good{[this](connection& peer) {
          while (auto request = peer.read_request()) {
            ++asked_good;
            keep(*request);
            answer(peer, "three.");
          }
        }} {}

  std::shared_ptr<provider> at(const std::string& url) {
    provider_entry about;
    about.name = "p";
    about.url = url;
    return make_http_provider(about, "key", http,
                              net::address_policy::public_and_loopback);
  }

  std::atomic<size_t> asked_bad{0};
  std::atomic<size_t> asked_good{0};
  void keep(std::string request) {
    std::lock_guard guard{mutex};
    kept = std::move(request);
  }

  std::string last() {
    std::lock_guard guard{mutex};
    return kept;
  }

  std::mutex mutex;
  std::string kept;
  server bad;
  server good;
  std::shared_ptr<net::client> http = std::make_shared<net::client>();
};

struct policy_case {
  const char* name;
  bool others;
  stream_failover in_stream;
};

constexpr policy_case going_on{"continue", true, stream_failover::resume};
constexpr policy_case anew{"restart", true, stream_failover::restart};
constexpr policy_case failing{"fail", true, stream_failover::fail};
constexpr policy_case alone{"alone", false, stream_failover::fail};

struct row {
  wrong what;
  policy_case under;
  /// Of the end; none: it is answered.
  ec code;
  /// What a client has that takes takeovers for what they are.
  std::string text;
  /// Calls that the provider may charge for, of the bad one.
  size_t paid;
};

const std::vector<row> table{
  {wrong::busy, going_on, ec::none, "three.", 0},
  {wrong::busy, alone, ec::provider_rate_limited, "", 0},
  {wrong::broken, going_on, ec::none, "three.", 0},
  {wrong::broken, alone, ec::provider_failed, "", 0},
  {wrong::hangs, going_on, ec::none, "three.", 1},
  {wrong::hangs, alone, ec::timeout, "", 2},
  {wrong::garbage, going_on, ec::none, "three.", 2},
  {wrong::garbage, alone, ec::provider_garbled, "", 2},
  {wrong::cut_before, going_on, ec::none, "three.", 2},
  {wrong::cut_before, alone, ec::provider_interrupted, "", 2},
  {wrong::cut_within, going_on, ec::none, "One, two, One, two, three.", 2},
  {wrong::cut_within, anew, ec::none, "three.", 2},
  {wrong::cut_within, failing, ec::provider_interrupted, begun_text, 1},
};

} // namespace

TEST_CASE(
  "whatever a provider does wrong, a call has one end and is paid once") {
  for (auto& x : table) {
    INFO(static_cast<int>(x.what) << " under " << x.under.name);
    upstreams up{x.what};
    routing_policy policy = desk_under_test::usual_policy();
    policy.fallback.on = x.under.others;
    policy.fallback.in_stream = x.under.in_stream;
    desk_under_test it{policy, up.at(up.bad.url("/v1")),
                       up.at(up.good.url("/v1"))};
    it.set_budget("all", 1'000'000);
    auto by = it.call("auto");
    auto end = by->wait();
    CHECK((end.answer ? ec::none : code_of(end.answer.error())) == x.code);
    CHECK(by->text == x.text);
    if (end.answer) {
      CHECK(end.answer->message.content == x.text);
      CHECK(end.facts.model == "big");
    }
    // Each request that went out is one line, and nothing else is.
    auto now = it.rest(up.asked_bad + up.asked_good);
    CHECK(end.facts.tries == now.calls);
    micro_usd sum = 0;
    size_t paid = 0;
    for (auto& line : it.lines()) {
      sum += line.cost;
      paid += line.whose.model == "small" && line.cost > 0 ? 1 : 0;
      CHECK(line.cost <= line.reserved);
      CHECK((line.end == costs::call_end::answered)
            == (line.whose.model == "big"));
    }
    CHECK(paid == x.paid);
    CHECK(now.spent == sum);
    CHECK(end.facts.cost == sum);
    CHECK(up.asked_good == (x.code == ec::none ? 1 : 0));
  }
}

TEST_CASE(
  "who goes on with an answer is shown what was said, and is to go on") {
  upstreams up{wrong::cut_within};
  desk_under_test it{desk_under_test::usual_policy(), up.at(up.bad.url("/v1")),
                     up.at(up.good.url("/v1"))};
  auto by = it.call("auto");
  REQUIRE(by->wait().answer);
  REQUIRE(!by->takeovers.empty());
  CHECK(!by->takeovers.back().restarts);
  CHECK(by->takeovers.back().why
        == "the answer broke off; big goes on with it");
  auto body =
    nlohmann::json::parse(up.last().substr(up.last().find("\r\n\r\n")));
  auto& said = body["messages"];
  REQUIRE(said.size() == 3);
  CHECK(said[1]["role"] == "assistant");
  CHECK(said[1]["content"] == "One, two, One, two, ");
  CHECK(said[2]["role"] == "user");
}

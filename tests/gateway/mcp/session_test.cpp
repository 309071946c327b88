#include "gateway/mcp/session.hpp"

#include <catch2/catch.hpp>
#include <sodium.h>

using namespace machine;
using namespace machine::gateway::mcp;

namespace {

using clock = session::clock;

const clock::time_point begin{std::chrono::hours{1}};

session_list make(session_bounds bounds) {
  REQUIRE(sodium_init() >= 0);
  return session_list{bounds};
}

session_ptr add(session_list& to, const std::string& owner,
                clock::time_point now) {
  return to.begin(owner, last_with_sessions, "{}", now);
}

class noted final : public cancellable {
public:
  void cancel() override {
    cancelled = true;
  }

  bool cancelled = false;
};

class deaf_stream final : public gateway::event_stream {
public:
  void send(const std::optional<std::string>&, std::string_view,
            std::string_view) override {}
  void close() override {}
  void on_closed(std::function<void()>) override {}
  void on_drained(std::function<void()>) override {}
};

} // namespace

TEST_CASE("a session belongs to whoever began it") {
  auto all = make({});
  auto mine = add(all, "me", begin);
  REQUIRE(mine);
  CHECK(mine->id.size() == 32);
  CHECK(all.find("me", mine->id, begin) == mine);
  CHECK(!all.find("you", mine->id, begin));
  CHECK(!all.find("me", "", begin));
  CHECK(!all.end("you", mine->id, begin));
  CHECK(all.end("me", mine->id, begin));
  CHECK(!all.find("me", mine->id, begin));
  CHECK(add(all, "me", begin)->id != mine->id);
}

TEST_CASE("a session that nobody uses ends") {
  auto all = make({10, 10, std::chrono::seconds{60}});
  auto x = add(all, "me", begin);
  CHECK(all.find("me", x->id, begin + std::chrono::seconds{59}));
  CHECK(all.find("me", x->id, begin + std::chrono::seconds{118}));
  CHECK(!all.find("me", x->id, begin + std::chrono::seconds{178}));
  CHECK(all.size() == 0);
}

TEST_CASE("nobody has more sessions than are theirs") {
  auto all = make({4, 2, std::chrono::seconds{3600}});
  auto one = add(all, "me", begin);
  auto two = add(all, "me", begin + std::chrono::seconds{1});
  all.find("me", one->id, begin + std::chrono::seconds{2});
  auto three = add(all, "me", begin + std::chrono::seconds{3});
  CHECK(all.size() == 2);
  CHECK(!all.find("me", two->id, begin + std::chrono::seconds{3}));
  CHECK(all.find("me", one->id, begin + std::chrono::seconds{3}));
  CHECK(add(all, "you", begin));
  CHECK(add(all, "her", begin));
  // Others make no place for somebody new, who has to wait.
  CHECK(!add(all, "him", begin));
  CHECK(all.size() == 4);
  CHECK(add(all, "you", begin));
  CHECK(all.size() == 4);
}

TEST_CASE("a question to a client is answered once") {
  auto all = make({});
  auto x = add(all, "me", begin);
  std::vector<std::string> got;
  auto note = [&](exchange::reply reply) {
    auto* text = std::get_if<std::string>(&reply);
    got.push_back(text != nullptr ? *text : std::get<rpc_error>(reply).message);
  };
  auto id = x->begin_ask(note);
  CHECK(id == "\"s1\"");
  CHECK(!x->end_ask("\"s2\"", "{}"));
  CHECK(x->end_ask(id, "{}"));
  CHECK(!x->end_ask(id, "{}"));
  CHECK(got == std::vector<std::string>{"{}"});
  for (size_t i = 0; i < 64; ++i)
    CHECK(!x->begin_ask(note).empty());
  CHECK(x->begin_ask(note).empty());
  all.end("me", x->id, begin);
  CHECK(got.size() == 65);
  CHECK(got.back() == "the session has ended");
}

TEST_CASE("a stream that its client has left is let go of, and no other") {
  auto all = make({});
  auto x = add(all, "me", begin);
  auto first = std::make_shared<deaf_stream>();
  auto lists = std::make_shared<int>();
  x->keep_open(first, lists);
  x->lose(deaf_stream{});
  CHECK(first.use_count() == 2);
  auto second = std::make_shared<deaf_stream>();
  x->keep_open(second, lists);
  CHECK(first.use_count() == 1);
  x->lose(*first);
  CHECK(second.use_count() == 2);
  x->lose(*second);
  CHECK(second.use_count() == 1);
  CHECK(lists.use_count() == 1);
  x->tell("nobody hears it");
}

TEST_CASE("what is under way can be called off") {
  auto all = make({});
  auto x = add(all, "me", begin);
  auto what = std::make_shared<noted>();
  CHECK(x->begin("1", what));
  CHECK(!x->begin("1", what));
  x->cancel("2");
  CHECK(!what->cancelled);
  x->cancel("1");
  CHECK(what->cancelled);
  x->end("1");
  CHECK(x->begin("1", what));
  what = nullptr;
  x->cancel("1");
}

TEST_CASE("a session is subscribed to so much and no more") {
  auto all = make({});
  auto x = add(all, "me", begin);
  auto held = std::make_shared<int>();
  for (auto i = 0; i < 100; ++i)
    CHECK(x->subscribe(std::to_string(i), held));
  CHECK(!x->subscribe("more", held));
  CHECK(x->subscribe("7", held));
  CHECK(held.use_count() == 101);
  x->unsubscribe("7");
  x->unsubscribe("nothing");
  CHECK(held.use_count() == 100);
  all.end("me", x->id, begin);
  CHECK(held.use_count() == 1);
}

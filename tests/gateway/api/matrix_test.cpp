#include "gateway/api/log_view.hpp"
#include "gateway/identity/authorize.hpp"
#include "tests/gateway/api/matrix.hpp"
#include "tests/gateway/socket_client.hpp"

using namespace machine;
using tenants::role;
using test::asking;
using test::canary;
using test::json;
using test::matrix;
using test::person;
using test::raw_answer;
using test::verdict;

namespace {

/// Whether a client of another API is told what it can read.
bool says_why(const gateway::route& asked, const raw_answer& x) {
  return asked.in_dialect != nullptr
      && json::parse(x.body)["error"]["message"].is_string();
}

} // namespace

/// Every route × everybody. Routes come from the table that the server has, so
/// a new one is here by itself.
TEST_CASE("everybody may use every route that their role says, and no other") {
  matrix it;
  auto routes = gateway::make_routes(it.context);
  size_t cells = 0;
  size_t leaks = 0;
  std::vector<const person*> all{nullptr};
  for (auto& x : it.people)
    all.push_back(&x);
  for (auto& what : routes) {
    auto target = it.target_of(what);
    auto body = what.method == "GET" || what.method == "DELETE" ? "" : "{}";
    for (auto* who : all) {
      INFO(what.method << " " << what.pattern << " as "
                       << (who == nullptr ? "nobody"
                                          : who->name + " of " + who->tenant));
      auto answer = it.ask_as(who, what.method, target, body);
      auto wanted = verdict(what, who);
      auto let_in = answer.status != 401 && answer.status != 403;
      if (wanted == 0)
        CHECK(let_in);
      else
        CHECK(answer.status == wanted);
      if (!let_in)
        CHECK((answer.is_problem() || says_why(what, answer)));
      auto outside = who == nullptr || who->tenant != "acme";
      if (outside && answer.body.find(canary) != std::string::npos)
        ++leaks;
      ++cells;
    }
  }
  CHECK(leaks == 0);
  CHECK(cells == routes.size() * all.size());
  WARN(cells << " cells, " << leaks << " leaks");
}

namespace {

/// What there is to subscribe to, and what is a topic of `acme`.
class topic_matrix : public matrix {
public:
  topic_matrix() {
    run = "run/" + make_run("acme");
  }

  /// A run with a question, and a task; so three of the topics have news.
  std::string make_run(const std::string& tenant) const {
    auto in = "X-Tenant: " + tenant + "\r\n";
    auto title = tenant == "acme" ? canary : "own";
    auto id = start(asking, json{{"title", title}, {"project", "board"}}, in);
    expect(201, "POST", "/projects/board/tasks", json{{"title", title}}.dump(),
           in);
    return id;
  }

  test::socket_client connect(const person& who) const {
    return {server.port(), "/api/v1/socket", who.headers()};
  }

  std::string run;
};

/// Whether *who* may follow *topic*: the words of the design once more.
bool may_follow(const person& who, const std::string& topic) {
  if (topic == "nodes")
    return false;
  if (topic == "audit")
    return who.everywhere == role::admin;
  if (who.everywhere)
    return !topic.starts_with("run/") || who.tenant == "acme";
  return topic.starts_with("run/") && who.projects.contains("board");
}

/// Hears whatever comes until *wanted* topics had an event; all of it as text.
std::string hear_of(test::socket_client& from, std::set<std::string> wanted) {
  std::string result;
  while (!wanted.empty()) {
    auto x = from.hear();
    result += x.dump();
    if (x["type"] == "event")
      wanted.erase(x["topic"]);
  }
  return result;
}

} // namespace

TEST_CASE("everybody hears on a socket of what they may see, and no more") {
  topic_matrix it;
  it.expect(201, "POST", "/projects", R"({"id":"board","name":"own"})",
            "X-Tenant: umbrella\r\n");
  auto topics = gateway::topics();
  topics.push_back(it.run);
  size_t cells = 0;
  size_t leaks = 0;
  // Nobody does not even get a socket.
  auto refused =
    it.server.ask(test::socket_request(it.server.port(), "/api/v1/socket", ""));
  CHECK(refused.status == 401);
  std::vector<test::socket_client> strangers;
  for (auto& who : it.people) {
    auto socket = it.connect(who);
    std::string heard;
    std::set<std::string> with_news;
    for (auto& topic : topics) {
      INFO(topic << " as " << who.name << " of " << who.tenant);
      socket.say({{"type", "subscribe"}, {"id", topic}, {"topic", topic}});
      for (;;) {
        auto x = socket.hear();
        heard += x.dump();
        if (!x.contains("id") || x["id"] != topic)
          continue;
        CHECK(x["type"] == (may_follow(who, topic) ? "subscribed" : "error"));
        if (x["type"] == "error")
          CHECK((x["code"] == "denied" || x["code"] == "not_found"));
        break;
      }
      ++cells;
    }
    if (who.tenant == "acme") {
      // To hear nothing would be no proof. What was subscribed to may come
      // after the last answer.
      while (who.everywhere && heard.find(canary) == std::string::npos)
        heard += socket.hear().dump();
    } else {
      leaks += heard.find(canary) != std::string::npos ? 1 : 0;
      strangers.push_back(std::move(socket));
    }
  }
  // Both have news now; strangers hear of their own, and of nothing else.
  it.make_run("acme");
  it.make_run("umbrella");
  for (auto& socket : strangers) {
    auto heard = hear_of(socket, {"interrupts", "runs", "tasks"});
    CHECK(heard.find("own") != std::string::npos);
    leaks += heard.find(canary) != std::string::npos ? 1 : 0;
  }
  CHECK(strangers.size() == 4);
  CHECK(leaks == 0);
  CHECK(cells == topics.size() * it.people.size());
  WARN(cells << " cells, " << leaks << " leaks");
}

TEST_CASE("everybody gets on a socket from routes what they get by HTTP") {
  topic_matrix it;
  auto routes = gateway::make_routes(it.context);
  size_t cells = 0;
  size_t leaks = 0;
  for (auto& what : routes) {
    if (what.method != "GET" || what.what.is_socket())
      continue;
    auto target = it.target_of(what);
    for (auto& who : it.people) {
      INFO(what.pattern << " as " << who.name << " of " << who.tenant);
      auto socket = it.connect(who);
      socket.say({{"type", "request"},
                  {"id", "q"},
                  {"method", "GET"},
                  {"path", target}});
      auto x = socket.hear();
      CHECK(x["type"] == "response");
      CHECK(x["status"] == it.ask_as(&who, "GET", target).status);
      auto wanted = verdict(what, &who);
      if (wanted != 0)
        CHECK(x["status"] == wanted);
      if (who.tenant != "acme" && x.dump().find(canary) != std::string::npos)
        ++leaks;
      ++cells;
    }
  }
  CHECK(leaks == 0);
  CHECK(cells > 500);
  WARN(cells << " cells, " << leaks << " leaks");
}

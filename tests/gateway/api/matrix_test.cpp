#include "gateway/api/log_view.hpp"
#include "gateway/identity/authorize.hpp"
#include "tests/gateway/api/people.hpp"
#include "tests/gateway/socket_client.hpp"

using namespace machine;
using gateway::permission;
using tenants::role;
using test::asking;
using test::json;
using test::people_under_test;
using test::person;
using test::raw_answer;

/// Every route × everybody. Routes come from the table that the server has, so
/// a new one is here by itself.
namespace {

/// What stands in everything that tenant `acme` has, and must never be seen by
/// another tenant.
constexpr const char* canary = "canary7f3";

class matrix : public people_under_test {
public:
  matrix() {
    make_tenant("acme");
    make_tenant("umbrella");
    for (auto* id : {"board", "shop"})
      own(201, "POST", "/projects",
          json{{"id", id}, {"name", std::string{canary} + id}});
    own(201, "POST", "/projects/board/tasks", json{{"title", canary}});
    own(201, "POST", "/projects/board/schedules",
        json{{"name", "nightly"},
             {"cron", "0 3 * * *"},
             {"run", {{"title", canary}, {"workflow", asking}}}});
    for (auto x :
         {role::viewer, role::developer, role::operator_role, role::admin}) {
      std::string name{wire::to_name(x)};
      people.push_back(make("acme", name, x));
      people.push_back(make("acme", name + ".here", {}, {{"board", x}}));
      people.push_back(make("acme", name + ".there", {}, {{"shop", x}}));
      people.push_back(make("umbrella", name, x));
    }
    people.push_back(make("acme", "nothing", {}));
  }

  /// The path of *what* with parameters that lead to things of `acme`. Each
  /// route gets a run of its own, in the project `board`.
  std::string target_of(const gateway::route& what) {
    auto path = what.pattern;
    auto put = [&path](const std::string& name, const std::string& value) {
      if (auto at = path.find("{" + name + "}"); at != path.npos)
        path.replace(at, name.size() + 2, value);
    };
    if (path.starts_with("/api/v1/runs/{id}"))
      put("id", own(201, "POST", "/runs",
                    json{{"title", canary},
                         {"workflow", asking},
                         {"project", "board"}})["id"]);
    put("id", "board");
    put("task", "t-1");
    put("schedule", "nightly");
    put("topic", "runs");
    put("hash", std::string(64, '0'));
    put("workflow", "count");
    put("version", "1");
    put("tenant", "acme");
    // Nobody who is needed.
    put("principal", "somebody");
    put("key", "000000000000");
    put("issuer", "nobody");
    put("session", "000000000000");
    put("node", get("/nodes")["items"][0]["id"]);
    INFO(what.pattern << ": say what its parameters are");
    REQUIRE(path.find('{') == path.npos);
    return path;
  }

  json own(int status, const std::string& method, const std::string& path,
           const json& body) const {
    return expect(status, method, path, body.dump(), "X-Tenant: acme\r\n");
  }

  std::vector<person> people;
};

/// What *who* should be told by the door, from the words of the design: 0 is
/// to be let in.
int verdict(const gateway::route& what, const person* who) {
  using place = permission::place;
  auto at_least = [&](std::optional<role> have) {
    return have && *have >= what.who.need();
  };
  auto in = [&](const std::string& project) {
    auto i = who->projects.find(project);
    return i != who->projects.end() && at_least(i->second);
  };
  if (what.who.where() == place::anywhere)
    return 0;
  if (who == nullptr)
    return 401;
  switch (what.who.where()) {
    case place::known: return 0;
    case place::tenant: return at_least(who->everywhere) ? 0 : 403;
    case place::somewhere:
      return at_least(who->everywhere) || in("board") || in("shop") ? 0 : 403;
    case place::project:
      return at_least(who->everywhere) || in("board") ? 0 : 403;
    case place::run:
      // A run of another tenant is none; who may look at all hears just that.
      return at_least(who->everywhere) || (who->tenant == "acme" && in("board"))
             ? 0
             : 403;
    default: return 403;
  }
}

} // namespace

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
        CHECK(answer.is_problem());
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
      // To hear nothing would be no proof.
      if (who.everywhere)
        CHECK(heard.find(canary) != std::string::npos);
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

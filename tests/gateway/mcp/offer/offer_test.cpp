#include "actors/node/actors.hpp"
#include "actors/tenants.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/identity/principal.hpp"
#include "gateway/mcp/offer/offer.hpp"
#include "gateway/mcp/offer/tool.hpp"
#include "runtime/clock.hpp"
#include "runtime/supervisor/door.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/gateway/api/matrix.hpp"

#include <algorithm>
#include <future>
#include <sstream>

using namespace machine;
using namespace machine::gateway::mcp;
namespace mcp = machine::gateway::mcp;
using tenants::role;
using test::json;
using test::people_under_test;
using test::person;

namespace {

/// Gives what an exchange ends with.
class caught final : public exchange {
public:
  void result(std::string object, result_kind) override {
    said_.set_value(std::move(object));
  }

  void fail(rpc_error why) override {
    said_.set_value(wire::to_json(why));
  }

  void progress(double, std::optional<double>, const std::string&) override {}
  void log(mcp::log_level, const std::string&, const json_text&) override {}
  void ask(const std::string&, const std::string&,
           std::function<void(reply)>) override {}

  json wait() {
    auto x = said_.get_future();
    REQUIRE(x.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    return json::parse(x.get());
  }

private:
  std::promise<std::string> said_;
};

/// What a machine offers to everybody of *People*.
template <class People>
class offer_to : public People {
public:
  using People::context;

  /// The outcome of a request of *who*; nobody: who runs the machine.
  json ask_mcp(const std::string& method, json params,
               const person* who = nullptr,
               revision speaks = last_with_sessions) const {
    auto to = std::make_shared<caught>();
    what->serve(
      {method, params.dump(), known(who), "127.0.0.1", "test/1", speaks}, to);
    return to->wait();
  }

  json tool(const std::string& name, json arguments,
            const person* who = nullptr) const {
    return ask_mcp("tools/call",
                   {{"name", name}, {"arguments", std::move(arguments)}}, who);
  }

  /// What a tool gives that has to succeed.
  json fine(const std::string& name, json arguments,
            const person* who = nullptr) const {
    auto x = tool(name, std::move(arguments), who);
    INFO(name << " " << x.dump());
    REQUIRE(!x.contains("isError"));
    REQUIRE(x.contains("structuredContent"));
    CHECK(json::parse(x["content"][0]["text"].template get<std::string>())
          == x["structuredContent"]);
    return x["structuredContent"];
  }

  /// Why a tool failed.
  std::string problem_of(const std::string& name, json arguments,
                         const person* who = nullptr) const {
    auto x = tool(name, std::move(arguments), who);
    INFO(name << " " << x.dump());
    REQUIRE(x.value("isError", false));
    CHECK(!x.contains("structuredContent"));
    return x["content"][0]["text"];
  }

  gateway::principal_ptr known(const person* who) const {
    if (who != nullptr) {
      auto found = context->keys->recognise(who->secret, wall_clock());
      REQUIRE(found);
      return found->who;
    }
    auto result = std::make_shared<gateway::principal>();
    result->tenant = local_tenant;
    result->home = tenants::system_tenant;
    result->id = "local";
    result->kind = gateway::principal::nature::machine;
    result->everywhere = role::admin;
    return result;
  }

  std::shared_ptr<service> what = make_offer(context);
};

using offer_under_test = offer_to<people_under_test>;

} // namespace

TEST_CASE("every tool is a route, and says what that takes and gives") {
  offer_under_test it;
  auto routes = gateway::make_routes(it.context);
  auto tools = it.ask_mcp("tools/list", json::object())["tools"];
  auto known = machine_tools();
  CHECK(tools.size() == known.size() + 1);
  std::set<std::string> names;
  for (auto& x : tools) {
    auto name = x["name"].get<std::string>();
    INFO(x.dump());
    CHECK(names.insert(name).second);
    CHECK(x["description"].get<std::string>().size() > 20);
    CHECK(x["inputSchema"]["type"] == "object");
    CHECK(x["inputSchema"]["additionalProperties"] == false);
    CHECK(x["outputSchema"]["type"] == "object");
    CHECK(x["annotations"].contains("readOnlyHint"));
    // All that is referred to is there.
    auto text = x.dump();
    for (auto at = text.find("#/$defs/"); at != text.npos;
         at = text.find("#/$defs/", at + 1)) {
      auto begin = at + 8;
      auto of = text.substr(begin, text.find('"', begin) - begin);
      CHECK((x["inputSchema"].value("$defs", json::object()).contains(of)
             || x["outputSchema"].value("$defs", json::object()).contains(of)));
    }
  }
  for (auto& x : known) {
    auto i = std::find_if(routes.begin(), routes.end(), [&](auto& y) {
      return y.method == x.method && y.pattern == x.pattern;
    });
    INFO(x.name);
    REQUIRE(i != routes.end());
    // Who only looks changes nothing, and the other way round.
    CHECK((x.method == "GET") == (x.does == effect::none));
    for (auto& [argument, about] : x.notes)
      CHECK(describe(x, *i).find("\"" + argument + "\":{")
            != std::string::npos);
  }
}

TEST_CASE("tasks are made, found, changed, commented on and joined") {
  offer_under_test it;
  CHECK(it.fine("create_task", {{"title", "first"}, {"priority", 3}})["id"]
        == "t-1");
  it.fine("create_task", {{"title", "second"}, {"labels", {"x"}}});
  CHECK(it.fine("list_tasks", json::object())["items"].size() == 2);
  CHECK(it.fine("list_tasks", {{"label", "x"}})["items"].size() == 1);
  CHECK(it.fine("list_tasks", {{"limit", 1}})["next_cursor"] != "");
  CHECK(it.fine("update_task", {{"task", "t-1"}, {"title", "other"}})["title"]
        == "other");
  CHECK(it.fine("depend_task",
                {{"task", "t-2"}, {"add_depends", {"t-1"}}})["depends_on"]
        == json{"t-1"});
  it.fine("comment_task", {{"task", "t-1"}, {"text", "so it is"}});
  CHECK(it.fine("get_task", {{"task", "t-1"}})["comments"][0]["text"]
        == "so it is");
}

TEST_CASE("a tool that is used wrongly says how it is used") {
  offer_under_test it;
  it.fine("create_task", {{"title", "first"}});
  CHECK(it.problem_of("create_task", {{"titel", "x"}})
        == "create_task has no argument titel; did you mean title?");
  CHECK(it.problem_of("get_task", json::object())
        == "get_task needs the argument task");
  CHECK(it.problem_of("get_task", {{"task", json::array()}})
        == "task is a text that is not empty");
  CHECK(it.problem_of("get_task", {{"task", "../../../stop"}}).find("no task")
        != std::string::npos);
  // It has members of the route that another tool is for.
  CHECK(it.problem_of("update_task", {{"task", "t-1"}, {"add_depends", {"x"}}})
          .find("no argument")
        != std::string::npos);
  CHECK(!it.problem_of("create_task", json::object()).empty());
  CHECK(it.ask_mcp("tools/call", {{"name", "no_such"}})["code"] == -32602);
  CHECK(it.ask_mcp("tools/list", {{"cursor", "x"}})["code"] == -32602);
}

TEST_CASE("a run is started, looked at, answered and cancelled") {
  offer_under_test it;
  auto id =
    it.fine("start_run", {{"title", "ask"},
                          {"workflow", test::asking},
                          {"repository", it.machine.repository()}})["id"]
      .get<std::string>();
  it.wait_for_questions(id);
  CHECK(it.fine("get_run", {{"run", id}})["open_interrupts"] == 1);
  CHECK(
    !it.fine("get_run_events", {{"run", id}, {"limit", 2}})["items"].empty());
  CHECK(it.fine("list_runs", {{"project", "default"}})["items"].size() == 1);
  it.fine("answer_run", {{"run", id}, {"answer", {{"approved", true}}}});
  it.machine.wait_for_end(id);
  auto read =
    it.ask_mcp("resources/read", {{"uri", "themachine://runs/" + id}});
  CHECK(json::parse(read["contents"][0]["text"].get<std::string>())["state"]
        == "done");
  auto listed = it.ask_mcp("resources/list", json::object())["resources"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["uri"] == "themachine://runs/" + id);
  auto other =
    it.fine("start_run", {{"title", "ask"},
                          {"workflow", test::asking},
                          {"repository", it.machine.repository()}})["id"]
      .get<std::string>();
  it.fine("cancel_run", {{"run", other}, {"reason", "enough"}});
  it.machine.wait_for_end(other);
}

TEST_CASE("budgets, charges, models, projects and knowledge are there to see") {
  offer_under_test it;
  it.fine("create_task", {{"title", "first"}});
  CHECK(it.fine("get_budget", json::object())["id"] == "default");
  CHECK(it.fine("list_charges", json::object())["items"].empty());
  CHECK(!it.fine("list_models", json::object())["items"].empty());
  CHECK(it.fine("list_projects", json::object())["items"].size() == 1);
  CHECK(it.fine("search_knowledge", {{"query", "x"}})["items"].empty());
  it.problem_of("search_knowledge", json::object());
}

TEST_CASE("everybody may use every tool that their role says, and no other") {
  offer_to<test::matrix> it;
  auto routes = gateway::make_routes(it.context);
  size_t cells = 0;
  size_t leaks = 0;
  for (auto& one : machine_tools()) {
    auto by = std::find_if(routes.begin(), routes.end(), [&](auto& x) {
      return x.method == one.method && x.pattern == one.pattern;
    });
    REQUIRE(by != routes.end());
    for (auto& who : it.people) {
      INFO(one.name << " as " << who.name << " of " << who.tenant);
      auto target = it.target_of(*by);
      json arguments = json::object();
      for (auto& x : one.path) {
        auto at = one.pattern.find("{" + x.parameter + "}");
        // No value has a slash.
        auto ahead =
          std::count(one.pattern.begin(),
                     one.pattern.begin() + static_cast<long>(at), '/');
        std::istringstream parts{target};
        std::string part;
        for (long i = 0; i <= ahead; ++i)
          std::getline(parts, part, '/');
        arguments[x.name] = part;
      }
      auto said = it.tool(one.name, arguments, &who).dump();
      auto let_in = said.find("this needs the role") == said.npos
                 && said.find("this concerns the whole machine") == said.npos;
      CHECK(let_in == (test::verdict(*by, &who) == 0));
      leaks += who.tenant != "acme" && said.find(test::canary) != said.npos;
      ++cells;
    }
  }
  CHECK(leaks == 0);
  WARN(cells << " cells, " << leaks << " leaks");
}

TEST_CASE("everybody may do over MCP what they may do over REST, and no more") {
  offer_under_test it;
  it.make_tenant("acme");
  it.make_tenant("umbrella");
  it.expect(201, "POST", "/projects", json{{"id", "board"}}.dump(),
            "X-Tenant: acme\r\n");
  it.expect(201, "POST", "/projects/board/tasks",
            json{{"title", "secret"}}.dump(), "X-Tenant: acme\r\n");
  auto run =
    it.start(test::asking, {{"project", "board"}}, "X-Tenant: acme\r\n");
  auto viewer = it.make("acme", "viewer", role::viewer);
  auto there = it.make("acme", "there", {}, {{"default", role::admin}});
  auto outside = it.make("umbrella", "outside", role::admin);
  json task{{"project", "board"}, {"task", "t-1"}};
  CHECK(it.fine("get_task", task, &viewer)["title"] == "secret");
  CHECK(it.problem_of("comment_task",
                      {{"project", "board"}, {"task", "t-1"}, {"text", "x"}},
                      &viewer)
          .find("the role developer")
        != std::string::npos);
  CHECK(it.problem_of("cancel_run", {{"run", run}}, &viewer)
          .find("the role developer")
        != std::string::npos);
  for (auto* who : {&there, &outside}) {
    it.problem_of("get_task", task, who);
    it.problem_of("get_run", {{"run", run}}, who);
    it.problem_of("cancel_run", {{"run", run}}, who);
    auto uri = "themachine://runs/" + run;
    CHECK(it.ask_mcp("resources/read", {{"uri", uri}}, who).contains("code"));
    CHECK(
      it.ask_mcp("resources/list", json::object(), who)["resources"].empty());
    CHECK(!it.what->watch({"", "{}", it.known(who), "", "", last_with_sessions},
                          {{}, {}, {}, std::vector{uri}}, [](auto&) {}));
  }
  CHECK(it.fine("get_run", {{"run", run}}, &viewer)["project"] == "board");
}

TEST_CASE("a tool that somebody may not use is in the audit log") {
  offer_under_test it;
  it.make_tenant("acme");
  auto viewer = it.make("acme", "viewer", role::viewer);
  it.problem_of("comment_task", {{"task", "t-1"}, {"text", "x"}}, &viewer);
  json refused;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (refused.empty() && std::chrono::steady_clock::now() < end) {
    auto all =
      it.expect(200, "GET", "/audit?who=viewer", "", "X-Tenant: acme\r\n");
    if (!all["items"].empty())
      refused = all["items"][0];
  }
  REQUIRE(!refused.empty());
  CHECK(refused["phase"] == "refused");
  CHECK(refused["status"] == 403);
  CHECK(refused["address"] == "127.0.0.1");
  CHECK(refused["user_agent"] == "test/1");
  CHECK(refused["action"].get<std::string>().find("/comments")
        != std::string::npos);
}

TEST_CASE("only what is a resource can be read as one") {
  offer_under_test it;
  for (auto* uri : {"themachine://config", "themachine://keys", "file:///etc/x",
                    "themachine://", "themachine://runs/r-1?after=1",
                    "themachine://runs/../config", "themachine://runs"}) {
    auto old = it.ask_mcp("resources/read", {{"uri", uri}});
    INFO(uri);
    CHECK(old["code"] == -32002);
    auto late = it.ask_mcp("resources/read", {{"uri", uri}}, nullptr,
                           revision::of_2026_07_28);
    CHECK(late["code"] == -32602);
    CHECK(late["data"]["uri"] == uri);
  }
}

TEST_CASE("a subscriber hears of a run's events until it lets go") {
  offer_under_test it;
  auto id = it.start(test::asking);
  it.wait_for_questions(id);
  test::gate told;
  auto uri = "themachine://runs/" + id;
  auto watch =
    it.what->watch({"", "{}", it.known(nullptr), "", "", last_with_sessions},
                   {{}, {}, {}, std::vector{uri}}, [&](const change& x) {
                     if (x.method == "notifications/resources/updated"
                         && json::parse(x.params)["uri"] == uri)
                       told.open();
                   });
  REQUIRE(watch);
  it.fine("answer_run", {{"run", id}, {"answer", {{"approved", true}}}});
  CHECK(told.wait());
  *watch = nullptr;
  CHECK(!it.what->watch(
    {"", "{}", it.known(nullptr), "", "", last_with_sessions},
    {{}, {}, {}, std::vector<std::string>{"themachine://runs/r-none"}},
    [](auto&) {}));
}

namespace {

/// Somebody who hears of a run of `acme`, and how often.
class hearer {
public:
  hearer(const offer_under_test& it, const person& who, std::string run)
      : it_(it), run_(std::move(run)), begin_(last_seq()) {
    auto made =
      it.what->watch({"", "{}", it.known(&who), "", "", last_with_sessions},
                     {{}, {}, {}, std::vector{"themachine://runs/" + run_}},
                     [this](const change&) { ++told; });
    REQUIRE(made);
    watch_ = *made;
  }

  hearer(const hearer&) = delete;
  hearer& operator=(const hearer&) = delete;

  /// Whether it has heard of every event since it began.
  bool has_heard() const {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (told != last_seq() - begin_)
      if (std::chrono::steady_clock::now() > end)
        return false;
    return true;
  }

  std::atomic<uint64_t> told = 0;

private:
  uint64_t last_seq() const {
    auto now =
      it_.expect(200, "GET", "/runs/" + run_, "", "X-Tenant: acme\r\n");
    return std::stoull(now["last_seq"].get<std::string>());
  }

  const offer_under_test& it_;
  const std::string run_;
  const uint64_t begin_;
  watch_handle watch_;
};

struct run_of_acme : offer_under_test {
  const std::string in = "X-Tenant: acme\r\n";
  std::string path;
  std::string id;

  run_of_acme() {
    make_tenant("acme");
    expect(201, "POST", "/projects", json{{"id", "board"}}.dump(), in);
    id = start(test::asking, {{"project", "board"}}, in);
    path = "/runs/" + id;
    // Until it asks, things happen by themselves.
    while (expect(200, "GET", path, "", in)["open_interrupts"] == 0) {
    }
  }
};

} // namespace

TEST_CASE("a subscriber hears of a run when its feed has failed, too") {
  run_of_acme it;
  auto ann = it.make("acme", "ann", role::viewer);
  hearer hears{it, ann, it.id};
  it.expect(200, "POST", it.path + "/pause", "", it.in);
  // So it follows.
  REQUIRE(hears.has_heard());
  caf::anon_send_exit(
    supervision::door_of(it.machine.node().actors().feed).leads_to(),
    caf::exit_reason::unhandled_exception);
  it.expect(200, "POST", it.path + "/resume", "", it.in);
  CHECK(hears.has_heard());
}

TEST_CASE("a subscriber hears of a run for as long as they may look at it") {
  run_of_acme it;
  auto ann = it.make("acme", "ann", {}, {{"board", role::viewer}});
  auto bob = it.make("acme", "bob", {}, {{"board", role::viewer}});
  hearer first{it, ann, it.id};
  hearer other{it, bob, it.id};
  it.expect(200, "POST", it.path + "/pause", "", it.in);
  REQUIRE(first.has_heard());
  REQUIRE(other.has_heard());
  auto before = first.told.load();
  it.expect(200, "PATCH", "/principals/ann", R"({"projects":{"board":null}})",
            it.in);
  it.expect(200, "POST", it.path + "/resume", "", it.in);
  CHECK(other.has_heard());
  it.expect(200, "POST", it.path + "/pause", "", it.in);
  CHECK(other.has_heard());
  CHECK(first.told == before);
}

TEST_CASE("roles of agents are prompts, and arguments are completed") {
  offer_under_test it;
  auto prompts = it.ask_mcp("prompts/list", json::object())["prompts"];
  REQUIRE(!prompts.empty());
  auto name = prompts[0]["name"];
  auto got = it.ask_mcp("prompts/get",
                        {{"name", name}, {"arguments", {{"task", "mend it"}}}});
  auto text = got["messages"][0]["content"]["text"].get<std::string>();
  CHECK(text.ends_with("\n\nmend it"));
  CHECK(it.ask_mcp("prompts/get", {{"name", name}})["code"] == -32602);
  CHECK(it.ask_mcp("prompts/get", {{"name", "no"}})["code"] == -32602);
  auto id = it.start(test::quick);
  // Its project comes into being with it, and not before it.
  it.machine.wait_for_end(id);
  auto complete = [&](const char* argument, const std::string& begin) {
    return it.ask_mcp(
      "completion/complete",
      {{"ref", {{"type", "ref/resource"}, {"uri", "themachine://runs/{run}"}}},
       {"argument",
        {{"name", argument}, {"value", begin}}}})["completion"]["values"];
  };
  CHECK(complete("run", id.substr(0, 4)) == json{id});
  CHECK(complete("run", "x").empty());
  CHECK(complete("project", "def") == json{"default"});
  CHECK(complete("hash", "").empty());
}

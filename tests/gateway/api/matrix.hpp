#pragma once

#include "actors/models/desk/call_id.hpp"
#include "actors/node/actors.hpp"
#include "tests/gateway/api/people.hpp"

/// Every way in × everybody.
namespace machine::test {

using gateway::permission;
using tenants::role;

/// What stands in everything that tenant `acme` has, and must never be seen by
/// another tenant.
inline constexpr const char* canary = "canary7f3";

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
    models::decision_record call;
    call.id = models::new_call_id(wall_clock(), 1, 1);
    call.at = call.ended_at = wall_clock();
    call.asked.model = canary;
    decision = call.id;
    machine.node().actors().decisions->note(
      std::make_shared<models::noted_decision>(
        models::noted_decision{"acme", std::move(call)}));
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
    put("model", "demo");
    put("decision", decision);
    // Nobody who is needed.
    put("principal", "somebody");
    put("key", "000000000000");
    put("issuer", "nobody");
    put("webhook", "nobody");
    put("secret", "nobody");
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
  /// Of a call of `acme`.
  std::string decision;
};

/// What *who* should be told by the door, from the words of the design: 0 is
/// to be let in.
inline int verdict(const gateway::route& what, const person* who) {
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

} // namespace machine::test

#include "actors/costs/ledger/summary.hpp"
#include "actors/costs/report/forecast.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/together.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

/// The budgets of a tenant, how long they will do, and who is told.
namespace machine::gateway {

namespace {

/// A budget, how it stands and what becomes of it.
struct budget_view : costs::budget_summary {
  costs::forecast forecast;
  /// What `If-Match` takes: another for another limit, kind or alerts, and not
  /// for what is spent meanwhile.
  std::string tag;

  static constexpr const char* wire_name = "cost_budget_state";

  static constexpr auto fields() {
    return wire::together(
      costs::budget_summary::fields(),
      wire::members(wire::field{"forecast", &budget_view::forecast},
                    wire::field{"tag", &budget_view::tag}));
  }
};

/// What a budget is to be; what is missing is as usual.
struct budget_request {
  std::optional<costs::budget_scope> scope;
  std::optional<std::string> subject;
  micro_usd limit = 0;
  std::optional<costs::budget_window> window;
  std::optional<duration> length;
  std::optional<costs::budget_kind> kind;
  std::optional<std::vector<uint32_t>> alerts;

  static constexpr const char* wire_name = "budget";
  static constexpr const char* schema_name = "new_cost_budget";

  static constexpr auto fields() {
    return wire::members(wire::field{"scope", &budget_request::scope},
                         wire::field{"subject", &budget_request::subject},
                         wire::field{"limit", &budget_request::limit},
                         wire::field{"window", &budget_request::window},
                         wire::field{"length", &budget_request::length},
                         wire::field{"kind", &budget_request::kind},
                         wire::field{"alerts", &budget_request::alerts});
  }

  costs::budget named(const std::string& id) const {
    costs::budget x;
    x.id = id;
    x.scope = scope.value_or(x.scope);
    x.subject = subject.value_or("");
    x.limit = limit;
    x.window = window.value_or(x.window);
    x.length = length;
    x.kind = kind.value_or(x.kind);
    x.alerts = alerts.value_or(x.alerts);
    return x;
  }
};

caf::error no_budget(const std::string& id) {
  return make_error(ec::not_found, "there is no budget " + id);
}

/// The key makes another one of a budget that was removed and made again.
std::string definition_of(const std::string& key,
                          const costs::budget_state& x) {
  return key + wire::to_json(x.what);
}

budget_view view_of_budget(const std::string& key, const costs::budget_state& x,
                           const costs::ledger_state& in, timestamp now) {
  return {costs::summary_of(x, now), costs::forecast_of(x, in, now),
          tag_of(definition_of(key, x))};
}

/// Looks at the ledger; of a tenant that has none yet, at an empty one.
template <class Then>
void look_at_ledger(const scope& in, const responder_ptr& reply, Then then) {
  serve(in, reply, [=](caf::event_based_actor* self) {
    self
      ->request(in.region<costs::ledger>(), ask_patience, atom::inspect_v,
                in.key<costs::ledger>(costs::ledger_id))
      .then([=](const costs::ledger_state& now) { then(now); },
            [=](const caf::error& why) {
              if (code_of(why) == ec::not_found)
                then(costs::ledger_state{});
              else
                reply->problem(why);
            });
  });
}

/// There are so few that one page has all.
void list_cost_budgets(const scope& in, const http_request&,
                       const responder_ptr& reply) {
  look_at_ledger(in, reply, [=](const costs::ledger_state& now) {
    std::vector<std::string> items;
    for (auto& [key, x] : now.budgets)
      items.push_back(wire::to_json(view_of_budget(key, x, now, wall_clock())));
    reply->json(200, page_document(items, ""));
  });
}

void reply_cost_budget(const scope& in, const std::string& id,
                       const responder_ptr& reply) {
  look_at_ledger(in, reply, [=](const costs::ledger_state& now) {
    auto* found = costs::find_budget(now.budgets, id);
    if (found == nullptr)
      reply->problem(no_budget(id));
    else
      reply->json(200, wire::to_json(view_of_budget(found->first, found->second,
                                                    now, wall_clock())));
  });
}

void show_cost_budget(const scope& in, const http_request& request,
                      const responder_ptr& reply) {
  reply_cost_budget(in, request.params.at("id"), reply);
}

/// What the tag of the budget *id* is made of; what is not there has none.
auto definition_in_ledger(const std::string& id) {
  return [id](const costs::ledger_state& now) {
    auto* found = costs::find_budget(now.budgets, id);
    return std::optional{found ? definition_of(found->first, found->second)
                               : std::string{}};
  };
}

/// Whoever hears that a budget was changed may count on it: what is ordered
/// after that is admitted by it.
void once_known(const scope& in, std::function<void()> then) {
  models::desk{in.orders()}.hear_of_budgets(in.tenant(), std::move(then));
}

void put_cost_budget(const scope& in, const http_request& request,
                     const budget_request& body, const responder_ptr& reply) {
  auto& id = request.params.at("id");
  ask_if_same<costs::ledger>(
    in, costs::ledger_id, request, definition_in_ledger(id),
    costs::set_budget{body.named(id)}, reply,
    [=](auto&) { once_known(in, [=] { reply_cost_budget(in, id, reply); }); });
}

void remove_cost_budget(const scope& in, const http_request& request,
                        const responder_ptr& reply) {
  auto& id = request.params.at("id");
  ask_if_same<costs::ledger>(
    in, costs::ledger_id, request, definition_in_ledger(id),
    costs::remove_budget{id}, reply, [=](auto&) {
      once_known(in, [=] { reply_status(200, "removed", reply); });
    });
}

/// Where a webhook is to be, and the name of the secret that signs.
struct webhook_request {
  std::string url;
  std::optional<std::string> secret_id;

  static constexpr const char* wire_name = "webhook";
  static constexpr const char* schema_name = "new_webhook";

  static constexpr auto fields() {
    return wire::members(wire::field{"url", &webhook_request::url},
                         wire::field{"secret_id", &webhook_request::secret_id});
  }
};

/// A webhook, and how much it is still to get.
struct webhook_view : costs::webhook {
  uint32_t waiting = 0;

  static constexpr const char* wire_name = "webhook";

  static constexpr auto fields() {
    return wire::together(
      costs::webhook::fields(),
      wire::members(wire::field{"waiting", &webhook_view::waiting}));
  }
};

webhook_view view_of_webhook(const costs::webhook& x,
                             const costs::ledger_state& in) {
  auto waiting = std::count_if(in.deliveries.begin(), in.deliveries.end(),
                               [&](auto& y) { return y.webhook == x.id; });
  return {x, static_cast<uint32_t>(waiting)};
}

void list_webhooks(const scope& in, const http_request&,
                   const responder_ptr& reply) {
  look_at_ledger(in, reply, [=](const costs::ledger_state& now) {
    std::vector<std::string> items;
    for (auto& [id, x] : now.webhooks)
      items.push_back(wire::to_json(view_of_webhook(x, now)));
    reply->json(200, page_document(items, ""));
  });
}

void put_webhook(const scope& in, const http_request& request,
                 const webhook_request& body, const responder_ptr& reply) {
  costs::webhook what{request.params.at("webhook"), body.url,
                      body.secret_id.value_or("")};
  ask<costs::ledger>(
    in, costs::ledger_id, costs::set_webhook{what}, reply, [=](auto&) {
      look_at_ledger(in, reply, [=](const costs::ledger_state& now) {
        reply->json(200, wire::to_json(view_of_webhook(what, now)));
      });
    });
}

void remove_one_webhook(const scope& in, const http_request& request,
                        const responder_ptr& reply) {
  ask<costs::ledger>(in, costs::ledger_id,
                     costs::remove_webhook{request.params.at("webhook")}, reply,
                     [=](auto&) { reply_status(200, "removed", reply); });
}

/// What will be used up first is first.
void list_forecasts(const scope& in, const http_request&,
                    const responder_ptr& reply) {
  look_at_ledger(in, reply, [=](const costs::ledger_state& now) {
    auto time = wall_clock();
    std::vector<costs::forecast> all;
    for (auto& [key, x] : now.budgets)
      all.push_back(costs::forecast_of(x, now, time));
    auto end_of = [=](const costs::forecast& x) {
      return x.outlook == costs::outlook::used_up
             ? time
             : x.at.value_or(timestamp::max());
    };
    std::stable_sort(all.begin(), all.end(),
                     [&](auto& a, auto& b) { return end_of(a) < end_of(b); });
    std::vector<std::string> items;
    for (auto& x : all)
      items.push_back(wire::to_json(x));
    reply->json(200, page_document(items, ""));
  });
}

} // namespace

void add_cost_routes(route_table& to, const context_ptr& context) {
  using enum tenants::role;
  const std::string budgets = "/api/v1/costs/budgets";
  const auto seen = permission::in_tenant(viewer);
  const auto changed = permission::in_tenant(operator_role);
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  using names = std::set<std::string>;
  add("GET", budgets, seen, names{},
      "The budgets of the tenant, what is left and how long it will do",
      contract::gives<page_of<budget_view>>(), stay::brief, list_cost_budgets);
  add("GET", budgets + "/{id}", seen, names{}, "A budget",
      contract::gives<budget_view>(), stay::brief, show_cost_budget);
  add("PUT", budgets + "/{id}", changed, names{},
      "Makes a budget, or changes its limit, kind and alerts",
      contract::gives<budget_view>(), stay::brief, put_cost_budget);
  add("DELETE", budgets + "/{id}", changed, names{}, "Removes a budget",
      contract::gives<status_document>(), stay::brief, remove_cost_budget);
  add("GET", "/api/v1/costs/forecast", seen, names{},
      "When budgets will be used up, if spending goes on as of late",
      contract::gives<page_of<costs::forecast>>(), stay::brief, list_forecasts);
  const std::string webhooks = "/api/v1/costs/webhooks";
  const auto trusted = permission::in_tenant(admin);
  add("GET", webhooks, trusted, names{},
      "Where alerts and anomalies of costs are told",
      contract::gives<page_of<webhook_view>>(), stay::brief, list_webhooks);
  add("PUT", webhooks + "/{webhook}", trusted, names{},
      "Has alerts and anomalies of costs told to an address",
      contract::gives<webhook_view>(), stay::brief, put_webhook);
  add("DELETE", webhooks + "/{webhook}", trusted, names{},
      "Tells an address nothing more", contract::gives<status_document>(),
      stay::brief, remove_one_webhook);
}

} // namespace machine::gateway

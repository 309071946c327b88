#include "actors/models/decisions/shelf.hpp"
#include "actors/models/desk/call_id.hpp"
#include "actors/models/routing/policy_file.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

/// Why which model was asked, what came of it, and what another policy would
/// have made of it.
namespace machine::gateway {

namespace {

using models::decision_filter;
using models::decision_record;
using models::decision_shelf;

/// How long a reader waits for what has just ended to be written.
constexpr duration writing_patience{5'000};

/// How long decisions are read for one replay, and how many of them there can
/// be.
constexpr duration replay_patience{20'000};
constexpr size_t usual_replay = 10'000;
constexpr size_t max_replay = 100'000;
constexpr size_t max_policy_bytes = 64u << 10;

/// Another policy for calls of the past.
struct replay_request {
  /// The name of one in the file of `models.policies`, or a text as it stands
  /// there, `[policy.NAME]` and what follows, with one policy.
  std::string policy;
  /// By when calls ended.
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  /// The newest so many; none: 10,000.
  std::optional<uint64_t> limit;
  std::optional<std::string> model;
  std::optional<std::string> principal;
  std::optional<std::string> key;

  static constexpr const char* wire_name = "replay";
  static constexpr const char* schema_name = "new_replay";

  static constexpr auto fields() {
    return wire::members(wire::field{"policy", &replay_request::policy},
                         wire::field{"since", &replay_request::since},
                         wire::field{"until", &replay_request::until},
                         wire::field{"limit", &replay_request::limit},
                         wire::field{"model", &replay_request::model},
                         wire::field{"principal", &replay_request::principal},
                         wire::field{"key", &replay_request::key});
  }
};

/// Waits until what has ended can be read; it is read all the same if that
/// takes too long.
models::decision_lister shelf_of(const scope& in) {
  in.settle_decisions(writing_patience);
  return [in](store::query what) {
    return in.list<decision_shelf>(std::move(what));
  };
}

caf::expected<decision_filter> decisions_wanted(const http_request& request) {
  decision_filter result;
  auto since = time_of(request, "since");
  if (!since)
    return std::move(since.error());
  auto until = time_of(request, "until");
  if (!until)
    return std::move(until.error());
  result.since = *since;
  result.until = *until;
  auto take = [&](const char* name, std::optional<std::string>& to) {
    if (auto text = request.query_or(name, ""); !text.empty())
      to = std::move(text);
  };
  take("model", result.model);
  take("principal", result.principal);
  take("key", result.key);
  return result;
}

void list_some_decisions(const scope& in, const http_request& request,
                         const responder_ptr& reply) {
  auto limit = limit_of(request);
  auto wanted = decisions_wanted(request);
  if (!limit || !wanted) {
    reply->problem(!limit ? limit.error() : wanted.error());
    return;
  }
  auto page = models::list_decisions(shelf_of(in), *wanted,
                                     request.query_or("cursor", ""), *limit);
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& x : page->items)
    items.push_back(wire::to_json(models::line_of(x)));
  reply->json(200, page_document(items, page->next_cursor));
}

caf::error no_decision(const scope& in, const std::string& id) {
  auto at = models::time_of_call(id);
  auto name = "there is no decision " + wire::excerpt(id);
  if (!at)
    return make_error(ec::not_found,
                      name
                        + "; the header X-Machine-Call of an answer names its "
                          "own: d- and 26 characters");
  auto keep = in.keeps_decisions();
  if (keep && *at + *keep < wall_clock())
    return make_error(ec::not_found,
                      name
                        + " any more; `retention.decisions` says how long they "
                          "are kept");
  return make_error(ec::not_found,
                    name
                      + "; one is kept when its call has ended, and GET "
                        "/api/v1/decisions lists those of the tenant");
}

void show_decision(const scope& in, const http_request& request,
                   const responder_ptr& reply) {
  auto& id = request.params.at("decision");
  if (!models::time_of_call(id)) {
    reply->problem(no_decision(in, id));
    return;
  }
  in.settle_decisions(writing_patience);
  auto row = in.row<decision_shelf>(id);
  if (!row) {
    reply->problem(code_of(row.error()) == ec::not_found ? no_decision(in, id)
                                                         : row.error());
    return;
  }
  auto found = models::decision_of(*row);
  if (found)
    reply->json(200, wire::to_json(*found));
  else
    reply->problem(found.error());
}

caf::expected<models::routing_policy>
policy_wanted(const std::string& text, const models::model_stock& stock) {
  if (text.size() > max_policy_bytes)
    return make_error(ec::limit_exceeded, "the text of a policy has at most "
                                            + std::to_string(max_policy_bytes)
                                            + " bytes");
  if (auto i = stock.policies.find(text); i != stock.policies.end())
    return i->second;
  if (text.find('[') == text.npos) {
    std::vector<std::string> names;
    for (auto& [name, x] : stock.policies)
      names.push_back(name);
    auto near = wire::nearest(text, names);
    return make_error(ec::invalid_argument,
                      "there is no policy " + wire::excerpt(text)
                        + (near ? "; did you mean " + *near + "?" : "")
                        + "; give the name of one in the file of "
                          "models.policies, or the text of one: "
                          "[policy.NAME] and what follows");
  }
  auto read = models::load_policies(text, "policy");
  if (!read)
    return std::move(read.error());
  if (read->size() != 1)
    return make_error(ec::invalid_argument, "the text has "
                                              + std::to_string(read->size())
                                              + " policies; give just one");
  return read->begin()->second;
}

void replay_past(const scope& in, const http_request&,
                 const replay_request& body, const responder_ptr& reply) {
  auto limit = body.limit.value_or(usual_replay);
  if (limit < 1 || limit > max_replay) {
    reply->problem(
      make_error(ec::invalid_argument, "limit is a whole number from 1 to "
                                         + std::to_string(max_replay)));
    return;
  }
  auto stock = in.facts().models;
  auto policy = policy_wanted(body.policy, *stock);
  if (!policy) {
    reply->problem(policy.error());
    return;
  }
  decision_filter wanted{body.model, body.principal, body.key, body.since,
                         body.until};
  auto end = steady_now() + replay_patience;
  auto report =
    models::replay_decisions(shelf_of(in), wanted, limit, stock->listed,
                             *policy, [=] { return steady_now() < end; });
  if (report)
    reply->json(200, wire::to_json(*report));
  else
    reply->problem(report.error());
}

} // namespace

void add_decision_routes(route_table& to, const context_ptr& context) {
  const std::string path = "/api/v1/decisions";
  const auto seen = permission::in_tenant(tenants::role::viewer);
  to.push_back(api_route(
    context, "GET", path, seen,
    {"model", "principal", "key", "since", "until", "limit", "cursor"},
    "Why which model was asked, and what came of it, newest first; a page may "
    "be short, even empty, and have a next one",
    contract::gives<page_of<models::decision_line>>(), stay::blocking,
    list_some_decisions));
  to.push_back(api_route(
    context, "GET", path + "/{decision}", seen, {},
    "A decision: candidates, rejections, tries, and the estimate beside what "
    "happened",
    contract::gives<decision_record>(), stay::blocking, show_decision));
  // It changes nothing, and no model is asked.
  to.push_back(api_route(
    context, "POST", path + "/replay",
    permission::in_tenant(tenants::role::viewer).unaudited(), {},
    "What past calls would have cost and achieved under another policy",
    contract::gives<models::decision_replay>().without_keys(), stay::thinking,
    replay_past));
}

} // namespace machine::gateway

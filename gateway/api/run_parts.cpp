#include "actors/models/selector.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/run_view.hpp"
#include "runtime/wire/wire.hpp"

#include <limits>

/// What a run is made of, part by part: a run may be too long to look at it
/// whole.
namespace machine::gateway {

namespace {

using namespace orchestrator;

/// Which model was chosen for a call, and why.
struct decision_document {
  /// Of the event that says so.
  uint64_t seq = 0;
  timestamp at{};
  /// The call that it was made for.
  std::string effect;
  std::string activation;
  std::string model;
  /// Set aside for the call.
  micro_usd lease = 0;
  /// None: a later program has written it.
  std::optional<models::decision> choice;

  static constexpr const char* wire_name = "decision_made";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"seq", &decision_document::seq},
      wire::field{"at", &decision_document::at},
      wire::field{"effect", &decision_document::effect},
      wire::field{"activation", &decision_document::activation},
      wire::field{"model", &decision_document::model},
      wire::field{"lease", &decision_document::lease},
      wire::field{"decision", &decision_document::choice});
  }
};

/// A page of *all*, which is in order; its cursor is a place in it.
template <class T>
void reply_part(const std::vector<T>& all, const http_request& request,
                const responder_ptr& reply) {
  auto limit = limit_of(request);
  auto begin = number_of(request.query_or("cursor", "0"));
  if (!begin || *begin > all.size())
    limit = make_error(ec::invalid_argument,
                       "cursor is what an earlier page gave as next_cursor");
  if (!limit) {
    reply->problem(limit.error());
    return;
  }
  auto end = std::min<uint64_t>(all.size(), *begin + *limit);
  std::vector<std::string> items;
  for (auto i = *begin; i < end; ++i)
    items.push_back(wire::to_json(all[i]));
  reply->json(
    200, page_document(items, end < all.size() ? std::to_string(end) : ""));
}

void steps(const scope& in, const http_request& request,
           const responder_ptr& reply) {
  inspect<run>(in, request.params.at("id"), reply, [=](const run_state& now) {
    reply_part(steps_of(now), request, reply);
  });
}

void interrupts(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  inspect<run>(in, request.params.at("id"), reply, [=](const run_state& now) {
    reply_part(interrupts_of(now), request, reply);
  });
}

/// Events that are looked at for one page.
constexpr uint64_t max_events_seen = 20'000;

decision_document document_of(uint64_t seq, timestamp at,
                              const effect_intended& what) {
  decision_document result{
    seq,          at,         what.effect, what.activation,
    what.subject, what.lease, std::nullopt};
  if (auto read = wire::from_json<models::decision>(what.decision->text))
    result.choice = std::move(*read);
  return result;
}

void decisions(const scope& in, const http_request& request,
               const responder_ptr& reply) {
  auto& id = request.params.at("id");
  auto limit = limit_of(request);
  auto after = number_of(request.query_or("cursor", "0"));
  if (!after || *after == std::numeric_limits<uint64_t>::max())
    limit = make_error(ec::invalid_argument,
                       "cursor is what an earlier page gave as next_cursor");
  auto last = in.last_seq<run>(id);
  auto problem = !limit ? limit.error() : last ? caf::error{} : last.error();
  if (!problem && *last == 0)
    problem = make_error(ec::not_found, "there is no run " + id);
  std::vector<std::string> items;
  auto seen = after.value_or(0);
  auto end =
    seen > UINT64_MAX - max_events_seen ? UINT64_MAX : seen + max_events_seen;
  while (!problem && seen < *last && seen < end && items.size() < *limit) {
    auto page = in.read<run>(id, seen + 1, 500, 4u << 20);
    if (!page || page->empty()) {
      problem = page ? caf::error{} : page.error();
      break;
    }
    for (auto& stored : *page) {
      if (items.size() == *limit)
        break;
      seen = stored.seq;
      auto event =
        wire::from_msgpack<entity::recorded<run_event>>(stored.payload);
      auto* what =
        event ? std::get_if<effect_intended>(&event->event) : nullptr;
      if (what != nullptr && what->decision)
        items.push_back(wire::to_json(document_of(seen, event->at, *what)));
    }
  }
  if (problem)
    reply->problem(problem);
  else
    reply->json(200,
                page_document(items, seen < *last ? std::to_string(seen) : ""));
}

} // namespace

void add_run_part_routes(route_table& to, const context_ptr& context) {
  const std::string one = "/api/v1/runs/{id}";
  auto add = [&](const char* part, const char* summary, contract what, stay how,
                 api_handler handler) {
    to.push_back(api_route(
      context, "GET", one + part, permission::of_run(tenants::role::viewer),
      {"limit", "cursor"}, summary, std::move(what), how, std::move(handler)));
  };
  add("/steps", "The steps of a run, in the order in which they began",
      contract::gives<page_of<activation_view>>(), stay::brief, steps);
  add("/interrupts", "The questions of a run, also those that were answered",
      contract::gives<page_of<interrupt_view>>(), stay::brief, interrupts);
  add("/decisions",
      "Which model was chosen for each call, with all candidates and why not "
      "the others",
      contract::gives<page_of<decision_document>>(), stay::blocking, decisions);
}

} // namespace machine::gateway

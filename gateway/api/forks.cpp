#include "actors/orchestrator/run/failure.hpp"
#include "actors/orchestrator/run/reduce.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/start_request.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/wire/wire.hpp"

/// Runs that are made of others.
namespace machine::gateway {

namespace {

using namespace orchestrator;

struct fork_request {
  uint64_t at = 0;
  std::optional<std::string> title;
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "fork";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &fork_request::at},
                         wire::field{"title", &fork_request::title},
                         wire::field{"budget", &fork_request::budget});
  }
};

struct retry_request {
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "retry";

  static constexpr auto fields() {
    return wire::members(wire::field{"budget", &retry_request::budget});
  }
};

struct rerun_request {
  std::optional<json_text> inputs;
  std::optional<std::string> title;
  std::optional<micro_usd> budget;

  static constexpr const char* wire_name = "rerun";

  static constexpr auto fields() {
    return wire::members(wire::field{"inputs", &rerun_request::inputs},
                         wire::field{"title", &rerun_request::title},
                         wire::field{"budget", &rerun_request::budget});
  }
};

/// Calls *fn* with each event of the run *id* up to *last*. Blocks.
caf::error
read_log(const scope& in, const std::string& id, uint64_t last,
         const std::function<void(const entity::recorded<run_event>&)>& fn) {
  for (uint64_t next = 1; next <= last;) {
    auto page = in.read<run>(
      id, next, std::min<uint64_t>(1'000, last - next + 1), entity::page_bytes);
    if (!page)
      return page.error();
    if (page->empty())
      return make_error(ec::not_found, "run " + id + " has only "
                                         + std::to_string(next - 1)
                                         + " events");
    for (auto& x : *page) {
      auto event = wire::from_msgpack<entity::recorded<run_event>>(x.payload);
      if (!event)
        return make_error(ec::corrupt, message_of(event.error()));
      fn(*event);
      ++next;
    }
  }
  return caf::none;
}

caf::expected<run_created> first_event(const scope& in, const std::string& id) {
  if (auto err = check_name<run>(in, id))
    return err;
  std::optional<run_created> result;
  auto problem = read_log(in, id, 1, [&](auto& x) {
    if (auto* created = std::get_if<run_created>(&x.event))
      result = *created;
  });
  if (problem)
    return code_of(problem) == ec::not_found
           ? make_error(ec::not_found, "there is no run " + id)
           : problem;
  if (!result)
    return make_error(ec::corrupt, "run " + id + " does not begin");
  return *result;
}

void start_from(const scope& in, const responder_ptr& reply,
                const std::string& origin, const run_request& what) {
  check_home(in, what.project, what.task, reply, [=] {
    in.start_run(what, [=](caf::expected<std::string> id) {
      if (!id)
        reply->problem(id.error());
      else
        reply->json(201, wire::to_json(started_document{*id, what.project,
                                                        what.title, origin}));
    });
  });
}

/// Where a run can go on that has the event *seq* of another: at the end of the
/// decision that caused it, and not before that one had its own history.
caf::expected<uint64_t> fork_point(const scope& in, const std::string& id,
                                   uint64_t seq) {
  if (seq == 0)
    return make_error(ec::invalid_argument,
                      "at is the number of an event, from 1");
  auto last = in.last_seq<run>(id);
  if (!last)
    return std::move(last.error());
  if (seq > *last)
    return make_error(ec::invalid_argument,
                      "at is " + std::to_string(seq) + ", but the last event "
                        + "of run " + id + " is " + std::to_string(*last));
  uint64_t number = 0;
  auto result = seq;
  auto copies = false;
  std::optional<uint64_t> end;
  auto problem = read_log(in, id, *last, [&](auto& x) {
    ++number;
    if (auto* created = std::get_if<run_created>(&x.event))
      copies = created->origin.has_value();
    if (std::holds_alternative<history_ended>(x.event)) {
      copies = false;
      result = std::max(result, number);
    }
    // That a run was created is before all else, also where it begins at once.
    if (result > 1 && number == result + 1 && x.together)
      result = number;
    if (!end && std::holds_alternative<run_closing>(x.event))
      end = number;
  });
  if (problem)
    return problem;
  if (copies && end)
    return make_error(ec::conflict, "run " + id
                                      + " ended before it had read the history "
                                        "that it goes on from; fork that run");
  if (copies)
    return make_error(ec::unavailable,
                      "run " + id + " has not read the history that it goes on "
                        + "from yet; try again in a moment");
  if (end && *end <= result)
    return make_error(ec::invalid_argument,
                      "run " + id + " ends with what event "
                        + std::to_string(seq) + " belongs to (event "
                        + std::to_string(*end)
                        + " closes it); fork it at an event before that");
  return result;
}

/// Answers with the run that *make* describes, or why there is none.
template <class Make>
void make_run(const scope& in, const http_request& request,
              const responder_ptr& reply, Make make) {
  auto& id = request.params.at("id");
  auto created = first_event(in, id);
  auto what = created ? request_as(in, *created) : created.error();
  if (what)
    if (auto err = make(id, *what))
      what = std::move(err);
  // Whoever began the first one may have had another word for it.
  if (what)
    if (auto err = check_repository(in, what->repository))
      what = std::move(err);
  if (what)
    start_from(in, reply, id, *what);
  else
    reply->problem(what.error());
}

void fork(const scope& in, const http_request& request,
          const fork_request& body, const responder_ptr& reply) {
  make_run(in, request, reply, [&](const std::string& id, run_request& what) {
    auto at = fork_point(in, id, body.at);
    if (!at)
      return at.error();
    what.title = body.title.value_or(what.title);
    what.budget = body.budget.value_or(what.budget);
    what.origin = run_origin{id, *at, std::nullopt};
    return caf::error{};
  });
}

void retry(const scope& in, const http_request& request,
           const std::optional<retry_request>& body,
           const responder_ptr& reply) {
  make_run(in, request, reply, [&](const std::string& id, run_request& what) {
    auto last = in.last_seq<run>(id);
    if (!last)
      return last.error();
    failure_finder finder;
    if (auto err = read_log(in, id, *last, [&](auto& x) { finder.note(x); }))
      return err;
    auto& point = finder.point();
    if (!point)
      return make_error(ec::conflict,
                        "run " + id
                          + " has no step that failed and ended it; fork it "
                            "where it should go on");
    if (body)
      what.budget = body->budget.value_or(what.budget);
    what.origin = run_origin{id, point->first, point->second};
    return caf::error{};
  });
}

void rerun(const scope& in, const http_request& request,
           const std::optional<rerun_request>& given,
           const responder_ptr& reply) {
  auto body = given.value_or(rerun_request{});
  make_run(in, request, reply, [&](const std::string&, run_request& what) {
    what.title = body.title.value_or(what.title);
    what.budget = body.budget.value_or(what.budget);
    if (body.inputs && !body.inputs->text.starts_with('{'))
      return make_error(ec::invalid_argument,
                        "inputs is no object; name those that are to be "
                        "others");
    if (body.inputs) {
      auto merged = reduce(reducer::merge, what.inputs, *body.inputs);
      what.inputs = std::move(merged);
    }
    return caf::error{};
  });
}

} // namespace

void add_fork_routes(route_table& to, const context_ptr& context) {
  using enum tenants::role;
  const std::set<std::string> none;
  const auto work = permission::of_run(developer).unaudited();
  auto add = [&](auto&&... xs) {
    to.push_back(api_route(context, std::forward<decltype(xs)>(xs)...));
  };
  add("POST", "/api/v1/runs/{id}/fork", work, none,
      "Starts a run that goes on from an event of another",
      contract::gives<started_document>(201), stay::blocking, fork);
  add("POST", "/api/v1/runs/{id}/retry", work, none,
      "Starts a run that goes on before the step that failed another",
      contract::gives<started_document>(201), stay::blocking, retry);
  add("POST", "/api/v1/runs/{id}/rerun", work, none,
      "Starts a run as another was, with other inputs",
      contract::gives<started_document>(201), stay::blocking, rerun);
}

} // namespace machine::gateway

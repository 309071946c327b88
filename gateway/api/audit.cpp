#include "actors/audit/audit_trail.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/chore.hpp"
#include "gateway/api/events.hpp"
#include "runtime/wire/wire.hpp"

/// The audit log of a tenant, for its administrators.
namespace machine::gateway {

namespace {

using audit::audit_entry;
using audit::audit_log;

constexpr size_t page_bytes = 4u << 20;

/// Tenants whose logs are verified at one time.
constexpr size_t max_verifications = 4;

struct verify_request {
  /// A head of the log that was kept elsewhere, as an earlier verification has
  /// given it.
  std::optional<std::string> known;

  static constexpr const char* wire_name = "audit_verification";

  static constexpr auto fields() {
    return wire::members(wire::field{"known", &verify_request::known});
  }
};

audit::trail trail_of(const scope& in) {
  return {[in](uint64_t from, size_t count) {
            return in.read<audit_log>(audit::audit_id, from, count, page_bytes);
          },
          [in] { return in.last_seq<audit_log>(audit::audit_id); },
          [in]() -> caf::expected<std::optional<audit::audit_summary>> {
            auto page = in.list<audit_log>({});
            if (!page)
              return std::move(page.error());
            if (page->rows.empty())
              return std::optional<audit::audit_summary>{};
            auto row = wire::from_msgpack<audit::audit_summary>(
              page->rows.front().summary.body);
            if (!row)
              return std::move(row.error());
            return std::optional{std::move(*row)};
          }};
}

caf::expected<audit::audit_filter> filter_of(const http_request& request) {
  audit::audit_filter result;
  auto text = [&](const char* name) -> std::optional<std::string> {
    auto i = request.query.find(name);
    if (i == request.query.end() || i->second.empty())
      return std::nullopt;
    return i->second;
  };
  result.who = text("who");
  result.what = text("what");
  auto since = time_of(request, "since");
  if (!since)
    return std::move(since.error());
  auto until = time_of(request, "until");
  if (!until)
    return std::move(until.error());
  result.since = *since;
  result.until = *until;
  return result;
}

void list_audit(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  auto limit = limit_of(request);
  auto wanted = filter_of(request);
  auto cursor = request.query_or("cursor", "");
  auto before = number_of(cursor.empty() ? "0" : cursor);
  if (!limit || !wanted || !before) {
    reply->problem(!limit    ? limit.error()
                   : !wanted ? wanted.error()
                             : make_error(ec::invalid_argument,
                                          "cursor is what an earlier page gave "
                                          "as next_cursor"));
    return;
  }
  auto page = audit::list_entries(trail_of(in), *wanted, *before, *limit);
  if (!page) {
    reply->problem(page.error());
    return;
  }
  std::vector<std::string> items;
  for (auto& x : page->items)
    items.push_back(wire::to_json(x));
  reply->json(200, page_document(items, page->before == 0
                                          ? ""
                                          : std::to_string(page->before)));
}

void begin_verification(chore_list& all, const scope& in,
                        const verify_request& body,
                        const responder_ptr& reply) {
  std::optional<security::chain_head> known;
  if (body.known) {
    auto head = audit::head_from_word(*body.known);
    if (!head) {
      reply->problem(head.error());
      return;
    }
    known = *head;
  }
  all.begin(
    in.tenant(), reply,
    [in, known](const std::stop_token& stop) -> caf::expected<std::string> {
      auto report = audit::verify_trail(trail_of(in), in.tenant(), known, stop);
      if (!report)
        return std::move(report.error());
      return wire::to_json(*report);
    });
}

} // namespace

void add_audit_routes(route_table& to, const context_ptr& context) {
  using names = std::set<std::string>;
  const auto admins = permission::in_tenant(tenants::role::admin);
  to.push_back(api_route(
    context, "GET", "/api/v1/audit", admins,
    names{"who", "what", "since", "until", "limit", "cursor"},
    "Who did what that matters, and who was refused, newest first",
    contract::gives<page_of<audit_entry>>(), stay::blocking, list_audit));
  // The second is what it is called among the topics.
  for (auto* path : {"/api/v1/audit/events", "/api/v1/topics/audit/events"})
    to.push_back(api_route(
      context, "GET", path, admins, names{"after", "limit"},
      "The records of the audit log in their order, as a page or as a stream",
      audit_log_contract(), stay::blocking,
      [](const scope& in, const http_request& request,
         const responder_ptr& reply) {
        reply_events(in, in.topic(std::string{audit_topic}), request, reply);
      }));
  // The routes go before the node does, and with them the thread that uses it.
  auto all = std::make_shared<chore_list>("the audit log is being verified",
                                          max_verifications);
  to.push_back(api_route(
    context, "POST", "/api/v1/audit/verify",
    permission::in_tenant(tenants::role::admin).unaudited(), {},
    "Checks that the audit log is as it was written; a stream that ends with "
    "the result",
    with_taken<std::optional<verify_request>>(contract::gives_stream()),
    stay::brief,
    api_handler{[all](const scope& in, const http_request& request,
                      const responder_ptr& reply) {
      with_body<std::optional<verify_request>>(
        request, reply, [&](const std::optional<verify_request>& body) {
          begin_verification(*all, in, body.value_or(verify_request{}), reply);
        });
    }}));
}

} // namespace machine::gateway

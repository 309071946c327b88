#include "actors/secrets/teller.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/rows.hpp"
#include "runtime/wire/document.hpp"

/// The secrets of a tenant: they come in, and never out.
namespace machine::gateway {

namespace {

using namespace secrets;

/// A value of 64 KiB, each byte of which may be written as six characters.
constexpr size_t max_secret_body = 6 * max_value + 1'024;

struct secret_request {
  std::string value;

  static constexpr const char* wire_name = "secret";
  static constexpr const char* schema_name = "new_secret";

  static constexpr auto fields() {
    return wire::members(wire::field{"value", &secret_request::value});
  }
};

/// The secret *name* as all see it who may.
void reply_secret(const scope& in, const std::string& name,
                  const responder_ptr& reply) {
  auto now = in.replay<vault_secret>(name);
  if (!now)
    reply->problem(now.error());
  else if (now->state.version == 0)
    reply->problem(make_error(ec::not_found, "there is no secret " + name));
  else
    reply->json(200, wire::to_json(summary_of(now->state, name)));
}

/// Whether a command that failed so may still be done.
bool is_in_doubt(const caf::error& why) {
  auto code = code_of(why);
  return code == ec::timeout || code == ec::unavailable || code == ec::internal;
}

caf::error check_secret(const std::string& name, const std::string& value) {
  if (!is_secret_name(name))
    return make_error(ec::invalid_argument,
                      wire::excerpt(name)
                        + " is no name of a secret; take 1 to 128 letters, "
                          "digits, `-`, `_` and `.`, and no `.` first");
  if (value.empty())
    return make_error(ec::invalid_argument,
                      "the value of " + name
                        + " is empty; to have no such secret, remove it");
  if (value.size() > max_value)
    return make_error(ec::limit_exceeded,
                      "the value of " + name + " has more than 64 KiB");
  return caf::none;
}

caf::error check_secret_room(const scope& in) {
  store::query all;
  all.limit = max_secrets;
  auto page = in.list<vault_secret>(std::move(all));
  if (!page)
    return std::move(page.error());
  if (page->rows.size() < max_secrets)
    return caf::none;
  return make_error(ec::limit_exceeded,
                    "the tenant has " + std::to_string(max_secrets)
                      + " secrets, which is as many as there may be; remove "
                        "one that nobody needs");
}

/// Seals *value* for the version that comes next, and again if somebody else
/// was faster. Blocks.
void seal_and_put(const scope& in, const std::string& name,
                  const std::shared_ptr<const security::secret_text>& value,
                  const responder_ptr& reply, size_t tries = 1) {
  auto now = in.replay<vault_secret>(name);
  auto problem = now ? caf::error{} : std::move(now.error());
  if (!problem && now->state.version == 0)
    problem = check_secret_room(in);
  if (problem) {
    reply->problem(problem);
    return;
  }
  auto under_way = in.begin_secret();
  auto what = under_way->seal({in.tenant(), name, now->state.version + 1},
                              value->text, in.who().id);
  serve(in, reply, [=](caf::event_based_actor* self) {
    self
      ->request(in.region<vault_secret>(), ask_patience, atom::command_v,
                in.key<vault_secret>(name), secret_command{what})
      .then(
        [=](const entity::outcome<vault_secret>&) {
          under_way->settle();
          in_pool(in, reply, [=] {
            in.tell_secret_changed();
            reply_secret(in, name, reply);
          });
        },
        [=](const caf::error& why) {
          if (!is_in_doubt(why))
            under_way->settle();
          if (code_of(why) == ec::changed && tries < max_tries)
            in_pool(in, reply,
                    [=] { seal_and_put(in, name, value, reply, tries + 1); });
          else
            reply->problem(why);
        });
  });
}

void put_one_secret(const scope& in, const http_request& request,
                    const secret_request& body, const responder_ptr& reply) {
  auto& name = request.params.at("secret");
  if (auto err = check_secret(name, body.value)) {
    reply->problem(err);
    return;
  }
  seal_and_put(
    in, name, std::make_shared<const security::secret_text>(body.value), reply);
}

void remove_one_secret(const scope& in, const http_request& request,
                       const responder_ptr& reply) {
  auto& name = request.params.at("secret");
  auto problem = check_name<vault_secret>(in, name);
  if (problem) {
    reply->problem(problem);
    return;
  }
  serve(in, reply, [=](caf::event_based_actor* self) {
    self
      ->request(in.region<vault_secret>(), ask_patience, atom::erase_v,
                in.key<vault_secret>(name))
      .then(
        [=](bool) {
          in_pool(in, reply, [=] {
            in.tell_secret_changed();
            reply_status(200, "removed", reply);
          });
        },
        [=](const caf::error& why) { reply->problem(why); });
  });
}

void list_secrets(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  reply_rows<vault_secret, secret_summary>(in, request, reply, {},
                                           [](auto&) { return true; });
}

void rotate_master_key(const context_ptr& context, const http_request&,
                       const responder_ptr& reply) {
  auto& actors = context->machine->actors();
  auto report =
    context->vault->rotate(make_teller(actors.system, actors.secrets));
  if (report)
    reply->json(200, wire::to_json(*report));
  else
    reply->problem(report.error());
}

} // namespace

void add_secret_routes(route_table& to, const context_ptr& context) {
  // A machine without a vault has no secrets.
  if (context->vault == nullptr)
    return;
  const auto admins = permission::in_tenant(tenants::role::admin);
  const std::string all = "/api/v1/secrets";
  to.push_back(api_route(context, "GET", all, admins, {"limit", "cursor"},
                         "The secrets of the tenant, without their values",
                         contract::gives<page_of<secret_summary>>(),
                         stay::blocking, list_secrets));
  // Not even a hash of the value is to be stored.
  to.push_back(api_route(context, "PUT", all + "/{secret}", admins, {},
                         "Sets a secret; its value never comes out again",
                         contract::gives<secret_summary>().without_keys(),
                         stay::blocking, put_one_secret));
  to.back().max_body = max_secret_body;
  to.push_back(api_route(context, "DELETE", all + "/{secret}", admins, {},
                         "Removes a secret with all that is kept of it",
                         contract::gives<status_document>(), stay::blocking,
                         remove_one_secret));
  to.push_back(machine_route(
    context, "POST", "/api/v1/vault/rotate",
    permission::of_machine(tenants::role::admin), {},
    "Makes a new master key, and moves the secrets of all tenants to it",
    contract::gives<rotation_report>(), stay::blocking, rotate_master_key));
  // What is being set may take its time.
  to.back().patience = std::chrono::seconds{120};
}

} // namespace machine::gateway

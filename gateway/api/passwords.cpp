#include "actors/tenants/views.hpp"
#include "gateway/api/password_work.hpp"

/// New passwords: by an administrator for anybody, and by everybody who knows
/// the old one for themselves. Either ends all sessions of whose it is.
namespace machine::gateway {

namespace {

using namespace tenants;

constexpr size_t max_new_password_body = 16u << 10;

using secret_ptr = std::shared_ptr<const security::secret_text>;

struct password_request {
  std::string password;

  static constexpr const char* wire_name = "password";

  static constexpr auto fields() {
    return wire::members(wire::field{"password", &password_request::password});
  }
};

struct own_password_request {
  std::string old_password;
  std::string new_password;

  static constexpr const char* wire_name = "passwords";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"old", &own_password_request::old_password},
      wire::field{"new", &own_password_request::new_password});
  }
};

secret_ptr keep_secret(const std::string& x) {
  return std::make_shared<const security::secret_text>(x);
}

/// Makes *password* the one of *what*, whose hash it has not got yet; to be
/// called where it may block.
void hash_and_set(const scope& in, set_password what,
                  const security::secret_text& password,
                  const responder_ptr& reply) {
  auto encoded = in.passwords().hash(password.text);
  if (!encoded) {
    refuse_for(reply, encoded.error(), std::chrono::seconds{1});
    return;
  }
  what.encoded = std::move(*encoded);
  ask<tenant>(in, in.tenant(), std::move(what), reply,
              [=](auto&) { reply_status(200, "changed", reply); });
}

void set_for_other(const scope& in, const http_request& request,
                   const password_request& body, const responder_ptr& reply) {
  auto& id = request.params.at("principal");
  auto problem = security::check_password(body.password, {id, in.tenant()});
  if (problem) {
    reply->problem(problem);
    return;
  }
  auto password = keep_secret(body.password);
  set_password what{id, "", in.who().id};
  in.passwords().enter([in](auto job) { return in.post(std::move(job)); },
                       [=](const caf::error& full) {
                         if (full)
                           refuse_for(reply, full, std::chrono::seconds{1});
                         else
                           hash_and_set(in, what, *password, reply);
                       });
}

void set_own(const scope& in, const http_request& request,
             const own_password_request& body, const responder_ptr& reply) {
  auto& who = in.who();
  auto problem =
    security::check_password(body.new_password, {who.id, in.tenant()});
  if (!problem && who.kind != principal::nature::user)
    problem = make_error(ec::invalid_argument,
                         who.id
                           + " has no password here; users of a tenant "
                             "have one");
  if (problem) {
    reply->problem(problem);
    return;
  }
  auto old = keep_secret(body.old_password);
  auto next = keep_secret(body.new_password);
  with_password(in, {who.tenant, who.id, request.address, wall_clock()}, old,
                reply, [=](const password_match& match) {
                  hash_and_set(
                    in, {match.principal, "", match.principal, match.set_at},
                    *next, reply);
                });
}

} // namespace

void add_password_routes(route_table& to, const context_ptr& context) {
  auto add = [&](const char* path, permission who, const char* summary,
                 auto handler) {
    to.push_back(api_route(context, "POST", path, std::move(who), {}, summary,
                           contract::gives<status_document>().without_keys(),
                           stay::brief, handler));
    to.back().max_body = max_new_password_body;
  };
  add("/api/v1/principals/{principal}/password",
      permission::in_tenant(role::admin),
      "Gives a user a password, and ends all of their sessions", set_for_other);
  add("/api/v1/me/password", permission::anyone_known(),
      "Changes the password of whoever asks, who says the old one; ends all of "
      "their sessions",
      set_own);
}

} // namespace machine::gateway

#include "gateway/api/entrance.hpp"

#include "actors/tenants.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/auditor.hpp"
#include "gateway/identity/authorize.hpp"
#include "gateway/identity/recogniser.hpp"
#include "runtime/clock.hpp"

namespace machine::gateway {

namespace {

/// Tells the tenant that one of its keys has opened something. Nobody waits.
void note_use(const context_ptr& context, const std::string& tenant,
              const std::string& key) {
  auto& actors = context->machine->actors();
  actors.guests.spawn([=, to = actors.tenants](caf::event_based_actor* self) {
    self
      ->request(to, ask_patience, atom::command_v,
                entity::key{tenants::system_tenant, tenant},
                tenants::tenant_command{tenants::note_key_use{key}})
      .then([](const entity::outcome<tenants::tenant>&) {},
            // It is noted when the key is used again.
            [](const caf::error&) {});
  });
}

std::shared_ptr<recogniser> make_recogniser(const context_ptr& context) {
  return std::make_shared<recogniser>(
    context->keys, context->outside,
    [context](const std::string& tenant, const std::string& key) {
      note_use(context, tenant, key);
    },
    context->refused);
}

class entrance final : public doorman,
                       public std::enable_shared_from_this<entrance> {
public:
  entrance(context_ptr context, std::string token)
      : context_(std::move(context)), token_(std::move(token)),
        bearers_(make_recogniser(context_)) {}

  void admit(const route& where, const http_request& asked,
             std::function<void(admission)> then) override {
    admission slow;
    if (where.who.is_limited() && !is_machine(asked)
        && !may_enter(asked.address, slow))
      return then(std::move(slow));
    if (where.who.where() == permission::place::anywhere)
      return then(std::move(slow));
    recognise(asked, [=, &where, &asked, me = shared_from_this()](
                       caf::expected<principal_ptr> who) {
      auto what = me->decide(where, asked, std::move(who), slow);
      if (what.refusal)
        me->context_->audit->note_refusal(me->context_, where, asked, what);
      then(std::move(what));
    });
  }

  void check(const route& where, const http_request& asked,
             std::function<void(admission)> then) override {
    recognise(asked, [=, &where, &asked, me = shared_from_this()](
                       caf::expected<principal_ptr> who) {
      admission result;
      auto problem =
        who ? may_use(me->context_, where, asked, *who) : who.error();
      if (problem)
        result.refusal = problem_answer(problem);
      if (who)
        result.who = std::move(*who);
      if (result.refusal)
        me->context_->audit->note_refusal(me->context_, where, asked, result);
      then(std::move(result));
    });
  }

private:
  bool is_machine(const http_request& asked) const {
    return is_same_secret(bearer_of(asked), token_);
  }

  /// Whether *address* may ask again. Who runs the machine always may.
  bool may_enter(const std::string& address, admission& what) const {
    if (!context_->rates)
      return true;
    auto said = context_->rates->enter(address, steady_now());
    what.headers = std::move(said.headers);
    what.refusal = std::move(said.refusal);
    return !what.refusal;
  }

  /// Goes on with *result*, which says how often the address may still ask.
  admission decide(const route& where, const http_request& asked,
                   caf::expected<principal_ptr> who, admission result) const {
    auto& rates = context_->rates;
    if (rates && !who && code_of(who.error()) == ec::unauthenticated)
      rates->note_failure(asked.address, steady_now());
    if (rates && who && (*who)->kind != principal::nature::machine) {
      auto said = rates->enter(**who, steady_now());
      if (!said.headers.empty())
        result.headers = std::move(said.headers);
      if (said.refusal) {
        result.refusal = std::move(said.refusal);
        result.who = std::move(*who);
        return result;
      }
    }
    auto problem = who ? may_use(context_, where, asked, *who) : who.error();
    if (problem)
      result.refusal = problem_answer(problem);
    if (who)
      result.who = std::move(*who);
    return result;
  }

  void recognise(const http_request& asked, recogniser::done then) const {
    auto given = bearer_of(asked);
    if (is_machine(asked))
      return then(machine_principal(asked));
    if (given.empty())
      return then(make_error(ec::unauthenticated,
                             "a bearer token is needed: a key, or that of the "
                             "machine, which stands in endpoint.json of the "
                             "data directory"));
    bearers_->recognise(std::string{given}, asked.header_or("x-tenant", ""),
                        wall_clock(), std::move(then));
  }

  /// Who runs the machine acts in whatever tenant they name.
  caf::expected<principal_ptr>
  machine_principal(const http_request& asked) const {
    auto result = std::make_shared<principal>();
    result->home = tenants::system_tenant;
    result->tenant = asked.header_or("x-tenant", local_tenant);
    result->id = "local";
    result->kind = principal::nature::machine;
    result->everywhere = tenants::role::admin;
    if (auto err = tenants::check_tenant_name(result->tenant))
      return with_context("X-Tenant", err);
    if (result->tenant == local_tenant)
      return principal_ptr{std::move(result)};
    auto there = context_->keys->find(result->tenant);
    if (!there)
      return std::move(there.error());
    if (!*there)
      return make_error(ec::not_found, "there is no tenant " + result->tenant);
    return principal_ptr{std::move(result)};
  }

  context_ptr context_;
  std::string token_;
  std::shared_ptr<recogniser> bearers_;
};

} // namespace

caf::error may_use(const context_ptr& context, const route& where,
                   const http_request& asked, const principal_ptr& who) {
  std::string project;
  auto& what = where.who;
  if (what.where() == permission::place::project)
    project = asked.params.at(what.parameter());
  // Who has the role everywhere need not be asked where.
  if (what.where() == permission::place::run && !who->may(what.need())) {
    scope in{context, who};
    project = in.project_of_run(asked.params.at(what.parameter()));
  }
  return authorize(what, *who, project);
}

std::shared_ptr<doorman>
make_entrance(std::shared_ptr<const api_context> context, std::string token) {
  return std::make_shared<entrance>(std::move(context), std::move(token));
}

} // namespace machine::gateway

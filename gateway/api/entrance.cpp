#include "gateway/api/entrance.hpp"

#include "actors/tenants.hpp"
#include "actors/tenants/check.hpp"
#include "gateway/api/scope.hpp"
#include "gateway/identity/authorize.hpp"
#include "runtime/clock.hpp"

namespace machine::gateway {

namespace {

class entrance final : public doorman {
public:
  entrance(context_ptr context, std::string token)
      : context_(std::move(context)), token_(std::move(token)) {}

  void admit(const route& where, const http_request& asked,
             std::function<void(admission)> then) override {
    then(decide(where, asked));
  }

private:
  admission decide(const route& where, const http_request& asked) const {
    admission result;
    if (where.who.where() == permission::place::anywhere)
      return result;
    auto who = recognise(asked);
    auto problem = who ? check(where, asked, *who) : who.error();
    if (problem)
      result.refusal = problem_answer(problem);
    else
      result.who = std::move(*who);
    return result;
  }

  caf::expected<principal_ptr> recognise(const http_request& asked) const {
    auto given = bearer_of(asked);
    if (is_same_secret(given, token_))
      return machine_principal(asked);
    if (given.empty())
      return make_error(ec::unauthenticated,
                        "a bearer token is needed: a key, or that of the "
                        "machine, which stands in endpoint.json of the data "
                        "directory");
    auto who = context_->keys->recognise(given, wall_clock());
    if (!who)
      return who;
    auto wanted = asked.header_or("x-tenant", (*who)->tenant);
    if (wanted != (*who)->tenant)
      return make_error(ec::denied, "this key is of the tenant "
                                      + (*who)->tenant
                                      + "; it cannot act in another");
    return who;
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

  /// Whether *who* may use *where* in what *asked* is about.
  caf::error check(const route& where, const http_request& asked,
                   const principal_ptr& who) const {
    std::string project;
    auto& what = where.who;
    if (what.where() == permission::place::project)
      project = asked.params.at(what.parameter());
    // Who has the role everywhere need not be asked where.
    if (what.where() == permission::place::run && !who->may(what.need())) {
      scope in{context_, who};
      project = in.project_of_run(asked.params.at(what.parameter()));
    }
    return authorize(what, *who, project);
  }

  context_ptr context_;
  std::string token_;
};

} // namespace

std::shared_ptr<doorman>
make_entrance(std::shared_ptr<const api_context> context, std::string token) {
  return std::make_shared<entrance>(std::move(context), std::move(token));
}

} // namespace machine::gateway

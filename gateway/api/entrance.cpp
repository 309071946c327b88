#include "gateway/api/entrance.hpp"

#include "actors/tenants.hpp"
#include "gateway/api/scope.hpp"
#include "gateway/identity/authorize.hpp"
#include "runtime/store/check.hpp"

#include <sodium.h>

#include <strings.h>

namespace machine::gateway {

namespace {

/// Of a request's `Authorization`; empty if that is no bearer.
std::string_view bearer_of(const http_request& asked) {
  constexpr std::string_view scheme = "Bearer ";
  auto i = asked.headers.find("authorization");
  if (i == asked.headers.end() || i->second.size() <= scheme.size()
      || ::strncasecmp(i->second.data(), scheme.data(), scheme.size()) != 0)
    return {};
  return std::string_view{i->second}.substr(scheme.size());
}

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
    auto is_machine =
      !token_.empty() && given.size() == token_.size()
      && sodium_memcmp(given.data(), token_.data(), token_.size()) == 0;
    if (!is_machine)
      return make_error(ec::unauthenticated,
                        "a bearer token is needed; that of the machine stands "
                        "in endpoint.json of the data directory");
    auto result = std::make_shared<principal>();
    result->home = local_tenant;
    result->tenant = asked.header_or("x-tenant", local_tenant);
    result->id = "local";
    result->kind = principal::nature::machine;
    result->everywhere = tenants::role::admin;
    if (store::check_stream({"tenant", result->tenant, "x"}))
      return make_error(ec::invalid_argument,
                        "X-Tenant is not the name of a tenant");
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

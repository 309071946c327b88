#pragma once

#include "gateway/api/ask.hpp"
#include "gateway/identity/password_desk.hpp"
#include "runtime/clock.hpp"
#include "runtime/security/secret.hpp"

/// How a handler looks at a password. Included by the resources alone.
namespace machine::gateway {

/// Answers with *why*, and when to come back, in whole seconds.
void refuse_for(const responder_ptr& reply, const caf::error& why,
                std::chrono::microseconds wait);

/// Somebody who says that they know a password.
struct password_try {
  std::string tenant;
  std::string principal;
  /// From where they come.
  std::string address;
  timestamp at{};
};

/// Calls *then* where it may block, once the password desk has a place for *x*:
/// `then(match)`, of one who has said *password* right. All others are answered
/// here, and what was no verdict counts for nothing.
template <class Then>
void with_password(const scope& in, const password_try& x,
                   std::shared_ptr<const security::secret_text> password,
                   const responder_ptr& reply, Then then) {
  auto& desk = in.passwords();
  if (auto wait = desk.begin(x.tenant, x.principal, x.address, x.at)) {
    refuse_for(reply,
               make_error(ec::rate_limited,
                          "there were too many wrong passwords; try again "
                          "later"),
               *wait - x.at);
    return;
  }
  auto withdraw = [in, x] {
    in.passwords().withdraw(x.tenant, x.principal, x.address, x.at);
  };
  desk.enter([in](auto job) { return in.post(std::move(job)); },
             [=](const caf::error& problem) {
               auto found = problem ? caf::expected<password_match>{problem}
                                    : in.passwords().check(
                                      x.tenant, x.principal, password->text);
               if (found) {
                 in.passwords().succeed(x.tenant, x.principal, x.address, x.at);
                 then(*found);
                 return;
               }
               if (code_of(found.error()) != ec::unauthenticated)
                 withdraw();
               refuse_for(reply, found.error(), std::chrono::seconds{1});
             });
}

} // namespace machine::gateway

#include "gateway/api/password_work.hpp"

namespace machine::gateway {

void refuse_for(const responder_ptr& reply, const caf::error& why,
                std::chrono::microseconds wait) {
  auto what = problem_answer(why);
  if (what.status == 429 || what.status == 503)
    what.headers.emplace_back(
      "Retry-After",
      std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  reply->answer(std::move(what));
}

} // namespace machine::gateway

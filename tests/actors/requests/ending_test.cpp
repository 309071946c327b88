#include "actors/requests/ending.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::requests;

namespace {

constexpr std::optional<ending> none;

std::optional<ending> of(int status, ec code = ec::none,
                         repetition again = repetition::counts,
                         secrecy hidden = secrecy::open, size_t size = 10) {
  return ending_of({status, code, size, again, hidden});
}

} // namespace

TEST_CASE("an answer that says that something was done is kept") {
  for (auto status : {200, 201, 202, 204, 304}) {
    CHECK(of(status) == ending::kept);
    CHECK(of(status, ec::none, repetition::harmless) == ending::kept);
  }
}

TEST_CASE("so is one that will be the same for as long as nothing changes") {
  CHECK(of(404, ec::not_found) == ending::kept);
  CHECK(of(409, ec::conflict) == ending::kept);
  CHECK(of(412, ec::changed) == ending::kept);
  CHECK(of(402, ec::budget_exceeded) == ending::kept);
  CHECK(of(422, ec::no_model) == ending::kept);
}

TEST_CASE("a request that was wrong or too early may be sent again") {
  for (auto again : {repetition::counts, repetition::harmless}) {
    CHECK(of(400, ec::invalid_argument, again) == none);
    CHECK(of(401, ec::unauthenticated, again) == none);
    CHECK(of(403, ec::denied, again) == none);
    CHECK(of(413, ec::limit_exceeded, again) == none);
    CHECK(of(429, ec::rate_limited, again) == none);
    CHECK(of(503, ec::overloaded, again) == none);
    CHECK(of(507, ec::storage_full, again) == none);
  }
}

TEST_CASE("after a failure nobody knows what was done, where that matters") {
  for (auto status : {500, 503, 504, 599})
    for (auto code : {ec::internal, ec::unavailable, ec::timeout, ec::none}) {
      CHECK(of(status, code) == ending::unknown);
      CHECK(of(status, code, repetition::harmless) == none);
    }
}

TEST_CASE("a secret is not kept, and a refusal has none") {
  constexpr auto counts = repetition::counts;
  CHECK(of(201, ec::none, counts, secrecy::secret) == ending::secret);
  CHECK(of(201, ec::none, repetition::harmless, secrecy::secret)
        == ending::secret);
  CHECK(of(201, ec::none, counts, secrecy::secret, max_kept_bytes + 1)
        == ending::secret);
  CHECK(of(404, ec::not_found, counts, secrecy::secret) == ending::kept);
  CHECK(of(400, ec::invalid_argument, counts, secrecy::secret) == none);
  CHECK(of(500, ec::internal, counts, secrecy::secret) == ending::unknown);
}

TEST_CASE("an answer has to fit") {
  constexpr auto open = secrecy::open;
  CHECK(of(200, ec::none, repetition::counts, open, max_kept_bytes)
        == ending::kept);
  CHECK(of(200, ec::none, repetition::counts, open, max_kept_bytes + 1)
        == ending::too_large);
  CHECK(of(200, ec::none, repetition::harmless, open, max_kept_bytes + 1)
        == none);
}

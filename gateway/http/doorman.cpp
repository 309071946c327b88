#include "gateway/http/doorman.hpp"

#include <sodium.h>

#include <strings.h>

namespace machine::gateway {

namespace {

class token_doorman final : public doorman {
public:
  explicit token_doorman(std::string token) : token_(std::move(token)) {}

  void admit(const route& where, const http_request& asked,
             std::function<void(admission)> then) override {
    admission result;
    if (where.who.where() != permission::place::anywhere && !has_token(asked))
      result.refusal = problem_answer(
        make_error(ec::unauthenticated,
                   "a bearer token is needed; it stands in endpoint.json of "
                   "the data directory"));
    then(std::move(result));
  }

private:
  bool has_token(const http_request& asked) const {
    constexpr std::string_view scheme = "Bearer ";
    auto given = asked.header_or("authorization", "");
    return !token_.empty() && given.size() == scheme.size() + token_.size()
        && ::strncasecmp(given.data(), scheme.data(), scheme.size()) == 0
        && sodium_memcmp(given.data() + scheme.size(), token_.data(),
                         token_.size())
             == 0;
  }

  const std::string token_;
};

} // namespace

std::shared_ptr<doorman> make_token_doorman(std::string token) {
  return std::make_shared<token_doorman>(std::move(token));
}

} // namespace machine::gateway

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
    return is_same_secret(bearer_of(asked), token_);
  }

  const std::string token_;
};

} // namespace

std::string_view bearer_of(const http_request& asked) {
  constexpr std::string_view scheme = "Bearer ";
  auto i = asked.headers.find("authorization");
  // Clients of Anthropic's API have no other way.
  if (auto key = asked.headers.find("x-api-key");
      i == asked.headers.end() && key != asked.headers.end())
    return key->second;
  if (i == asked.headers.end() || i->second.size() <= scheme.size()
      || ::strncasecmp(i->second.data(), scheme.data(), scheme.size()) != 0)
    return {};
  return std::string_view{i->second}.substr(scheme.size());
}

bool is_same_secret(std::string_view given, std::string_view wanted) {
  return !wanted.empty() && given.size() == wanted.size()
      && sodium_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
}

std::shared_ptr<doorman> make_token_doorman(std::string token) {
  return std::make_shared<token_doorman>(std::move(token));
}

} // namespace machine::gateway

#include "runtime/security/jwt_algorithm.hpp"

#include <array>

namespace machine::security {

namespace {

struct algorithm_row {
  jwt_algorithm algorithm;
  std::string_view name;
  jwk_type key;
};

constexpr std::array<algorithm_row, 9> algorithm_rows{{
  {jwt_algorithm::rs256, "RS256", jwk_type::rsa},
  {jwt_algorithm::rs384, "RS384", jwk_type::rsa},
  {jwt_algorithm::rs512, "RS512", jwk_type::rsa},
  {jwt_algorithm::ps256, "PS256", jwk_type::rsa},
  {jwt_algorithm::ps384, "PS384", jwk_type::rsa},
  {jwt_algorithm::ps512, "PS512", jwk_type::rsa},
  {jwt_algorithm::es256, "ES256", jwk_type::p256},
  {jwt_algorithm::es384, "ES384", jwk_type::p384},
  {jwt_algorithm::es512, "ES512", jwk_type::p521},
}};

constexpr bool rows_stand_in_order() {
  for (size_t i = 0; i < algorithm_rows.size(); ++i)
    if (static_cast<size_t>(algorithm_rows[i].algorithm) != i)
      return false;
  return true;
}

static_assert(rows_stand_in_order());

} // namespace

std::string_view to_string(jwt_algorithm x) {
  return algorithm_rows[static_cast<size_t>(x)].name;
}

std::optional<jwt_algorithm> jwt_algorithm_from_string(std::string_view name) {
  for (auto& row : algorithm_rows)
    if (row.name == name)
      return row.algorithm;
  return std::nullopt;
}

jwk_type jwk_type_of(jwt_algorithm x) {
  return algorithm_rows[static_cast<size_t>(x)].key;
}

} // namespace machine::security

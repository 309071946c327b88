// Text that may be a key: each key has one spelling, and no other text is one.

#include "runtime/security/api_key.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::security;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::input{data, size}.text();
  if (size >= secret::size) {
    std::span<const uint8_t, secret::size> start{data, secret::size};
    require(!matches(text, secret{start})
            || text == hash_secret(secret{start}));
  }
  if (auto key = parse_api_key(text)) {
    require(text.size() <= max_token_bytes && is_tenant_name(key->tenant));
    std::string start = key->kind == token_kind::session ? "tms_" : "tm_";
    start += key->tenant + "_" + key->id + "_";
    require(text.starts_with(start) && text.size() == start.size() + 43);
    require(matches(hash_secret(key->secret), key->secret));
  }
  if (size < token_random_bytes)
    return 0;
  std::span<const uint8_t, token_random_bytes> random{data, token_random_bytes};
  auto kind = (data[0] & 1) == 0 ? token_kind::api_key : token_kind::session;
  auto made = make_api_key(text.substr(token_random_bytes), random, kind);
  if (!made)
    return 0;
  auto read = parse_api_key(made->text);
  require(read && read->kind == kind && read->id == made->id);
  require(matches(made->hash, read->secret));
  return 0;
}

#pragma once

#include "actors/models/protocol.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <string>

/// What tests of protocols share.
namespace machine::test {

/// A request of *speaks* for `http://h/v1`, with the key `k`.
inline net::request encoded(const models::protocol& speaks,
                            const models::chat_request& what,
                            const models::call_options& options,
                            models::endpoint to = {"http://h/v1"}) {
  auto x = speaks.encode(what, options, to);
  if (!x)
    FAIL(render(x.error()));
  return *x;
}

/// The body of `encoded`, as JSON.
inline nlohmann::json asked(const models::protocol& speaks,
                            const models::chat_request& what,
                            const models::call_options& options = {}) {
  return nlohmann::json::parse(encoded(speaks, what, options).body);
}

inline std::string header_of(const net::request& x, const std::string& name) {
  for (auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return {};
}

inline models::chat_message said(models::chat_role role, std::string text) {
  models::chat_message x;
  x.role = role;
  x.content = std::move(text);
  return x;
}

inline models::call_options of_model(std::string name) {
  models::call_options x;
  x.model = std::move(name);
  x.idempotency_key = "r:1";
  return x;
}

inline models::attachment attached(models::attachment_kind kind, uint64_t at,
                                   std::string media_type = {},
                                   std::string data = {},
                                   std::string url = {}) {
  models::attachment x;
  x.kind = kind;
  x.at = at;
  x.media_type = std::move(media_type);
  x.data = std::move(data);
  x.url = std::move(url);
  return x;
}

} // namespace machine::test

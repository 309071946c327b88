#pragma once

#include "gateway/proxy/front.hpp"

#include "actors/models/protocol.hpp"
#include "runtime/net/sse.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>

/// How the tests talk to a front.
namespace machine::test {

using gateway::proxy::answer_facts;
using gateway::proxy::answer_manner;
using gateway::proxy::asked;
using gateway::proxy::failure;
using gateway::proxy::front;
using gateway::proxy::stream_writer;
using nlohmann::json;

// What fails here is thrown: properties show no other failures of Catch.

/// What *body* asks for; it has to be taken.
inline asked read(const front& at, const std::string& body) {
  auto result = at.read(body);
  if (!result)
    throw std::runtime_error(render(result.error()) + "\n" + body);
  return std::move(*result);
}

/// What the client is told of *body*, which has to be refused.
inline std::string refused(const front& at, const std::string& body) {
  auto result = at.read(body);
  if (result)
    throw std::runtime_error("this was taken: " + body);
  if (code_of(result.error()) != ec::invalid_argument)
    throw std::runtime_error(render(result.error()));
  return message_of(result.error());
}

/// The body that a provider's *model* is asked with.
inline std::string sent_to(const models::protocol& speaks,
                           const models::chat_request& what,
                           const std::string& model = "m") {
  models::call_options options;
  options.model = model;
  auto result = speaks.encode(what, options, models::endpoint{"http://h"});
  if (!result)
    throw std::runtime_error(render(result.error()));
  return std::move(result->body);
}

inline answer_facts facts() {
  answer_facts x;
  x.id = "x1";
  x.created = timestamp{std::chrono::seconds{1'700'000'000}};
  x.model = "small";
  x.protocol = "anthropic";
  x.provider_model = "claude-x";
  x.prompt_estimate = 7;
  return x;
}

/// The events in *bytes*.
inline std::vector<net::sse_event> events_in(std::string_view bytes) {
  net::sse_parser parser;
  auto result = parser.feed(bytes);
  if (!result)
    throw std::runtime_error(render(result.error()));
  return *result;
}

/// All that is sent for *pieces*, and the end.
inline std::string streamed(const front& at, const answer_facts& about,
                            const answer_manner& manner,
                            const models::answer_deltas& pieces,
                            const models::chat_response& whole) {
  auto out = at.stream(about, manner);
  std::string bytes;
  for (auto& piece : pieces)
    bytes += out->add(piece);
  bytes += out->finish(whole);
  return bytes;
}

/// What a client that speaks *protocol* makes of a stream.
inline models::chat_response understood(const models::protocol& speaks,
                                        std::string_view bytes,
                                        const std::string& model = "claude-x") {
  models::call_options options;
  options.model = model;
  auto reader = speaks.make_reader({}, options);
  for (auto& event : events_in(bytes)) {
    auto piece = reader->take(event);
    if (!piece)
      throw std::runtime_error(render(piece.error()) + "\n" + event.data);
  }
  auto answer = reader->response();
  if (!reader->complete() || !answer)
    throw std::runtime_error("this is no whole answer: " + std::string{bytes});
  return *answer;
}

inline std::string part_type(const models::attachment& x) {
  switch (x.kind) {
    case models::attachment_kind::image: return "image";
    case models::attachment_kind::document: return "document";
    case models::attachment_kind::audio: return "audio";
    default: return "mark";
  }
}

/// What the OpenAI dialects have for an attachment that is data.
inline std::string address_of(const models::attachment& x) {
  return x.data.empty() ? x.url : "data:" + x.media_type + ";base64," + x.data;
}

inline json cache_control(const models::attachment& x) {
  json result{{"type", "ephemeral"}};
  if (!x.detail.empty())
    result["ttl"] = x.detail;
  return result;
}

} // namespace machine::test

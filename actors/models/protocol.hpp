#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/provider.hpp"
#include "runtime/net/client.hpp"
#include "runtime/net/sse.hpp"

#include <memory>
#include <string>
#include <vector>

namespace machine::models {

/// How a provider's streamed answer is read, in whatever pieces it comes.
class answer_reader {
public:
  virtual ~answer_reader() = default;

  /// One event of the stream. Returns what it adds; an error ends the call.
  virtual caf::expected<answer_deltas> take(const net::sse_event& event) = 0;

  /// Whether the end of the answer has been seen.
  virtual bool complete() const = 0;

  /// Whether the provider has said why the answer ends. A stream that ends
  /// after that is whole, also without its last event.
  virtual bool may_end() const = 0;

  /// The answer, once it is complete.
  virtual caf::expected<chat_response> response() = 0;

  /// What the provider has counted so far.
  virtual std::optional<token_usage> usage() const = 0;
};

/// How a provider is spoken to. Pure: no network, no clock.
class protocol {
public:
  virtual ~protocol() = default;

  /// The request for one call. *url* has no path yet, *key* may be empty.
  virtual net::request encode(const chat_request& what,
                              const call_options& options,
                              const std::string& url,
                              const std::string& key) const = 0;

  virtual std::unique_ptr<answer_reader>
  make_reader(const chat_request& what, const call_options& options) const = 0;

  /// A whole answer that came as one JSON document instead of a stream.
  virtual caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const = 0;
};

/// The OpenAI chat API (`/chat/completions`), as many servers speak it.
std::shared_ptr<const protocol> openai_chat();

/// The Anthropic Messages API (`/messages`).
std::shared_ptr<const protocol> anthropic_messages();

/// What an answer with an error *status* means.
/// @param detail What the provider says about it, without its key.
call_outcome outcome_of_status(const std::string& provider, int status,
                               std::optional<duration> retry_after,
                               std::string_view detail);

/// How long the headers of an answer ask us to wait: `retry-after-ms`, or
/// `retry-after` in seconds or as a date, which is compared to *now*.
std::optional<duration> retry_after_of(const net::response_head& head,
                                       timestamp now);

/// The message in a provider's error document, or the document itself, on one
/// line of at most 64 KiB: `for_people` cuts it once it holds no key.
std::string error_detail(std::string_view body);

/// *message* with every *key* of four characters or more replaced, since some
/// providers quote the key that they refuse, and cut to some 600 bytes.
std::string for_people(std::string message, const std::string& key);

/// The address that the paths of *speaks* are appended to: *url* without a
/// slash at its end, with the `/v1` that people leave out. The variables of the
/// providers' own tools differ: that of Anthropic never has it.
std::string endpoint_of(protocol_kind speaks, std::string url);

/// The arguments of a tool call as JSON. What could not be read back from a
/// stored answer (no JSON, nested too deeply, a key that stands twice) becomes
/// a string, so that the tool's schema refuses it and the model is told.
json_text arguments_of(const std::string& text);

} // namespace machine::models

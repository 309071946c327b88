#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/framing.hpp"
#include "actors/models/provider.hpp"
#include "runtime/net/client.hpp"

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

/// Where a provider is, and how it is addressed there.
struct endpoint {
  /// Without the path of the call.
  std::string url;
  /// Sent as `api-version`; empty: not sent.
  std::string api_version{};
  /// The model is a part of the address (Azure).
  bool deployments = false;
  auth_style auth = auth_style::none;
  std::string region{};
  /// Sent with every request.
  net::header_list headers{};
};

/// How a provider is spoken to. Pure: no network, no clock.
class protocol {
public:
  virtual ~protocol() = default;

  /// The request for one call, without what proves who asks: see `authorize`.
  /// Fails with `provider_rejected` if the protocol has no word for something
  /// that the model must not miss, such as an image.
  virtual caf::expected<net::request> encode(const chat_request& what,
                                             const call_options& options,
                                             const endpoint& to) const = 0;

  virtual std::unique_ptr<answer_reader>
  make_reader(const chat_request& what, const call_options& options) const = 0;

  /// How an answer of this type is cut into events; null if it is no stream,
  /// but one document. The usual streams are server-sent events.
  virtual std::unique_ptr<framing>
  make_framing(std::string_view content_type) const;

  /// A whole answer that came as one JSON document instead of a stream.
  virtual caf::expected<chat_response>
  read_whole(std::string_view body, const chat_request& what,
             const call_options& options) const = 0;

  /// The request for vectors. Usually there are none: `provider_rejected`.
  virtual caf::expected<net::request>
  encode_embeddings(const embedding_request& what, const call_options& options,
                    const endpoint& to) const;

  /// The answer to it; see `check_embeddings` for what it guarantees.
  virtual caf::expected<embedding_response>
  read_embeddings(std::string_view body, const embedding_request& what) const;

  /// How many texts one request for vectors may have; 0: none.
  virtual size_t max_embedding_inputs() const {
    return 0;
  }
};

/// The OpenAI chat API (`/chat/completions`), as many servers speak it.
std::shared_ptr<const protocol> openai_chat();

/// The OpenAI Responses API (`/responses`). Nothing is kept by the provider:
/// what a model thought comes and goes with the conversation, for models whose
/// `reasoning_effort` is said.
std::shared_ptr<const protocol> openai_responses();

/// The Anthropic Messages API (`/messages`).
std::shared_ptr<const protocol> anthropic_messages();

/// The Gemini API of Google (`/models/M:streamGenerateContent`).
std::shared_ptr<const protocol> gemini_content();

/// The Converse API of Amazon Bedrock (`/model/M/converse-stream`).
std::shared_ptr<const protocol> bedrock_converse();

/// Null for `scripted`.
std::shared_ptr<const protocol> make_protocol(protocol_kind speaks);

/// Why a provider did not answer, for a person and for a program.
struct refusal {
  caf::error why;
  fault_kind fault = fault_kind::none;
};

/// What an answer with an error *status* means.
/// @param said Without the provider's key.
refusal explain(const std::string& provider, int status,
                const provider_fault& said,
                std::optional<duration> retry_after);

/// The same as the outcome of a call.
/// @param detail What the provider says about it, without its key.
call_outcome outcome_of_status(const std::string& provider, int status,
                               std::optional<duration> retry_after,
                               std::string_view detail);

/// How long the headers of an answer ask us to wait: `retry-after-ms`, or
/// `retry-after` in seconds or as a date, which is compared to *now*.
std::optional<duration> retry_after_of(const net::response_head& head,
                                       timestamp now);

/// Bound on what is looked at of an error document, in bytes.
constexpr size_t max_error_document = 64u << 10;

/// The message in a provider's error document, or the document itself, on one
/// line of at most 64 KiB: `for_people` cuts it once it holds no key.
std::string error_detail(std::string_view body);

/// *message* with every *key* of four characters or more replaced, since some
/// providers quote the key that they refuse, and every part of one between
/// colons of eight or more; cut to some 600 bytes.
std::string for_people(std::string message, const std::string& key);

/// The address that the paths of *speaks* are appended to: *url* without a
/// slash at its end, with the version that people leave out. The variables of
/// the providers' own tools differ: that of Anthropic never has it.
std::string endpoint_of(protocol_kind speaks, std::string url);

/// Where *about* is reached. Of Azure, `https://NAME.openai.azure.com` is
/// enough, and of AWS the region.
endpoint endpoint_of(const provider_entry& about);

/// Adds what proves that *what*, which is complete, comes from who has *key*.
/// Fails with `provider_auth` if *key* is not of the form that `to.auth` wants.
caf::error authorize(net::request& what, const endpoint& to,
                     const std::string& key, timestamp now);

/// The arguments of a tool call as JSON. What could not be read back from a
/// stored answer (no JSON, nested too deeply, a key that stands twice) becomes
/// a string, so that the tool's schema refuses it and the model is told.
json_text arguments_of(const std::string& text);

} // namespace machine::models

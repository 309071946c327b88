#pragma once

#include "actors/models/chat.hpp"
#include "actors/models/delta.hpp"
#include "gateway/proxy/failure.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What clients of other people's APIs say, and what they are told: pure.
namespace machine::gateway::proxy {

/// How the client wants its answer.
struct answer_manner {
  /// As a stream of events.
  bool streams = false;
  /// It wants the usage in the stream (`stream_options.include_usage`).
  bool counts_in_stream = false;
  /// It knows of `function_call` alone, of which an answer has one.
  bool legacy_calls = false;
  /// The members of the request that the answer has again: a JSON object.
  std::string repeats = "{}";

  bool operator==(const answer_manner&) const = default;
};

/// What a client has asked for.
struct asked {
  models::chat_request request;
  /// As the client wrote it.
  std::string model;
  answer_manner manner;
  /// The client itself has said how long the answer may be. Else
  /// `request.max_output_tokens` is only its default.
  bool is_bounded = false;
  /// What is not heeded, by its place: `messages.name`. Safe in a header.
  std::vector<std::string> ignored;
};

/// What an answer says beside what the model has said.
struct answer_facts {
  /// Letters and digits that no other answer has; the prefixes that dialects
  /// want are put before it.
  std::string id;
  timestamp created;
  /// Who answers, as the client is told.
  std::string model;
  /// The protocol of whoever answers, as the catalogue spells it, and what it
  /// calls the model itself: its thoughts go back to no other.
  std::string protocol;
  std::string provider_model;
  /// What the model lets be seen of its thoughts, where the response does not
  /// hold them; for `front::write` alone.
  std::string thoughts;
  /// About how many tokens the prompt has, for dialects that say so before the
  /// provider has counted.
  uint64_t prompt_estimate = 0;
};

/// An answer as it streams, in server-sent events. What a member returns is to
/// be sent as it is, may be empty, and is valid until the next is called.
class stream_writer {
public:
  virtual ~stream_writer() = default;

  /// What the dialect says before the first piece; said once, also if `add` or
  /// an end comes first. Whoever waits with it can still refuse by status.
  virtual std::string_view begin() = 0;

  /// A piece of the answer. Texts hold whole characters.
  virtual std::string_view add(const models::answer_delta& piece) = 0;

  /// The end of the answer, whose pieces have all been added: why it ends, and
  /// what it took.
  virtual std::string_view finish(const models::chat_response& whole) = 0;

  /// The end of a stream that fails in its middle.
  virtual std::string_view fail(const failure& why) = 0;

  /// Shows the client and all between that somebody is there.
  virtual std::string_view keep_alive() = 0;

  /// Another model goes on where the last has ended, or, if *restarts*, begins
  /// anew: what was said so far is void. Clients are told by an event of ours
  /// that those which know nothing of it pass over: `machine` in it says
  /// `takeover`, which is `continue` or `restart`, and the `model`.
  virtual std::string_view hand_over(const answer_facts& to, bool restarts) = 0;
};

/// A dialect, as its clients are spoken to in it.
class front {
public:
  virtual ~front() = default;

  /// Reads the body of a request. An error begins with the place it is about:
  /// `messages[3].content[1].image_url.url: ...`.
  virtual caf::expected<asked> read(std::string_view body) const = 0;

  /// A whole answer: a JSON document.
  virtual std::string write(const models::chat_response& answer,
                            const answer_facts& facts,
                            const answer_manner& manner) const = 0;

  virtual std::unique_ptr<stream_writer>
  stream(const answer_facts& facts, const answer_manner& manner) const = 0;

  /// Why there is no answer.
  virtual reply refuse(const failure& why) const = 0;
};

/// Bounds on a request. The server bounds its bytes.
constexpr size_t max_messages = 10'000;
constexpr size_t max_tools = 1'000;
constexpr size_t max_values = 500'000;
constexpr size_t max_body = 32u << 20;

/// `/v1/chat/completions` of OpenAI, as its public reference describes it
/// (platform.openai.com/docs/api-reference/chat).
std::shared_ptr<const front> chat_front();

/// `/v1/responses` of OpenAI
/// (platform.openai.com/docs/api-reference/responses). Nothing is kept: every
/// request holds its whole conversation.
std::shared_ptr<const front> responses_front();

/// `/v1/messages` of Anthropic (docs.anthropic.com/en/api/messages).
std::shared_ptr<const front> messages_front();

/// The request of `/v1/messages/count_tokens`: a request for an answer that
/// need not bound it.
caf::expected<asked> read_token_count(std::string_view body);

/// The answer to that.
std::string write_token_count(uint64_t tokens);

} // namespace machine::gateway::proxy

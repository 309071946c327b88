#pragma once

#include "runtime/error.hpp"
#include "runtime/net/client.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What providers say of their failures, in all protocols.
namespace machine::models {

/// Why a provider did not answer, in more detail than an error code.
enum class fault_kind : uint8_t {
  none,
  /// The key is wrong, has ended, or may not do this.
  key_refused,
  /// Whoever the key belongs to has to pay first.
  no_credit,
  rate_limited,
  /// The provider has too much to do; the key has nothing to do with it.
  overloaded,
  /// The prompt is longer than the model takes.
  context_exceeded,
  /// The provider does not answer this for its content.
  content_refused,
  /// The provider has no such model, or not for this key.
  model_unknown,
  /// The request is wrong in some other way.
  rejected,
  /// The provider failed on its side.
  failed,
};

/// What an error document says, as far as it says it.
struct provider_fault {
  /// Words for programs: codes, types and reasons, in lower case and with
  /// spaces between them.
  std::string words;
  /// For people.
  std::string message;
  /// The status that the document names; 0: none.
  int status = 0;
  std::optional<duration> retry_after;
};

/// Reads an error document, or an event of a stream that tells an error, in any
/// of the protocols: OpenAI and who is compatible, Azure, Anthropic, Google,
/// AWS, Ollama. What is no JSON is taken for the message.
provider_fault read_fault(std::string_view document);

/// The same for an answer, which may name the error in a header (AWS).
provider_fault read_fault(const net::response_head& head,
                          std::string_view body);

/// What *said* means in an answer with *status*; 0: in the middle of a stream.
fault_kind kind_of(const provider_fault& said, int status);

/// The nearest code: `provider_auth` also where there is no credit,
/// `provider_failed` also for who is overloaded, `provider_rejected` also for
/// an unknown model.
ec code_for(fault_kind x);

/// The kind that an error with *code* stands for; `none` if it stands for none.
fault_kind fault_of(ec code);

/// The error that a stream tells.
caf::error stream_fault(const provider_fault& said);

} // namespace machine::models

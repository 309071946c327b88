#pragma once

#include "actors/models/chat.hpp"
#include "gateway/proxy/front.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Thoughts go back to the model that had them, or to none: a provider refuses
/// those of others. Clients keep them, so each carries who had it.
namespace machine::gateway::proxy {

/// What a provider needs to take a thought back.
struct thought_seal {
  enum class kind_type : uint8_t {
    /// The provider's signature under a thought that can be read.
    signature,
    /// The whole thought, which only the provider can read.
    whole,
  };

  kind_type kind = kind_type::signature;
  /// The protocol of the provider, as the catalogue spells it.
  std::string protocol;
  /// The provider's own name of the model.
  std::string model;
  std::string content;

  bool operator==(const thought_seal&) const = default;
};

/// `tm1.WHO.CONTENT` for a signature and `tm1w.WHO.CONTENT` for a whole
/// thought, where WHO is protocol and model in Base64url. Empty without a
/// protocol, a model or content.
std::string to_text(const thought_seal& x);

/// None if *text* is no seal of ours.
std::optional<thought_seal> read_seal(std::string_view text);

/// A part of an answer, or of an assistant's message.
struct answer_part {
  enum class kind_type : uint8_t { text, thought, call };

  kind_type kind = kind_type::text;
  /// The text, what can be read of the thought, or the arguments of a call.
  std::string text;
  /// Of a thought, if it has one.
  std::string seal;
  /// Of a call.
  std::string id;
  std::string name;
  /// The provider may keep what stands until here for so long: `5m`, `1h`, or
  /// empty for how long it likes.
  std::optional<std::string> mark{};

  bool operator==(const answer_part&) const = default;
};

using answer_parts = std::vector<answer_part>;

/// The parts of *answer* in the order in which the model has made them, as far
/// as that is known. Seals are texts for clients.
answer_parts parts_of(const models::chat_response& answer,
                      const answer_facts& facts);

/// What the model of the thoughts in *parts* wants back (see
/// `chat_message::provider_blocks`); none if nothing in it has a seal of ours,
/// or its protocol wants nothing back. Thoughts of a second model are left out.
std::optional<json_text> kept_for_provider(const answer_parts& parts);

} // namespace machine::gateway::proxy

#pragma once

#include "actors/models/catalogue.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// `/v1/models`: which of them a client can name.
namespace machine::gateway::proxy {

/// Whose list it is. Clients of Anthropic send the header `anthropic-version`.
enum class list_form : uint8_t { openai, anthropic };

/// A model that a client can name.
struct listed_model {
  std::string id;
  /// Who serves it.
  std::string owner;
  /// How it is called to people; empty: as its id.
  std::string title{};
  /// The epoch, if nobody knows.
  timestamp created{};
  /// 0: not known.
  uint64_t context_tokens = 0;
  uint32_t max_output_tokens = 0;
};

/// The models of a catalogue that *may_see* lets pass, by id.
std::vector<listed_model>
list_models(const models::catalogue& from,
            const std::function<bool(const models::model_entry&)>& may_see);

/// A part of a list, as clients of Anthropic ask for it.
struct list_range {
  /// The last model before the part, or the first after it; at most one is
  /// said.
  std::string after_id{};
  std::string before_id{};
  size_t limit = 20;
};

/// The whole list.
std::string write_models(const std::vector<listed_model>& all,
                         list_form form = list_form::openai);

/// A part of it, in the form of Anthropic. Fails with `invalid_argument` if a
/// limit is not from 1 to 1000, or an id is none of the list's.
caf::expected<std::string> write_models(const std::vector<listed_model>& all,
                                        const list_range& range);

/// The model *id*; fails with `not_found`.
caf::expected<std::string> write_model(const std::vector<listed_model>& all,
                                       std::string_view id, list_form form);

} // namespace machine::gateway::proxy

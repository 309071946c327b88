#pragma once

#include "runtime/store/store.hpp"

#include <string>
#include <vector>

namespace machine::entity {

/// A piece of something that is worth seeing while it happens and not worth
/// keeping: the words of a model, the output of a command.
struct live_piece {
  /// What it belongs to: the activation of a run.
  std::string subject;
  /// `text` or `output`.
  std::string kind;
  std::string text;

  static constexpr const char* wire_name = "live_piece";

  static constexpr auto fields() {
    return wire::members(wire::field{"subject", &live_piece::subject},
                         wire::field{"kind", &live_piece::kind},
                         wire::field{"text", &live_piece::text});
  }

  bool operator==(const live_piece&) const = default;
};

/// Events that were committed just now. Without payloads, it only says how far
/// the log reaches: who has seen less reads it.
struct published {
  store::stream_id stream;
  /// The number of the first of them.
  uint64_t first_seq = 0;
  /// As they stand in the log.
  std::vector<bytes> payloads;

  static constexpr const char* wire_name = "published";

  static constexpr auto fields() {
    return wire::members(wire::field{"stream", &published::stream},
                         wire::field{"first_seq", &published::first_seq},
                         wire::field{"payloads", &published::payloads});
  }

  bool operator==(const published&) const = default;
};

} // namespace machine::entity

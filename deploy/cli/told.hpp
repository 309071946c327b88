#pragma once

#include "deploy/cli/record.hpp"
#include "deploy/cli/session.hpp"

#include <utility>

namespace machine::cli {

/// Prints the JSON *body*, or *sentence* made of it.
template <class Sentence>
caf::error told(const session& in, caf::expected<std::string> body,
                const std::string& what, Sentence sentence) {
  if (!body)
    return std::move(body.error());
  if (in.global.json) {
    in.print_json(*body);
    return {};
  }
  auto read = record::parse(std::move(*body), what);
  if (!read)
    return std::move(read.error());
  in.print(sentence(*read));
  return {};
}

} // namespace machine::cli

#include "deploy/cli/options.hpp"

#include "deploy/cli/grammar.hpp"

namespace machine::cli {

std::variant<parsed_options, message_to_user>
parse_options(const std::vector<std::string>& words) {
  return grammar{}.parse(words);
}

} // namespace machine::cli

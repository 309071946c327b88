#include "actors/models/catalogue_parts.hpp"

#include <algorithm>
#include <iterator>

namespace machine::models {

void read_dialect(toml_table& in, dialect& x) {
  x.output_bound = in.text("output_bound", x.output_bound);
  if (x.output_bound != "max_tokens"
      && x.output_bound != "max_completion_tokens")
    in.complain("output_bound", "is \"" + x.output_bound
                                  + "\"; it can be max_tokens or "
                                    "max_completion_tokens");
  constexpr std::string_view efforts[] = {"none", "minimal", "low", "medium",
                                          "high", "xhigh",   "max", ""};
  x.reasoning_effort = in.text("reasoning_effort", x.reasoning_effort);
  if (std::find(std::begin(efforts), std::end(efforts), x.reasoning_effort)
      == std::end(efforts))
    in.complain("reasoning_effort",
                "is \"" + x.reasoning_effort
                  + "\"; it can be none, minimal, low, medium, high, xhigh or "
                    "max");
  x.forced_tools = in.flag("forced_tools", x.forced_tools);
}

provider_entry read_provider(toml_table in, const std::string& name) {
  provider_entry x;
  x.name = name;
  auto protocol = in.text("protocol");
  if (auto kind = wire::from_name<protocol_kind>(protocol))
    x.protocol = *kind;
  else
    in.complain("protocol", "is \"" + protocol
                              + "\"; it can be openai, anthropic or scripted");
  x.url = in.text("url", "");
  while (x.url.ends_with('/'))
    x.url.pop_back();
  if (x.protocol != protocol_kind::scripted && !x.url.starts_with("http://")
      && !x.url.starts_with("https://"))
    in.complain("url", "must begin with http:// or https://");
  x.key_env = in.text("key_env", "");
  x.local = in.flag("local", false);
  read_dialect(in, x.speaks);
  in.finish();
  return x;
}

} // namespace machine::models

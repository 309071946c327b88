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
  x.vector_format = in.text("vector_format", x.vector_format);
  if (x.vector_format != "base64" && x.vector_format != "float")
    in.complain("vector_format",
                "is \"" + x.vector_format + "\"; it can be base64 or float");
}

namespace {

/// The names of all enumerators of *Enum*, for a person.
template <class Enum>
std::string names_of() {
  std::string result;
  auto all = wire_names(Enum{});
  for (size_t i = 0; i < all.size(); ++i)
    result += (i == 0                ? ""
               : i + 1 == all.size() ? " or "
                                     : ", ")
            + std::string{all[i].first};
  return result;
}

bool is_variable(std::string_view x) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_';
  };
  return !x.empty() && x.size() <= 128 && !(x[0] >= '0' && x[0] <= '9')
      && std::all_of(x.begin(), x.end(), good);
}

/// Also of regions and versions: nothing that means something in an address.
bool is_plain_word(std::string_view x) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !x.empty() && x.size() <= 128 && std::all_of(x.begin(), x.end(), good);
}

constexpr size_t max_keys = 64;
constexpr size_t max_extra_headers = 32;
constexpr size_t max_extra_header_bytes = 4'096;

key_source read_key(toml_table in) {
  key_source x;
  x.env = in.text("env", "");
  x.secret = in.text("secret", "");
  x.weight = static_cast<uint32_t>(in.integer("weight", 1, 1, 1'000));
  if (x.env.empty() == x.secret.empty())
    in.complain("env", "or `secret` must be there, and not both: where the "
                       "key is found");
  else if (!x.env.empty() && !is_variable(x.env))
    in.complain("env", "is no name of a variable; write the name, and not the "
                       "key itself");
  else if (!x.secret.empty() && !is_plain_word(x.secret))
    in.complain("secret", "is no name of a secret; write letters, digits, `-`, "
                          "`_` and `.`, and not the secret itself");
  in.finish();
  return x;
}

void read_keys(toml_table& in, provider_entry& x) {
  x.key_env = in.text("key_env", "");
  if (!x.key_env.empty() && !is_variable(x.key_env))
    in.complain("key_env", "is no name of a variable; write the name, and not "
                           "the key itself");
  for (auto& key : in.tables("keys"))
    x.keys.push_back(read_key(std::move(key)));
  if (x.keys.size() > max_keys)
    in.complain("keys", "are more than " + std::to_string(max_keys));
}

/// Headers that are ours to set, or that would make another request of it.
bool is_reserved(std::string_view name) {
  constexpr std::string_view all[] = {"accept",
                                      "api-key",
                                      "authorization",
                                      "connection",
                                      "content-length",
                                      "content-type",
                                      "cookie",
                                      "expect",
                                      "host",
                                      "idempotency-key",
                                      "keep-alive",
                                      "proxy-authorization",
                                      "te",
                                      "traceparent",
                                      "trailer",
                                      "transfer-encoding",
                                      "upgrade",
                                      "user-agent",
                                      "x-api-key",
                                      "x-goog-api-key"};
  return std::find(std::begin(all), std::end(all), name) != std::end(all)
      || name.starts_with("x-amz-");
}

/// A token of HTTP (RFC 9110, section 5.6.2).
bool is_header_name(std::string_view x) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  };
  return !x.empty() && x.size() <= 64 && std::all_of(x.begin(), x.end(), good);
}

bool is_header_value(std::string_view x) {
  return !x.empty() && x.size() <= max_extra_header_bytes && x.front() != ' '
      && x.back() != ' ' && std::all_of(x.begin(), x.end(), [](char c) {
           return c >= 0x20 && c < 0x7F;
         });
}

std::string lowered(std::string x) {
  for (auto& c : x)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + ('a' - 'A'));
  return x;
}

void read_headers(toml_table& in, provider_entry& x) {
  if (!in.has("headers"))
    return;
  auto all = in.table("headers");
  for (auto& name : all.keys()) {
    auto value = all.text(name, "");
    if (!is_header_name(name))
      all.complain(name, "is no name of a header");
    else if (is_reserved(lowered(name)))
      all.complain(name, "is set by the machine itself; for keys there are "
                         "`keys` and `auth`");
    else if (!is_header_value(value))
      all.complain(name, "must be printable ASCII of at most 4096 characters, "
                         "without spaces around it");
    else
      x.headers.emplace_back(name, value);
  }
  all.finish();
  if (x.headers.size() > max_extra_headers)
    in.complain("headers",
                "are more than " + std::to_string(max_extra_headers));
}

bool is_address(std::string_view x) {
  return (x.starts_with("http://") || x.starts_with("https://"))
      && std::all_of(x.begin(), x.end(),
                     [](char c) { return c > 0x20 && c < 0x7F; });
}

void read_place(toml_table& in, provider_entry& x) {
  x.url = in.text("url", "");
  while (x.url.ends_with('/'))
    x.url.pop_back();
  x.region = in.text("region", "");
  x.api_version = in.text("api_version", "");
  if (!x.region.empty() && !is_plain_word(x.region))
    in.complain("region", "is no region of AWS; write it as eu-west-1");
  if (!x.api_version.empty() && !is_plain_word(x.api_version))
    in.complain("api_version", "is no version; write it as 2024-10-21");
  // The address of Bedrock follows from the region.
  auto may_be_empty =
    x.protocol == protocol_kind::scripted
    || (x.protocol == protocol_kind::bedrock && !x.region.empty());
  if (x.url.empty() && x.protocol == protocol_kind::bedrock && !may_be_empty)
    in.complain("region", "is missing; write it as eu-west-1");
  else if (!is_address(x.url) && !(may_be_empty && x.url.empty()))
    in.complain("url", "must begin with http:// or https://");
}

} // namespace

provider_entry read_provider(toml_table in, const std::string& name) {
  provider_entry x;
  x.name = name;
  auto protocol = in.text("protocol");
  if (auto kind = wire::from_name<protocol_kind>(protocol))
    x.protocol = *kind;
  else
    in.complain("protocol", "is \"" + protocol + "\"; it can be "
                              + names_of<protocol_kind>());
  read_place(in, x);
  if (in.has("auth")) {
    auto auth = in.text("auth");
    x.auth = wire::from_name<auth_style>(auth);
    if (!x.auth)
      in.complain("auth",
                  "is \"" + auth + "\"; it can be " + names_of<auth_style>());
  }
  read_keys(in, x);
  constexpr int64_t most = 1'000'000'000'000;
  x.requests_per_minute =
    static_cast<uint64_t>(in.integer("requests_per_minute", 0, 0, most));
  x.tokens_per_minute =
    static_cast<uint64_t>(in.integer("tokens_per_minute", 0, 0, most));
  read_headers(in, x);
  x.local = in.flag("local", false);
  x.regions = in.texts("regions");
  x.no_training = in.flag("no_training", false);
  x.zero_retention = in.flag("zero_retention", false);
  read_dialect(in, x.speaks);
  in.finish();
  return x;
}

} // namespace machine::models

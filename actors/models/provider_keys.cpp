#include "actors/models/provider_keys.hpp"

#include "actors/models/protocol.hpp"

namespace machine::models {

namespace {

/// The variables of AWS's own tools, as one key.
void find_aws_key(found_keys& to, const key_lookup& variable) {
  auto id = variable("AWS_ACCESS_KEY_ID");
  auto secret = variable("AWS_SECRET_ACCESS_KEY");
  auto token = variable("AWS_SESSION_TOKEN").value_or("");
  if (id && secret && !id->empty() && !secret->empty())
    to.keys.push_back(
      {*id + ":" + *secret + (token.empty() ? "" : ":") + token, 1});
  else
    to.missing.push_back("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

} // namespace

found_keys find_keys(const provider_entry& about, const key_lookup& variable,
                     const key_lookup& secret) {
  found_keys result;
  auto either = [&](const std::string& name) {
    auto value = variable(name);
    return value && !value->empty() ? value : secret(name);
  };
  auto all = about.keys;
  if (!about.key_env.empty())
    all.insert(all.begin(), key_source{about.key_env, {}, 1});
  for (auto& x : all) {
    auto value = x.env.empty() ? secret(x.secret) : either(x.env);
    if (value && !value->empty())
      result.keys.push_back({*value, x.weight});
    else
      result.missing.push_back(
        x.env.empty()
          ? "themachine secret set " + x.secret
          : "set " + x.env + " (or themachine secret set " + x.env + ")");
  }
  if (all.empty() && endpoint_of(about).auth == auth_style::aws)
    find_aws_key(result, either);
  return result;
}

} // namespace machine::models

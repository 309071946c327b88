#include "actors/models/protocol.hpp"
#include "runtime/net/aws_signature.hpp"

#include <string_view>

namespace machine::models {

namespace {

std::string_view host_in(std::string_view url) {
  if (auto scheme = url.find("://"); scheme != url.npos)
    url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(":/?#"));
}

bool has_path(std::string_view url) {
  auto host = url.find("://");
  return host != url.npos && url.find('/', host + 3) != url.npos;
}

bool is_azure(std::string_view url) {
  auto host = host_in(url);
  return host.ends_with(".openai.azure.com")
      || host.ends_with(".services.ai.azure.com")
      || host.ends_with(".cognitiveservices.azure.com");
}

bool is_openai(protocol_kind x) {
  return x == protocol_kind::openai || x == protocol_kind::openai_responses;
}

auth_style usual_auth(protocol_kind speaks, std::string_view url) {
  switch (speaks) {
    case protocol_kind::openai:
    case protocol_kind::openai_responses:
      return is_azure(url) ? auth_style::api_key : auth_style::bearer;
    case protocol_kind::anthropic: return auth_style::x_api_key;
    case protocol_kind::gemini: return auth_style::x_goog_api_key;
    case protocol_kind::bedrock: return auth_style::aws;
    case protocol_kind::scripted: return auth_style::none;
  }
  return auth_style::none;
}

/// The region in the address of a service of AWS,
/// `SERVICE.REGION.amazonaws.com`.
std::string region_in(std::string_view url) {
  auto host = host_in(url);
  auto end = host.find(".amazonaws.com");
  auto begin = end == host.npos ? host.npos : host.rfind('.', end - 1);
  if (begin == host.npos || end == 0)
    return {};
  return std::string{host.substr(begin + 1, end - begin - 1)};
}

} // namespace

std::string endpoint_of(protocol_kind speaks, std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  switch (speaks) {
    case protocol_kind::anthropic:
      return url.ends_with("/v1") ? url : url + "/v1";
    case protocol_kind::openai:
    case protocol_kind::openai_responses:
      return has_path(url) ? url : url + "/v1";
    case protocol_kind::gemini: return has_path(url) ? url : url + "/v1beta";
    case protocol_kind::bedrock:
    case protocol_kind::scripted: return url;
  }
  return url;
}

endpoint endpoint_of(const provider_entry& about) {
  endpoint x;
  x.api_version = about.api_version;
  x.region = about.region;
  x.headers = about.headers;
  auto url = about.url;
  while (url.ends_with('/'))
    url.pop_back();
  x.auth = about.auth.value_or(usual_auth(about.protocol, url));
  if (about.protocol == protocol_kind::bedrock) {
    if (url.empty())
      url = "https://bedrock-runtime." + about.region + ".amazonaws.com";
    if (x.region.empty())
      x.region = region_in(url);
  }
  if (is_openai(about.protocol)) {
    if (is_azure(url) && !has_path(url))
      url += about.api_version.empty() ? "/openai/v1" : "/openai";
    x.deployments = about.protocol == protocol_kind::openai
                 && !about.api_version.empty() && !url.ends_with("/v1");
    // With a version of its own an address is whole.
    x.url = about.api_version.empty() ? endpoint_of(about.protocol, url) : url;
    return x;
  }
  x.url = endpoint_of(about.protocol, url);
  return x;
}

caf::error authorize(net::request& what, const endpoint& to,
                     const std::string& key, timestamp now) {
  what.headers.insert(what.headers.end(), to.headers.begin(), to.headers.end());
  if (key.empty())
    return caf::none;
  auto add = [&](const char* name, std::string value) {
    what.headers.emplace_back(name, std::move(value));
    return caf::none;
  };
  switch (to.auth) {
    case auth_style::none: return caf::none;
    case auth_style::bearer: return add("Authorization", "Bearer " + key);
    case auth_style::x_api_key: return add("x-api-key", key);
    case auth_style::api_key: return add("api-key", key);
    case auth_style::x_goog_api_key: return add("x-goog-api-key", key);
    case auth_style::aws: break;
  }
  auto who = net::read_aws_credentials(key);
  if (!who)
    return make_error(ec::provider_auth,
                      "the key is none of AWS; write ID:SECRET, or "
                      "ID:SECRET:SESSION_TOKEN");
  net::sign_for_aws(what, *who, {to.region, "bedrock"}, now);
  return caf::none;
}

} // namespace machine::models

#include "actors/models/catalogue.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;

namespace {

std::string mistake(const std::string& lines) {
  auto x = load_catalogue({}, "[provider.p]\n" + lines, "c.toml");
  return x ? "none" : message_of(x.error());
}

bool tells(const std::string& lines, const std::string& what) {
  auto text = mistake(lines);
  INFO(text);
  auto found = text.find(what) != std::string::npos;
  CHECK(found);
  return found;
}

/// With lines of its own.
std::string openai_at_h(const std::string& more) {
  return "protocol = \"openai\"\nurl = \"https://h\"\n" + more;
}

} // namespace

TEST_CASE("all that a provider can have is read") {
  auto all = load_catalogue({}, R"(
[provider.azure]
protocol = "openai_responses"
url = "https://n.openai.azure.com/"
auth = "api-key"
api_version = "2025-04-01-preview"
key_env = "A"
keys = [{ env = "B", weight = 2 }, { secret = "azure-2" }]
requests_per_minute = 60
tokens_per_minute = 150000
headers = { "X-Team" = "shop", "anthropic-beta" = "a,b" }
vector_format = "float"
[provider.bedrock]
protocol = "bedrock"
region = "eu-west-1"
[provider.gemini]
protocol = "gemini"
url = "https://generativelanguage.googleapis.com"
)",
                            "c.toml");
  if (!all)
    FAIL(render(all.error()));
  auto& x = all->providers["azure"];
  CHECK(x.protocol == protocol_kind::openai_responses);
  CHECK(x.url == "https://n.openai.azure.com");
  CHECK(x.auth == auth_style::api_key);
  CHECK(x.api_version == "2025-04-01-preview");
  CHECK(x.key_env == "A");
  CHECK(x.keys == std::vector<key_source>{{"B", "", 2}, {"", "azure-2", 1}});
  CHECK(x.requests_per_minute == 60);
  CHECK(x.tokens_per_minute == 150'000);
  CHECK(x.headers
        == std::vector<std::pair<std::string, std::string>>{
          {"X-Team", "shop"}, {"anthropic-beta", "a,b"}});
  CHECK(x.speaks.vector_format == "float");
  CHECK(all->providers["bedrock"].url.empty());
  CHECK(all->providers["bedrock"].region == "eu-west-1");
  CHECK(!all->providers["gemini"].auth);
}

TEST_CASE("what is wrong with a provider is told with its line and mending") {
  tells("protocol = \"soap\"\nurl = \"http://x\"\n",
        "c.toml:2: provider.p.protocol is \"soap\"; it can be openai, "
        "openai_responses, anthropic, gemini, bedrock or scripted");
  tells("protocol = \"openai\"\n",
        "provider.p.url must begin with http:// or https://");
  tells("protocol = \"openai\"\nurl = \"https://h\\r\\nx\"\n",
        "c.toml:3: provider.p.url must begin with");
  tells("protocol = \"bedrock\"\n", "provider.p.region is missing");
  tells("protocol = \"bedrock\"\nregion = \"a/b\"\n",
        "c.toml:3: provider.p.region is no region of AWS");
  tells(openai_at_h("auth = \"basic\"\n"),
        "c.toml:4: provider.p.auth is \"basic\"; it can be none, bearer, "
        "x-api-key, api-key, x-goog-api-key or aws");
  tells(openai_at_h("api_version = \"a&b\"\n"),
        "c.toml:4: provider.p.api_version is no version");
  tells(openai_at_h("requests_per_minute = -1\n"),
        "c.toml:4: provider.p.requests_per_minute must be a whole number");
  tells(openai_at_h("vector_format = \"int8\"\n"), "it can be base64 or float");
}

TEST_CASE("what is wrong with a key is told, and the key is not") {
  auto key = [](const std::string& text) {
    return openai_at_h("keys = [" + text + "]\n");
  };
  tells(key("{ env = \"sk-123\" }"),
        "c.toml:4: provider.p.keys[0].env is no name of a variable; write the "
        "name, and not the key itself");
  CHECK(mistake(key("{ env = \"sk-123\" }")).find("sk-123")
        == std::string::npos);
  tells(openai_at_h("key_env = \"sk-123\"\n"),
        "key_env is no name of a variable");
  tells(key("{ env = \"A\" }, { secret = \"a b\" }"),
        "provider.p.keys[1].secret is no name of a secret");
  tells(key("{ env = \"A\", secret = \"b\" }"), "and not both");
  tells(key("{ weight = 1 }"), "must be there");
  tells(key("{ env = \"A\", weight = 0 }"),
        "provider.p.keys[0].weight must be a whole number from 1 to 1000");
  tells(key("{ env = \"A\", wait = 0 }"),
        "provider.p.keys[0].wait is no known key");
  tells(key("1"), "provider.p.keys must be a list of tables");
  tells(openai_at_h("keys = \"A\"\n"),
        "provider.p.keys must be a list of tables");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "{ env = \"A\" },";
  tells(key(many), "keys are more than 64");
}

TEST_CASE("no header can make another request of it") {
  auto header = [](const std::string& name, const std::string& value) {
    return openai_at_h("headers = { \"" + name + "\" = \"" + value + "\" }\n");
  };
  for (auto* x : {"a\\r\\nb", "a\\nHost: x", "a\\u0000", " a", "a ", "",
                  "\\u00e9", "a\\tb"}) {
    CAPTURE(x);
    tells(header("X-A", x), "headers.X-A must be printable ASCII");
  }
  for (auto* x : {"X A", "X:A", "", "X\\nA", "X\\u00e9"}) {
    CAPTURE(x);
    tells(header(x, "v"), "is no name of a header");
  }
  for (auto* x : {"Host", "AUTHORIZATION", "content-Length", "x-amz-date",
                  "Transfer-Encoding", "api-key", "Cookie"}) {
    CAPTURE(x);
    tells(header(x, "v"), "is set by the machine itself");
  }
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += (i == 0 ? "" : ", ") + std::string{"\"X-"} + std::to_string(i)
          + "\" = \"v\"";
  tells(openai_at_h("headers = { " + many + " }\n"),
        "headers are more than 32");
}

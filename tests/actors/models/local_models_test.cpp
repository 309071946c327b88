#include "actors/models/local_models.hpp"

#include "actors/models/discover.hpp"
#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

#include <rapidcheck.h>

#include <chrono>
#include <map>

using namespace machine;
using namespace machine::models;

namespace {

// Written by hand after github.com/ollama/ollama/blob/main/docs/api.md.
const std::string tags =
  R"({"models":[{"name":"qwen3:8b","model":"qwen3:8b","modified_at":"2026-11-01T10:00:00Z","size":5225388164,"digest":"a","details":{"format":"gguf","family":"qwen3","parameter_size":"8.2B"}},
      {"name":"nomic-embed-text:latest","model":"nomic-embed-text:latest","size":1}]})";

const std::string running =
  R"({"models":[{"name":"qwen3:8b","model":"qwen3:8b","size_vram":1,"context_length":16384}]})";

const std::string shown =
  R"({"details":{"family":"qwen3"},"model_info":{"general.architecture":"qwen3","qwen3.context_length":40960,"qwen3.block_count":36},"capabilities":["completion","tools","thinking","vision"]})";

const std::string embedder =
  R"({"model_info":{"nomic-bert.context_length":2048},"capabilities":["embedding"]})";

// Written by hand after
// github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.
const std::string listed =
  R"({"object":"list","data":[{"id":"/models/gemma-3.gguf","object":"model","meta":{"n_ctx_train":131072}}]})";

const std::string props =
  R"({"default_generation_settings":{"id":0,"n_ctx":8192,"params":{}},"total_slots":1,"model_path":"/models/gemma-3.gguf","chat_template":"{% if tools %}","modalities":{"vision":true,"audio":false}})";

/// Answers by the target of the request; everything else is not there.
test::server::script by_target(std::map<std::string, std::string> all) {
  return [all](test::connection& peer) {
    while (auto request = peer.read_request()) {
      auto begin = request->find(' ') + 1;
      auto target = request->substr(begin, request->find(' ', begin) - begin);
      if (request->find("nomic") != std::string::npos)
        target += "?nomic";
      if (auto i = all.find(target); i != all.end())
        peer.answer(i->second);
      else
        peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
  };
}

} // namespace

TEST_CASE("what local servers say of their models is read") {
  auto all = read_ollama_tags(tags);
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "qwen3:8b");
  read_ollama_show(shown, all[0]);
  CHECK(all[0] == local_model{"qwen3:8b", 40'960, true, true, false, false});
  read_ollama_show(embedder, all[1]);
  CHECK(all[1].embeds);
  CHECK(read_ollama_contexts(running)
        == std::map<std::string, uint64_t>{{"qwen3:8b", 16'384}});
  auto llama = read_model_list(listed);
  REQUIRE(llama.size() == 1);
  read_llama_props(props, llama[0]);
  CHECK(
    llama[0]
    == local_model{"/models/gemma-3.gguf", 8'192, true, true, false, false});
  read_llama_props(R"({"chat_template_caps":{"supports_tools":false}})",
                   llama[0]);
  CHECK(!llama[0].tools);
}

TEST_CASE("local models cost nothing and stand in nobody's way") {
  catalogue all;
  model_entry mine;
  mine.id = "mine";
  mine.provider = "elsewhere";
  all.models["mine"] = mine;
  add_local_models(all, {"llama.cpp", "http://127.0.0.1:8080"},
                   {{"/m/gemma-3.gguf", 8'192, true, true, false, false},
                    {"mine", 0, false, false, false, false},
                    {"vectors", 0, false, false, false, true},
                    {"bad name", 0, false, false, false, false},
                    {"small", 0, false, false, false, false}});
  auto& provider = all.providers["llama.cpp"];
  CHECK(provider.url == "http://127.0.0.1:8080/v1");
  CHECK(provider.protocol == protocol_kind::openai);
  CHECK(provider.local);
  CHECK(provider.key_env.empty());
  CHECK(all.models.size() == 3);
  auto& x = all.models["gemma-3"];
  CHECK(x.name == "/m/gemma-3.gguf");
  CHECK(x.price == costs::price{});
  CHECK(x.tools);
  CHECK(x.structured_output);
  CHECK(x.takes == std::vector<attachment_kind>{attachment_kind::image});
  CHECK(x.context_tokens == 8'192);
  CHECK(all.models["mine"] == mine);
  CHECK(all.models["small"].context_tokens == 2'048);
  CHECK(all.models["small"].max_output_tokens == 2'048);
}

TEST_CASE("what was found takes nobody's place") {
  catalogue found;
  add_local_models(found, {"ollama", "http://127.0.0.1:1"},
                   {{"new", 0, true, false, false, false},
                    {"mine", 0, false, false, false, false},
                    {"nick", 0, false, false, false, false}});
  catalogue all;
  model_entry mine;
  mine.id = "mine";
  mine.aliases = {"nick"};
  mine.provider = "elsewhere";
  all.models["mine"] = mine;
  all.aliases["nick"] = "mine";
  auto empty = all;
  CHECK(merge_local_models(all, {}).empty());
  CHECK(all.models == empty.models);
  CHECK(merge_local_models(all, found) == std::set<std::string>{"new"});
  CHECK(all.models.at("mine") == mine);
  CHECK(!all.models.contains("nick"));
  CHECK(all.models.at("new").provider == "ollama");
  CHECK(all.providers.at("ollama").url == "http://127.0.0.1:1/v1");
}

TEST_CASE("a server that is found is not taken for one of its name elsewhere") {
  catalogue found;
  add_local_models(found, {"ollama", "http://127.0.0.1:1"},
                   {{"new", 0, true, false, false, false}});
  catalogue all;
  provider_entry other;
  other.name = "ollama";
  other.url = "http://10.0.0.1/v1";
  all.providers["ollama"] = other;
  auto crowded = all;
  CHECK(merge_local_models(all, found).size() == 1);
  CHECK(all.providers.at("ollama") == other);
  CHECK(all.models.at("new").provider == "local-ollama");
  CHECK(all.providers.at("local-ollama").name == "local-ollama");
  crowded.providers["local-ollama"] = other;
  CHECK(merge_local_models(crowded, found).empty());
  CHECK(crowded.models.empty());
  // The same server, as somebody has configured it.
  catalogue same;
  other.url = "http://127.0.0.1:1/v1";
  other.requests_per_minute = 7;
  same.providers["ollama"] = other;
  CHECK(merge_local_models(same, found).size() == 1);
  CHECK(same.providers.at("ollama") == other);
}

TEST_CASE("no answer of a local server harms its reader") {
  CHECK(rc::check([](const std::string& noise, uint16_t at) {
    for (auto* text : {&tags, &running, &shown, &listed, &props}) {
      auto changed = *text;
      changed.insert(at % changed.size(), noise);
      auto models = read_ollama_tags(changed);
      (void)read_ollama_contexts(changed);
      local_model x;
      read_ollama_show(changed, x);
      read_llama_props(changed, x);
      RC_ASSERT(models.size() <= max_local_models);
      RC_ASSERT(read_model_list(changed).size() <= max_local_models);
    }
  }));
}

TEST_CASE("the servers of this machine are asked for their models") {
  test::server ollama{by_target({{"/api/tags", tags},
                                 {"/api/ps", running},
                                 {"/api/show", shown},
                                 {"/api/show?nomic", embedder}})};
  test::server llama{by_target({{"/v1/models", listed}, {"/props", props}})};
  net::client http;
  local_places where;
  where.ollama = ollama.url("");
  where.llama_cpp = llama.url("");
  // A slow machine may take longer.
  where.deadline = duration{10'000};
  catalogue all;
  discover_local(all, http, where);
  REQUIRE(all.models.size() == 2);
  CHECK(all.models["qwen3:8b"].provider == "ollama");
  // As long as it is loaded with, and not as it could be.
  CHECK(all.models["qwen3:8b"].context_tokens == 16'384);
  CHECK(all.models["gemma-3"].provider == "llama.cpp");
  CHECK(all.providers["ollama"].url == ollama.url("/v1"));
}

TEST_CASE("a model that is not loaded has the context that Ollama gives it") {
  test::server ollama{by_target({{"/api/tags", tags}, {"/api/show", shown}})};
  net::client http;
  local_places where;
  where.ollama = ollama.url("");
  where.llama_cpp = ollama.url("");
  where.deadline = duration{10'000};
  catalogue all;
  discover_local(all, http, where);
  CHECK(all.models["qwen3:8b"].context_tokens == 4'096);
  CHECK(!all.providers.contains("llama.cpp"));
}

TEST_CASE("where nobody answers, nobody is waited for") {
  auto fd = test::bind_any_port();
  auto closed = "http://127.0.0.1:" + std::to_string(test::port_of(fd));
  test::server silent{[](test::connection& peer) { peer.closed_within(-1); }};
  net::client http;
  local_places where;
  where.ollama = closed;
  where.llama_cpp = silent.url("");
  auto begun = std::chrono::steady_clock::now();
  catalogue all;
  discover_local(all, http, where);
  CHECK(all.models.empty());
  CHECK(all.providers.empty());
  // Two deadlines of 300 ms, and what a busy machine takes.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds{10});
  ::close(fd);
}

#include "actors/models/discover.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace machine::models {

namespace {

/// What came back for some questions that were asked at once.
struct discovery {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> bodies;
  std::vector<int> statuses;
  size_t left = 0;
};

/// Bound on one answer, in bytes.
constexpr size_t max_discovery_bytes = 4u << 20;

net::request question(const std::string& url, duration deadline,
                      std::string body = {}) {
  net::request x;
  x.url = url;
  if (!body.empty()) {
    x.method = "POST";
    x.headers = {{"Content-Type", "application/json"}};
    x.body = std::move(body);
  }
  x.connect_timeout = deadline;
  x.idle_timeout = deadline;
  x.total_timeout = deadline;
  x.max_response_bytes = max_discovery_bytes;
  x.addresses = net::address_policy::public_and_loopback;
  return x;
}

/// The answers to *all*, in their order; empty for those that failed.
std::vector<std::string> ask(net::client& http, std::vector<net::request> all) {
  auto state = std::make_shared<discovery>();
  state->bodies.resize(all.size());
  state->statuses.resize(all.size());
  state->left = all.size();
  for (size_t i = 0; i < all.size(); ++i) {
    net::handlers how;
    how.on_head = [state, i](const net::response_head& head) {
      state->statuses[i] = head.status;
    };
    how.on_data = [state, i](std::string_view data) {
      state->bodies[i] += data;
    };
    how.on_done = [state, i](const caf::error& why) {
      std::lock_guard guard{state->mutex};
      if (why || state->statuses[i] != 200)
        state->bodies[i].clear();
      --state->left;
      state->changed.notify_one();
    };
    http.start(std::move(all[i]), std::move(how));
  }
  std::unique_lock lock{state->mutex};
  state->changed.wait(lock, [&] { return state->left == 0; });
  return std::move(state->bodies);
}

/// What each model of Ollama can do, and how long a context it has here.
void look_closer(std::vector<local_model>& models, net::client& http,
                 const local_places& where,
                 const std::map<std::string, uint64_t>& loaded) {
  std::vector<net::request> all;
  for (auto& x : models)
    all.push_back(question(where.ollama + "/api/show", where.deadline,
                           "{\"model\":" + wire::to_json(x.name) + "}"));
  auto answers = ask(http, std::move(all));
  for (size_t i = 0; i < models.size(); ++i) {
    auto& x = models[i];
    read_ollama_show(answers[i], x);
    auto here = loaded.find(x.name);
    auto context = here != loaded.end() ? here->second : where.ollama_context;
    x.context_tokens =
      x.context_tokens > 0 ? std::min(x.context_tokens, context) : context;
  }
}

} // namespace

void discover_local(catalogue& to, net::client& http,
                    const local_places& where) {
  std::vector<net::request> all;
  for (auto* path : {"/api/tags", "/v1/models", "/api/ps"})
    all.push_back(question(where.ollama + path, where.deadline));
  for (auto* path : {"/v1/models", "/props"})
    all.push_back(question(where.llama_cpp + path, where.deadline));
  auto answers = ask(http, std::move(all));
  auto ollama = read_ollama_tags(answers[0]);
  if (ollama.empty())
    ollama = read_model_list(answers[1]);
  if (!ollama.empty()) {
    look_closer(ollama, http, where, read_ollama_contexts(answers[2]));
    add_local_models(to, {"ollama", where.ollama}, ollama);
  }
  // Whoever else listens there is no llama.cpp without this.
  auto llama = read_model_list(answers[3]);
  if (llama.empty() || answers[4].empty())
    return;
  for (auto& x : llama)
    read_llama_props(answers[4], x);
  add_local_models(to, {"llama.cpp", where.llama_cpp}, llama);
}

} // namespace machine::models

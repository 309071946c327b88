#pragma once

#include "actors/node/node.hpp"
#include "actors/secrets/vault.hpp"
#include "gateway/api/auditor.hpp"
#include "gateway/api/channel.hpp"
#include "gateway/api/document_cache.hpp"
#include "gateway/api/kept_answers.hpp"
#include "gateway/http/route.hpp"
#include "gateway/identity/issuer_keys.hpp"
#include "gateway/identity/key_ring.hpp"
#include "gateway/identity/password_desk.hpp"
#include "gateway/identity/rate_gate.hpp"
#include "gateway/identity/repository_roots.hpp"
#include "gateway/identity/stream_counts.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace machine::gateway {

/// Where a machine is in its life.
enum class stage : uint8_t { starting, serving, stopping };

/// What the resources are made of.
struct api_context {
  /// Outlives the server. Whoever waits for something in it is a guest of it,
  /// and touches it no more once it ends.
  node* machine = nullptr;
  std::string version;
  micro_usd default_budget = 1'000'000;
  /// The workflows that come with the machine: their text by name.
  std::map<std::string, std::string> workflows;
  /// The configuration as JSON, without secrets.
  std::string config = "[]";
  /// Of things that are looked at again and again.
  std::shared_ptr<document_cache> documents =
    std::make_shared<document_cache>(64u << 20);
  /// To requests that come with a key.
  std::shared_ptr<kept_answers> answers = std::make_shared<kept_answers>();
  /// What runs of people with keys may work with.
  repository_roots repositories;
  /// Logs that clients of WebSockets follow.
  std::shared_ptr<channel_list> channels = std::make_shared<channel_list>();
  /// Who has which key.
  std::shared_ptr<key_ring> keys;
  /// Hears why somebody was not let in, which they do not. Any thread may call.
  std::function<void(const std::string&)> refused;
  /// The keys of issuers outside; none: nobody outside is believed.
  std::shared_ptr<issuer_keys> outside;
  /// Who knows which password.
  std::shared_ptr<password_desk> passwords;
  /// Seals secrets of tenants; none: there are no secrets.
  std::shared_ptr<secrets::vault> vault;
  /// Hears of a tenant one of whose secrets was set or removed, before whoever
  /// did it is answered. May block, and any thread may call.
  std::function<void(const std::string& tenant)> secret_changed;
  /// Slows down who asks too often; none: nobody is.
  std::shared_ptr<rate_gate> rates;
  /// Who holds how many streams; none: as many as they like.
  std::shared_ptr<stream_counts> streams;
  /// Writes down who does what that matters.
  std::shared_ptr<auditor> audit = std::make_shared<auditor>();
  /// What `GET /metrics` shows; none: nothing.
  std::shared_ptr<metrics> numbers;
  /// Whoever starts and stops the machine says it here.
  std::shared_ptr<std::atomic<stage>> now =
    std::make_shared<std::atomic<stage>>(stage::starting);
  /// Asks the machine to stop.
  std::function<void()> stop;
};

/// Every resource under `/api/v1`.
route_table make_routes(std::shared_ptr<const api_context> context);

} // namespace machine::gateway

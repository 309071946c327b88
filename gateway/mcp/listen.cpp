#include "gateway/mcp/listen.hpp"

#include "gateway/mcp/message.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <mutex>

namespace machine::gateway::mcp {

namespace {

struct feature {
  std::optional<bool> changes;
  std::optional<bool> subscribe;

  static constexpr const char* wire_name = "feature";

  static constexpr auto fields() {
    return wire::members(wire::field{"listChanged", &feature::changes},
                         wire::field{"subscribe", &feature::subscribe});
  }
};

struct feature_list {
  std::optional<feature> tools;
  std::optional<feature> prompts;
  std::optional<feature> resources;
  std::optional<json_text> logging;

  static constexpr const char* wire_name = "capabilities";

  static constexpr auto fields() {
    return wire::members(wire::field{"tools", &feature_list::tools},
                         wire::field{"prompts", &feature_list::prompts},
                         wire::field{"resources", &feature_list::resources},
                         wire::field{"logging", &feature_list::logging});
  }
};

feature_list features_of(std::string_view capabilities) {
  auto read = wire::from_json<feature_list>(capabilities);
  return read ? std::move(*read) : feature_list{};
}

std::optional<bool> both(std::optional<bool> x, std::optional<bool> y) {
  return x.value_or(false) && y.value_or(false) ? std::optional{true}
                                                : std::nullopt;
}

std::string tag_of(const std::string& id) {
  return R"("_meta":{"io.modelcontextprotocol/subscriptionId":)" + id + "}";
}

/// Tells a client of changes, but not before it was told of which.
class teller {
public:
  teller(std::string id, std::shared_ptr<std::atomic<size_t>> open)
      : id_(std::move(id)), open_(std::move(open)) {}

  teller(const teller&) = delete;
  teller& operator=(const teller&) = delete;

  ~teller() {
    --*open_;
  }

  void begin(std::shared_ptr<event_stream> to, const change_filter& what) {
    std::lock_guard guard{mutex_};
    to_ = std::move(to);
    auto params = R"({"notifications":)" + wire::to_json(what) + "}";
    send({"notifications/subscriptions/acknowledged", params});
    for (auto& x : std::exchange(early_, {}))
      send(x);
  }

  void tell(const change& x) {
    std::lock_guard guard{mutex_};
    if (to_)
      send(x);
    else if (early_.size() < max_uris)
      early_.push_back(x);
  }

private:
  void send(const change& x) {
    to_->send(
      std::nullopt, "message",
      notification_message(x.method, with_members(x.params, tag_of(id_))));
  }

  const std::string id_;
  const std::shared_ptr<std::atomic<size_t>> open_;
  std::mutex mutex_;
  std::shared_ptr<event_stream> to_;
  /// What happened before the stream was there.
  std::vector<change> early_;
};

void fail(const std::string& id, rpc_error why, const responder_ptr& reply) {
  reply->json(200, error_message(id, why));
}

} // namespace

change_filter changes_of(std::string_view capabilities) {
  auto has = features_of(capabilities);
  change_filter result;
  result.tools = has.tools ? has.tools->changes : std::nullopt;
  result.prompts = has.prompts ? has.prompts->changes : std::nullopt;
  if (has.resources) {
    result.resources = has.resources->changes;
    if (has.resources->subscribe.value_or(false))
      result.uris.emplace();
  }
  return result;
}

bool offers_changes(std::string_view capabilities) {
  auto has = changes_of(capabilities);
  return has.tools.value_or(false) || has.prompts.value_or(false)
      || has.resources.value_or(false) || has.uris;
}

bool offers_logging(std::string_view capabilities) {
  return features_of(capabilities).logging.has_value();
}

change_filter honoured(const change_filter& wanted,
                       const change_filter& offered) {
  change_filter result{both(wanted.tools, offered.tools),
                       both(wanted.prompts, offered.prompts),
                       both(wanted.resources, offered.resources), std::nullopt};
  if (wanted.uris && !wanted.uris->empty() && offered.uris)
    result.uris = wanted.uris;
  return result;
}

void listener_list::listen(service& of, const call& wanted,
                           const std::string& id, const responder_ptr& reply) {
  auto params = wire::from_json<listen_params>(wanted.params);
  if (!params) {
    fail(id, error_of(params.error()), reply);
    return;
  }
  auto what = honoured(params->notifications, changes_of(of.capabilities()));
  if (what.uris && what.uris->size() > max_uris) {
    fail(id,
         {code::invalid_params, "a stream is about at most 100 resources",
          std::nullopt},
         reply);
    return;
  }
  if (++*open_ > most_) {
    --*open_;
    fail(id,
         {code::server_error,
          "there are too many such streams; try again later", std::nullopt},
         reply);
    return;
  }
  auto it = std::make_shared<teller>(id, open_);
  auto watch = of.watch(wanted, what, [it](const change& x) { it->tell(x); });
  if (!watch) {
    fail(id, error_of(watch.error()), reply);
    return;
  }
  auto to = reply->stream_events();
  if (!to)
    return;
  it->begin(to, what);
  // The stream lives for as long as its client listens.
  to->on_closed([held = std::move(*watch), it]() mutable {
    held = nullptr;
    it = nullptr;
  });
}

} // namespace machine::gateway::mcp

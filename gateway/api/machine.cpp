#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

#include <chrono>
#include <mutex>

/// What concerns the machine itself, and what all tenants may know of it.
namespace machine::gateway {

namespace {

/// A model as clients see it.
struct model_view {
  std::string id;
  std::string provider;
  std::string name;
  bool scripted = false;
  bool local = false;
  uint64_t context = 0;
  uint32_t max_output = 0;
  std::vector<std::string> abilities;
  std::optional<costs::price> price;
  std::map<std::string, double> quality;
  bool usable = true;
  std::string reason;

  static constexpr const char* wire_name = "model";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &model_view::id},
                         wire::field{"provider", &model_view::provider},
                         wire::field{"name", &model_view::name},
                         wire::field{"scripted", &model_view::scripted},
                         wire::field{"local", &model_view::local},
                         wire::field{"context", &model_view::context},
                         wire::field{"max_output", &model_view::max_output},
                         wire::field{"abilities", &model_view::abilities},
                         wire::field{"price", &model_view::price},
                         wire::field{"quality", &model_view::quality},
                         wire::field{"usable", &model_view::usable},
                         wire::field{"reason", &model_view::reason});
  }
};

model_view view_of(const machine_facts& in, const models::model_entry& x) {
  model_view view;
  view.id = x.id;
  view.provider = x.provider;
  view.name = x.name;
  view.context = x.context_tokens;
  view.max_output = x.max_output_tokens;
  view.price = x.price;
  view.quality = x.quality;
  if (x.tools)
    view.abilities.emplace_back("tools");
  if (x.structured_output)
    view.abilities.emplace_back("structured_output");
  if (auto i = in.catalogue.providers.find(x.provider);
      i != in.catalogue.providers.end()) {
    view.local = i->second.local;
    view.scripted = i->second.protocol == models::protocol_kind::scripted;
  }
  if (auto i = in.unusable_providers.find(x.provider);
      i != in.unusable_providers.end()) {
    view.usable = false;
    view.reason = i->second;
  } else if (!x.price) {
    view.usable = false;
    view.reason = "its price is unknown";
  }
  return view;
}

/// Whether the sandbox works. Looking takes a while, and every command of the
/// command line asks, so one look is good for a minute.
class sandbox_check {
public:
  caf::expected<void> look() {
    constexpr std::chrono::minutes lasts{1};
    std::lock_guard guard{mutex_};
    auto now = std::chrono::steady_clock::now();
    if (!seen_ || now - at_ > lasts) {
      seen_ = agents::check_sandbox();
      at_ = now;
    }
    return *seen_;
  }

private:
  std::mutex mutex_;
  std::optional<caf::expected<void>> seen_;
  std::chrono::steady_clock::time_point at_;
};

std::string info_document(const api_context& in, sandbox_check& check) {
  auto sandbox = check.look();
  return R"({"version":)" + wire::to_json(in.version) + R"(,"pid":)"
       + std::to_string(::getpid()) + R"(,"data_dir":)"
       + wire::to_json(in.machine->options().data_directory)
       + R"(,"sandbox":{"ok":)" + (sandbox ? "true" : "false") + R"(,"detail":)"
       + wire::to_json(sandbox ? std::string{} : message_of(sandbox.error()))
       + "}}";
}

std::string models_document(const machine_facts& in) {
  std::vector<std::string> items;
  for (auto& [id, x] : in.catalogue.models)
    items.push_back(wire::to_json(view_of(in, x)));
  return page_document(items, "");
}

} // namespace

void add_machine_routes(route_table& to, const context_ptr& context) {
  using enum tenants::role;
  auto add = [&](const char* method, const char* path, permission who,
                 const char* summary, route_handler handle) {
    to.push_back(
      {method, path, std::move(who), {}, summary, std::move(handle)});
  };
  add("GET", "/api/v1/info", permission::of_machine(viewer),
      "What this machine is",
      [context, check = std::make_shared<sandbox_check>()](
        const http_request& request, const responder_ptr& reply) {
        in_pool(scope{context, request.who}, reply,
                [=] { reply->json(200, info_document(*context, *check)); });
      });
  add("POST", "/api/v1/stop", permission::of_machine(admin),
      "Stops the machine; a later one goes on",
      [context](const http_request&, const responder_ptr& reply) {
        reply->json(202, R"({"status":"stopping"})");
        context->stop();
      });
  add("GET", "/api/v1/config", permission::of_machine(operator_role),
      "The configuration, without secrets",
      [context](const http_request&, const responder_ptr& reply) {
        reply->json(200, R"({"items":)" + context->config + "}");
      });
  add("GET", "/metrics", permission::of_machine(viewer),
      "Numbers for Prometheus",
      [context](const http_request& request, const responder_ptr& reply) {
        in_pool(scope{context, request.who}, reply, [=] {
          reply->reply(200, std::string{metrics::content_type},
                       context->numbers ? context->numbers->render() : "");
        });
      });
  add("GET", "/api/v1/models", permission::anyone_known(),
      "The models of the catalogue",
      [context](const http_request& request, const responder_ptr& reply) {
        scope in{context, request.who};
        reply->json(200, models_document(in.facts()));
      });
}

} // namespace machine::gateway

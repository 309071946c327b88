#include "gateway/api/api.hpp"

#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

#include <chrono>
#include <mutex>

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

model_view view_of(const node_options& in, const models::model_entry& x) {
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

} // namespace

std::string page_document(const std::vector<std::string>& items,
                          const std::string& next_cursor) {
  std::string out = R"({"items":[)";
  for (size_t i = 0; i < items.size(); ++i)
    out += (i == 0 ? "" : ",") + items[i];
  return out + R"(],"next_cursor":)" + wire::to_json(next_cursor) + "}";
}

caf::expected<size_t> limit_of(const http_request& from) {
  auto limit = number_of(from.query_or("limit", "100"));
  if (!limit || *limit < 1 || *limit > 1'000)
    return make_error(ec::invalid_argument,
                      "limit is a whole number from 1 to 1000");
  return static_cast<size_t>(*limit);
}

route_table make_routes(context_ptr context) {
  route_table result;
  result.push_back({"GET",
                    "/livez",
                    access::anybody,
                    {},
                    "Whether the process serves",
                    [](const http_request&, const responder_ptr& reply) {
                      reply->json(200, R"({"status":"ok"})");
                    }});
  result.push_back({"GET",
                    "/api/v1/info",
                    access::token,
                    {},
                    "What this machine is",
                    [context, check = std::make_shared<sandbox_check>()](
                      const http_request&, const responder_ptr& reply) {
                      in_pool(context, reply, [=] {
                        reply->json(200, info_document(*context, *check));
                      });
                    }});
  result.push_back({"POST",
                    "/api/v1/stop",
                    access::token,
                    {},
                    "Stops the machine; a later one goes on",
                    [context](const http_request&, const responder_ptr& reply) {
                      reply->json(202, R"({"status":"stopping"})");
                      context->stop();
                    }});
  result.push_back({"GET",
                    "/api/v1/models",
                    access::token,
                    {},
                    "The models of the catalogue",
                    [context](const http_request&, const responder_ptr& reply) {
                      std::vector<std::string> items;
                      auto& options = context->machine->options();
                      for (auto& [id, x] : options.catalogue.models)
                        items.push_back(wire::to_json(view_of(options, x)));
                      reply->json(200, page_document(items, ""));
                    }});
  result.push_back({"GET",
                    "/api/v1/config",
                    access::token,
                    {},
                    "The configuration, without secrets",
                    [context](const http_request&, const responder_ptr& reply) {
                      reply->json(200, R"({"items":)" + context->config + "}");
                    }});
  result.push_back(
    {"GET",
     "/api/v1/blobs/{hash}",
     access::token,
     {},
     "A blob by its hash",
     [context](const http_request& request, const responder_ptr& reply) {
       in_pool(context, reply,
               [context, reply, hash = request.params.at("hash")] {
                 auto content = context->machine->engine().get_blob(hash);
                 if (!content)
                   reply->problem(content.error());
                 else
                   reply->reply(200, "application/octet-stream",
                                std::string{as_text(*content)});
               });
     }});
  add_run_routes(result, context);
  add_fork_routes(result, context);
  add_project_routes(result, context);
  add_schedule_routes(result, context);
  add_store_routes(result, context);
  return result;
}

} // namespace machine::gateway

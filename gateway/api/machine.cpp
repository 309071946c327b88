#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

#include <chrono>
#include <mutex>

/// What concerns the machine itself.
namespace machine::gateway {

namespace {

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

struct sandbox_document {
  bool ok = false;
  /// Why it is not.
  std::string detail;

  static constexpr const char* wire_name = "sandbox";

  static constexpr auto fields() {
    return wire::members(wire::field{"ok", &sandbox_document::ok},
                         wire::field{"detail", &sandbox_document::detail});
  }
};

struct info_document {
  std::string version;
  int32_t pid = 0;
  std::string data_dir;
  sandbox_document sandbox;

  static constexpr const char* wire_name = "info";

  static constexpr auto fields() {
    return wire::members(wire::field{"version", &info_document::version},
                         wire::field{"pid", &info_document::pid},
                         wire::field{"data_dir", &info_document::data_dir},
                         wire::field{"sandbox", &info_document::sandbox});
  }
};

/// A setting; a secret is shown as stars.
struct setting_document {
  std::string key;
  std::string value;
  /// `default`, `file machine.toml:12`, `environment THEMACHINE_X` or `flag`.
  std::string origin;
  std::string usual;
  std::string unit;
  std::string doc;

  static constexpr const char* wire_name = "setting";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &setting_document::key},
                         wire::field{"value", &setting_document::value},
                         wire::field{"origin", &setting_document::origin},
                         wire::field{"default", &setting_document::usual},
                         wire::field{"unit", &setting_document::unit},
                         wire::field{"doc", &setting_document::doc});
  }
};

struct config_document {
  std::vector<setting_document> items;

  static constexpr const char* wire_name = "config";

  static constexpr auto fields() {
    return wire::members(wire::field{"items", &config_document::items});
  }
};

info_document info_of(const api_context& in, sandbox_check& check) {
  auto sandbox = check.look();
  return {in.version,
          ::getpid(),
          in.machine->options().data_directory,
          {static_cast<bool>(sandbox),
           sandbox ? std::string{} : message_of(sandbox.error())}};
}

} // namespace

void add_machine_routes(route_table& to, const context_ptr& context) {
  using enum tenants::role;
  auto add = [&](const char* method, const char* path, permission who,
                 const char* summary, contract what, stay how, auto handle) {
    to.push_back(api_route(context, method, path, std::move(who), {}, summary,
                           std::move(what), how,
                           api_handler{std::move(handle)}));
  };
  add("GET", "/api/v1/info", permission::of_machine(viewer),
      "What this machine is", contract::gives<info_document>(), stay::blocking,
      [context, check = std::make_shared<sandbox_check>()](
        const scope&, const http_request&, const responder_ptr& reply) {
        reply->json(200, wire::to_json(info_of(*context, *check)));
      });
  add("POST", "/api/v1/stop", permission::of_machine(admin),
      "Stops the machine; a later one goes on",
      contract::gives<status_document>(202).without_keys(), stay::brief,
      [context](const scope&, const http_request&, const responder_ptr& reply) {
        reply_status(202, "stopping", reply);
        context->stop();
      });
  add("GET", "/api/v1/config", permission::of_machine(operator_role),
      "The configuration, without secrets", contract::gives<config_document>(),
      stay::brief,
      [context](const scope&, const http_request&, const responder_ptr& reply) {
        reply->json(200, R"({"items":)" + context->config + "}");
      });
  add(
    "GET", "/metrics", permission::of_machine(viewer), "Numbers for Prometheus",
    contract::gives_content(std::string{metrics::content_type}), stay::blocking,
    [context](const scope&, const http_request&, const responder_ptr& reply) {
      reply->reply(200, std::string{metrics::content_type},
                   context->numbers ? context->numbers->render() : "");
    });
}

} // namespace machine::gateway

#include "gateway/api/ask.hpp"
#include "gateway/api/chore.hpp"
#include "runtime/wire/wire.hpp"

#include <filesystem>

namespace machine::gateway {

namespace {

struct backup_request {
  std::string to;

  static constexpr const char* wire_name = "backup";

  static constexpr auto fields() {
    return wire::members(wire::field{"to", &backup_request::to});
  }
};

struct collect_request {
  /// In milliseconds; none: as the machine does by itself.
  std::optional<duration> grace;

  static constexpr const char* wire_name = "collect";

  static constexpr auto fields() {
    return wire::members(wire::field{"grace", &collect_request::grace});
  }
};

caf::expected<std::string> verify(store::engine& engine, std::stop_token stop) {
  auto report = engine.verify(std::move(stop));
  if (!report)
    return std::move(report.error());
  return wire::to_json(*report);
}

caf::expected<std::string> collect(store::engine& engine, duration grace,
                                   std::stop_token stop) {
  auto report = engine.collect_garbage(grace, std::move(stop));
  if (!report)
    return std::move(report.error());
  return wire::to_json(*report);
}

caf::expected<std::string> back_up(store::engine& engine, const std::string& to,
                                   std::stop_token stop) {
  if (auto copied = engine.backup(to, std::move(stop)); !copied)
    return copied.error();
  return R"({"to":)" + wire::to_json(to) + "}";
}

} // namespace

void add_store_routes(route_table& to, const context_ptr& context) {
  // The routes go before the node does, and with them the thread that uses it.
  auto one =
    std::make_shared<chore>("the store is being verified, copied or cleaned");
  const auto operators = permission::of_machine(tenants::role::operator_role);
  auto add = [&](const char* path, permission who, const char* summary,
                 contract what, auto handle) {
    to.push_back(api_route(context, "POST", path, std::move(who), {}, summary,
                           std::move(what), stay::brief,
                           api_handler{std::move(handle)}));
  };
  add("/api/v1/store/verify",
      // It changes nothing.
      permission{operators}.unaudited(),
      "Checks everything that is stored; a stream that ends with the result",
      contract::gives_stream(),
      [context, one](const scope&, const http_request&,
                     const responder_ptr& reply) {
        one->begin(reply, [context](std::stop_token stop) {
          return verify(context->machine->engine(), std::move(stop));
        });
      });
  add(
    "/api/v1/store/collect", operators,
    "Deletes content that nobody refers to any more; a stream that ends with "
    "the result",
    with_taken<std::optional<collect_request>>(contract::gives_stream()),
    [context, one](const scope&, const http_request& request,
                   const responder_ptr& reply) {
      with_body<std::optional<collect_request>>(
        request, reply, [&](const std::optional<collect_request>& body) {
          auto grace =
            body.value_or(collect_request{})
              .grace.value_or(context->machine->options().blob_grace);
          if (grace < duration{0}) {
            reply->problem(
              make_error(ec::invalid_argument,
                         "grace is a number of milliseconds, not less than 0"));
            return;
          }
          one->begin(reply, [context, grace](std::stop_token stop) {
            return collect(context->machine->engine(), grace, std::move(stop));
          });
        });
    });
  add("/api/v1/store/backup", operators,
      "Copies the store into a new directory; a stream that ends with the "
      "result",
      with_taken<backup_request>(contract::gives_stream()),
      [context, one](const scope&, const http_request& request,
                     const responder_ptr& reply) {
        with_body<backup_request>(
          request, reply, [&](const backup_request& body) {
            // The machine's own working directory means nothing to a client.
            auto is_path = body.to.find('\0') == std::string::npos
                        && std::filesystem::path{body.to}.is_absolute();
            if (!is_path) {
              reply->problem(
                make_error(ec::invalid_argument,
                           "backup.to: name a directory by its absolute path"));
              return;
            }
            one->begin(reply, [context, where = body.to](std::stop_token stop) {
              return back_up(context->machine->engine(), where,
                             std::move(stop));
            });
          });
      });
}

} // namespace machine::gateway

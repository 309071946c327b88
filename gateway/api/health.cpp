#include "gateway/api/ask.hpp"
#include "runtime/wire/wire.hpp"

#include <sys/statvfs.h>

/// Whether the machine lives, has started, and can take work: for whoever
/// starts it, and sends it clients.
namespace machine::gateway {

namespace {

/// Less than this on the disk, and appends will fail soon.
constexpr uint64_t least_room = 64u << 20;

struct health_check {
  std::string name;
  bool ok = false;

  static constexpr const char* wire_name = "health_check";

  static constexpr auto fields() {
    return wire::members(wire::field{"name", &health_check::name},
                         wire::field{"ok", &health_check::ok});
  }
};

struct health {
  /// `ok` or `failed`.
  std::string status;
  std::optional<std::vector<health_check>> checks;

  static constexpr const char* wire_name = "health";

  static constexpr auto fields() {
    return wire::members(wire::field{"status", &health::status},
                         wire::field{"checks", &health::checks});
  }
};

bool has_room(const std::string& directory) {
  struct statvfs seen {};
  if (::statvfs(directory.c_str(), &seen) != 0)
    return false;
  return uint64_t{seen.f_bavail} * seen.f_frsize >= least_room;
}

/// Blocks.
std::vector<health_check> check(const api_context& in) {
  auto& machine = *in.machine;
  return {{"serving", *in.now == stage::serving},
          {"store", machine.engine().stats().engaged()},
          {"disk", has_room(machine.options().data_directory)}};
}

void reply_health(std::vector<health_check> checks, bool verbose,
                  const responder_ptr& reply) {
  auto fine =
    std::all_of(checks.begin(), checks.end(), [](auto& x) { return x.ok; });
  health result{fine ? "ok" : "failed", {}};
  if (verbose)
    result.checks = std::move(checks);
  http_answer what{
    fine ? 200 : 503, "application/json", wire::to_json(result), {}};
  if (!fine)
    what.headers.emplace_back("Retry-After", "5");
  reply->answer(std::move(what));
}

} // namespace

void add_health_routes(route_table& to, const context_ptr& context) {
  auto add = [&](const char* path, std::set<std::string> query,
                 const char* summary, route_handler handle) {
    to.push_back({"GET", path, permission::anybody().unlimited(),
                  std::move(query), summary,
                  contract::gives<health>().or_status(503), std::move(handle)});
  };
  add("/livez", {}, "Whether the process serves",
      [](const http_request&, const responder_ptr& reply) {
        reply->json(200, wire::to_json(health{"ok", {}}));
      });
  add("/startupz", {}, "Whether the machine has started",
      [context](const http_request&, const responder_ptr& reply) {
        auto started = *context->now != stage::starting;
        reply_health({{"started", started}}, false, reply);
      });
  add("/readyz", {"verbose"},
      "Whether the machine can take work; with `verbose`, what of it can",
      [context](const http_request& request, const responder_ptr& reply) {
        auto verbose = request.query.contains("verbose");
        do_safely(
          [&](auto job) {
            return context->machine->actors().pool->post(std::move(job));
          },
          reply, [=] { reply_health(check(*context), verbose, reply); });
      });
}

} // namespace machine::gateway

#include "runtime/error.hpp"

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <array>
#include <utility>

namespace machine {

namespace {

constexpr auto category = caf::atom("machine");

constexpr std::array<std::string_view, 34> names{
  "none",
  "invalid_argument",
  "not_found",
  "conflict",
  "fenced",
  "denied",
  "unavailable",
  "timeout",
  "cancelled",
  "limit_exceeded",
  "budget_exceeded",
  "unknown_price",
  "storage_full",
  "corrupt",
  "locked",
  "io_failed",
  "provider_auth",
  "provider_rate_limited",
  "provider_failed",
  "provider_rejected",
  "provider_garbled",
  "provider_interrupted",
  "no_model",
  "step_failed",
  "needs_reconcile",
  "internal",
  "overloaded",
  "paused",
  "loop",
  "unauthenticated",
  "rate_limited",
  "changed",
  "context_exceeded",
  "content_refused",
};

static_assert(names.size() == static_cast<size_t>(ec::content_refused) + 1);

} // namespace

std::string to_string(ec x) {
  auto index = static_cast<size_t>(x);
  return std::string{index < names.size() ? names[index] : "internal"};
}

ec ec_from_string(std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name)
      return static_cast<ec>(i);
  return ec::internal;
}

caf::error make_error(ec code, std::string message) {
  return {static_cast<uint8_t>(code), category,
          caf::make_message(std::move(message))};
}

caf::error make_error(ec code) {
  return {static_cast<uint8_t>(code), category};
}

ec code_of(const caf::error& x) {
  if (!x)
    return ec::none;
  if (x.category() == category)
    return static_cast<ec>(x.code());
  if (x.category() == caf::atom("system")) {
    switch (static_cast<caf::sec>(x.code())) {
      case caf::sec::request_timeout: return ec::timeout;
      case caf::sec::request_receiver_down: return ec::unavailable;
      default: return ec::internal;
    }
  }
  if (x.category() == caf::atom("exit"))
    return ec::unavailable;
  return ec::internal;
}

std::string message_of(const caf::error& x) {
  if (!x)
    return {};
  if (x.category() == category) {
    if (x.context().match_elements<std::string>())
      return x.context().get_as<std::string>(0);
    return to_string(static_cast<ec>(x.code()));
  }
  // A request was sent and may yet be done.
  if (x == caf::sec::request_timeout)
    return "there was no answer in time; what was asked for may still be done: "
           "look before you ask again";
  if (x.category() == caf::atom("system"))
    return caf::to_string(static_cast<caf::sec>(x.code()))
         + caf::to_string(x.context());
  return caf::to_string(x);
}

std::string render(const caf::error& x) {
  return to_string(code_of(x)) + ": " + message_of(x);
}

caf::error with_context(std::string_view where, const caf::error& x) {
  return make_error(code_of(x), std::string{where} + ": " + message_of(x));
}

caf::error error_of(const std::exception_ptr& x) {
  try {
    std::rethrow_exception(x);
  } catch (const std::exception& what) {
    return make_error(ec::internal, what.what());
  } catch (...) {
    return make_error(ec::internal, "something unknown was thrown");
  }
}

std::string render_ec(uint8_t code, caf::atom_value,
                      const caf::message& context) {
  auto name = to_string(static_cast<ec>(code));
  if (context.match_elements<std::string>())
    return name + ": " + context.get_as<std::string>(0);
  return name;
}

} // namespace machine

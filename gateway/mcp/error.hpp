#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <optional>
#include <string>

namespace machine::gateway::mcp {

/// Codes of errors: those of JSON-RPC 2.0, and those of MCP.
namespace code {

constexpr int32_t parse_error = -32'700;
constexpr int32_t invalid_request = -32'600;
constexpr int32_t method_not_found = -32'601;
constexpr int32_t invalid_params = -32'602;
constexpr int32_t internal_error = -32'603;
/// Whatever else this server has to say.
constexpr int32_t server_error = -32'000;
constexpr int32_t session_not_found = -32'001;
/// Until 2025-11-25; later revisions have `invalid_params` for it.
constexpr int32_t resource_not_found = -32'002;
constexpr int32_t header_mismatch = -32'020;
constexpr int32_t missing_capability = -32'021;
constexpr int32_t unsupported_version = -32'022;

} // namespace code

/// Why a request has no result.
struct rpc_error {
  int32_t code = code::internal_error;
  std::string message;
  std::optional<json_text> data;

  static constexpr const char* wire_name = "error";

  static constexpr auto fields() {
    return wire::members(wire::field{"code", &rpc_error::code},
                         wire::field{"message", &rpc_error::message},
                         wire::field{"data", &rpc_error::data});
  }

  bool operator==(const rpc_error&) const = default;
};

/// An error of the machine in words of the protocol.
rpc_error error_of(const caf::error& why);

} // namespace machine::gateway::mcp

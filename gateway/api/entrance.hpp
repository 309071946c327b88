#pragma once

#include "gateway/api/api.hpp"
#include "gateway/http/doorman.hpp"

#include <memory>
#include <string>

namespace machine::gateway {

/// Lets in whom the machine knows, and to what they may use. *token* is the
/// word of who runs the machine, which stands in `endpoint.json`; they act in
/// the tenant that the header `X-Tenant` names.
std::shared_ptr<doorman>
make_entrance(std::shared_ptr<const api_context> context, std::string token);

/// Why *who* may not use *where* for what *asked* is about.
caf::error may_use(const std::shared_ptr<const api_context>& context,
                   const route& where, const http_request& asked,
                   const principal_ptr& who);

} // namespace machine::gateway

#pragma once

#include "gateway/http/route.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace machine::gateway {

/// What clients have to know of a parameter.
struct parameter_document {
  std::string_view description;
  /// A JSON Schema.
  std::string_view schema;
};

/// What a parameter of a query means; none: nobody has written it down.
std::optional<parameter_document> describe_query(std::string_view name);

/// All routes of *table* as OpenAPI 3.1 says, with the schemas of what they
/// take and give.
std::string openapi_document(const route_table& table,
                             const std::string& version);

/// Adds the route that shows the document of *to*, with this one in it. It has
/// to be the last.
void add_openapi_route(route_table& to, const std::string& version);

} // namespace machine::gateway

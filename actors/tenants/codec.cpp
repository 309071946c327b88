#include "actors/tenants/tenant.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::tenants::tenant_event>;
template struct machine::wire::message_codec<machine::tenants::tenant_event>;
template struct machine::wire::codec<machine::tenants::tenant_command>;
template struct machine::wire::message_codec<machine::tenants::tenant_command>;
template struct machine::wire::codec<machine::tenants::tenant_state>;
template struct machine::wire::message_codec<machine::tenants::tenant_state>;
template struct machine::wire::codec<
  machine::entity::outcome<machine::tenants::tenant>>;
template struct machine::wire::message_codec<
  machine::entity::outcome<machine::tenants::tenant>>;
template struct machine::wire::codec<
  machine::entity::recorded<machine::tenants::tenant_event>>;
template struct machine::wire::message_codec<
  machine::entity::recorded<machine::tenants::tenant_event>>;

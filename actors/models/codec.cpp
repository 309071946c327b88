#include "actors/models/chat.hpp"
#include "actors/models/selector.hpp"
#include "runtime/wire/caf.hpp"

template struct machine::wire::codec<machine::models::chat_request>;
template struct machine::wire::message_codec<machine::models::chat_request>;
template struct machine::wire::codec<machine::models::chat_response>;
template struct machine::wire::message_codec<machine::models::chat_response>;
template struct machine::wire::codec<machine::models::selection_request>;
template struct machine::wire::message_codec<
  machine::models::selection_request>;
template struct machine::wire::codec<machine::models::decision>;
template struct machine::wire::message_codec<machine::models::decision>;

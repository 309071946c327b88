#pragma once

#include "gateway/api/kept_answers.hpp"
#include "gateway/api/scope.hpp"

namespace machine::gateway {

/// A request that comes with a key, and who would answer it.
struct keyed_request {
  scope in;
  http_request request;
  key_rule rule;
  kept_answers::handler handle;
};

/// Has *what* answered once: by its handler after that it was begun is
/// committed, or as it was before. The client gets the answer of a handler when
/// that is committed, too, or cannot be.
void answer_once(kept_answers& with, keyed_request what,
                 const responder_ptr& reply);

} // namespace machine::gateway

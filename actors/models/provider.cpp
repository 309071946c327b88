#include "actors/models/provider.hpp"

namespace machine::models {

provider::call_id provider::embed(const embedding_request&, const call_options&,
                                  embedding_handlers how) {
  how.on_done({make_error(ec::provider_rejected, name() + " makes no vectors"),
               std::nullopt, std::nullopt});
  return 0;
}

} // namespace machine::models

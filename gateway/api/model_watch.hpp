#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/desk/desk.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/proxy/front.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace machine::gateway {

/// What an answer to a client of another API needs beside the answer.
struct model_client {
  std::shared_ptr<const proxy::front> speaks;
  proxy::answer_manner manner;
  std::shared_ptr<const models::catalogue> known;
  std::string request_id;
  /// Members that nobody heeds.
  std::vector<std::string> ignored;
  uint64_t prompt_estimate = 0;
};

/// Ends a call whose client has gone, also if that is known before its number.
class call_leash {
public:
  explicit call_leash(models::desk at) : at_(std::move(at)) {}

  void is(uint64_t number);
  void let_go();

private:
  models::desk at_;
  std::mutex mutex_;
  std::optional<uint64_t> number_;
  bool gone_ = false;
};

/// Hands a call's answer to a client once it is whole.
std::shared_ptr<models::call_watcher> watch_whole(model_client how,
                                                  responder_ptr reply);

/// Hands a call's answer to a client as it comes.
std::shared_ptr<models::call_watcher>
watch_stream(model_client how, responder_ptr reply,
             std::shared_ptr<call_leash> leash);

/// Tells a client of an error in its own dialect.
void refuse_in(const proxy::front& dialect, const caf::error& why,
               std::optional<duration> retry_after,
               const std::string& request_id, const responder_ptr& reply);

/// The headers that say what became of a call.
std::vector<std::pair<std::string, std::string>>
headers_of(const models::call_facts& facts);

} // namespace machine::gateway

#include "gateway/mcp/offer/rest.hpp"

#include "gateway/api/entrance.hpp"
#include "gateway/http/collected_stream.hpp"
#include "gateway/http/request_id.hpp"

#include <algorithm>
#include <atomic>

namespace machine::gateway::mcp {

namespace {

/// Bound on an answer that comes in pieces, in bytes.
constexpr size_t most_collected = 1u << 20;

/// Gives the answer to whoever waits for it.
class catcher final : public responder {
public:
  explicit catcher(std::function<void(http_answer)> then)
      : then_(std::move(then)) {}

  catcher(const catcher&) = delete;
  catcher& operator=(const catcher&) = delete;

  ~catcher() override {
    catcher::answer(
      problem_answer(make_error(ec::internal, "nobody answered this request")));
  }

  void answer(http_answer what) override {
    if (!used_.exchange(true))
      then_(std::move(what));
  }

  std::shared_ptr<event_stream> stream_events() override {
    answer(
      problem_answer(make_error(ec::internal, "this answers by a stream")));
    return nullptr;
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    if (used_.exchange(true))
      return nullptr;
    return std::make_shared<collected_stream>(std::move(head), most_collected,
                                              then_);
  }

  /// The call goes on without its client.
  void on_abandoned(std::function<void()>) override {}

private:
  std::function<void(http_answer)> then_;
  std::atomic<bool> used_{false};
};

} // namespace

std::string escape(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (auto c : text) {
    auto is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
                 || c == '~';
    if (is_plain) {
      result += c;
      continue;
    }
    auto x = static_cast<unsigned char>(c);
    result += {'%', digits[x >> 4U], digits[x & 15U]};
  }
  return result;
}

rest::rest(std::shared_ptr<const api_context> context)
    : context_(std::move(context)), routes_(make_routes(context_)),
      router_(routes_) {}

const route* rest::find(std::string_view method,
                        std::string_view pattern) const {
  auto i = std::find_if(routes_.begin(), routes_.end(), [&](auto& x) {
    return x.method == method && x.pattern == pattern;
  });
  return i == routes_.end() ? nullptr : &*i;
}

const route* rest::find(const std::string& target) const {
  auto found = router_.find("GET", target);
  return found ? found->what : nullptr;
}

caf::expected<route_match> rest::match(const call& from,
                                       const rest_request& what) const {
  auto found = router_.find(what.method, what.target);
  if (!found)
    return found;
  if (found->what == nullptr)
    return make_error(ec::not_found, "there is nothing at " + what.target);
  auto& request = found->request;
  request.who = from.who;
  request.trace = from.trace;
  request.address = from.address;
  if (!from.user_agent.empty())
    request.headers["user-agent"] = from.user_agent;
  request.id = request_id_of("");
  if (auto problem = may_use(context_, *found->what, request, from.who)) {
    context_->audit->note_refusal(context_, *found->what, request,
                                  {from.who, problem_answer(problem), {}});
    return problem;
  }
  return found;
}

caf::error rest::check(const call& from, const rest_request& what) const {
  auto found = match(from, what);
  return found ? caf::error{} : std::move(found.error());
}

void rest::ask(const call& from, rest_request what,
               std::function<void(http_answer)> then) const {
  auto found = match(from, what);
  if (!found) {
    then(problem_answer(found.error()));
    return;
  }
  found->request.body = std::move(what.body);
  found->what->handle(std::move(found->request),
                      std::make_shared<catcher>(std::move(then)));
}

} // namespace machine::gateway::mcp

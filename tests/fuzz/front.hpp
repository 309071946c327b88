#pragma once

#include "gateway/proxy/front.hpp"
#include "runtime/wire/json.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

/// What holds for every dialect of the proxy, whatever a client says and a
/// model answers.
namespace machine::fuzz {

/// An answer that has of everything, made of what the client has said.
inline models::chat_response answer_to(const gateway::proxy::asked& x) {
  models::chat_response answer;
  answer.message.role = models::chat_role::assistant;
  for (auto& message : x.request.messages) {
    answer.message.content += message.content;
    for (auto& call : message.tool_calls)
      answer.message.tool_calls.push_back(call);
    if (message.provider_blocks)
      answer.message.provider_blocks = message.provider_blocks;
  }
  answer.usage = models::token_usage{};
  answer.usage->input = x.request.messages.size();
  return answer;
}

/// Every event of a stream is JSON, or says that it ends.
inline void check_events(std::string_view bytes) {
  require(bytes.empty() || bytes.ends_with("\n\n"));
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    constexpr std::string_view data = "data: ";
    if (line.starts_with(data))
      require(line == "data: [DONE]"
              || wire::is_json(line.substr(data.size())));
    else
      require(line.empty() || line.starts_with("event: ")
              || line.starts_with(": "));
  }
}

inline void check_message(const models::chat_message& x) {
  uint64_t last = 0;
  for (auto& item : x.attachments) {
    require(item.at >= last && item.at <= x.content.size());
    last = item.at;
  }
  require(x.content.empty() || wire::is_utf8(x.content));
  for (auto& call : x.tool_calls)
    require(wire::is_json(call.arguments.text));
  if (x.provider_blocks)
    require(wire::is_json(x.provider_blocks->text));
  require((x.role == models::chat_role::tool) == x.tool_call_id.has_value());
}

/// What is refused is refused in words; what is read can be stored, and
/// answered in every way.
inline int check_front(const gateway::proxy::front& at, std::string_view body) {
  using namespace gateway::proxy;
  auto read = at.read(body);
  if (!read) {
    auto message = message_of(read.error());
    require(!message.empty() && message.size() < 4'000);
    require(wire::is_utf8(message));
    auto refusal = at.refuse({read.error(), {}, "r-1"});
    require(refusal.status >= 400 && refusal.status < 500);
    require(wire::is_json(refusal.body));
    return 0;
  }
  auto& what = read->request;
  require(!what.messages.empty() && what.messages.size() <= max_messages + 1);
  require(what.tools.size() <= max_tools);
  std::for_each(what.messages.begin(), what.messages.end(), check_message);
  for (auto& name : read->ignored)
    require(name.size() <= 64
            && name.find_first_of("\r\n :,") == std::string::npos);
  auto stored = wire::from_json<models::chat_request>(wire::to_json(what));
  // What is stored is nested deeper than what was said.
  require(stored ? *stored == what
                 : code_of(stored.error()) == ec::limit_exceeded);
  answer_facts facts;
  facts.id = "x1";
  facts.model = read->model;
  facts.protocol = "anthropic";
  facts.provider_model = read->model;
  auto answer = answer_to(*read);
  require(wire::is_json(at.write(answer, facts, read->manner)));
  auto stream = at.stream(facts, read->manner);
  for (auto& piece : models::deltas_of(answer))
    check_events(stream->add(piece));
  check_events(stream->hand_over(facts, false));
  check_events(stream->add({models::answer_delta::kind_type::thought, "a"}));
  check_events(stream->add({models::answer_delta::kind_type::signature, "b"}));
  check_events(stream->finish(answer));
  return 0;
}

} // namespace machine::fuzz

#include "gateway/proxy/endings.hpp"
#include "gateway/proxy/responses_output.hpp"
#include "gateway/proxy/responses_request.hpp"
#include "gateway/proxy/responses_stream.hpp"
#include "gateway/proxy/responses_thoughts.hpp"

namespace machine::gateway::proxy {

using models::chat_response;

namespace {

bool is_nothing(const answer_part& x) {
  return x.kind != answer_part::kind_type::call && x.text.empty()
      && x.seal.empty();
}

/// The output that *parts* are; texts side by side are one message.
std::vector<output_item> output_of(const answer_parts& parts,
                                   std::string_view id) {
  std::vector<output_item> result;
  for (auto& x : parts) {
    if (is_nothing(x))
      continue;
    auto made = item_of(x);
    // Clients read arguments as JSON, also where there are none.
    if (made.kind == output_item::kind_type::call && made.said.empty())
      made.said = "{}";
    auto goes_on = !result.empty() && made.kind == result.back().kind
                && made.kind == output_item::kind_type::message;
    if (goes_on) {
      result.back().said += made.said;
      continue;
    }
    made.id = item_id(made.kind, id, result.size());
    result.push_back(std::move(made));
  }
  return result;
}

class responses final : public front {
public:
  caf::expected<asked> read(std::string_view body) const override {
    return read_response_request(body);
  }

  std::string write(const chat_response& answer, const answer_facts& facts,
                    const answer_manner& manner) const override {
    std::string id;
    append_escaped(id, facts.id);
    response_state state{facts, repeated_members(manner.repeats)};
    state.output = output_of(response_parts_of(answer, facts), id);
    state.reason = incomplete_reason(answer.stop);
    state.usage = answer.usage;
    state.status = state.reason.empty() ? response_status::completed
                                        : response_status::incomplete;
    // The answer ends within its last item.
    if (!state.output.empty())
      state.output.back().status = state.status;
    json_out out;
    write_response(out, state);
    return out.take();
  }

  std::unique_ptr<stream_writer>
  stream(const answer_facts& facts,
         const answer_manner& manner) const override {
    return write_response_stream(facts, manner);
  }

  reply refuse(const failure& why) const override {
    return openai_refusal(why);
  }
};

} // namespace

std::shared_ptr<const front> responses_front() {
  return std::make_shared<responses>();
}

} // namespace machine::gateway::proxy

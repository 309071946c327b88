#include "actors/models/framing.hpp"

#include "runtime/net/event_stream.hpp"
#include "runtime/wire/wire.hpp"

#include <utility>

namespace machine::models {

namespace {

class sse_frames final : public framing {
public:
  caf::expected<std::vector<net::sse_event>>
  feed(std::string_view data) override {
    return parser_.feed(data);
  }

private:
  net::sse_parser parser_;
};

class aws_frames final : public framing {
public:
  caf::expected<std::vector<net::sse_event>>
  feed(std::string_view data) override {
    auto messages = parser_.feed(data);
    if (!messages)
      return std::move(messages.error());
    std::vector<net::sse_event> out;
    for (auto& x : *messages)
      out.push_back(to_event(std::move(x)));
    return out;
  }

private:
  static net::sse_event to_event(net::event_message x) {
    auto kind = x.header(":message-type").value_or("event");
    if (kind == "exception")
      return {x.header(":exception-type").value_or("exception"),
              std::move(x.payload),
              {}};
    if (kind == "error")
      return {x.header(":error-code").value_or("error"),
              R"({"message":)"
                + wire::to_json(x.header(":error-message").value_or("")) + "}",
              {}};
    return {
      x.header(":event-type").value_or("message"), std::move(x.payload), {}};
  }

  net::event_stream_parser parser_;
};

} // namespace

std::unique_ptr<framing> sse_framing() {
  return std::make_unique<sse_frames>();
}

std::unique_ptr<framing> aws_framing() {
  return std::make_unique<aws_frames>();
}

} // namespace machine::models

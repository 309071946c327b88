#include "gateway/api/socket_session.hpp"

#include <algorithm>

namespace machine::gateway {

namespace {

/// What a problem document says.
struct problem_text {
  std::string code;
  std::string detail;

  static constexpr const char* wire_name = "problem";

  static constexpr auto fields() {
    return wire::members(wire::field{"code", &problem_text::code},
                         wire::field{"detail", &problem_text::detail});
  }
};

bool is_json_type(std::string_view type) {
  return type.starts_with("application/json")
      || type.starts_with("application/problem+json");
}

void open_socket(const context_ptr& context, const responder_ptr& reply) {
  reply->open_socket(
    session::protocols(), [context](std::shared_ptr<client_socket> socket) {
      return std::make_shared<client_session>(context, std::move(socket));
    });
}

} // namespace

client_session::client_session(context_ptr context,
                               std::shared_ptr<client_socket> socket)
    : context_(std::move(context)), socket_(std::move(socket)),
      dialect_(session::dialect_of(socket_->protocol())) {}

void client_session::on_message(websocket::message what) {
  auto found = session::read_message(dialect_, what);
  if (auto* bad = std::get_if<session::misread>(&found))
    refuse(std::move(bad->id), bad->why);
  else
    std::visit([this](auto& x) { handle(x); },
               std::get<session::client_message>(found));
}

void client_session::handle(session::request& what) {
  if (requests_.size() >= max_requests)
    return refuse(what.id, make_error(ec::rate_limited,
                                      std::to_string(max_requests)
                                        + " requests wait for their answers; "
                                          "wait for one of them"));
  if (!requests_.insert(what.id).second)
    return refuse(what.id, make_error(ec::conflict,
                                      "a request with this id waits for its "
                                      "answer; choose another id"));
  inner_request asked{std::move(what.method), std::move(what.path), {}, {}};
  for (auto& [name, value] : what.headers.value_or(decltype(asked.headers){})) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    asked.headers[lower] = value;
  }
  if (what.body)
    asked.body = std::move(what.body->text);
  socket_->ask(std::move(asked),
               [me = shared_from_this(), id = what.id](http_answer answer) {
                 me->requests_.erase(id);
                 me->reply(id, std::move(answer));
               });
}

void client_session::reply(const std::string& id, http_answer what) {
  if (what.body.size() > max_answer_bytes) {
    auto why = make_error(ec::limit_exceeded,
                          "the answer has " + std::to_string(what.body.size())
                            + " bytes, and one on a WebSocket has at most "
                            + std::to_string(max_answer_bytes)
                            + "; ask for less, or by HTTP");
    // The request was carried out, whatever it was.
    what.type = "application/problem+json";
    what.body = problem_document(why, 413);
    what.status = 413;
  }
  session::response said;
  said.id = id;
  said.status = static_cast<uint32_t>(what.status);
  for (auto& [name, value] : what.headers)
    said.headers[name] = value;
  if (!what.body.empty()) {
    said.headers["Content-Type"] = what.type;
    if (is_json_type(what.type))
      said.body = json_text{std::move(what.body)};
    else
      said.content = to_bytes(what.body);
  }
  say(said);
}

caf::error client_session::check_open() const {
  if (stopping_)
    return make_error(ec::unavailable,
                      "the machine stops; subscribe again when it is back");
  return caf::none;
}

void client_session::handle(const session::subscribe& what) {
  if (auto err = check_open())
    return refuse(what.id, err);
  auto target = target_of_topic(what.topic);
  if (!target)
    return refuse(what.id, target.error());
  if (topics_.contains(what.topic))
    return refuse(what.id,
                  make_error(ec::conflict, "you have " + what.topic
                                             + " already; unsubscribe first"));
  if (topics_.size() >= max_topics)
    return refuse(what.id,
                  make_error(ec::limit_exceeded,
                             "you have " + std::to_string(max_topics)
                               + " topics, and cannot have more; unsubscribe "
                                 "from one"));
  topics_[what.topic] = nullptr;
  socket_->admit(*target,
                 [me = shared_from_this(),
                  what](principal_ptr who, std::optional<http_answer> refusal) {
                   me->on_admitted(what, std::move(who), std::move(refusal));
                 });
}

void client_session::on_admitted(const session::subscribe& what,
                                 principal_ptr who,
                                 std::optional<http_answer> refusal) {
  auto there = topics_.find(what.topic);
  // The client has gone, or does not want it any more.
  if (there == topics_.end() || there->second)
    return;
  if (refusal) {
    topics_.erase(there);
    return refuse(what.id, *refusal);
  }
  // It may have begun to stop while the door was asked.
  if (auto err = check_open()) {
    topics_.erase(there);
    return refuse(what.id, err);
  }
  scope in{context_, std::move(who)};
  std::weak_ptr<client_session> me = shared_from_this();
  subscription::options how;
  how.id = what.id;
  how.after = what.after;
  how.latest = what.latest.value_or(false);
  how.credit = what.credit;
  how.dialect = dialect_;
  how.socket = socket_;
  how.turns = turns_;
  how.on_end = [me, topic = what.topic] {
    if (auto alive = me.lock())
      alive->topics_.erase(topic);
  };
  auto made = std::make_shared<subscription>(in, log_of_topic(in, what.topic),
                                             std::move(how));
  there->second = made;
  made->begin();
}

void client_session::handle(const session::unsubscribe& what) {
  auto there = topics_.find(what.topic);
  if (there == topics_.end())
    return refuse(what.id,
                  make_error(ec::not_found,
                             "you have no topic " + wire::excerpt(what.topic)));
  auto one = there->second;
  if (!one)
    return refuse(
      what.id,
      make_error(ec::conflict, "it is not known yet whether you have "
                                 + what.topic + "; wait for the answer"));
  one->leave();
  say(session::unsubscribed{what.id, what.topic, one->sent()});
}

void client_session::handle(const session::credit& what) {
  auto there = topics_.find(what.topic);
  if (there == topics_.end() || !there->second)
    return refuse(what.id,
                  make_error(ec::not_found,
                             "you have no topic " + wire::excerpt(what.topic)));
  auto one = there->second;
  if (!one->grant(what.events))
    refuse(what.id, make_error(ec::invalid_argument,
                               "you get all events of " + what.topic
                                 + "; it was subscribed without credit"));
}

void client_session::handle(const session::ping& what) {
  say(session::pong{what.id});
}

void client_session::say(const session::server_message& what) {
  socket_->send(frames_of(session::encode(dialect_, what)));
}

void client_session::refuse(std::optional<std::string> id,
                            const caf::error& why) {
  say(session::error_message{std::move(id), to_string(code_of(why)),
                             message_of(why)});
}

void client_session::refuse(std::optional<std::string> id,
                            const http_answer& why) {
  auto text = wire::from_json<problem_text>(why.body);
  if (text)
    say(session::error_message{std::move(id), text->code, text->detail});
  else
    say(
      session::error_message{std::move(id), "denied", "you may not have this"});
}

void client_session::on_drained() {
  turns_->on_drained();
  // One may end by it, and leave.
  for (auto& [topic, one] : decltype(topics_){topics_})
    if (one)
      one->on_drained();
}

void client_session::on_checked() {
  for (auto& [topic, one] : decltype(topics_){topics_})
    if (one)
      socket_->check(one->target(),
                     [one = one](const principal_ptr&,
                                 const std::optional<http_answer>& refusal) {
                       if (refusal && refusal->status < 500)
                         one->end("denied", "you may not see this any more");
                     });
}

void client_session::on_drain() {
  stopping_ = true;
  turns_->clear();
  for (auto& [topic, one] : decltype(topics_){topics_})
    if (one)
      one->end("restart", "the machine stops; subscribe again with this number "
                          "when it is back");
}

void client_session::on_gone() {
  turns_->clear();
  for (auto& [topic, one] : std::exchange(topics_, {}))
    if (one)
      one->leave();
}

void add_socket_route(route_table& to, const context_ptr& context) {
  to.push_back(api_route(
    context, "GET", "/api/v1/socket", permission::anyone_known(), {},
    "A WebSocket for requests and events, as themachine.v1.json or "
    "themachine.v1.msgpack",
    contract::gives_socket(), stay::brief,
    [context](const scope&, const http_request&, const responder_ptr& reply) {
      open_socket(context, reply);
    }));
}

} // namespace machine::gateway

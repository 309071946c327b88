#include "gateway/mcp/door.hpp"

#include "gateway/mcp/envelope.hpp"
#include "gateway/mcp/http_exchange.hpp"
#include "gateway/mcp/listen.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::gateway::mcp {

namespace {

constexpr const char* session_header = "mcp-session-id";

/// How a client spells that it reads *media*.
bool accepts(const http_request& asked, std::string_view media) {
  auto text = asked.header_or("accept", "");
  return text.empty() || text.find(media) != text.npos
      || text.find("*/*") != text.npos;
}

void refuse(const refusal& what, const responder_ptr& reply) {
  reply->json(what.status, error_message(what.id, what.why));
}

void refuse(int status, int32_t code, std::string why, const std::string& id,
            const responder_ptr& reply) {
  refuse({status, {code, std::move(why), std::nullopt}, id}, reply);
}

class door : public std::enable_shared_from_this<door> {
public:
  explicit door(door_options options)
      : options_(std::move(options)), sessions_(options_.sessions),
        listeners_(options_.max_listeners) {}

  void post(http_request asked, const responder_ptr& reply) {
    if (!check_origin(asked, reply))
      return;
    if (!asked.header_or("content-type", "").starts_with("application/json")) {
      refuse(415, code::invalid_request,
             "the Content-Type has to be application/json", "null", reply);
      return;
    }
    auto parsed = parse_message(asked.body);
    if (auto* problem = std::get_if<refusal>(&parsed)) {
      refuse(*problem, reply);
      return;
    }
    auto& what = std::get<message>(parsed);
    auto terms = classify(asked.headers, what);
    if (auto* problem = std::get_if<refusal>(&terms))
      refuse(*problem, reply);
    else if (auto* alone = std::get_if<stateless>(&terms))
      take(asked, std::move(what), *alone, reply);
    else
      take(asked, std::move(what), reply);
  }

  /// Opens the stream of a session.
  void get(const http_request& asked, const responder_ptr& reply) {
    if (!check_origin(asked, reply))
      return;
    auto speaks = revision_of(asked.header_or("mcp-protocol-version", ""));
    if (speaks && !has_sessions(*speaks)) {
      reply->answer({405,
                     "application/json",
                     error_message("null", {code::invalid_request,
                                            "since revision 2026-07-28 there "
                                            "is POST only",
                                            std::nullopt}),
                     {{"Allow", "POST"}}});
      return;
    }
    auto in = find_session(asked, "null", reply);
    if (!in)
      return;
    if (!accepts(asked, "text/event-stream")) {
      refuse(406, code::invalid_request,
             "GET gives a stream; accept text/event-stream", "null", reply);
      return;
    }
    std::weak_ptr<session> weak = in;
    auto lists = options_.what->watch(
      call_of(asked, *in), {true, true, true, std::nullopt},
      [weak](const change& x) {
        if (auto there = weak.lock())
          there->tell(notification_message(x.method, x.params));
      });
    if (!lists)
      refuse(200, code::server_error, message_of(lists.error()), "null", reply);
    else
      keep_open(in, std::move(*lists), options_.counted(asked, reply));
  }

  void remove(const http_request& asked, const responder_ptr& reply) {
    if (!check_origin(asked, reply))
      return;
    auto in = find_session(asked, "null", reply);
    if (!in)
      return;
    sessions_.end(in->owner, in->id, session::clock::now());
    reply->answer({204, "", "", {}});
  }

private:
  /// The stream takes the place of an earlier one, which counts no more.
  static void keep_open(const session_ptr& in, watch_handle lists,
                        const responder_ptr& reply) {
    in->keep_open(nullptr, nullptr);
    auto to = reply->stream_events();
    if (!to)
      return;
    in->keep_open(to, std::move(lists));
    to->on_closed([weak = std::weak_ptr{in}, which = std::weak_ptr{to}] {
      auto there = weak.lock();
      auto left = which.lock();
      if (there && left)
        there->lose(*left);
    });
  }

  bool check_origin(const http_request& asked, const responder_ptr& reply) {
    if (is_welcome(asked.headers, options_.origins))
      return true;
    refuse(403, code::invalid_request,
           "pages of " + asked.header_or("origin", "").substr(0, 100)
             + " may not use this machine; name it in gateway.origins",
           "null", reply);
    return false;
  }

  static call call_of(const http_request& asked, const session& in) {
    return {"",
            "{}",
            asked.who,
            asked.address,
            asked.header_or("user-agent", ""),
            in.speaks,
            in.capabilities,
            asked.trace};
  }

  /// The session of *asked*; if there is none, the client is told so.
  session_ptr find_session(const http_request& asked, const std::string& id,
                           const responder_ptr& reply) {
    auto name = asked.header_or(session_header, "");
    if (name.empty()) {
      refuse(400, code::invalid_request,
             "the header Mcp-Session-Id is missing; initialize gives it", id,
             reply);
      return nullptr;
    }
    auto result =
      sessions_.find(owner_of(*asked.who), name, session::clock::now());
    if (!result)
      refuse(404, code::session_not_found,
             "there is no such session; initialize a new one", id, reply);
    return result;
  }

  /// A message of a revision without sessions.
  void take(const http_request& asked, message what, const stateless& terms,
            const responder_ptr& reply) {
    if (what.what != message::kind::request) {
      // Who hangs up cancels; nothing is asked that could be answered.
      reply->answer({202, "", "", {}});
      return;
    }
    constexpr auto speaks = revision::of_2026_07_28;
    if (!is_request(speaks, what.method)) {
      no_method(what, 404, reply);
      return;
    }
    call wanted{what.method,
                what.params,
                asked.who,
                asked.address,
                asked.header_or("user-agent", ""),
                speaks,
                terms.meta.capabilities.value_or(json_text{}).text,
                asked.trace};
    auto name = options_.what->name();
    if (what.method == "subscriptions/listen") {
      if (!offers_changes(options_.what->capabilities()))
        no_method(what, 404, reply);
      else
        listeners_.listen(*options_.what, wanted, what.id,
                          options_.counted(asked, reply));
      return;
    }
    auto to = make_exchange({what.id, what.method, speaks, name,
                             terms.meta.progress_token, terms.meta.level,
                             nullptr, accepts(asked, "text/event-stream")},
                            reply);
    if (what.method == "server/discover")
      to->result(R"({"supportedVersions":)" + supported_versions()
                   + R"(,"capabilities":)" + options_.what->capabilities()
                   + R"(,"instructions":)"
                   + wire::to_json(options_.what->instructions()) + "}",
                 result_kind::complete);
    else
      options_.what->serve(std::move(wanted), std::move(to));
  }

  /// A message of a revision with sessions.
  void take(const http_request& asked, message what,
            const responder_ptr& reply) {
    if (what.method == "initialize") {
      initialize(asked, what, reply);
      return;
    }
    auto id = what.id.empty() ? "null" : what.id;
    auto in = find_session(asked, id, reply);
    if (!in)
      return;
    auto version = asked.header_or("mcp-protocol-version", "");
    if (!version.empty() && version != name_of(in->speaks)) {
      refuse(400, code::invalid_request,
             "this session speaks revision " + std::string{name_of(in->speaks)}
               + ", and the header MCP-Protocol-Version says "
               + version.substr(0, 40),
             id, reply);
      return;
    }
    switch (what.what) {
      case message::kind::request: serve(asked, in, what, reply); return;
      case message::kind::result:
        in->end_ask(what.id, std::move(what.result));
        break;
      case message::kind::error:
        in->end_ask(what.id, std::move(what.error));
        break;
      case message::kind::notification: note(*in, what); break;
    }
    reply->answer({202, "", "", {}});
  }

  void initialize(const http_request& asked, const message& what,
                  const responder_ptr& reply) {
    auto params = wire::from_json<initialize_params>(what.params);
    if (!params || what.what != message::kind::request) {
      refuse(400, code::invalid_params,
             params ? "initialize is a request and has an id"
                    : message_of(params.error()),
             what.id.empty() ? "null" : what.id, reply);
      return;
    }
    auto speaks = negotiate(params->version);
    auto in = sessions_.begin(owner_of(*asked.who), speaks,
                              params->capabilities.text, session::clock::now());
    if (!in) {
      refuse(503, code::server_error,
             "there are too many sessions; try again later", what.id, reply);
      return;
    }
    auto& of = *options_.what;
    auto result = R"({"protocolVersion":")" + std::string{name_of(speaks)}
                + R"(","capabilities":)" + of.capabilities()
                + R"(,"serverInfo":)" + wire::to_json(of.name())
                + R"(,"instructions":)" + wire::to_json(of.instructions())
                + "}";
    reply->answer({200,
                   "application/json",
                   result_message(what.id, result),
                   {{"Mcp-Session-Id", in->id}}});
  }

  void serve(const http_request& asked, const session_ptr& in,
             const message& what, const responder_ptr& reply) {
    auto supported = is_request(in->speaks, what.method)
                  && (what.method != "logging/setLevel"
                      || offers_logging(options_.what->capabilities()));
    if (!supported) {
      no_method(what, 200, reply);
      return;
    }
    auto meta = wire::from_json<any_params>(what.params);
    auto token = meta && meta->meta ? meta->meta->progress_token : std::nullopt;
    auto to = make_exchange({what.id, what.method, in->speaks,
                             options_.what->name(), token, std::nullopt, in,
                             accepts(asked, "text/event-stream")},
                            reply);
    if (!to)
      return;
    auto wanted = call_of(asked, *in);
    wanted.method = what.method;
    wanted.params = what.params;
    if (what.method == "ping")
      to->result("{}");
    else if (what.method == "logging/setLevel")
      set_level(*in, what, *to);
    else if (what.method == "resources/subscribe")
      subscribe(in, wanted, *to);
    else if (what.method == "resources/unsubscribe")
      unsubscribe(*in, what, *to);
    else
      options_.what->serve(std::move(wanted), std::move(to));
  }

  static void no_method(const message& what, int status,
                        const responder_ptr& reply) {
    refuse(status, code::method_not_found,
           "there is no method " + what.method.substr(0, 100), what.id, reply);
  }

  static void note(session& in, const message& what) {
    if (what.method != "notifications/cancelled")
      return;
    if (auto params = wire::from_json<cancelled_params>(what.params))
      in.cancel(params->request.text);
  }

  static void set_level(session& in, const message& what, exchange& to) {
    auto params = wire::from_json<level_params>(what.params);
    if (!params) {
      to.fail(error_of(params.error()));
      return;
    }
    in.set_level(params->level);
    to.result("{}");
  }

  void subscribe(const session_ptr& in, const call& wanted, exchange& to) {
    auto params = wire::from_json<uri_params>(wanted.params);
    if (!params) {
      to.fail(error_of(params.error()));
      return;
    }
    std::weak_ptr<session> weak = in;
    change_filter what;
    what.uris = std::vector{params->uri};
    auto watch = options_.what->watch(wanted, what, [weak](const change& x) {
      if (auto there = weak.lock())
        there->tell(notification_message(x.method, x.params));
    });
    if (!watch)
      to.fail(error_of(watch.error()));
    else if (!in->subscribe(params->uri, std::move(*watch)))
      to.fail({code::server_error,
               "this session is subscribed to 100 resources; unsubscribe from "
               "one first",
               std::nullopt});
    else
      to.result("{}");
  }

  static void unsubscribe(session& in, const message& what, exchange& to) {
    auto params = wire::from_json<uri_params>(what.params);
    if (!params) {
      to.fail(error_of(params.error()));
      return;
    }
    in.unsubscribe(params->uri);
    to.result("{}");
  }

  const door_options options_;
  session_list sessions_;
  listener_list listeners_;
};

route route_of(const char* method, const char* summary, contract what,
               route_handler handle) {
  return {method,  "/mcp",          permission::anyone_known(), {},
          summary, std::move(what), std::move(handle)};
}

} // namespace

void add_routes(route_table& to, door_options options) {
  auto it = std::make_shared<door>(std::move(options));
  to.push_back(route_of("POST", "A message of the Model Context Protocol",
                        contract::gives_content("application/json").or_stream(),
                        [it](http_request x, const responder_ptr& reply) {
                          it->post(std::move(x), reply);
                        }));
  to.push_back(
    route_of("GET", "What a session of MCP is told", contract::gives_stream(),
             [it](const http_request& x, const responder_ptr& reply) {
               it->get(x, reply);
             }));
  to.push_back(
    route_of("DELETE", "Ends a session of MCP",
             contract::gives_content("application/json"),
             [it](const http_request& x, const responder_ptr& reply) {
               it->remove(x, reply);
             }));
}

} // namespace machine::gateway::mcp

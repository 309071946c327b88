#include "gateway/api/subscription.hpp"

#include <exception>

namespace machine::gateway {

namespace {

using session::server_message;

/// What is read of a log at a time, and waits for a client at most; well below
/// what may wait for it.
constexpr size_t most_events = 200;
constexpr size_t most_bytes = 128u << 10;

constexpr std::string_view run_prefix = "run/";

/// *x* as a part of a path (RFC 3986, section 2.1).
std::string percent_encode(std::string_view x) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "abcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (auto c : x) {
    auto byte = static_cast<uint8_t>(c);
    if (plain.find(c) != plain.npos)
      result += c;
    else
      result.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return result;
}

} // namespace

/// What was read of the log, where that may block.
struct subscription::page {
  shared_frames frames;
  /// The last of the log is among them.
  bool has_last = false;
  bool failed = true;
};

caf::expected<std::string> target_of_topic(const std::string& topic) {
  if (is_topic(topic) || topic == audit_topic)
    return "/api/v1/topics/" + topic + "/events";
  if (topic.starts_with(run_prefix) && topic.size() > run_prefix.size())
    return "/api/v1/runs/" + percent_encode(topic.substr(run_prefix.size()))
         + "/events";
  return make_error(ec::not_found,
                    message_of(no_topic(topic)) + ", and run/ID for a run");
}

log_view log_of_topic(const scope& in, const std::string& topic) {
  return topic.find('/') == topic.npos
         ? in.topic(topic)
         : in.run_log(topic.substr(run_prefix.size()));
}

subscription::subscription(scope in, log_view log, options how)
    : in_(std::move(in)), log_(std::move(log)), how_(std::move(how)),
      topic_(topic_of(log_)), target_(*target_of_topic(topic_)),
      cursor_(how_.after.value_or(0), how_.credit), home_(how_.socket->home()) {
}

subscription::~subscription() = default;

template <class Job, class Then>
bool subscription::read_and(Job job, Then then) {
  auto err = in_.post(
    [me = shared_from_this(), job = std::move(job), then = std::move(then)] {
      auto result = std::make_shared<decltype(job())>();
      try {
        *result = job();
      } catch (const std::exception&) {
        // It says that it failed until it is there.
      }
      me->home_->post([me, result, then] {
        if (!me->over_)
          then(*me, *result);
      });
    });
  return !err;
}

void subscription::begin() {
  auto posted = read_and(
    [in = in_, log = log_] {
      return std::optional<caf::expected<uint64_t>>{in.last_seq(log)};
    },
    [](subscription& me, const std::optional<caf::expected<uint64_t>>& x) {
      me.on_found(x ? *x : make_error(ec::internal, "the log does not read"));
    });
  if (!posted)
    fail(make_error(ec::overloaded, "the machine has too much to do; subscribe "
                                    "again later"));
}

void subscription::on_found(const caf::expected<uint64_t>& last) {
  if (!last)
    return fail(last.error());
  if (*last == 0 && !log_.name.empty())
    return fail(make_error(ec::not_found, "there is no " + log_.name));
  if (how_.latest)
    cursor_ = session::cursor{*last, how_.credit};
  if (sent() > *last)
    return fail(
      make_error(ec::invalid_argument, "after is " + std::to_string(sent())
                                         + ", but the last event of " + topic_
                                         + " is " + std::to_string(*last)));
  say(session::subscribed{how_.id, topic_, sent()});
  channel_ = in_.listen(log_);
  channel_->join(home_, *this);
}

void subscription::on_ready() {
  if (!std::exchange(ready_, true))
    read();
}

void subscription::read() {
  if (!ready_ || turn_ != turn::none || over_ || !cursor_.wants_page())
    return;
  turn_ = turn::wanted;
  how_.turns->ask([me = weak_from_this()] {
    auto there = me.lock();
    return there && there->begin_page();
  });
}

bool subscription::begin_page() {
  // Meanwhile the events may have come by themselves.
  if (over_ || !cursor_.wants_page()) {
    turn_ = turn::none;
    return false;
  }
  turn_ = turn::reading;
  auto most = cursor_.begin_page(most_events);
  auto posted = read_and(
    [in = in_, log = log_, topic = topic_, sent = sent(), most,
     by = how_.dialect] {
      page result;
      auto events = in.read(log, sent + 1, most, most_bytes);
      if (!events)
        return result;
      std::string text;
      size_t count = 0;
      for (auto& x : *events) {
        result.has_last = log.is_last(x.payload);
        ++count;
        text += session::encode(
          by,
          session::topic_event{topic, x.seq, {log.document(x.seq, x.payload)}});
        // What a run says after its end is for who asks.
        if (result.has_last)
          break;
      }
      result.frames = frames_of(std::move(text));
      result.frames.count = count;
      if (events->empty() && sent > 0) {
        auto last = in.read(log, sent, 1, most_bytes);
        result.has_last =
          last && !last->empty() && log.is_last(last->front().payload);
      }
      result.failed = false;
      return result;
    },
    [](subscription& me, const page& what) { me.on_page(what); });
  if (posted)
    return true;
  turn_ = turn::none;
  on_lost();
  return false;
}

void subscription::on_page(const page& what) {
  if (what.failed)
    return on_lost();
  cursor_.end_page(what.frames.count);
  if (what.frames.count > 0) {
    turn_ = turn::sent;
    how_.turns->hold();
    how_.socket->send(what.frames);
  } else {
    turn_ = turn::none;
    how_.turns->give_back();
  }
  if (what.has_last)
    return end("complete", "nothing more will happen");
  read();
}

void subscription::on_drained() {
  if (turn_ == turn::sent)
    turn_ = turn::none;
  read();
}

bool subscription::grant(uint64_t events) {
  if (!cursor_.grant(events))
    return false;
  read();
  return true;
}

void subscription::on_batch(const event_batch& what) {
  auto which = cursor_.publish(what.first(), what.count());
  if (which.size() > 0) {
    how_.socket->send(what.frames(how_.dialect, which));
    if (what.is_last(which.end - 1))
      return end("complete", "nothing more will happen");
  }
  read();
}

void subscription::on_live(const live_frame& what) {
  // Beside events of the past it would make no sense.
  if (ready_ && cursor_.is_live())
    how_.socket->send(what.frames(how_.dialect));
}

void subscription::on_lost() {
  end("lost", "the machine has lost track; subscribe again with this number");
}

void subscription::say(const server_message& what) {
  how_.socket->send(frames_of(session::encode(how_.dialect, what)));
}

void subscription::fail(const caf::error& why) {
  say(
    session::error_message{how_.id, to_string(code_of(why)), message_of(why)});
  leave();
}

void subscription::end(std::string code, std::string reason) {
  if (over_)
    return;
  say(session::ended{topic_, sent(), std::move(code), std::move(reason)});
  leave();
}

void subscription::leave() {
  if (std::exchange(over_, true))
    return;
  // The channel and the client may have the last of the others.
  auto me = shared_from_this();
  // Nobody takes what is being read.
  if (std::exchange(turn_, turn::none) == turn::reading)
    how_.turns->give_back();
  if (auto from = std::exchange(channel_, nullptr))
    from->leave(home_, *this);
  if (auto then = std::exchange(how_.on_end, nullptr))
    then();
}

} // namespace machine::gateway

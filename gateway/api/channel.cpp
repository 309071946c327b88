#include "gateway/api/channel.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace machine::gateway {

shared_frames event_batch::frames(session::dialect by,
                                  session::slice which) const {
  auto& all = encoded_[static_cast<size_t>(by)];
  std::call_once(all.once, [&] {
    auto data = std::make_shared<std::string>();
    auto seq = first_;
    for (auto& payload : payloads_) {
      *data += session::encode(
        by, session::topic_event{topic_, seq, {log_.document(seq, payload)}});
      all.ends.push_back(data->size());
      ++seq;
    }
    all.data = std::move(data);
  });
  auto begin = which.begin == 0 ? 0 : all.ends[which.begin - 1];
  return {all.data, begin, all.ends[which.end - 1], which.size()};
}

shared_frames live_frame::frames(session::dialect by) const {
  auto index = static_cast<size_t>(by);
  std::call_once(once_[index], [&] {
    encoded_[index] = frames_of(
      session::encode(by, session::topic_live{topic_, {live_document(what_)}}));
  });
  return encoded_[index];
}

channel::~channel() {
  if (auto there = caf::actor_cast<caf::actor>(feeder_))
    caf::anon_send_exit(there, caf::exit_reason::user_shutdown);
}

void channel::join(const std::shared_ptr<socket_home>& home,
                   channel_member& who) {
  auto& members = party_of(home)->members;
  who.place_ = members.size();
  members.push_back(&who);
  auto now = stage::starting;
  {
    std::lock_guard guard{mutex_};
    now = stage_;
  }
  // Who begins to listen before the feeder does is told when it does.
  if (now == stage::open)
    who.on_ready();
  else if (now == stage::lost)
    who.on_lost();
}

void channel::leave(const std::shared_ptr<socket_home>& home,
                    channel_member& who) {
  auto& members = party_of(home)->members;
  // Whoever tells members something goes from the last to the first.
  members[who.place_] = members.back();
  members[who.place_]->place_ = who.place_;
  members.pop_back();
}

void channel::fed_by(caf::actor_addr feeder) {
  std::lock_guard guard{mutex_};
  feeder_ = std::move(feeder);
}

void channel::open() {
  {
    std::lock_guard guard{mutex_};
    stage_ = stage::open;
  }
  tell_all([](channel_member& x) { x.on_ready(); });
}

void channel::publish(uint64_t first, const std::vector<bytes>& payloads) {
  // Whoever still has a batch has its log.
  auto batch = std::make_shared<event_batch>(log_, topic_, first, payloads);
  tell_all([batch, me = shared_from_this()](channel_member& x) {
    x.on_batch(*batch);
  });
}

void channel::publish(const entity::live_piece& what) {
  auto frame = std::make_shared<live_frame>(topic_, what);
  tell_all([frame](channel_member& x) { x.on_live(*frame); });
}

void channel::lose() {
  {
    std::lock_guard guard{mutex_};
    stage_ = stage::lost;
  }
  tell_all([](channel_member& x) { x.on_lost(); });
}

bool channel::is_lost() const {
  std::lock_guard guard{mutex_};
  return stage_ == stage::lost;
}

void channel::tell_all(std::function<void(channel_member&)> tell) {
  std::map<std::shared_ptr<socket_home>, party_ptr> parties;
  {
    std::lock_guard guard{mutex_};
    parties = parties_;
  }
  for (auto& [home, there] : parties)
    home->post([there = there, tell] {
      for (auto i = there->members.size(); i-- > 0;)
        tell(*there->members[i]);
    });
}

channel::party_ptr channel::party_of(const std::shared_ptr<socket_home>& home) {
  std::lock_guard guard{mutex_};
  auto& result = parties_[home];
  if (!result)
    result = std::make_shared<party>();
  return result;
}

channel_list::found channel_list::find(const log_view& log) {
  std::lock_guard guard{mutex_};
  auto& there = channels_[log.stream];
  if (auto known = there.lock(); known && !known->is_lost())
    return {std::move(known), false};
  auto made = std::make_shared<channel>(log, topic_of(log));
  there = made;
  if (channels_.size() >= sweep_at_) {
    std::erase_if(channels_, [](auto& x) { return x.second.expired(); });
    sweep_at_ = std::max<size_t>(64, 2 * channels_.size());
  }
  return {std::move(made), true};
}

} // namespace machine::gateway

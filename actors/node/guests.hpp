#pragma once

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

namespace machine {

/// Actors that serve somebody outside of the node, a request or a stream each.
/// What they wait for may never come once the node ends, so they end first.
/// Any thread may call.
class guest_list {
public:
  explicit guest_list(caf::actor_system& system) : system_(system) {}

  guest_list(const guest_list&) = delete;
  guest_list& operator=(const guest_list&) = delete;

  /// Spawns an actor of *xs*; false, and nothing happens, after `close`.
  template <class... Ts>
  bool spawn(Ts&&... xs) {
    {
      std::lock_guard guard{book_->mutex};
      if (book_->closed)
        return false;
      ++book_->count;
    }
    auto guest =
      caf::actor_cast<caf::actor>(system_.spawn(std::forward<Ts>(xs)...));
    auto unwanted = false;
    {
      std::lock_guard guard{book_->mutex};
      book_->living.emplace(guest.id(),
                            caf::actor_cast<caf::actor_addr>(guest));
      unwanted = book_->closed;
    }
    // One that has ended already leaves here and now.
    guest->attach_functor([book = book_, id = guest.id()] {
      std::lock_guard guard{book->mutex};
      book->living.erase(id);
      --book->count;
      book->left.notify_all();
    });
    if (unwanted)
      caf::anon_send_exit(guest, caf::exit_reason::kill);
    return true;
  }

  /// Ends every guest and waits until the last one has left. Not for threads
  /// of the actors; idempotent.
  void close() {
    std::unique_lock lock{book_->mutex};
    book_->closed = true;
    auto living = book_->living;
    lock.unlock();
    for (auto& [id, address] : living)
      if (auto guest = caf::actor_cast<caf::actor>(address))
        caf::anon_send_exit(guest, caf::exit_reason::kill);
    lock.lock();
    book_->left.wait(lock, [this] { return book_->count == 0; });
  }

private:
  struct book {
    std::mutex mutex;
    std::condition_variable left;
    std::map<caf::actor_id, caf::actor_addr> living;
    size_t count = 0;
    bool closed = false;
  };

  caf::actor_system& system_;
  std::shared_ptr<book> book_ = std::make_shared<book>();
};

} // namespace machine

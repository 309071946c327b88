#pragma once

#include "tests/sim/timeline.hpp"

#include <array>

namespace machine::sim {

class world;

/// What messages between a node and the machine go through. It may be silent
/// for a while, and then they come later; once it breaks, all that is under way
/// is lost, and nobody says so.
class sim_link : public mortal {
public:
  enum class side : uint8_t { machine, node };

  explicit sim_link(world& in) : in_(in) {}

  bool is_up() const {
    return up_;
  }

  bool is_silent() const {
    return silent_;
  }

  void connect();
  void fall_silent();
  /// What has waited goes on, if it has not broken meanwhile.
  void speak_again();
  void tear();

  /// What is posted to one side arrives in this order.
  void post(side to, owner whose, std::function<void()> what);

  /// Takes its own way.
  /// @param lost Called if it never arrives.
  void carry(owner whose, std::function<void()> what,
             std::function<void()> lost);

private:
  struct message {
    owner whose;
    std::function<void()> what;
    std::function<void()> lost;
  };

  void send(length wait, message what);
  void arrive(uint64_t connection, message what);
  static void drop(const message& what);

  world& in_;
  uint64_t connection_ = 0;
  bool up_ = false;
  bool silent_ = false;
  std::array<timestamp, 2> newest_{};
  std::vector<message> held_;
};

} // namespace machine::sim

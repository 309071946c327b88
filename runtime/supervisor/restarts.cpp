#include "runtime/supervisor/restarts.hpp"

namespace machine::supervision {

bool restart_history::may_restart(timestamp now) {
  while (!recent_.empty() && recent_.front() + bound_.period <= now)
    recent_.pop_front();
  if (recent_.size() >= bound_.max_restarts)
    return false;
  recent_.push_back(now);
  ++total_;
  return true;
}

} // namespace machine::supervision

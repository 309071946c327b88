#pragma once

#include "actors/models/desk/order.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace machine::models {

/// Brings what the tries of a call say to whoever ordered it: where several
/// may answer, the pieces of the first that speaks.
class answer_channel {
public:
  /// What has passed.
  struct passage {
    /// The try whose pieces pass.
    std::optional<uint32_t> speaker;
    /// Of the answer that the client has now.
    bool has_text = false;
    bool has_other = false;
  };

  /// While it lives, nothing passes.
  class pause {
  public:
    explicit pause(answer_channel& of) : of_(of), lock_(of.mutex_) {}

    const passage& passed() const {
      return of_.passed_;
    }

    /// The text that the client has, of which `keeps_text` was asked for.
    const std::string& text() const {
      return of_.text_;
    }

    /// No piece of the try *number* passes any more.
    void silence(uint32_t number);

    /// Whoever speaks next takes over.
    void hand_over(takeover how);

  private:
    answer_channel& of_;
    std::unique_lock<std::mutex> lock_;
  };

  /// @param to Null: nobody wants pieces.
  /// @param keeps_text Another model may have to go on from what was said.
  answer_channel(std::shared_ptr<call_watcher> to, bool keeps_text)
      : to_(std::move(to)), keeps_text_(keeps_text) {}

  /// A piece of the try *number*, on the thread of its provider.
  void pass(uint32_t number, const call_facts& facts, const answer_delta& x);

  pause hold() {
    return pause{*this};
  }

  /// Has *then* called once, when one speaks: another one is asked as well.
  /// At once if one has.
  void on_speaker(std::function<void()> then);

  /// Nothing passes any more once this returns.
  void close();

private:
  void tell_speaker(const call_facts& facts);

  const std::shared_ptr<call_watcher> to_;
  const bool keeps_text_;
  std::mutex mutex_;
  passage passed_;
  std::vector<uint32_t> silent_;
  std::optional<takeover> next_;
  std::function<void()> on_speaker_;
  std::string text_;
  bool closed_ = false;
};

} // namespace machine::models

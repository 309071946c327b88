#include "actors/costs/money.hpp"

#include <algorithm>
#include <limits>

namespace machine::costs {

namespace {

constexpr micro_usd one_dollar = 1'000'000;

__extension__ using wide = __int128;

/// What *tokens* cost, in millionths of a micro-dollar. Bounded, so that a few
/// of them have a sum even if a provider counts nonsense.
wide times(uint64_t tokens, micro_usd price) {
  constexpr wide most = wide{max_amount} * one_dollar;
  return std::clamp<wide>(static_cast<wide>(tokens) * price, 0, most);
}

/// Divides by a million, rounding up, and stays within what can be summed.
micro_usd per_million(wide x) {
  auto amount = (x + (one_dollar - 1)) / one_dollar;
  return static_cast<micro_usd>(std::min<wide>(amount, max_amount));
}

/// What an image of a screen or a photo usually is.
constexpr uint64_t usual_image_tokens = 1'200;

/// What a prompt is made of, counted.
class prompt_count {
public:
  explicit prompt_count(const models::chat_request& what) {
    for (auto& message : what.messages)
      add(message);
    for (auto& tool : what.tools) {
      add(tool.name);
      add(tool.description);
      add(tool.parameters.text);
      ++parts_;
    }
    if (what.output_schema)
      add(what.output_schema->text);
    if (what.output_schema || !what.tools.empty())
      framing_ += 600;
  }

  prompt_size bound() const {
    auto text = text_.tokens() + framing();
    return {text + images_ * max_image_tokens + documents_ * max_document_tokens
              + audio_,
            audio_, kept_for_hour_};
  }

  uint64_t estimate() const {
    return ((text_.dense + text_.light) * 2 + 6) / 7 + framing()
         + images_ * usual_image_tokens
         + std::min(document_bytes_ / 8, documents_ * max_document_tokens)
         + audio_;
  }

private:
  uint64_t framing() const {
    return framing_ + parts_ * 16;
  }

  void add(const models::chat_message& x) {
    ++parts_;
    // What a provider wants back holds the text and the calls, too.
    if (x.provider_blocks) {
      add(x.provider_blocks->text);
      return;
    }
    add(x.content);
    for (auto& item : x.attachments)
      add(item);
    for (auto& call : x.tool_calls) {
      add(call.id);
      add(call.name);
      add(call.arguments.text);
      ++parts_;
    }
  }

  void add(const models::attachment& x) {
    using enum models::attachment_kind;
    ++parts_;
    auto size = x.data.size() / 4 * 3;
    if (x.kind == image) {
      ++images_;
    } else if (x.kind == document) {
      ++documents_;
      document_bytes_ += size;
    } else if (x.kind == audio) {
      audio_ +=
        x.data.empty() ? max_document_tokens : size / bytes_per_audio_token + 1;
    } else {
      kept_for_hour_ = kept_for_hour_ || x.detail == "1h";
    }
  }

  void add(std::string_view text) {
    text_.add(text);
  }

  text_bound text_;
  uint64_t parts_ = 1;
  uint64_t framing_ = 0;
  uint64_t images_ = 0;
  uint64_t documents_ = 0;
  uint64_t document_bytes_ = 0;
  uint64_t audio_ = 0;
  bool kept_for_hour_ = false;
};

/// What each kind of token costs when the prompt is so long.
struct rates {
  micro_usd input = 0;
  micro_usd cached = 0;
  micro_usd output = 0;
  micro_usd cache_write = 0;
  micro_usd cache_write_hour = 0;
};

rates rates_of(const price& x, uint64_t prompt_tokens) {
  if (x.long_prompt && prompt_tokens > x.long_prompt->above) {
    auto& it = *x.long_prompt;
    auto write = it.cache_write.value_or(it.input);
    auto hour = std::max(write, x.cache_write_hour.value_or(write));
    return {it.input, it.cached, it.output, write,
            it.cache_write_hour.value_or(hour)};
  }
  auto write = x.cache_write.value_or(x.input);
  return {x.input, x.cached, x.output, write,
          x.cache_write_hour.value_or(write)};
}

caf::error not_an_amount(std::string_view text) {
  return make_error(ec::invalid_argument,
                    "\"" + std::string{text.substr(0, 64)}
                      + "\" is no amount of dollars; write 0.50 or $2, with at "
                        "most six decimals");
}

} // namespace

std::string format_usd(micro_usd x) {
  // The negative of the smallest number does not exist.
  auto rest = x < 0 ? ~static_cast<uint64_t>(x) + 1 : static_cast<uint64_t>(x);
  auto decimals = std::to_string(rest % one_dollar);
  decimals.insert(0, 6 - decimals.size(), '0');
  while (decimals.size() > 2 && decimals.back() == '0')
    decimals.pop_back();
  return (x < 0 ? "-$" : "$") + std::to_string(rest / one_dollar) + "."
       + decimals;
}

caf::expected<micro_usd> parse_usd(std::string_view text) {
  auto rest = text;
  if (rest.starts_with('$'))
    rest.remove_prefix(1);
  auto point = rest.find('.');
  auto whole = rest.substr(0, point);
  auto part = point == rest.npos ? std::string_view{} : rest.substr(point + 1);
  auto digits = [](std::string_view x) {
    return std::all_of(x.begin(), x.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.size() + part.size() == 0 || whole.size() > 10 || part.size() > 6
      || !digits(whole) || !digits(part)
      || (point != rest.npos && part.empty()))
    return not_an_amount(text);
  micro_usd amount = 0;
  for (auto c : whole)
    amount = amount * 10 + (c - '0');
  for (size_t i = 0; i < 6; ++i)
    amount = amount * 10 + (i < part.size() ? part[i] - '0' : 0);
  if (amount > max_amount)
    return not_an_amount(text);
  return amount;
}

micro_usd cost(const price& per_token, const models::token_usage& usage) {
  auto rate = rates_of(per_token, models::prompt_tokens(usage));
  auto sum =
    times(usage.input, rate.input) + times(usage.cached, rate.cached)
    + times(usage.output, rate.output)
    + times(usage.cache_write, rate.cache_write)
    + times(usage.cache_write_hour, rate.cache_write_hour)
    + times(usage.image, per_token.image.value_or(rate.input))
    + times(usage.audio, per_token.audio.value_or(rate.input))
    + times(usage.audio_output, per_token.audio_output.value_or(rate.output));
  return per_million(sum + times(one_dollar, per_token.call));
}

caf::error check_amount(std::string_view what, micro_usd x) {
  if (x >= 0 && x <= max_amount)
    return caf::none;
  return make_error(ec::invalid_argument, std::string{what} + " of "
                                            + format_usd(x)
                                            + " cannot be; it is from $0.00 to "
                                            + format_usd(max_amount));
}

micro_usd worst_case(const price& per_token, uint64_t prompt_tokens,
                     uint64_t max_output_tokens) {
  return worst_case(per_token, prompt_size{prompt_tokens}, max_output_tokens);
}

micro_usd worst_case(const price& per_token, const prompt_size& prompt,
                     uint64_t max_output_tokens) {
  // A prompt may turn out to be shorter than its bound.
  auto brief = rates_of(per_token, 0);
  auto rate = rates_of(per_token, prompt.tokens);
  auto dearest =
    std::max({rate.input, rate.cached, rate.cache_write, brief.input,
              brief.cached, brief.cache_write, per_token.image.value_or(0)});
  if (prompt.kept_for_hour)
    dearest =
      std::max({dearest, rate.cache_write_hour, brief.cache_write_hour});
  rate.output = std::max(rate.output, brief.output);
  auto audio = std::max(dearest, per_token.audio.value_or(dearest));
  auto words = prompt.tokens - std::min(prompt.audio, prompt.tokens);
  return per_million(times(words, dearest) + times(prompt.audio, audio)
                     + times(max_output_tokens, rate.output)
                     + times(one_dollar, per_token.call));
}

prompt_size bound_prompt(const models::chat_request& what) {
  return prompt_count{what}.bound();
}

uint64_t bound_tokens(const models::chat_request& what) {
  return bound_prompt(what).tokens;
}

void text_bound::add(std::string_view text) {
  for (auto c : text) {
    auto letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    ++(letter || c == ' ' ? light : dense);
  }
}

uint64_t estimate_tokens(const models::chat_request& what) {
  return prompt_count{what}.estimate();
}

} // namespace machine::costs

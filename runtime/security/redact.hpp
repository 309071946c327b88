#pragma once

#include <string>
#include <string_view>

namespace machine::security {

/// *text* without what looks like a secret, for logs, transcripts and answers:
/// of each there is left how it begins, and `…redacted`:
///
/// * our own keys and sessions (`tm_`, `tms_`), with tenant and id, which find
///   the key and open nothing; also when the secret was cut off;
/// * the value of `Bearer `, but for a short word of letters, as in prose;
/// * keys of providers: `sk-` and `sk-ant-`, `AIza`, `AKIA`, `ghp_` and its
///   kin, `github_pat_`, `xoxb-` and its kin;
/// * JSON web tokens (`eyJ`, with two dots or more);
/// * private keys in PEM, to the end of the text if theirs is missing.
///
/// What stands right behind a secret, without a space or a quote, goes with it,
/// and so do a few things that only look like secrets. Shapes are all that it
/// knows: a password is not found. `sk-` in the middle of a word (`task-`) is
/// none.
///
/// Takes time in proportion to the text. The result is never longer than the
/// text, and redacting it again changes nothing.
std::string redact(std::string_view text);

} // namespace machine::security

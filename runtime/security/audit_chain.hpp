#pragma once

#include "runtime/error.hpp"
#include "runtime/security/digest.hpp"

#include <cstdint>
#include <functional>
#include <optional>

/// A log in which each record is hashed together with the hash before it, so
/// that no record can be changed, taken out, put in or moved without changing
/// all hashes after it.
///
/// There is no key. Whoever can write the whole log can write another one that
/// is as good, or take its end away; the chain shows neither by itself. It does
/// to someone who has kept an earlier head elsewhere (in another system's logs,
/// on paper): up to that head everything is then known to be as it was. Of what
/// follows the last head that was kept, only that it fits.
namespace machine::security {

/// Where a chain stands: the number of its last record, from 1, and its hash.
/// The default is the head of a chain without records.
struct chain_head {
  uint64_t seq = 0;
  digest hash{};

  bool operator==(const chain_head&) const = default;
};

/// The hash of the record *record* that follows *previous*: BLAKE2b-256 of
/// `themachine audit 1` with a zero byte, *previous*, the record's length in 8
/// bytes, the highest first, and the record.
digest chain_next(const digest& previous, bytes_view record);

/// A record as it was stored.
struct chain_link {
  /// Its number in the log, by the log.
  uint64_t seq = 0;
  bytes record;
  digest hash{};
};

/// What is wrong with a chain. That something is, is certain; this is the
/// simplest thing that it can be.
enum class chain_fault : uint8_t {
  /// The record, its hash or its number is not what it was.
  changed,
  /// Records are not there.
  missing,
  /// What belongs here stands further on: records were moved or put in.
  reordered,
  /// The chain fits together, and is not the one whose head is known.
  rewritten,
};

/// What `verify_chain` has found.
struct chain_report {
  struct broken {
    /// The number of the record from which on nothing is certain.
    uint64_t seq = 0;
    chain_fault why = chain_fault::changed;

    bool operator==(const broken&) const = default;
  };

  /// The last record that is in order.
  chain_head good;
  /// None: all are.
  std::optional<broken> fault;

  bool operator==(const chain_report&) const = default;
};

/// Gives the links of a log one after the other, none at its end.
using chain_source = std::function<caf::expected<std::optional<chain_link>>()>;

/// Checks the links that *next* gives, up to the first that is wrong.
/// @param known A head that was kept elsewhere: the chain must reach it. It may
/// go on after it. Without one, an end that is gone and a chain that was
/// written anew are not found. Not before *from*.
/// @param from Where the links begin: the head of those before.
/// @returns what it has found; the error of *next*, if there is one.
caf::expected<chain_report>
verify_chain(const chain_source& next,
             const std::optional<chain_head>& known = std::nullopt,
             const chain_head& from = {});

} // namespace machine::security

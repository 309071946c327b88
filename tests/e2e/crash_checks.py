"""What has to hold of a run's log, and of what its witnesses saw.

Everything is told by the log alone and by lines that others wrote: nothing is
asked of the machine's own idea of its state.
"""

import datetime
from collections import Counter

from harness import check

# The time of a commit is in milliseconds.
GRAIN = 0.002


def moment_of(event):
    return datetime.datetime.fromisoformat(
        event["at"].replace("Z", "+00:00")
    ).timestamp()


class Effect:
    """What the log says of one effect."""

    def __init__(self):
        self.kind = self.subject = self.activation = ""
        self.idempotent = True
        self.phase = "new"
        self.intents = 0
        self.ended_at = None
        self.answers = []

    @property
    def leaves_a_line(self):
        return self.kind == "command" or self.subject.startswith("run_command")


def effect_of(interrupt):
    """The effect that the question *interrupt* is about; "" if about none."""
    kind, _, effect = interrupt.partition(":")
    return effect.split("/")[0] if kind == "reconcile" else ""


def effects_of(where, events):
    """The effects of a log, which is looked through for what must not be."""
    effects = {}
    for x in events:
        known = effects.setdefault(x["effect"], Effect()) if "effect" in x else None
        kind = x["type"]
        if kind == "effect_intended":
            check(
                known.phase in ("new", "lost"),
                f"{where}: {x['effect']} is begun, though it is {known.phase}",
            )
            known.phase = "open"
            known.intents += 1
            known.kind, known.subject = x["kind"], x["subject"]
            known.activation = x["activation"]
            known.idempotent = x["idempotent"]
        elif kind in ("effect_done", "effect_failed"):
            check(known.phase == "open", f"{where}: {x} but it is {known.phase}")
            known.phase = kind.removeprefix("effect_")
            known.ended_at = moment_of(x)
        elif kind == "effect_lost":
            check(known.phase == "open", f"{where}: {x} but it is {known.phase}")
            known.phase = "lost" if known.idempotent else "doubtful"
        elif kind == "interrupt_opened" and effect_of(x["interrupt"]):
            known = effects[effect_of(x["interrupt"])]
            check(known.phase == "doubtful", f"{where}: {x} but {known.phase}")
            known.phase = "asked"
        elif kind == "interrupt_answered" and effect_of(x["interrupt"]):
            known = effects[effect_of(x["interrupt"])]
            check(known.phase == "asked", f"{where}: {x} but it is {known.phase}")
            known.phase = "happened" if x["answer"]["happened"] else "lost"
            known.answers.append(x["answer"]["happened"])
    for name, x in effects.items():
        # What nobody knows of and nobody asks about would be forgotten.
        check(x.phase != "doubtful", f"{where}: nobody asks about {name}")
    return effects


def check_log(where, events):
    """The log of a run that has ended is whole, and well."""
    check(
        [int(x["seq"]) for x in events] == list(range(1, len(events) + 1)),
        f"{where}: the log has a gap",
    )
    ended = [x for x in events if x["type"] == "run_ended"]
    check(len(ended) == 1 and ended[0]["result"] == "done", f"{where}: {ended}")
    steps = [x["activation"] for x in events if x["type"] == "step_done"]
    check(len(steps) == len(set(steps)), f"{where}: a step was done twice")
    effects = effects_of(where, events)
    for name, x in effects.items():
        check(
            x.phase in ("done", "failed", "happened"),
            f"{where}: {name} is {x.phase} at the end",
        )
    return effects


def check_requests(run, effects, requests):
    """*requests*: of this run's keys, when each was asked for."""
    for name, x in effects.items():
        if x.kind != "model":
            continue
        seen = requests.pop(f"{run}:{name}", [])
        check(
            (x.phase != "done" or seen) and len(seen) <= x.intents,
            f"{run}: {name} was begun {x.intents} times, the provider saw"
            f" {len(seen)}",
        )
        check(
            all(at <= x.ended_at + GRAIN for at in seen),
            f"{run}: {name} was asked for after it was {x.phase}",
        )
    check(not requests, f"{run}: nobody wanted {requests}")


def check_lines(run, effects, lines):
    """*lines*: of this run's keys, with the attempt, when each was written."""
    wanted = {}
    for name, x in effects.items():
        if x.leaves_a_line:
            # An attempt at a step that does one thing; what could not even be
            # begun has a number of its own.
            wanted.setdefault(f"{run}:{name.rpartition('.')[0]}", []).append(x)
    for key, all_of_it in wanted.items():
        seen = lines.pop(key, [])
        begun = sum(x.intents for x in all_of_it)
        last = all_of_it[-1]
        check(
            bool(seen) == (last.phase in ("done", "happened")),
            f"{key} is {last.phase}, but stands there {len(seen)} times",
        )
        most = begun if last.idempotent else 1
        check(
            len(seen) <= most,
            f"{key} was begun {begun} times and stands there {len(seen)} times",
        )
        check(
            last.ended_at is None or all(at <= last.ended_at + GRAIN for at in seen),
            f"{key} was done again after it was {last.phase}",
        )
    check(not lines, f"{run}: nobody wanted {lines}")


def count(effects):
    """How the effects of a run came about."""
    result = Counter()
    for x in effects.values():
        if x.phase == "failed":
            result["failed"] += 1
        elif x.answers:
            result["reconciled"] += 1
            result["happened"] += x.answers.count(True)
            result["not"] += x.answers.count(False)
        elif x.intents > 1:
            result["retried"] += 1
        else:
            result["once"] += 1
    return result

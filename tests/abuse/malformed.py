#!/usr/bin/env python3
"""Requests that are wrong in one way: each is refused by a problem, or the
connection is closed; nothing in it is taken for a second request, nothing of it
comes back as a header, and a good request on a new connection works.

Usage: malformed.py THEMACHINE [--only WORD]
"""

import argparse
import concurrent.futures

from cases import SMUGGLED, all_cases
from raw import answers_in, talk
from victim import Calm, Directory, Victim, check


def play(victim, case):
    """What is wrong with what *case* leads to; none: nothing."""
    try:
        answers = answers_in(talk(victim.place, case.bytes(victim)))
    except AssertionError as why:
        return f"{case.name}: {why}"
    got = [x.status for x in answers]
    if not any(len(got) == len(way)
               and all(a in b for a, b in zip(got, way))
               for way in case.ways):
        said = [x.body[:300] for x in answers]
        return f"{case.name}: expected {case.ways}, got {got}: {said}"
    for answer in answers:
        if fault := answer.fault():
            return f"{case.name}: {fault}"
        if "x-injected" in answer.headers or b"root:" in answer.body:
            return f"{case.name}: {answer.headers} {answer.body[:300]}"
    victim.lives()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("--only", default="", metavar="WORD")
    options = parser.parse_args()
    cases = [x for x in all_cases() if options.only in x.name]
    with Directory() as directory:
        with Victim(options.themachine, directory) as victim:
            with Calm(victim, f"{len(cases)} malformed requests"):
                # Some take as long as a client may be silent.
                with concurrent.futures.ThreadPoolExecutor(24) as pool:
                    wrong = [x for x in pool.map(
                        lambda case: play(victim, case), cases) if x]
            check(not wrong, "\n".join(wrong))
            tasks = victim.get("/api/v1/projects/default/tasks").body.decode()
            check(SMUGGLED not in tasks, tasks)


if __name__ == "__main__":
    main()

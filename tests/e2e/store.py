"""The store of a machine that works: verified, copied, and out of room."""

import resource
import shutil
import signal
import sys
import threading

from harness import Directory, Machine, check, run

LONG = "x" * 20_000


def add(machine, title, check=True):
    return machine.call(
        "task", "add", title, "--description", LONG, check=check
    )


def titles(machine):
    return sorted(x["title"] for x in machine.data_of("task", "list")["items"])


def verify(machine, *options):
    return machine.call("store", "verify", *options).stdout


def copies(machine, place):
    """Backups while a client writes; each copy is a store by itself."""
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            add(machine, f"beside {len(written)}")
            written.append(True)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for name in ("one", "two"):
            check("as they were written" in verify(machine), "a sound store")
            machine.call("store", "backup", place / name / "store")
    finally:
        stop.set()
        writer.join()
    for name in ("one", "two"):
        seen = run(
            machine.binary, "store", "verify", "--data-dir", place / name,
            "--config", place / "config.toml"
        )
        check("as they were written" in seen.stdout, "a sound copy")
    return place / "two"


def without_room(machine):
    """The file of the store may not grow any more, as with `ulimit -f`."""
    pid = machine.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    size = (machine.data / "store/data.mdb").stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    kept = titles(machine)
    for number in range(1_000):
        title = f"full {number}"
        done = add(machine, title, check=False)
        if done.returncode != 0:
            break
        kept.append(title)
    check(done.returncode == 1, f"exit code 1, not {done.returncode}")
    check("free some space" in done.stderr, done.stderr)
    check(machine.process.poll() is None, "a machine that lives")
    check(titles(machine) == sorted(kept), "all that was acknowledged")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    add(machine, "room again")
    check(titles(machine) == sorted(kept + ["room again"]), "it goes on")
    check("as they were written" in verify(machine), "a sound store")


def main(binary):
    with Directory() as place, Machine(binary, place, "") as machine:
        machine.call("project", "add", "default", check=False)
        add(machine, "first")
        copy = copies(machine, place)
        without_room(machine)
        while_up = verify(machine)
        as_json = machine.data_of("store", "verify")
        check(as_json["corruptions"] == 0, as_json)
        refused = machine.call("store", "backup", copy / "store", check=False)
        check(refused.returncode == 5, "a directory that is taken")
        check(machine.stop() == 0, "a machine that stops")
        # Who has stopped it stands in the audit log.
        check(verify(machine).split(":")[1] == while_up.split(":")[1],
              "the same words without a machine")
        machine.call("store", "backup", place / "three/store")
        # Over to the copy: a machine starts on it and has what it had.
        shutil.rmtree(machine.data)
        copy.rename(machine.data)
        machine.start()
        check("first" in titles(machine), "what was copied")
        machine.process.send_signal(signal.SIGTERM)
        check(machine.process.wait(timeout=60) in (0, 130), "an end")
    print("the store is verified and copied while its machine works")


if __name__ == "__main__":
    main(sys.argv[1])

#!/usr/bin/env python3
"""Completeness and replay of the real deliberation's convention 2023-00963, by the real programs: sealed,
proven complete, an unknown one proven absent, replayed between two points and verified on the way."""
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import REAL_INPUT, Server, need_programs  # noqa: E402

CONVENTION = "2023-00963"
TAG = f"convention:{CONVENTION}"
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def expect_run(server, expected, *arguments):
    """Runs registre; what it printed, on both streams."""
    done = server.run(*arguments)
    expect(done.returncode == expected,
           f"{' '.join(map(str, arguments))}: {done.returncode}, not {expected}\n{done.stdout}"
           f"{done.stderr}")
    return done.stdout + done.stderr


def try_seal(server, positions):
    said = expect_run(server, 1, "proof", "tag", TAG)
    expect("NOT_SEALED" in said and "checkpoint seal" in said, said)
    size = server.size()
    said = expect_run(server, 0, "checkpoint", "seal")
    expect(f"à la position #{size}" in said and f"{size + 1} événements" in said, said)
    expect("répertoire scellé" in expect_run(server, 0, "checkpoint", "list"), "it is not kept")
    expect(f"#{size} ;" in expect_run(server, 0, "checkpoint", "seal"), "sealed twice")
    expect(server.size() == size + 1, "another seal was recorded where nothing was new")
    try_proofs(server, positions, size)
    return size


def try_proofs(server, positions, seal):
    said = expect_run(server, 0, "proof", "tag", TAG)
    expect(f"{TAG} has {len(positions)} events through position #{seal - 1}, the last at "
           f"#{positions[-1]}" in said, said)
    expect(f"event at position #{seal}" in said, said)
    for absent in ("convention:2023-00963.1", "application:0", "structure:zzzz"):
        said = expect_run(server, 0, "proof", "tag", absent)
        expect(f"{absent} has no event through position #{seal - 1}" in said, said)
    expect("FIELD_INVALID" in expect_run(server, 1, "proof", "tag", "nonsense"), "nonsense")


def replayed(server, *options):
    messages = server.read("convention", CONVENTION, "--replay", *options)
    return [int(message["event"]["event"]["position"]) for message in messages
            if "event" in message]


def try_replay(server, positions):
    expect(replayed(server) == positions, f"{replayed(server)}, not {positions}")
    first, last = positions[1], positions[-2]
    middle = replayed(server, "--from", str(first), "--known-at", f"#{last}")
    expect(middle == positions[1:-1], f"between two points: {middle}, not {positions[1:-1]}")
    said = expect_run(server, 0, "convention", CONVENTION, "--replay")
    for what in ("opening_convention_recorded", "avenant_signed", "plafond", "reste à mandater",
                 "ce qui change"):
        expect(what in said, f"{what} is not in\n{said}")
    # What the history adds up to is what the server says of the convention.
    state = server.read("convention", CONVENTION, "--replay")[-1]["event"]["state"]["convention"]
    shown = server.read("convention", CONVENTION)[0]["convention"]
    expect(state == shown, f"{state}\nis not\n{shown}")
    expect("convention list" in expect_run(server, 1, "convention", "1999-1", "--replay"), "none")


def try_verify(server, positions, keys):
    said = expect_run(server, 0, "convention", CONVENTION, "--replay", "--verify", "--key", keys)
    expect(f"Verified: {len(positions)} events of {TAG}" in said, said)
    expect(f"all {len(positions)} through position" in said, said)
    verified = replayed(server, "--verify", "--key", keys, "--from", str(positions[1]))
    expect(verified == positions[1:], f"{verified}")
    with Server() as other:
        assert other.run("record", REAL_INPUT).returncode == 0
        theirs = keys.with_name("other.txt")
        theirs.write_text(other.run("keys").stdout)
    said = expect_run(server, 1, "convention", CONVENTION, "--replay", "--verify", "--key", theirs)
    expect("not verified: the checkpoint" in said, said)


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-replay-"))
    try:
        with Server() as server:
            done = server.run("record", REAL_INPUT)
            expect(done.returncode == 0, f"record: {done.stderr}")
            positions = [int(event["position"]) for event in server.read("events", "--tag", TAG)]
            keys = folder / "keys.txt"
            keys.write_text(server.run("keys").stdout)
            said = expect_run(server, 0, "convention", CONVENTION, "--replay", "--verify", "--key",
                              keys)
            expect("nothing is sealed" in said, said)
            seal = try_seal(server, positions)
            try_replay(server, positions)
            try_verify(server, positions, keys)
            # The directory is kept over a restart, and computed again where it is gone.
            expect(server.stop() == 0, "a clean stop")
            expect((server.folder / f"index/directory/{seal}").is_dir(), "the directory is not kept")
            server.start()
            try_proofs(server, positions, seal)
            expect(server.stop() == 0, "a clean stop")
            shutil.rmtree(server.folder / "index")
            server.start()
            try_proofs(server, positions, seal)
            expect("conforme" in expect_run(server, 0, "admin", "rebuild", "--check"), "the index")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

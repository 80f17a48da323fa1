#!/usr/bin/env python3
"""Evidence bundles of the real deliberation, by the real programs: sealed, cosigned by a witness, stamped
by an authority that `openssl ts` plays; verified by `registre verify bundle` and by
deploy/audit/verify_bundle.py, which agree, also on what is spoilt at random (REGISTRE_TEST_SEED repeats a
run, REGISTRE_BUNDLE_MUTATIONS is how many are tried). Stamps and witness are test data."""
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    REAL_INPUT, SOURCE, TIMEOUT_S, Server, need_programs, run)
from time_stamp_authority import start_authority  # noqa: E402
import bundle_mutations as mutations  # noqa: E402
import verify_bundle  # noqa: E402
import witness_test  # noqa: E402

CONVENTION = "2023-00963"
TAGS = [("convention", CONVENTION), ("deliberation", "2023-405"), ("convention", "1999-1")]
COUNT = int(os.environ.get("REGISTRE_BUNDLE_MUTATIONS", "300"))
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def python_verifier(*arguments):
    return subprocess.run([sys.executable, SOURCE / "deploy/audit/verify_bundle.py",
                           *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT_S,
                          check=False)


def both(expected, file, *options):
    """Runs both verifiers; what the one of C++ said."""
    ours = run("verify", "bundle", file, *options)
    theirs = python_verifier(file, *options)
    expect(ours.returncode == theirs.returncode == expected,
           f"{file.name} {options}: expected {expected}; registre {ours.returncode} {ours.stderr} "
           f"python {theirs.returncode} {theirs.stderr}")
    return ours.stdout + ours.stderr, theirs.stdout + theirs.stderr


def make_bundles(folder, server):
    """A file for each tag."""
    tags = TAGS + [tuple(tag.split(":")) for tag in tags_of_other_kinds(server)]
    files = []
    for kind, number in tags:
        file = folder / f"{kind}-{number}.bundle"
        done = server.run("bundle", kind, number, "-o", file)
        expect(done.returncode == 0, f"bundle {kind} {number}: {done.returncode} {done.stderr}")
        expect("needs the key from elsewhere" in done.stdout, f"no warning: {done.stdout}")
        expect(" events, 1 cosignature, 1 time stamp\n" in done.stdout, f"attested: {done.stdout}")
        files.append(file)
    return files


def tags_of_other_kinds(server):
    """One tag of each kind beside those of TAGS."""
    found = {}
    for event in server.read("events", "--tag", f"convention:{CONVENTION}") + \
            server.read("events", "--tag", "deliberation:2023-405"):
        for link in event["tags"]:
            found.setdefault(link["tag"].split(":")[0], link["tag"])
    return [tag for kind, tag in sorted(found.items()) if kind not in dict(TAGS)]


def try_good(folder, files, options):
    for file in files:
        ours, theirs = both(0, file, *options)
        expect("a time stamp" in ours and "a time stamp" in theirs, f"no stamp: {ours} {theirs}")
        expect("w1" in ours and "cosigned by w1" in theirs, f"no witness: {ours} {theirs}")
        _, theirs = both(0, file, "--key", folder / "keys.txt")
        expect("  1 time stamp, not looked into" in theirs, theirs)
    ours, theirs = both(0, folder / f"convention-{CONVENTION}.bundle", *options)
    expect("are all that there were through" in ours, ours)
    expect("complete" in theirs, theirs)
    expect("Tranche" in ours and "mandater" in ours, f"the state is not shown: {ours}")
    ours, theirs = both(0, folder / "convention-1999-1.bundle", *options)
    expect("there was no event" in ours and "absent" in theirs, f"{ours} {theirs}")


def try_state(folder, server):
    """What is folded from the bundle is what the server answers."""
    done = run("--output", "json", "verify", "bundle", folder / f"convention-{CONVENTION}.bundle", "--key",
               folder / "keys.txt")
    verdict, state = map(json.loads, done.stdout.splitlines())
    expect(verdict["verified"] is True, str(verdict))
    expect(state == server.read("convention", CONVENTION)[0]["convention"],
           "the state folded from the bundle is not the server's")


def try_bad(folder, other_keys, options):
    file = folder / f"convention-{CONVENTION}.bundle"
    ours, theirs = both(1, file, "--key", other_keys)
    expect("LOG_UNKNOWN" in ours and "LOG_UNKNOWN" in theirs, f"{ours} {theirs}")
    for arguments in ((folder / "nowhere", "--key", folder / "keys.txt"),
                      (file, "--key", folder / "nowhere"), (file, "--policy", folder / "nowhere"),
                      (file, "--key", folder / "keys.txt", "--tsa-ca", folder / "nowhere"),
                      (folder, "--key", folder / "keys.txt")):
        ours, theirs = both(1, *arguments)
        expect("FILE_UNREADABLE" in ours and "FILE_UNREADABLE" in theirs, f"{ours} {theirs}")
        expect("Errno" not in theirs, theirs)
    both(2, file, "--key", folder / "keys.txt", "--schema-digest", "abc")
    both(0, file, "--key", folder / "keys.txt", "--schema-digest", "0" * 64)
    both(1, file, "--policy", file)
    both(1, file, "--key", folder / "keys.txt", "--tsa-ca", folder / "other.pem")
    both(2, file)
    both(2, file, *options, "--key", folder / "keys.txt")
    damaged = folder / "damaged"
    data = file.read_bytes()
    damaged.write_bytes(data[:500] + b"X" + data[501:])
    ours, theirs = both(1, damaged, *options)
    expect("BUNDLE_INVALID" in ours and "BUNDLE_INVALID" in theirs, f"{ours} {theirs}")


def try_mutations(folder, files, rng):
    keys = folder / "keys.txt"
    policy = verify_bundle.parse_policy((folder / "policy").read_bytes())
    ca = (folder / "ca.pem").read_bytes()
    bundles = [file.read_bytes() for file in files]
    summaries = {verify_bundle.parse_file(data)["summary"][0] for data in bundles}
    counts = collections.Counter()
    spoilt = folder / "spoilt"
    for _ in range(COUNT):
        kind, data = mutations.mutate(rng, rng.choice(bundles), bundles)
        spoilt.write_bytes(data)
        if rng.randrange(3) == 0:
            done = run("verify", "bundle", spoilt, "--policy", folder / "policy", "--tsa-ca",
                       folder / "ca.pem")
            python = mutations.verdict_of(data, policy, ca, summaries)
        else:
            done = run("verify", "bundle", spoilt, "--key", keys)
            python = mutations.verdict_of(data, verify_bundle.Policy(
                verify_bundle.read_keys([str(keys)])), None, summaries)
        counts[done.returncode] += 1
        if (done.returncode == 0) != (python == "ok") or done.returncode not in (0, 1):
            kept = pathlib.Path(tempfile.gettempdir()) / f"disagreed-{kind}"
            shutil.copy(spoilt, kept)
            failures.append(f"{kind}: registre {done.returncode} {done.stderr}, Python {python}: {kept}")
    print(f"{COUNT} changes tried: {counts[1]} refused by both, {counts[0]} accepted by both (a stamp or "
          "a cosignature that is not looked into, a stamp less, nothing changed)")
    expect(counts[1] > COUNT * 3 // 4, f"too few were refused: {counts}")


def prepare(folder):
    """A ledger with the real deliberation, and its keys."""
    data = folder / "data"
    with Server(data) as server:
        done = server.run("record", REAL_INPUT)
        assert done.returncode == 0, done.stderr
        file = folder / "early"
        done = server.run("bundle", "convention", CONVENTION, "-o", file)
        expect(done.returncode == 1 and "NOT_SEALED" in done.stderr, f"early: {done.stderr}")
        done = server.run("bundle", "convention", CONVENTION, "-o", file, "--seal")
        expect(done.returncode == 0, f"--seal: {done.returncode} {done.stderr}")
        expect(" events, not cosigned, not stamped yet\n" in done.stdout, f"attested: {done.stdout}")
        done = server.run("bundle", "convention", CONVENTION, "-o", file)
        expect(done.returncode == 1 and "FILE_EXISTS" in done.stderr, f"again: {done.stderr}")
        (folder / "keys.txt").write_text(server.run("keys").stdout, "utf-8")
        both(0, file, "--key", folder / "keys.txt")
        assert server.stop() == 0
    return data


def other_ledger(folder):
    """The keys of a ledger that holds the same."""
    with Server() as server:
        assert server.run("record", REAL_INPUT).returncode == 0
        server.run("checkpoint", "show")
        keys = folder / "other-keys.txt"
        keys.write_text(server.run("keys").stdout, "utf-8")
        return keys


def main():
    need_programs()
    seed = int(os.environ.get("REGISTRE_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"REGISTRE_TEST_SEED={seed}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-bundle-"))
    authority = start_authority(folder)
    try:
        data = prepare(folder)
        witness = witness_test.Witness(folder / "witness", folder / "keys.txt")
        key = (folder / "keys.txt").read_text("utf-8").split()[0]
        (folder / "policy").write_text(
            f"log {key}\nwitness w1 {witness.key} {witness.url}\nquorum w1\n", "utf-8")
        options = ("--policy", folder / "policy", "--tsa-ca", folder / "ca.pem")
        with Server(data, "--witness-policy", folder / "policy") as server:
            size = str(server.size())
            witness_test.await_that("the checkpoint is cosigned", lambda: all(
                one.get("cosigned_size") == size for one in witness_test.statuses_of(server)))
            done = server.run("checkpoint", "stamp", "--tsa",
                              f"http://127.0.0.1:{authority.server_port}/")
            assert done.returncode == 0, done.stderr
            files = make_bundles(folder, server)
            try_state(folder, server)
        try_good(folder, files, options)
        try_bad(folder, other_ledger(folder), options)
        try_mutations(folder, files, random.Random(seed))
    except AssertionError as error:
        failures.append(str(error))
    finally:
        authority.shutdown()
        for process in witness_test.started:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures[:20]:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

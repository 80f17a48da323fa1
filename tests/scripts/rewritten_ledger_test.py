#!/usr/bin/env python3
"""A ledger rewritten whole by who holds its keys: every hash, tile, HEAD and signature of it fits, and
what was kept elsewhere finds it: an old checkpoint, a witness, a stamp, a bundle. The witness, the
authority of stamps (`openssl ts`) and what the forgeries say are test data."""
import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, TIMEOUT_S, Server, need_programs, real_lines, run)
from time_stamp_authority import start_authority  # noqa: E402
import witness_test  # noqa: E402

CONVENTION = "2023-00963"
ORIGIN = "registre.example/pas-de-calais/2023-405"
ADDED_CENTS = 1_000_000  # what a forgery adds to the convention
SEAL = 1  # events of a sealed ledger beside its acts
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def expect_run(expected, says, done, what):
    """How a command ended, and that it says each of `says`, of which the last one's line is shown."""
    said = done.stdout + done.stderr
    shown = [line.strip() for line in said.splitlines() if says and says[-1] in line][:1]
    print(f"{what}: {done.returncode}", *shown)
    expect(done.returncode == expected, f"{what}: {done.returncode}, not {expected}\n{said}")
    for words in says:
        expect(words in said, f"{what}: {words!r} is not in\n{said}")


# ---- The ledgers ---------------------------------------------------------------------------------


def amount_changed(acts):
    """The convention was for 10 000 euros more, and so it is told from then on."""
    for line in acts:
        opening = line["act"].get("opening_convention_recorded", {})
        if opening.get("number") == CONVENTION:
            for part, field in ((opening, "amount_cents"), (opening["tranches"][0], "ceiling_cents")):
                part[field] = str(int(part[field]) + ADDED_CENTS)
        avenant = line["act"].get("avenant_signed", {})
        if avenant.get("convention_number") == CONVENTION:
            for field in ("amount_before_cents", "amount_after_cents"):
                avenant[field] = str(int(avenant[field]) + ADDED_CENTS)
    return acts


def act_left_out(acts):
    """The payment was never ordered."""
    kept = [line for line in acts
            if line["act"].get("payment_ordered", {}).get("basis", {}).get("convention_number")
            != CONVENTION]
    assert len(kept) == len(acts) - 1
    return kept


def act_added(acts):
    """The same acts, which are other events (their salts are drawn), and one more."""
    return acts + [{"command_id": "essai", "act": {"structure_registered": {
        "structure_id": "st-essai", "identity": {"name": "Structure d'essai"}}}}]


# Of the size that the true ledger has, shorter, longer.
FORGERIES = {"changed": amount_changed, "left-out": act_left_out, "added": act_added}


def record_sealed(server, acts):
    lines = "".join(json.dumps(line) + "\n" for line in acts)
    done = server.run("record", "-", stdin=lines.encode("utf-8"))
    assert done.returncode == 0, f"record: {done.stdout}{done.stderr}"
    done = server.run("checkpoint", "seal")
    assert done.returncode == 0, f"seal: {done.stderr}"
    assert server.size() == len(acts) + SEAL


def amount_of(server):
    return int(server.read("convention", CONVENTION)[0]["convention"]["amount_cents"])


def save(server, path, *arguments):
    done = server.run(*arguments, "-o", path)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return path


class Kept:
    """What others hold of the true ledger: its key, a checkpoint with cosignature and stamp, a bundle."""

    def __init__(self, folder, tsa_url):
        self.folder = folder
        self.data = folder / "true"
        self.key = folder / "key.txt"
        self.policy = folder / "policy"
        self.tsa_ca = folder / "ca.pem"
        with Server(self.data) as server:
            record_sealed(server, real_lines())
            self.amount = amount_of(server)
            self.key.write_text(server.run("keys").stdout, "utf-8")
            assert server.stop() == 0
        self.witness = witness_test.Witness(folder / "witness", self.key)
        self.policy.write_text(f"log {self.key.read_text('utf-8').strip()}\n"
                               f"witness w1 {self.witness.key} {self.witness.url}\nquorum w1\n", "utf-8")
        with Server(self.data, "--witness-policy", self.policy) as server:
            self.take(server, tsa_url)
            assert server.stop() == 0

    def take(self, server, tsa_url):
        self.size = server.size()
        witness_test.await_that(
            "the checkpoint is cosigned",
            lambda: witness_test.status_of(server).get("cosigned_size") == str(self.size))
        done = server.run("checkpoint", "stamp", "--tsa", tsa_url, "--tsa-ca", self.tsa_ca)
        assert done.returncode == 0, f"stamp: {done.stderr}"
        self.checkpoint = save(server, self.folder / "old.txt", "checkpoint", "show")
        stored = server.read("checkpoint", "show")[0]
        self.stamp = self.folder / "old.tsr"
        self.stamp.write_bytes(base64.b64decode(stored["timestamps"][0]))
        self.bundle = save(server, self.folder / "old.bundle", "bundle", "convention", CONVENTION)

    def try_good(self):
        """All of it holds, and the true ledger continues it: what is found below is not found here."""
        for older in (self.checkpoint, self.bundle):
            expect_run(0, ["It continues the checkpoint given"],
                       run("verify", "ledger", self.data, "--checkpoint", older, "--key", self.key),
                       f"true ledger, {older.name}")
        self.try_signed()
        expect_run(0, ["A time stamp authority that you trust saw it", "w1"],
                   run("verify", "checkpoint", self.checkpoint, "--policy", self.policy, "--stamp",
                       self.stamp, "--tsa-ca", self.tsa_ca), "old checkpoint")
        self.try_bundle()

    def try_signed(self):
        """What is signed, by whom, and what is asked of it; a copy without private keys says the same."""
        vkey = self.key.read_text("utf-8").strip()
        signed = f"first {self.size} of {self.size} events, by {vkey}"
        expect_run(0, ["of authorities of --tsa-ca", signed],
                   run("verify", "ledger", self.data, "--policy", self.policy, "--tsa-ca", self.tsa_ca),
                   "true ledger, by the policy, its stamp by the authority")
        expect_run(0, [signed, "no signature was held against a key from elsewhere"],
                   run("verify", "ledger", self.data), "true ledger, without a key")
        copy = self.folder / "for-the-auditor"
        shutil.copytree(self.data, copy, ignore=shutil.ignore_patterns("*.pem"))
        expect_run(0, [signed, "holds no private key"],
                   run("verify", "ledger", copy, "--key", self.key), "a copy without private keys")
        with Server() as server:
            server.run("record", "-", stdin=json.dumps(real_lines()[0]).encode("utf-8"))
            foreign = save(server, self.folder / "foreign.txt", "checkpoint", "show")
            other = self.folder / "other-key.txt"
            other.write_text(server.run("keys").stdout, "utf-8")
            assert server.stop() == 0
            expect_run(1, ["Not intact", "none is stored that the keys given accept"],
                       run("verify", "ledger", server.folder, "--key", self.key),
                       "another's ledger by this key")
        expect_run(1, ["LOG_UNKNOWN"],
                   run("verify", "ledger", self.data, "--key", self.key, "--checkpoint", foreign),
                   "another's checkpoint")
        expect_run(1, ["Not intact", "none is stored that the keys given accept"],
                   run("verify", "ledger", self.data, "--key", other), "true ledger by another's key")
        expect_run(2, ["--checkpoint needs --key or --policy"],
                   run("verify", "ledger", self.data, "--checkpoint", self.checkpoint),
                   "a checkpoint and no key")

    def try_bundle(self):
        expect_run(0, ["a time stamp", "w1"],
                   run("verify", "bundle", self.bundle, "--policy", self.policy, "--tsa-ca",
                       self.tsa_ca), "old bundle")


def forge(kept, name):
    """A folder in which registred itself records other acts, with the keys of the true one."""
    data = kept.folder / name
    with Server(data) as server:
        assert server.stop() == 0  # an empty ledger, with keys of its own
    shutil.rmtree(data / "keys")
    shutil.copytree(kept.data / "keys", data / "keys")
    with Server(data) as server:
        record_sealed(server, FORGERIES[name](real_lines()))
        expect(amount_of(server) - kept.amount == (ADDED_CENTS if name == "changed" else 0),
               f"{name}: {amount_of(server)} cents, in truth {kept.amount}")
        expect(server.run("keys").stdout == kept.key.read_text("utf-8"), f"{name}: another key")
        assert server.stop() == 0
    return data


# ---- What finds them -----------------------------------------------------------------------------


def try_alone(kept, name, data):
    """In itself it is right: this says how little one copy can know, and that the forgery is a good one."""
    done = run("verify", "ledger", data, "--key", kept.key)
    expect_run(0, [ORIGIN, "is intact"], done, f"{name}, alone")
    expect(done.stderr == "", f"{name}: intact, and yet {done.stderr}")


def try_old_checkpoint(kept, name, data):
    """By the checkpoint, that of the bundle, and that which the witness serves."""
    served = kept.folder / "served.txt"
    origin = hashlib.sha256(ORIGIN.encode("utf-8")).hexdigest()
    served.write_text(kept.witness.get(f"/{origin}/checkpoint"), "utf-8")
    for older in (kept.checkpoint, kept.bundle, served):
        expect_run(1, ["Not intact", "the checkpoint given"],
                   run("verify", "ledger", data, "--checkpoint", older, "--key", kept.key),
                   f"{name}, verify ledger --checkpoint {older.name}")


def try_consistency(kept, name, server, checkpoint):
    """What the forged server proves of itself does not lead from what it signed before."""
    size = checkpoint.read_text("utf-8").splitlines()[1]
    proof = kept.folder / f"{name}.proof"
    done = server.run("proof", "consistency", kept.size, size, "-o", proof)
    if int(size) < kept.size:
        expect_run(1, ["SIZE_INVALID"], done, f"{name}, proof consistency")
        proof.write_text("")  # and any other does not hold either
    else:
        expect_run(0, [], done, f"{name}, proof consistency")
    for older in (kept.checkpoint, kept.bundle):
        expect_run(1, ["PROOF_INVALID"],
                   run("verify", "checkpoint", checkpoint, "--older", older, "--proof", proof,
                       "--key", kept.key), f"{name}, verify checkpoint --older {older.name}")


def try_witness(kept, name, server, checkpoint):
    witness_test.await_that(f"{name}: the fork is found",
                            lambda: witness_test.status_of(server)["fork"])
    status = witness_test.status_of(server)
    expect("cosigned_size" not in status, f"{name}: cosigned {status}")
    expect_run(0, ["Témoin w1", "DIVERGENCE"], server.run("admin", "status"), f"{name}, admin status")
    says = "events were lost" if name == "left-out" else "not the continuation"
    expect(says in status["message"], f"{name}: the witness is said to say {status['message']}")
    expect(server.run("checkpoint", "show").stdout == checkpoint.read_text("utf-8"),
           f"{name}: another checkpoint")
    expect_run(0, [], run("verify", "checkpoint", checkpoint, "--key", kept.key),
               f"{name}, its checkpoint by the key alone")
    expect_run(1, ["QUORUM_MISSING"], run("verify", "checkpoint", checkpoint, "--policy", kept.policy),
               f"{name}, its checkpoint by the policy")


def try_stamp(kept, name, server, checkpoint):
    """The stamp says when the true checkpoint was there; it does not fit the forged one."""
    expect(not server.read("checkpoint", "show")[0].get("timestamps"), f"{name}: stamped")
    expect_run(1, ["TIMESTAMP_INVALID"],
               run("verify", "checkpoint", checkpoint, "--key", kept.key, "--stamp", kept.stamp,
                   "--tsa-ca", kept.tsa_ca), f"{name}, its checkpoint with the old stamp")


def try_bundle(kept, name, server):
    """Both bundles bear the key's signature and say different things: each is evidence against the
    other, and witness and stamp say which was there first."""
    kept.try_bundle()
    forged = save(server, kept.folder / f"{name}.bundle", "bundle", "convention", CONVENTION)
    expect_run(0, ["Verified"], run("verify", "bundle", forged, "--key", kept.key),
               f"{name}, its bundle by the key alone")
    expect_run(1, ["QUORUM_MISSING"], run("verify", "bundle", forged, "--policy", kept.policy),
               f"{name}, its bundle by the policy")
    true, other = (json.loads(run("--output", "json", "verify", "bundle", file, "--key", kept.key)
                              .stdout.splitlines()[0]) for file in (kept.bundle, forged))
    expect(true["origin"] == other["origin"] and true["signed_by"] == other["signed_by"],
           f"{name}: not the same log\n{true}\n{other}")
    expect(true["root"] != other["root"] and true["summary"] != other["summary"],
           f"{name}: the bundles do not differ")


def try_forgery(kept, name, data):
    try_alone(kept, name, data)
    try_old_checkpoint(kept, name, data)
    with Server(data, "--witness-policy", kept.policy) as server:
        checkpoint = save(server, kept.folder / f"{name}.txt", "checkpoint", "show")
        try_consistency(kept, name, server, checkpoint)
        try_witness(kept, name, server, checkpoint)
        try_stamp(kept, name, server, checkpoint)
        try_bundle(kept, name, server)
        expect(server.stop() == 0, "a clean stop")
        expect("FORK: witness w1" in server.output, f"{name}: {server.output}")


def try_log_alone(kept, name, data):
    """Only the log is replaced, in the true folder: its HEAD knows."""
    mixed = kept.folder / f"{name}-log"
    shutil.copytree(kept.data, mixed)
    shutil.rmtree(mixed / "log")
    shutil.copytree(data / "log", mixed / "log")
    done = subprocess.run([BIN / "registred", "--data", mixed, "--listen", "127.0.0.1:0", "--http", ""],
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    reason = "LOG_SHORTER" if name == "left-out" else "LOG_DIFFERENT"
    expect_run(1, [reason], done, f"{name}, its log in the true folder")


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-rewritten-"))
    authority = start_authority(folder)
    try:
        kept = Kept(folder, f"http://127.0.0.1:{authority.server_port}/")
        kept.try_good()
        for name in FORGERIES:
            data = forge(kept, name)
            try_log_alone(kept, name, data)
            try_forgery(kept, name, data)
        code, log = kept.witness.stop()
        expect(code == 0 and "REFUSED" in log, f"the witness ends with {code}: {log}")
    except AssertionError as error:
        failures.append(str(error))
    finally:
        authority.shutdown()
        for process in witness_test.started:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

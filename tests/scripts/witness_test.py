#!/usr/bin/env python3
"""A server and two witnesses of their own, by the commands of deploy/WITNESS.md: checkpoints are
cosigned, and a forked ledger is found."""
import json
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, SOURCE, TIMEOUT_S, Server, need_programs, run)

GUIDE = SOURCE / "deploy/WITNESS.md"
BLOCKS = re.findall(r"^```\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S)
RUN_WITNESS, POLICY, RUN_SERVER = BLOCKS
NAME = "witness.example.org/w1"
failures = []
started = []  # processes of witnesses


def expect(condition, message):
    if not condition:
        failures.append(message)


class Witness:
    """registre witness on a port of its own, which stays the same over restarts."""

    def __init__(self, folder, keys, name=NAME, port=0):
        ours = {"/var/lib/witness": folder, NAME: name, "keys.txt": keys,
                "127.0.0.1:7465": f"127.0.0.1:{port}"}
        command = shlex.split(RUN_WITNESS)
        assert set(ours) <= set(command), f"the guide's command is another: {RUN_WITNESS}"
        self.process = subprocess.Popen(
            [BIN / command[0], *(ours.get(word, word) for word in command[1:])],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(self.process)
        self.key = self.process.stdout.readline().strip()
        line = self.process.stdout.readline()
        port = re.search(r"on port (\d+)", line)
        assert port, f"the witness did not start: {self.key} {line} {self.process.stderr.read()}"
        self.port = int(port[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self):
        """Its exit status, and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, errors

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=TIMEOUT_S) as answer:
                return answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code


def policy_of(key, witnesses):
    """The guide's policy, with these keys and addresses."""
    lines = []
    for line in POLICY.splitlines():
        words = line.split()
        if words[0] == "log":
            words[1:] = [key]
        elif words[0] == "witness":
            words[2:] = [witnesses[words[1]].key, witnesses[words[1]].url]
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def server_options(policy):
    """Options of the guide's server beside its folder."""
    words = shlex.split(RUN_SERVER)
    assert words[:2] == ["registred", "--data"] and len(words) == 5, RUN_SERVER
    return words[3], policy


def await_that(what, condition):
    """Asks until it holds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def statuses_of(server):
    return server.read("admin", "status")[0]["witnesses"]


def status_of(server):
    return statuses_of(server)[0]


def write_lines(path, lines):
    path.write_text("".join(lines), "utf-8")
    return path


def record(server, path):
    done = server.run("record", path)
    assert done.returncode == 0, done.stderr


def public_checkpoint(server):
    with urllib.request.urlopen(f"http://{server.http_address}/checkpoint",
                                timeout=TIMEOUT_S) as public:
        return public.read()


def try_cosigned(folder, server, policy):
    size = server.size()
    await_that("the checkpoint is cosigned",
               lambda: all(one.get("cosigned_size") == str(size) for one in statuses_of(server)))
    note = folder / f"note-{size}.txt"
    expect(server.run("checkpoint", "show", "-o", note).returncode == 0, "show")
    expect(f"\u2014 {NAME} " in note.read_text("utf-8"), "the note has no cosignature")
    expect(public_checkpoint(server) == note.read_bytes(), "/checkpoint is another")
    expect(server.run("checkpoint", "show", "--cosigned").stdout == note.read_text("utf-8"),
           "show --cosigned gives another")
    done = run("verify", "checkpoint", note, "--policy", policy)
    expect(done.returncode == 0, f"verify: {done.returncode} {done.stdout} {done.stderr}")
    shown = server.run("admin", "status").stdout
    expect("Témoin w1" in shown and "a cosigné" in shown, f"admin status: {shown}")
    return note.read_text("utf-8")


def try_protocol(witness, note):
    """The HTTP of it, from outside."""
    status, kind, body = witness.post("/add-checkpoint", f"old 0\n\n{note}".encode("utf-8"))
    size = note.splitlines()[1]
    expect((status, kind, body) == (409, "text/x.tlog.size", f"{size}\n".encode()),
           f"409: {status} {kind} {body}")
    status, _, body = witness.post("/add-checkpoint", f"old {size}\n\n{note}".encode("utf-8"))
    expect(status == 200 and body.decode("utf-8").startswith(f"\u2014 {NAME} "), f"200: {body}")
    expect(witness.post("/add-checkpoint", b"old 07\n\n")[0] == 400, "400")
    expect(witness.post("/add-checkpoint", b"x" * 400_000)[0] == 413, "a body that is too large")
    expect(witness.post("/other", b"old 0\n\n")[0] == 404, "404")
    expect(witness.get("/" + "0" * 64 + "/checkpoint") == 404, "an unknown origin")


def expect_fork(data, policy, says):
    with Server(data, *server_options(policy)) as server:
        await_that("the fork is found", lambda: status_of(server)["fork"])
        shown = server.run("admin", "status").stdout
        expect("DIVERGENCE" in shown, f"admin status: {shown}")
        server.stop()
        expect("FORK: witness w1" in server.output and says in server.output,
               f"the server does not say {says}: {server.output}")


def fork(folder, lines, data, policy):
    """The ledger as it was before its last acts; then it goes on otherwise."""
    expect_fork(data, policy, "events were lost")
    evidence = folder / "witness/evidence"
    expect(not evidence.exists() or not list(evidence.iterdir()), "evidence of nothing")
    # Test data: the same acts under other command ids are other events.
    other = [json.dumps(json.loads(line) | {"command_id": f"fork-{number}"}) + "\n"
             for number, line in enumerate(lines)]
    # Without a restart: the witness is shown the fork as soon as it can judge it.
    with Server(data, *server_options(policy)) as server:
        await_that("the fork is found", lambda: status_of(server)["fork"])
        record(server, write_lines(folder / "fork.jsonl", other))
        await_that("evidence is kept", lambda: evidence.exists() and list(evidence.iterdir()))
        server.stop()
    expect_fork(data, policy, "not the continuation")


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-witness-"))
    lines = REAL_INPUT.read_text("utf-8").splitlines(keepends=True)
    policy = folder / "policy.txt"
    try:
        with Server(folder / "data") as server:
            record(server, write_lines(folder / "first.jsonl", lines[:20]))
            # A key is told once it has signed.
            expect(server.run("checkpoint", "show").returncode == 0, "the first checkpoint")
            key = server.run("keys").stdout.strip()
            server.stop()
        shutil.copytree(folder / "data", folder / "copy")
        keys = folder / "keys.txt"
        keys.write_text(key + "\n")
        witness = Witness(folder / "witness", keys)
        other = Witness(folder / "w2", keys, "w2.example.net/registre")
        mode = stat.S_IMODE((folder / "witness/key.pem").stat().st_mode)
        expect(mode == 0o600, f"the key has mode {mode:o}")
        policy.write_text(policy_of(key, {"w1": witness, "w2": other}))

        with Server(folder / "data", *server_options(policy)) as server:
            note = try_cosigned(folder, server, policy)
            try_protocol(witness, note)
            # A witness that is away, and comes back with what it knew.
            code, _ = witness.stop()
            expect(code == 0, f"the witness ends with {code}")
            record(server, write_lines(folder / "second.jsonl", lines[20:40]))
            await_that("the server says that the witness is away",
                       lambda: status_of(server)["message"])
            # What the quorum cosigned is shown, not what is newer.
            newest = server.run("checkpoint", "show").stdout
            expect(newest != note, "the log does not go on")
            expect(public_checkpoint(server).decode("utf-8") == note,
                   "/checkpoint is not the newest that the quorum cosigned")
            expect(server.run("checkpoint", "show", "--cosigned").stdout == note,
                   "show --cosigned is not the newest that the quorum cosigned")
            known, port = witness.key, witness.port
            witness = Witness(folder / "witness", keys, port=port)
            expect(witness.key == known, "the witness has another key")
            try_cosigned(folder, server, policy)
            expect(not status_of(server)["fork"], "a fork that is none")
            expect(server.stop() == 0, "a clean stop")

        fork(folder, lines[20:45], folder / "copy", policy)
        code, log = witness.stop()
        expect(code == 0 and "REFUSED" in log, f"the witness ends with {code}: {log}")
        other.stop()

        refused = run("witness", "--data", folder / "other", "--name", "a b", "--log", key)
        expect(refused.returncode == 1 and "NAME_INVALID" in refused.stderr, refused.stderr)
        (folder / "bad.txt").write_text("witness w1\n")
        done = subprocess.run([BIN / "registred", "--data", folder / "data", "--witness-policy",
                               folder / "bad.txt", "--listen", "127.0.0.1:0", "--http", ""],
                              capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        expect(done.returncode == 1 and "TRUST_POLICY_INVALID" in done.stderr, done.stderr)
    except AssertionError as error:
        failures.append(str(error))
    finally:
        for process in started:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

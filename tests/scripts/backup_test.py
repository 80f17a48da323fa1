#!/usr/bin/env python3
"""Backup and restore of the real deliberation by the real programs: recording goes on beside a
backup, a restored ledger says so under a new origin, and neither its witness nor its consumer is
fooled."""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, TIMEOUT_S, Server, need_programs, run)

ORIGIN = "registre.example/pas-de-calais/2023-405"
WITNESS = "witness.example.org/w1"
KILLS = 12
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def says(done, status, *texts):
    both = " ".join((done.stdout + done.stderr).split())
    expect(done.returncode == status, f"exit {done.returncode}, not {status}: {both}")
    for text in texts:
        expect(text in both, f"{text!r} is not said: {both}")
    return both


def await_that(what, condition):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def structure(name):
    """Test data: a line that registers a structure."""
    return json.dumps({"command_id": name, "act": {"structure_registered": {
        "structure_id": name, "identity": {"name": f"Structure d'essai {name}"}}}}) + "\n"


def restore(backup, data, *arguments):
    return run("--output", "json", "admin", "restore", backup, "--data", data, "--reason",
               "le disque est perdu", *arguments)


def must_restore(backup, data, *arguments):
    done = restore(backup, data, *arguments)
    assert done.returncode == 0, f"restore: {done.stderr}"
    return json.loads(done.stdout)


def refuse_restore(backup, data, *reasons):
    done = restore(backup, data)
    expect(done.returncode == 1 and any(reason in done.stderr + done.stdout for reason in reasons),
           f"{reasons}: {done.returncode} {done.stdout}{done.stderr}")
    for left in (data, data.with_name(data.name + ".restoring")):
        expect(not left.exists(), f"{left} is left behind")


def figures(server):
    """Tables of the real deliberation, without the positions at which they were read."""
    text = ""
    for command in (("budget", "--deliberation", "2023-405"), ("convention", "2023-00963"),
                    ("structure", "st-audasse"), ("payments", "list"),
                    ("payments", "statement", "2023-01628")):
        done = server.run(*command)
        expect(done.returncode == 0, f"{command}: {done.stderr}")
        text += re.sub(r"à la position #\d+", "à la position #", done.stdout)
    for cents in ("17 378 916,00", "6 081 894,18", "3 519 492,87", "2 562 401,31", "4 125,00"):
        expect(cents in text, f"{cents} is not in the tables")
    return text


def checkpoint(server, path):
    done = server.run("checkpoint", "show", "-o", path)
    assert done.returncode == 0, done.stderr
    return path


def keys_of(server):
    return server.run("keys").stdout.splitlines()


def restorations(server):
    return server.read("events", "--type", "ledger_restored")


def expect_intact(data, *arguments):
    says(run("verify", "ledger", data, *arguments), 0)


class Witness:
    """registre witness, which knows the log by some keys. It keeps its folder."""

    def __init__(self, folder, keys, port=0):
        logs = [word for key in keys for word in ("--log", key)]
        self.process = subprocess.Popen(
            [BIN / "registre", "witness", "--data", folder, "--name", WITNESS, *logs,
             "--listen", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
        self.key = self.process.stdout.readline().strip()
        self.port = int(re.search(r"on port (\d+)", self.process.stdout.readline())[1])

    def size(self, origin):
        """Of the last checkpoint that it keeps of a log."""
        path = hashlib.sha256(origin.encode()).hexdigest()
        url = f"http://127.0.0.1:{self.port}/{path}/checkpoint"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return int(answer.read().split(b"\n")[1])

    def policy(self, log, path):
        path.write_text(f"log {log}\nwitness w1 {self.key} http://127.0.0.1:{self.port}\n"
                        "quorum w1\n")
        return path

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=TIMEOUT_S)


def await_cosigned(server):
    size = str(server.size())
    await_that("the witness cosigns", lambda: server.read("admin", "status")[0]["witnesses"][0]
               .get("cosigned_size") == size)


# ---- What each part tries.


def try_folders(server, folder):
    """Folders that take no backup: each is refused, says why, and is left as it was."""
    full = folder / "full"
    full.mkdir()
    (full / "mine").write_text("mine")
    (folder / "file").write_text("mine")
    unwritable = "/sys/registre-backup"  # for root too
    for path, why in ((full, "it holds 'mine'"), (folder / "file", "it is a file"),
                      (folder / "none" / "backup", "the folder above it does not exist"),
                      (server.folder / "backup", "it lies in the data folder"),
                      ("backup", "the path is not absolute"), (unwritable, "cannot make it")):
        says(server.run("admin", "backup", path), 1, "BACKUP_FOLDER", why)
    expect([path.name for path in full.iterdir()] == ["mine"], "something is in the full folder")
    expect(not (server.folder / "backup").exists(), "something is in the data folder")
    says(server.run("admin", "backup"), 2)


def try_while_recording(server, folder):
    """Acts are recorded before, while and after the log is copied."""
    recorder = subprocess.Popen([BIN / "registre", "--server", server.address, "record", "-"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    over = threading.Event()

    def record():
        number = 0
        while not over.is_set():
            recorder.stdin.write(structure(f"st-essai-{number}"))
            recorder.stdin.flush()
            number += 1
        recorder.stdin.close()

    writer = threading.Thread(target=record)
    writer.start()
    start = server.size()
    await_that("acts are recorded", lambda: server.size() > start + 50)
    before = server.size()
    done = server.read("admin", "backup", folder / "busy")[-1]
    await_that("recording goes on", lambda: server.size() > int(done["events"]))
    over.set()
    writer.join()
    recorder.stdout.read()
    expect(recorder.wait(timeout=TIMEOUT_S) == 0, "recording failed beside the backup")
    expect(done["done"] and before <= int(done["events"]) <= server.size(), f"{done}")
    restored = must_restore(folder / "busy", folder / "from-busy")
    expect(restored["events"] == done["events"], f"{restored} is not of {done}")
    expect_intact(folder / "from-busy")


def try_damage(backup, folder):
    """One byte of each kind of file changed, and each file gone."""
    kinds = {}
    for path in sorted(path for path in backup.rglob("*") if path.is_file()):
        if path.name != "LOCK" and path.stat().st_size > 0:
            kinds.setdefault(re.sub(r"\d+", "N", str(path.relative_to(backup))), path)
    expect({"BACKUP", "FORMAT", "HEAD", "keys/N.pem", "keys/verifiers", "log/N.sst", "log/CURRENT",
            "log/MANIFEST-N"} <= set(kinds), f"kinds: {sorted(kinds)}")
    for path in kinds.values():
        whole = path.read_bytes()
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        path.write_bytes(changed)
        refuse_restore(backup, folder / "damaged", "BACKUP_DAMAGED")
        path.unlink()
        refuse_restore(backup, folder / "damaged", "BACKUP_DAMAGED", "NOT_A_BACKUP")
        path.write_bytes(whole)
    refuse_restore(folder / "nowhere", folder / "damaged", "NOT_A_BACKUP")


def try_same_origin(folder, backup, keys, last, size):
    """The last checkpoint is of exactly the backup: nothing is lost, and nothing is another."""
    done = restore(backup, folder / "same", "--checkpoint", last)
    expect(done.returncode == 2 and "--key" in done.stderr, f"without a key: {done.stderr}")
    restored = must_restore(backup, folder / "same", "--checkpoint", last, "--key", keys)
    expect(restored["origin"] == ORIGIN, f"{restored}")
    with Server(folder / "same") as server:
        expect(server.size() == size and restorations(server) == [], "a restoration is recorded")
        note = checkpoint(server, folder / "same.txt")
        says(run("verify", "checkpoint", note, "--key", keys), 0)
        # Nothing was lost, so the consumer goes on where it was.
        says(server.run("payments", "follow", "--consumer", "finance", "--limit", "1"), 0, "#53")
        expect(server.stop() == 0, "a clean stop")
    expect_intact(folder / "same", "--checkpoint", last, "--key", keys)


def try_acts_of_the_ledger(server, position):
    """What only the ledger records: no client records it, and nobody corrects it."""
    says(server.run("checkpoint", "seal"), 0)
    sealed = server.read("events", "--type", "directory_sealed")
    found = restorations(server) + sealed
    for number, event in enumerate(found):
        line = json.dumps({"command_id": f"forged-{number}", "act": event["act"]}) + "\n"
        says(server.run("record", "-", stdin=line.encode()), 1, "ROLE_MISSING")
        says(server.run("correct", "propose", event["position"], "--effective", "2023-09-18",
                        "--reason", "essai", "--authority", "essai"), 1, "CORRECTION_TARGET")
    expect(len(found) == 2 and int(found[0]["position"]) == position, f"{found}")
    expect(restorations(server) + server.read("events", "--type", "directory_sealed") == found,
           "a client recorded one")


def try_consumer(server):
    """It has acknowledged an event of which the restored ledger knows nothing."""
    follow = ("payments", "follow", "--consumer", "finance", "--limit", "1")
    says(server.run(*follow), 1, "ORIGIN_CHANGED", "goes on as " + ORIGIN + "/restored-",
         "registre admin consumers rewind finance 53")
    says(server.run("admin", "consumers", "rewind", "finance", "53"), 0, "Retard 1 paiement")
    says(server.run(*follow), 0, "#53")
    says(server.run("admin", "consumers", "create", "nouveau"), 0)
    says(server.run("payments", "follow", "--consumer", "nouveau", "--limit", "1"), 0, "#52")
    says(server.run("events", "--follow", "--from", server.size() + 9), 1, "POSITION_AHEAD")


def try_witness(server, folder, witness, old, restored):
    """To the witness the new origin is another log; it cosigns it once it is told."""
    seen = witness.size(ORIGIN)
    expect(seen > int(restored["events"]), "the witness saw nothing that is lost")
    await_that("the server says that the witness does not know the log",
               lambda: server.read("admin", "status")[0]["witnesses"][0].get("message"))
    status = server.read("admin", "status")[0]["witnesses"][0]
    expect(not status.get("fork"), f"a fork that is none: {status}")
    note = checkpoint(server, folder / "restored.txt")
    says(run("verify", "checkpoint", note, "--policy", old), 1)
    keys = keys_of(server)
    expect(len(keys) == 2 and keys[1].startswith(restored["origin"] + "+"), f"keys: {keys}")
    expect(server.stop() == 0, "a clean stop")
    witness.stop()
    told = Witness(folder / "witness", keys, witness.port)
    policy = told.policy(keys[1], folder / "new.txt")
    with Server(server.folder, "--witness-policy", policy) as again:
        await_cosigned(again)
        note = checkpoint(again, folder / "cosigned.txt")
        says(run("verify", "checkpoint", note, "--policy", policy), 0)
        says(run("verify", "checkpoint", note, "--policy", old), 1)
        expect(told.size(ORIGIN) == seen, "the witness has forgotten the old log")
        expect(told.size(restored["origin"]) == again.size(), "the witness has another new one")
        expect(again.stop() == 0, "a clean stop")
    told.stop()


def try_killed_backup(data, folder):
    """The server is killed while it copies: nobody takes what is there for a backup."""
    for number in range(50):
        backup = folder / f"killed-{number}"
        with Server(data) as server:
            client = subprocess.Popen([BIN / "registre", "--server", server.address, "admin",
                                       "backup", backup], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
            await_that("the backup begins", lambda: (backup / "log").exists()
                       or client.poll() is not None)
            server.kill()
            _, errors = client.communicate(timeout=TIMEOUT_S)
        if (backup / "BACKUP").exists():
            continue  # it was faster
        expect(client.returncode == 3, f"the client ends with {client.returncode}: {errors}")
        refuse_restore(backup, folder / "from-killed", "NOT_A_BACKUP")
        with Server(data) as server:
            says(server.run("admin", "backup", backup), 1, "BACKUP_FOLDER", "it holds")
            expect(server.stop() == 0, "a clean stop")
        return
    failures.append("every backup was done before the server was killed")


def try_killed_starts(backup, folder):
    """Killed at several moments of the first start, then started again: recorded once."""
    for number in range(KILLS):
        data = folder / f"start-{number}"
        must_restore(backup, data)
        moments = [lambda data=data: True, lambda data=data: (data / "index").exists(),
                   lambda data=data: not (data / "RESTORED").exists(),
                   lambda data=data: (data / "access.log").exists()]
        process = subprocess.Popen([BIN / "registred", "--data", data, "--listen", "127.0.0.1:0",
                                    "--http", ""], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + TIMEOUT_S
        while not moments[number % len(moments)]() and time.monotonic() < deadline:
            pass
        process.kill()
        process.wait()
        with Server(data) as server:
            expect(len(restorations(server)) == 1, f"recorded {len(restorations(server))} times")
            expect(not (data / "RESTORED").exists(), "the mark is still there")
            expect(server.stop() == 0, "a clean stop")
        expect_intact(data)
        shutil.rmtree(data)


def try_restored(folder, backup, witness, old, tables):
    """The disk is lost; the ledger goes on from the backup."""
    says(run("admin", "restore", backup, "--data", folder / "shown", "--reason", "essai"), 0,
         "Restored:", "not known: whatever was recorded after", f"Origin {ORIGIN}/restored-")
    restored = must_restore(backup, folder / "restored")
    expect(restored["previous_origin"] == ORIGIN, f"{restored}")
    expect_intact(folder / "restored")
    with Server(folder / "restored", "--witness-policy", old) as server:
        events = restorations(server)
        size = int(restored["events"])
        expect([int(event["position"]) for event in events] == [size], f"{events}")
        act = events[0]["act"]["ledger_restored"]
        expect((act["previous_origin"], act["origin"], int(act["log_size"]), act["reason"]) ==
               (ORIGIN, restored["origin"], size, "le disque est perdu"), f"{act}")
        expect(server.read("admin", "status")[0]["origin"] == restored["origin"], "the status")
        expect(figures(server) == tables, "the tables are others")
        try_acts_of_the_ledger(server, size)
        try_consumer(server)
        try_witness(server, folder, witness, old, restored)
    expect_intact(folder / "restored")


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-backup-"))
    witness = None
    try:
        keys = folder / "keys.txt"
        with Server(folder / "data") as server:
            says(server.run("admin", "backup", folder / "early"), 1, "LEDGER_NOT_OPENED")
            server.read("record", REAL_INPUT)
            checkpoint(server, folder / "first.txt")
            keys.write_text("\n".join(keys_of(server)) + "\n")
            server.stop()
        witness = Witness(folder / "witness", keys_of_file(keys))
        old = witness.policy(keys_of_file(keys)[0], folder / "old.txt")
        backup = folder / "backup"
        with Server(folder / "data", "--witness-policy", old) as server:
            try_folders(server, folder)
            says(server.run("admin", "consumers", "create", "finance"), 0)
            follow = ("payments", "follow", "--consumer", "finance", "--limit", "1")
            says(server.run(*follow), 0, "#52")
            await_cosigned(server)
            tables = figures(server)
            size = server.size()
            says(server.run("admin", "backup", f"{backup}/"), 0, "sauvegarde faite et vérifiée",
                 f"Événements {size}")
            last = checkpoint(server, folder / "last.txt")
            # What comes after is not in the backup.
            says(server.run(*follow), 0, "#53")
            says(server.run("record", "-", stdin=structure("st-perdue").encode()), 0)
            await_cosigned(server)
            try_while_recording(server, folder)
            server.kill()
        try_damage(backup, folder)
        try_same_origin(folder, backup, keys, last, size)
        try_restored(folder, backup, witness, old, tables)
        try_killed_backup(folder / "data", folder)
        try_killed_starts(backup, folder)
    except AssertionError as error:
        failures.append(str(error))
    finally:
        if witness is not None:
            witness.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


def keys_of_file(path):
    return path.read_text("utf-8").split()


if __name__ == "__main__":
    sys.exit(main())

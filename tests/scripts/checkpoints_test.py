#!/usr/bin/env python3
"""Keys, checkpoints, proofs and tiles of a running server, as an auditor has them: what is signed is
computed again here, from RFC 6962 and the notes' own words."""
import base64
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, TIMEOUT_S, Server, need_programs)

ORIGIN = "registre.example/pas-de-calais/2023-405"
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def fetch(server, path):
    """Status and body."""
    try:
        with urllib.request.urlopen(f"http://{server.http_address}{path}", timeout=TIMEOUT_S) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def root_of(leaves):
    """RFC 6962 section 2.1, by its definition."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def text_of(server, *arguments):
    done = server.run(*arguments)
    expect(done.returncode == 0, f"{arguments}: {done.returncode} {done.stderr}")
    return done.stdout


def signatures(note):
    return [line for line in note.partition("\n\n")[2].splitlines() if line.startswith("— ")]


def try_first_start(server):
    keys = server.folder / "keys"
    expect(stat.S_IMODE(keys.stat().st_mode) == 0o700, "the folder of the keys is not its owner's")
    expect([path.name for path in keys.iterdir()] == ["1.pem"], "the first start makes one key")
    expect(stat.S_IMODE((keys / "1.pem").stat().st_mode) == 0o600, "the key is not its owner's")
    done = server.run("checkpoint", "show")
    expect(done.returncode == 1 and "LEDGER_NOT_OPENED" in done.stderr, f"unopened: {done.stderr}")
    expect(text_of(server, "keys") == "", "no key has a name before the ledger has an origin")
    expect(text_of(server, "checkpoint", "list") == "aucun point de contrôle\n", "an empty list")
    expect(fetch(server, "/checkpoint")[0] == 404, "a checkpoint before the first")


def try_checkpoint(server):
    note = text_of(server, "checkpoint", "show")
    lines = note.split("\n")
    expect(lines[:2] == [ORIGIN, "54"] and lines[3] == "", f"the note:\n{note}")
    expect(len(signatures(note)) == 1, f"one signature:\n{note}")
    status, served = fetch(server, "/checkpoint")
    expect((status, served.decode()) == (200, note), "over HTTP it is another")
    # The root, from the leaf hashes and from the entries alone.
    leaves = fetch(server, "/tile/0/000.p/54")[1]
    leaves = [leaves[at:at + 32] for at in range(0, len(leaves), 32)]
    root = base64.b64encode(root_of(leaves)).decode()
    expect(lines[2] == root, f"the root is {lines[2]}, by the tiles {root}")
    entries = fetch(server, "/tile/entries/000.p/54")[1]
    entries = [entries[at:at + 34] for at in range(0, len(entries), 34)]
    expect(all(entry[:2] == b"\x00\x20" for entry in entries), "entries of 32 bytes")
    expect([hashlib.sha256(b"\x00" + entry[2:]).digest() for entry in entries] == leaves,
           "the entries are not those of the tile")
    expect(fetch(server, "/tile/0/000.p/55")[0] == 404, "a tile beyond the checkpoint")
    message = server.read("checkpoint", "show")[0]
    expect(message["size"] == "54" and message["note"] == note, f"JSON: {message}")
    expect(server.read("checkpoint", "list")[0]["size"] == "54", "the list")
    expect(server.read("admin", "status")[0]["checkpoint_size"] == "54", "the status")
    done = server.run("checkpoint", "show", "7")
    expect(done.returncode == 1 and "CHECKPOINT_UNKNOWN" in done.stderr, f"no such: {done.stderr}")
    return note


def try_proofs(server, folder, note):
    out = folder / "5.tlog-proof"
    event = folder / "5.event"
    text_of(server, "proof", "inclusion", "5", "--event", event, "-o", out)
    proof = out.read_text("utf-8")
    head, _, checkpoint = proof.partition("\n\n")
    lines = head.split("\n")
    expect(lines[:2] == ["c2sp.org/tlog-proof@v1", "index 5"], f"the proof:\n{proof}")
    expect(checkpoint == note, "its checkpoint is another")
    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(event.read_bytes()).digest()).digest()
    # Up the tree (RFC 9162 section 2.1.3.2).
    node, index, last = leaf, 5, 53
    for line in lines[2:]:
        other = base64.b64decode(line)
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + other + node).digest()
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + other).digest()
        index, last = index // 2, last // 2
    expect(base64.b64encode(node).decode() == note.split("\n")[2], "it leads to another root")
    hashes = text_of(server, "proof", "consistency", "10", "54").splitlines()
    answer = server.read("proof", "consistency", "10", "54")[0]["hashes"]
    expect(hashes == answer and len(hashes) > 0, f"consistency: {hashes}, {answer}")
    done = server.run("proof", "inclusion", "54")
    expect(done.returncode == 1 and "POSITION_UNKNOWN" in done.stderr, f"past it: {done.stderr}")
    done = server.run("proof", "consistency", "54", "10")
    expect(done.returncode == 1 and "SIZE_INVALID" in done.stderr, f"backwards: {done.stderr}")
    done = server.run("proof", "inclusion", "5", "-o", folder / "no" / "where")
    expect(done.returncode == 1 and "FILE_UNWRITABLE" in done.stderr, f"nowhere: {done.stderr}")
    # What was taken home before is kept, whichever of the two it is; nothing is written then.
    before = out.read_bytes(), event.read_bytes()
    for options in (("-o", out), ("-o", folder / "other", "--event", event),
                    ("-o", out, "--event", folder / "other")):
        done = server.run("proof", "inclusion", "6", *options)
        expect(done.returncode == 1 and "FILE_EXISTS" in done.stderr, f"{options}: {done.stderr}")
    expect((out.read_bytes(), event.read_bytes()) == before, "a file of before is overwritten")
    expect(not (folder / "other").exists(), "one of two files is written")
    for command in (("checkpoint", "show"), ("proof", "consistency", "10", "54")):
        done = server.run(*command, "-o", out)
        expect(done.returncode == 1 and "FILE_EXISTS" in done.stderr, f"{command}: {done.stderr}")
    return out, event


def try_verify(server, folder, proof, event):
    """With no server: what was taken home."""
    if "not built yet" in server.run("verify", "proof", proof, "--event", event, "--key", "k").stderr:
        return
    keys = folder / "keys.txt"
    keys.write_text(text_of(server, "keys"))
    done = server.run("verify", "proof", proof, "--event", event, "--key", keys)
    expect(done.returncode == 0, f"a good proof: {done.stdout}{done.stderr}")
    spoilt = folder / "spoilt.event"
    spoilt.write_bytes(event.read_bytes() + b"\x00")
    done = server.run("verify", "proof", proof, "--event", spoilt, "--key", keys)
    expect(done.returncode == 1, f"a spoilt event: {done.stdout}{done.stderr}")


def try_rotation(server):
    before = text_of(server, "keys").splitlines()
    new = text_of(server, "keys", "rotate").strip()
    expect(text_of(server, "keys").splitlines() == before + [new], "the keys after the rotation")
    done = server.run("keys", "rotate")
    expect(done.returncode == 1 and "KEY_JUST_ROTATED" in done.stderr, f"again: {done.stderr}")
    act = ('{"command_id": "essai", "act": {"structure_registered": {"structure_id": "st-essai", '
           '"identity": {"name": "Structure d\'essai"}}}}\n')
    done = server.run("record", "-", stdin=act.encode())
    expect(done.returncode == 0, f"record: {done.stderr}")
    note = text_of(server, "checkpoint", "show")
    expect(len(signatures(note)) == 2, f"both keys sign:\n{note}")
    expect("clé changée" in text_of(server, "checkpoint", "list"), "the list says so")
    expect(sorted(path.name for path in (server.folder / "keys").iterdir()) ==
           ["2.pem", "verifiers"], "the old private key is still there")
    return note


def try_watch(server):
    watch = subprocess.Popen([BIN / "registre", "--server", server.address, "--output", "json",
                              "checkpoint", "watch"], stdout=subprocess.PIPE, text=True)
    first = watch.stdout.readline()
    expect('"size":"55"' in first, f"the latest first: {first}")
    expect(server.stop() == 0, "a clean stop")
    watch.communicate(timeout=TIMEOUT_S)
    expect(watch.returncode == 3, f"a watch whose server stops: {watch.returncode}")


def try_restart(server, note):
    server.start()
    expect(text_of(server, "checkpoint", "show") == note, "after a restart it is another")
    expect(server.stop() == 0, "a clean stop")
    os.chmod(server.folder / "keys/2.pem", 0o644)
    refused = subprocess.run([BIN / "registred", "--data", server.folder, "--listen",
                              "127.0.0.1:0", "--http", ""], capture_output=True, text=True,
                             timeout=TIMEOUT_S, check=False)
    expect(refused.returncode == 1 and "KEYS_READABLE" in refused.stderr, f"{refused.stderr}")
    os.chmod(server.folder / "keys/2.pem", 0o600)


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-checkpoints-"))
    try:
        with Server() as server:
            try_first_start(server)
            done = server.run("record", REAL_INPUT)
            expect(done.returncode == 0, f"record: {done.stderr}")
            note = try_checkpoint(server)
            proof, event = try_proofs(server, folder, note)
            try_verify(server, folder, proof, event)
            note = try_rotation(server)
            try_watch(server)
            try_restart(server, note)
        with Server(None, "--http", "") as server:
            expect(server.http_address is None, "HTTP is served where it is turned off")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

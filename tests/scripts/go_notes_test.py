#!/usr/bin/env python3
"""Checkpoints, proofs and tiles against Go's sumdb/note and sumdb/tlog, which this project did not
write (Debian's golang-golang-x-mod-dev): each accepts what the other makes, and refuses it spoilt."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, SKIPPED, SOURCE, TIMEOUT_S, Server, need_programs, run)

GOPATH = pathlib.Path("/usr/share/gocode")
# Full and partial tiles of three levels.
ENTRIES = 70_000


def call(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False, **options)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr}"
    return done.stdout


def build_go(folder):
    program = folder / "interop"
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "",
                                "GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"}
    call("go", "build", "-o", program, SOURCE / "tests/interop/main.go", env=environment)
    return program


def fetch(server, path):
    with urllib.request.urlopen(f"http://{server.http_address}/{path}", timeout=TIMEOUT_S) as got:
        return got.read()


def take_from_server(folder):
    """What a running server gives to anyone, in the layout of exchange.cc."""
    def ask(*arguments):
        done = server.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    with Server() as server:
        ask("record", REAL_INPUT)
        note = ask("checkpoint", "show")
        size = int(note.split("\n")[1])
        for name in ("checkpoint", "tile/0"):
            (folder / name).mkdir(parents=True)
        (folder / "key").write_text(ask("keys").strip())
        assert fetch(server, "checkpoint").decode() == note
        (folder / f"checkpoint/{size}").write_text(note)
        tile = f"tile/0/000.p/{size}"
        (folder / tile).parent.mkdir()
        (folder / tile).write_bytes(fetch(server, tile))
        # Each behind its length, two bytes.
        bundle = fetch(server, f"tile/entries/000.p/{size}")
        (folder / "entries").write_bytes(
            b"".join(bundle[at + 2:at + 34] for at in range(0, len(bundle), 34)))
        lines = []
        for position in range(size):
            for name in ("event", "proof"):
                (folder / name).unlink(missing_ok=True)
            ask("proof", "inclusion", position, "--event", folder / "event", "-o", folder / "proof")
            hashes = (folder / "proof").read_text().split("\n\n")[0].split("\n")[2:]
            lines.append(" ".join([str(position), str(size), *hashes]) + "\n")
        (folder / "inclusion").write_text("".join(lines))
        (folder / "consistency").write_text("".join(
            " ".join([str(older), str(size), *ask("proof", "consistency", older, size).split()]) + "\n"
            for older in range(1, size + 1)))


def verify_by_command(folder):
    """What an auditor types, on what Go signed."""
    key = (folder / "key").read_text()
    done = run("verify", "proof", folder / "proof", "--event", folder / "event", "--key", key)
    assert done.returncode == 0, done.stderr
    done = run("verify", "checkpoint", folder / f"checkpoint/{ENTRIES}", "--key", key)
    assert done.returncode == 0 and str(ENTRIES) in done.stdout, done.stderr
    for line in (folder / "consistency").read_text().splitlines():
        older, newer, *hashes = line.split(" ")
        if int(older) != 257 or int(newer) != ENTRIES:
            continue
        proof = folder / "hashes"
        proof.write_text("".join(f"{one}\n" for one in hashes))
        command = ("verify", "checkpoint", folder / f"checkpoint/{newer}", "--older",
                   folder / f"checkpoint/{older}", "--proof", proof, "--key", key)
        assert run(*command).returncode == 0
        proof.write_text("".join(f"{one}\n" for one in hashes[1:]))
        assert run(*command).returncode == 1
        break
    else:
        raise AssertionError("no consistency proof of these sizes")
    event = folder / "event"
    event.write_bytes(event.read_bytes() + b"!")
    done = run("verify", "proof", folder / "proof", "--event", event, "--key", key)
    assert done.returncode == 1 and "PROOF_INVALID" in done.stderr, done.stderr


def main():
    need_programs("registre", "registred", "interop_exchange")
    if not shutil.which("go") or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        print("skipped: golang-go and golang-golang-x-mod-dev are not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="registre-test-") as name:
        folder = pathlib.Path(name)
        go = build_go(folder)
        ours = BIN / "interop_exchange"
        call(ours, "make", folder / "ours", ENTRIES)
        call(go, "check", folder / "ours")
        call(go, "make", folder / "theirs", ENTRIES)
        call(ours, "check", folder / "theirs")
        # A log of one tile that is just full, and of one event.
        for entries in (256, 1):
            call(ours, "make", folder / f"ours{entries}", entries)
            call(go, "check", folder / f"ours{entries}")
            call(go, "make", folder / f"theirs{entries}", entries)
            call(ours, "check", folder / f"theirs{entries}")
        verify_by_command(folder / "theirs")
        take_from_server(folder / "server")
        call(go, "check", folder / "server")
        call(ours, "check", folder / "server")
    return 0


if __name__ == "__main__":
    sys.exit(main())

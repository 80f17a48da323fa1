#!/usr/bin/env python3
"""What deploy/AUDIT.md and AUDIT.fr.md tell the auditor to run does what they show. The authority and
the witness are test data."""
import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from console_guide import tell  # noqa: E402
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, SOURCE, TIMEOUT_S, Server, need_programs)
from time_stamp_authority import Authority, start_authority  # noqa: E402

GUIDES = {"AUDIT.md": "trust.txt", "AUDIT.fr.md": "confiance.txt"}  # with the policy that each names


@contextlib.contextmanager
def witness_of(folder, key):
    """Its verifier key, and its address."""
    process = subprocess.Popen(
        [BIN / "registre", "witness", "--data", folder, "--name", "witness.example.org/w1", "--log", key,
         "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    try:
        witness_key = process.stdout.readline().strip()
        port = process.stdout.readline().rsplit(" port ", 1)[1].split()[0]
        yield witness_key, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def await_cosigned(server):
    """Until the newest checkpoint is cosigned."""
    deadline = time.monotonic() + TIMEOUT_S
    while server.read("admin", "status")[0]["witnesses"][0].get("cosigned_size") != str(server.size()):
        assert time.monotonic() < deadline, "the witness cosigns nothing"
        time.sleep(0.05)


def wrong_with(guide, folder):
    """What the guide tells otherwise than it is, or nothing."""
    (folder / "tsa").mkdir()
    (folder / "auditor").mkdir()
    data = folder / "data"
    with Server(data) as server:
        server.read("record", REAL_INPUT)
        key = server.run("keys").stdout.strip()
        server.stop()
    authority = start_authority(folder / "tsa")
    try:
        with witness_of(folder / "witness", key) as (witness_key, witness_url):
            policy = folder / "auditor" / GUIDES[guide]
            policy.write_text(f"log {key}\nwitness w1 {witness_key} {witness_url}\nquorum w1\n", "utf-8")
            shutil.copy(folder / "tsa/ca.pem", folder / "auditor/tsa-ca.pem")
            with Server(data, "--witness-policy", policy) as server:
                # As the guide says, the auditor waits for the witnesses.
                Authority.meanwhile = staticmethod(lambda: await_cosigned(server))
                tsa = f"http://127.0.0.1:{authority.server_port}/"
                return tell(SOURCE / "deploy" / guide, server.address, folder / "auditor", {"TSA": tsa})
    finally:
        authority.shutdown()


if __name__ == "__main__":
    need_programs()
    for guide in GUIDES:
        with tempfile.TemporaryDirectory() as folder:
            if wrong := wrong_with(guide, pathlib.Path(folder)):
                sys.exit(f"{guide}: {wrong}")

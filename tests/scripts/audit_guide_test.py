#!/usr/bin/env python3
"""What deploy/AUDIT.md and AUDIT.fr.md tell the auditor to run does what they show. The authority and
the witness are test data."""
import json
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from console_guide import tell  # noqa: E402
from registre_process import REAL_INPUT, SOURCE, Server, need_programs  # noqa: E402
from time_stamp_authority import Authority, start_authority  # noqa: E402
import witness_test  # noqa: E402

GUIDES = {"AUDIT.md": "trust.txt", "AUDIT.fr.md": "confiance.txt"}  # with the policy that each names


# Recorded while the authority answers: a ledger does not wait for its auditor.
MEANWHILE = json.dumps({"command_id": "test-meanwhile", "act": {"structure_registered": {
    "structure_id": "st-test", "identity": {
        "name": "Structure de test", "legal_form": "LEGAL_FORM_ASSOCIATION", "sector": "SECTOR_PRIVATE",
        "commune": "Arras"}}}})


def await_cosigned(server):
    size = str(server.size())
    witness_test.await_that("the newest checkpoint is cosigned",
                            lambda: witness_test.status_of(server).get("cosigned_size") == size)


def while_stamped(server):
    # As the guide says, the auditor waits for the witness.
    await_cosigned(server)
    done = server.run("record", "-", stdin=(MEANWHILE + "\n").encode("utf-8"))
    assert done.returncode == 0, done.stderr


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
    witness = witness_test.Witness(folder / "witness", key)
    try:
        policy = folder / "auditor" / GUIDES[guide]
        policy.write_text(f"log {key}\nwitness w1 {witness.key} {witness.url}\nquorum w1\n", "utf-8")
        shutil.copy(folder / "tsa/ca.pem", folder / "auditor/tsa-ca.pem")
        with Server(data, "--witness-policy", policy) as server:
            Authority.meanwhile = staticmethod(lambda: while_stamped(server))
            tsa = f"http://127.0.0.1:{authority.server_port}/"
            return tell(SOURCE / "deploy" / guide, server.address, folder / "auditor", {"TSA": tsa})
    finally:
        witness.stop()
        authority.shutdown()


if __name__ == "__main__":
    need_programs()
    for guide in GUIDES:
        with tempfile.TemporaryDirectory() as folder:
            if wrong := wrong_with(guide, pathlib.Path(folder)):
                sys.exit(f"{guide}: {wrong}")

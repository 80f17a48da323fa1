#!/usr/bin/env python3
"""What deploy/BACKUP.md tells the operator to run does what it shows: up to the restore against the
ledger, from there on against the restored one."""
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from console_guide import tell  # noqa: E402
from registre_process import REAL_INPUT, SOURCE, Server, need_programs  # noqa: E402

GUIDE = SOURCE / "deploy/BACKUP.md"
AFTER = "\n## After it\n"


def tell_part(folder, text, server):
    part = folder / "part.md"
    part.write_text(text, "utf-8")
    if wrong := tell(part, server.address, folder):
        sys.exit(f"{GUIDE.name}: {wrong}")


def main():
    need_programs()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "backups").mkdir()
        os.environ |= {"BACKUPS": str(folder / "backups"), "DATA": str(folder / "restored")}
        before, after = GUIDE.read_text("utf-8").split(AFTER)
        with Server() as server:
            server.read("record", REAL_INPUT)
            server.read("admin", "consumers", "create", "finance")
            server.read("payments", "follow", "--consumer", "finance", "--limit", "1")
            server.read("checkpoint", "show")
            tell_part(folder, before, server)
        with Server(folder / "restored") as server:
            tell_part(folder, after, server)


if __name__ == "__main__":
    main()

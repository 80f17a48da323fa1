#!/usr/bin/env python3
"""What deploy/AUDIT.md and AUDIT.fr.md tell the auditor to run does what they show."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from console_guide import tell  # noqa: E402
from registre_process import REAL_INPUT, SOURCE, Server, need_programs  # noqa: E402

if __name__ == "__main__":
    need_programs()
    for guide in ("AUDIT.md", "AUDIT.fr.md"):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            server.read("record", REAL_INPUT)
            if wrong := tell(SOURCE / "deploy" / guide, server.address, folder):
                sys.exit(f"{guide}: {wrong}")

#!/usr/bin/env python3
"""What deploy/CORRECTIONS.md tells happens: its commands are run as they stand there, in order."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from console_guide import tell  # noqa: E402
from registre_process import SOURCE, Server, need_programs  # noqa: E402

if __name__ == "__main__":
    need_programs()
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        wrong = tell(SOURCE / "deploy/CORRECTIONS.md", server.address, folder)
        if not wrong and server.read("admin", "rebuild", "--check")[-1]["differences"] != []:
            wrong = "the index is not what the log says"
    if wrong:
        sys.exit(wrong)

#!/usr/bin/env python3
"""What deploy/CORRECTIONS.md tells happens: its commands are run as they stand there, in order.

In a console block a command starts with "$ " and goes on in lines that start with "> "; the other
lines are lines of its output, or parts of them, in order; some may be left out. A command that ends
with another status than 0 is followed by a line "[STATUS]".
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, SOURCE, TIMEOUT_S, Server, need_programs  # noqa: E402

GUIDE = SOURCE / "deploy/CORRECTIONS.md"
FAILURES = []


def steps():
    """Each command of the guide, with the output that it shows."""
    for block in re.findall(r"^```console\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S):
        command, shown = [], []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield "\n".join(command), shown
                command, shown = [line[2:]], []
            elif line.startswith("> "):
                command.append(line[2:])
            else:
                shown.append(line)
        yield "\n".join(command), shown


def one_line(text):
    return " ".join(text.split())


def check(command, shown, done):
    status = [line for line in shown if re.fullmatch(r"\[\d+\]", line)]
    lines = [one_line(line) for line in done.stdout.splitlines()]
    wanted = int(status[0][1:-1]) if status else 0
    if done.returncode != wanted:
        FAILURES.append(f"{command}\n  ends with {done.returncode}, not {wanted}")
    at = 0
    for line in shown:
        if line in status or not line.strip() or line.strip() == "...":
            continue
        part = one_line(line)
        found = next((i for i in range(at, len(lines)) if part in lines[i]), None)
        if found is None:
            FAILURES.append(f"{command}\n  does not print, at its place: {line}")
            return
        at = found + 1


def tell(server, folder):
    environment = os.environ | {"REGISTRE_SERVER": server.address, "SOURCE": str(SOURCE),
                                "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "120"}
    for command, shown in steps():
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_S, check=False)
        check(command, shown, done)
        if FAILURES:
            print(f"{FAILURES[-1]}\n{done.stdout}")
            return


if __name__ == "__main__":
    need_programs()
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        tell(server, folder)
        if not FAILURES and server.read("admin", "rebuild", "--check")[-1]["differences"] != []:
            FAILURES.append("the index is not what the log says")
    sys.exit(1 if FAILURES else 0)

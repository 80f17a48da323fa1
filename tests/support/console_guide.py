"""Runs a guide: the commands of its console blocks, as they stand there, in order.

In a console block a command starts with "$ " and goes on in lines that start with "> "; the other
lines are lines of its output, or parts of them, in order; some may be left out. A command that ends
with another status than 0 is followed by a line "[STATUS]".
"""
import os
import re
import subprocess

from registre_process import BIN, SOURCE, TIMEOUT_S


def steps(guide):
    """Each command of the guide, with the output that it shows."""
    for block in re.findall(r"^```console\n(.*?)^```$", guide.read_text("utf-8"), re.M | re.S):
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


def wrong_of(command, shown, done):
    """What the command did otherwise than the guide shows, or nothing."""
    status = [line for line in shown if re.fullmatch(r"\[\d+\]", line)]
    lines = [one_line(line) for line in done.stdout.splitlines()]
    wanted = int(status[0][1:-1]) if status else 0
    if done.returncode != wanted:
        return f"{command}\n  ends with {done.returncode}, not {wanted}"
    at = 0
    for line in shown:
        if line in status or not line.strip() or line.strip() == "...":
            continue
        part = one_line(line)
        found = next((i for i in range(at, len(lines)) if part in lines[i]), None)
        if found is None:
            return f"{command}\n  does not print, at its place: {line}"
        at = found + 1
    return None


def tell(guide, address, folder, variables=None):
    """Runs the guide against a server, in a folder. What first went wrong, with the output, or nothing."""
    environment = os.environ | (variables or {}) | {"REGISTRE_SERVER": address, "SOURCE": str(SOURCE),
                                "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "120"}
    for command, shown in steps(guide):
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_S, check=False)
        if wrong := wrong_of(command, shown, done):
            return f"{wrong}\n{done.stdout}"
    return None

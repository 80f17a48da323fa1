#!/usr/bin/env python3
"""Every example that the help of registre shows does what it says, on the real deliberation."""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, SOURCE, TIMEOUT_S, Server, need_programs, run)

COMMANDS = ([], ["record"], ["budget"], ["structure"], ["convention"], ["deliberation"],
            ["anomalies"], ["events"], ["admin", "status"], ["admin", "rebuild"],
            ["admin", "clock", "accept"],
            ["payments", "list"], ["payments", "show"], ["payments", "statement"], ["whoami"],
            ["correct"], ["correct", "draft"], ["correct", "propose"], ["correct", "approve"],
            ["correct", "reject"], ["correct", "list"], ["correct", "show"],
            ["proof", "inclusion"], ["verify", "proof"], ["checkpoint", "seal"], ["proof", "tag"],
            ["bundle"], ["verify", "bundle"])

failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def help_of(command):
    done = run(*command, "--help")
    expect(done.returncode == 0, f"{command} --help: exit status {done.returncode}")
    return done.stdout


def examples(text):
    """Commands on lines of their own, without what is said of them; the options of an as-of read."""
    # What goes on in a second line.
    text = re.sub(r"(   .*)?\n      (--\w)", r" \2", text)
    for line in text.splitlines():
        command = re.split(r"\s{3,}", line.strip())[0]
        if re.match(r"  (registre|cat) ", line):
            yield command
        elif re.match(r"  --(as-of|known-at) .*\d", line):
            yield f"registre budget {command}"


def environment(server):
    return os.environ | {"REGISTRE_SERVER": server.address, "PATH": f"{BIN}:{os.environ['PATH']}",
                         "KEY": server.run("keys").stdout.strip()}


def shell(server, folder, command):
    """Runs the command as typed, in a folder that holds acts and what the help names."""
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder,
                          env=environment(server), capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)


def try_follow(server, folder, command):
    """It shows what is there and waits for more; an interrupt ends it well."""
    with subprocess.Popen(shlex.split(command), cwd=folder, env=environment(server),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        said = ""
        for line in process.stderr:
            said += line
            if "waiting" in line:
                break
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
        status = process.wait(TIMEOUT_S)
    expect(status == 0, f"{command}: exit status {status}: {said}")
    expect("waiting" in said, f"{command}: does not wait: {said}")


def try_json_example(server, text):
    """The act in the help of record is one of the contract: at most a rule refuses it."""
    lines = [line.strip() for line in text.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith('{"command_id"'))
    act = json.loads(lines[start] + lines[start + 1])
    act["command_id"] += ".help"
    done = server.run("record", "-", "--validate-only", stdin=json.dumps(act).encode())
    expect(done.returncode == 0 or " ALREADY_PUBLISHED: " in done.stderr,
           f"the act in the help of record: {done.stderr}")


def try_correction(folder, example):
    """On a ledger of its own, in which the first correction was proposed by another person."""
    with Server() as server:
        done = server.run("record", REAL_INPUT)
        expect(done.returncode == 0, f"record: {done.stderr}")
        fixed = json.loads(server.run("correct", "draft", "52").stdout)
        fixed["act"]["payment_ordered"]["amount_cents"] = "400000"
        (folder / "fixed.jsonl").write_text(json.dumps(fixed), "utf-8")
        done = server.run("correct", "propose", "52", "--with", folder / "fixed.jsonl", "--reason",
                          "essai", "--authority", "essai", "--effective", "2023-10-02",
                          "--as", "admin")
        expect(done.returncode == 0, f"propose: {done.stderr}")
        done = shell(server, folder, example)
        expect(done.returncode == 0, f"{example}: {done.stderr}")
        expect(done.stdout or " > " in example, f"{example}: prints nothing")


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-help-"))
    count = 0
    try:
        (folder / "tests/data").mkdir(parents=True)
        for name in ("acts.jsonl", "import.jsonl", REAL_INPUT.relative_to(SOURCE)):
            shutil.copy(REAL_INPUT, folder / name)
        with Server() as server:
            done = server.run("record", REAL_INPUT)
            expect(done.returncode == 0, f"record: {done.stderr}")
            for command in COMMANDS:
                text = help_of(command)
                if command == ["record"]:
                    try_json_example(server, text)
                found = list(examples(text))
                expect(found, f"{command} --help: no example")
                for example in found:
                    count += 1
                    if command and command[0] == "correct":
                        try_correction(folder, example)
                    elif "--follow" in example:
                        try_follow(server, folder, example)
                    elif "--atomic" in example:
                        # The file is one unit: of a ledger that does not have its first line yet.
                        with Server() as empty:
                            done = shell(empty, folder, example)
                            expect(done.returncode == 0, f"{example}: {done.stderr}")
                    else:
                        done = shell(server, folder, example)
                        expect(done.returncode == 0, f"{example}: {done.stderr}")
                        expect(done.stdout or " -o " in example, f"{example}: prints nothing")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{count} examples, {len(failures)} wrong")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What is refused, from the command line: exit status 1, the rule's id, and nothing recorded.

The acts of the real deliberation are recorded one by one. Before one is, it is sent with one thing
changed, and must be refused for that; so each case meets the state that the real act meets. Cases
"after" follow the last act; what they need is recorded first. Every amount, name and number that
the document does not hold is made up.
"""
import copy
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import Server, need_programs, real_lines, recorded_as, run  # noqa: E402
from refusal_cases import CASES  # noqa: E402
from refusal_cases_after import AFTER, malformed  # noqa: E402

failures = []
tried = 0


def expect(condition, message):
    if not condition:
        failures.append(message)


def encode(lines):
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


class Ledger:
    """The server, and how many events it must hold."""

    def __init__(self, server):
        self.server = server
        self.size = 0
        self.asks_each_time = True

    def record(self, *lines):
        for line in lines:
            done = self.server.run("record", "-", *recorded_as(line), stdin=encode([line]))
            assert done.returncode == 0, f"{line['command_id']}: {done.stdout}{done.stderr}"
        self.size += len(lines)

    def refuse(self, name, rule, data, *arguments):
        """Sends `data`: it must be refused under `rule`, and nothing may be recorded."""
        global tried
        tried += 1
        done = self.server.run("record", "-", *arguments, stdin=data)
        text = done.stdout + done.stderr
        expect(done.returncode == 1, f"{name}: exit status {done.returncode}, not 1: {text}")
        expect(f" {rule}: " in done.stderr, f"{name}: {rule} is not named: {text}")
        expect(len(text) < 20_000, f"{name}: {len(text)} characters of message")
        if self.asks_each_time:
            self.expect_size(name)

    def expect_size(self, what):
        size = self.server.size()
        expect(size == self.size, f"{what}: {size} events, not {self.size}")
        self.size = size


def try_real_acts(ledger):
    known = {line["command_id"] for line in real_lines()}
    for name in {case.at for case in CASES} - known:
        expect(False, f"no act {name} in the real input")
    # Asking for the size costs a process: once for all cases that share a state is enough.
    ledger.asks_each_time = False
    for line in real_lines():
        for number, case in enumerate(c for c in CASES if c.at == line["command_id"]):
            changed = copy.deepcopy(line)
            changed["command_id"] = f"refuse.{number}.{line['command_id']}"[:64]
            changed = case.change(changed) or changed
            ledger.refuse(f"{case.at}: {case.name}", case.rule, encode([changed]))
        ledger.expect_size(f"before {line['command_id']}")
        ledger.record(line)
    ledger.asks_each_time = True


def try_after(ledger):
    by_id = {line["command_id"]: line for line in real_lines()}
    for case in AFTER:
        needed, refused = case.make(copy.deepcopy(by_id))
        if needed:
            ledger.record(*needed)
        who = () if case.rule == "ORDERER_ACCOUNTANT" else recorded_as(refused)
        ledger.refuse(f"after: {case.name}", case.rule, encode([refused]), *who)


def try_units(ledger):
    """Limits of a unit, and that a unit is all or nothing."""

    def structure(number, padding=0):
        act = {"structure_registered": {"structure_id": f"essai-{number}",
                                        "identity": {"name": f"Structure d'essai {number}"}}}
        if padding:
            act["remarks"] = ["x" * 500] * padding
        return {"command_id": f"essai-{number}", "act": act}

    ledger.refuse("1,001 acts in a unit", "UNIT_TOO_LARGE",
                  encode(structure(i) for i in range(1001)), "--atomic")
    # 330 acts of 10,000 bytes.
    ledger.refuse("more than 3 MiB in a unit", "UNIT_TOO_LARGE",
                  encode(structure(i, padding=20) for i in range(330)), "--atomic")
    ledger.refuse("a unit whose last act is refused", "NUMBER_TAKEN",
                  encode([structure(1), structure(2), structure(1)]), "--atomic")
    closing = {"command_id": "essai-closing", "act": {"fiscal_year_closed": {
        "fiscal_year": 2024, "date": {"year": 2025, "month": 1, "day": 31}}}}
    ledger.refuse("a year closed with another act", "FIELD_INVALID",
                  encode([structure(1), closing]), "--atomic")
    ledger.refuse("judged only, and refused", "NUMBER_TAKEN",
                  encode([structure(1), structure(1)]), "--atomic", "--validate-only")

    done = ledger.server.run("record", "-", "--validate-only", stdin=encode([structure(1)]))
    expect(done.returncode == 0, f"--validate-only: {done.stderr}")
    ledger.expect_size("--validate-only")
    # Line by line, what stands before the refused line is recorded, and nothing after it.
    done = ledger.server.run("record", "-", stdin=encode([structure(1), structure(1) | {
        "command_id": "essai-1-encore"}, structure(2)]))
    expect(done.returncode == 1, f"a second line: exit status {done.returncode}")
    expect(" NUMBER_TAKEN: " in done.stderr, f"a second line: {done.stderr}")
    ledger.size += 1
    ledger.expect_size("the lines before a refused one")


def try_malformed(ledger):
    real = encode(real_lines())
    for name, rule, data in malformed(real):
        ledger.refuse(name, rule, data)
    for name, data in (("an empty file", b""), ("blank lines", b"\n \n\t\n")):
        done = ledger.server.run("record", "-", stdin=data)
        expect(done.returncode == 1, f"{name}: exit status {done.returncode}")
        expect("nothing recorded" in done.stderr, f"{name}: {done.stderr}")
    for name, file in (("a file that is not there", "/nowhere/acts.jsonl"), ("a folder", "/")):
        done = ledger.server.run("record", file)
        expect(done.returncode == 1, f"{name}: exit status {done.returncode}")
        expect(" FILE_UNREADABLE: " in done.stderr, f"{name}: {done.stderr}")
    ledger.expect_size("malformed input")


def try_usage(ledger):
    for arguments in ([], ["recrod", "-"], ["record"], ["--output", "xml", "anomalies"],
                      ["structure"], ["budget", "--as-of", "2023-02-30"],
                      ["budget", "--known-at", "yesterday"], ["budget", "--colour", "red"],
                      ["record", "-", "--atomic", "--keep-going"], ["admin"], ["admin", "clock"],
                      ["events", "--follow", "--backward"], ["whoami", "--tls-ca", "ca.pem"],
                      ["whoami", "--as", "a b"], ["whoami", "--profile", "/nowhere"]):
        done = ledger.server.run(*arguments)
        expect(done.returncode == 2, f"registre {' '.join(arguments)}: {done.returncode}, not 2")
        expect(done.stderr, f"registre {' '.join(arguments)}: says nothing")
    for arguments in (["budget", "C99-999Z99"], ["structure", "nobody"],
                      ["convention", "2023-00000"], ["deliberation", "1999-1"],
                      ["budget", "--deliberation", "1999-1"]):
        done = ledger.server.run(*arguments)
        expect(done.returncode == 1, f"registre {' '.join(arguments)}: {done.returncode}, not 1")
        expect(" NOT_FOUND: " in done.stderr, f"registre {' '.join(arguments)}: {done.stderr}")
    for arguments in (["admin", "status"], ["budget"], ["record", "-"]):
        done = run("--server", "127.0.0.1:1", *arguments, stdin=encode(real_lines()[:1]))
        expect(done.returncode == 3, f"no server, {arguments[0]}: {done.returncode}, not 3")
        expect(done.stderr, f"no server, {arguments[0]}: says nothing")


def main():
    need_programs()
    with Server() as server:
        ledger = Ledger(server)
        try:
            for part in (try_real_acts, try_after, try_units, try_malformed, try_usage):
                part(ledger)
        except AssertionError as error:
            failures.append(str(error))
        expect(server.process.poll() is None, f"the server ended:\n{server.output}")
        done = server.run("admin", "rebuild", "--check")
        expect(done.returncode == 0, f"rebuild --check: {done.stdout}{done.stderr}")
        expect(server.stop() == 0, f"a clean stop: {server.output}")
    for failure in failures:
        print(failure)
    print(f"{tried} refusals tried, {len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

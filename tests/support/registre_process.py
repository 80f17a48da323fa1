"""A registred of its own, and calls of registre, for the tests of tests/scripts."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

SOURCE = pathlib.Path(os.environ.get("REGISTRE_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BIN = pathlib.Path(os.environ.get("REGISTRE_BIN_DIR", SOURCE / "build/dev/bin"))
REAL_INPUT = SOURCE / "tests/data/deliberation-2023-405.jsonl"
# ctest shows a test that ends so as skipped.
SKIPPED = 77
TIMEOUT_S = 120


class Server:
    """Serves a data folder on a free port. Killed, and its folder removed, at the end of `with`."""

    def __init__(self, folder=None, *arguments):
        self.temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="registre-test-"))
        self.arguments = arguments
        self.start()

    def start(self):
        http = () if "--http" in self.arguments else ("--http", "127.0.0.1:0")
        self.process = subprocess.Popen(
            [BIN / "registred", "--data", self.folder, "--listen", "127.0.0.1:0", *http,
             *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            port = re.search(r" on port (\d+)", line)
            if port:
                self.address = f"127.0.0.1:{port[1]}"
                served = re.search(r" HTTP port (\d+)", line)
                self.http_address = f"127.0.0.1:{served[1]}" if served else None
                return
        raise AssertionError(f"registred ended with {self.process.wait()}:\n{self.output}")

    def stop(self):
        """Its exit status after SIGTERM."""
        self.process.terminate()
        self.read_rest()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.read_rest()

    def read_rest(self):
        """Until it ends. communicate() would lose what was read with the line that has the port."""
        timer = threading.Timer(TIMEOUT_S, self.process.kill)
        timer.start()
        self.output += self.process.stdout.read()
        self.process.wait()
        timer.cancel()

    def run(self, *arguments, stdin=b""):
        """Runs registre; stdout and stderr as text."""
        return run("--server", self.address, *arguments, stdin=stdin)

    def read(self, *arguments):
        """The objects that a command prints as JSON; it must succeed."""
        done = self.run("--output", "json", *arguments)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.returncode} {done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def size(self):
        return int(self.read("admin", "status")[0]["size"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def run(*arguments, stdin=b""):
    done = subprocess.run([BIN / "registre", *map(str, arguments)], input=stdin,
                          capture_output=True, timeout=TIMEOUT_S, check=False)
    done.stdout = done.stdout.decode("utf-8")
    done.stderr = done.stderr.decode("utf-8")
    return done


def need_programs(*names):
    """Ends the test as skipped where the programs, or those named, were not built."""
    for name in names or ("registre", "registred"):
        if not (BIN / name).exists():
            print(f"skipped: {BIN / name} is not built")
            sys.exit(SKIPPED)


def recorded_as(line):
    """Options of registre for who records a line: the accountant his own, `local` all else (rule
    ORDERER_ACCOUNTANT)."""
    answers = {"payment_accepted", "payment_suspended", "payment_rejected", "payment_settled",
               "recovery_received", "fiscal_year_closed"}
    return ("--as", "accountant") if answers & set(line.get("act", ())) else ()


def real_lines():
    """The acts of the real deliberation, parsed."""
    return [json.loads(line) for line in REAL_INPUT.read_text("utf-8").splitlines()]

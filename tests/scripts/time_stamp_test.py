#!/usr/bin/env python3
"""registre checkpoint stamp against an authority that `openssl ts` plays. All of it is test data."""
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import REAL_INPUT, Server, need_programs, run  # noqa: E402
from time_stamp_authority import Authority, openssl, start_authority  # noqa: E402

failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def try_stamps(folder, server, url):
    stamp = ("checkpoint", "stamp", "--tsa")
    done = server.run("checkpoint", "show", "--stamps", folder / "none", "-o", folder / "none.txt")
    expect(done.returncode == 1 and "NOT_STAMPED" in done.stderr, f"no stamp yet: {done.stderr}")
    expect(not list(folder.glob("none*")), "nothing is written where there is no stamp")
    done = server.run(*stamp, url, "--tsa-ca", folder / "ca.pem")
    expect(done.returncode == 0, f"stamp: {done.returncode} {done.stderr}")
    expect("Horodaté le" in done.stdout, f"stamp: {done.stdout}")
    expect(Authority.asked[0] == "application/timestamp-query", f"asked as {Authority.asked[0]}")
    size = server.size()
    kept = server.read("checkpoint", "show", size)[0]
    expect(len(kept["timestamps"]) == 1, "the token is not kept")

    # Independent: openssl verifies it over the note, which has the log's signature alone.
    note = folder / "note.txt"
    expect(server.run("checkpoint", "show", size, "-o", note).returncode == 0, "show")
    (folder / "answer.tsr").write_bytes(Authority.answered)
    openssl("ts", "-verify", "-data", note, "-in", folder / "answer.tsr", "-CAfile",
            folder / "ca.pem")

    # As the help shows it: the token leaves the ledger, and is verified with no server.
    taken = folder / "taken"
    done = server.run("checkpoint", "show", size, "--stamps", taken, "-o", folder / "stamped.txt")
    expect(done.returncode == 0, f"--stamps: {done.stderr}")
    expect([path.name for path in folder.glob("taken-*")] == ["taken-1.tsr"], "one token, one file")
    done = server.run("verify", "checkpoint", folder / "stamped.txt", "--stamp", folder / "taken-1.tsr",
                      "--tsa-ca", folder / "ca.pem", "--key", server.run("keys").stdout.strip())
    expect(done.returncode == 0 and "saw it" in done.stdout, f"verify --stamp: {done.stderr}")
    token = (folder / "taken-1.tsr").read_bytes()
    done = server.run("checkpoint", "show", size, "--stamps", taken)
    expect(done.returncode == 1 and "FILE_EXISTS" in done.stderr, f"again: {done.stderr}")
    expect(token == (folder / "taken-1.tsr").read_bytes(), "a token of before is overwritten")
    openssl("ts", "-verify", "-data", folder / "stamped.txt", "-in", folder / "taken-1.tsr", "-token_in",
            "-CAfile", folder / "ca.pem")

    cases = [
        (("--tsa-ca", folder / "other.pem"), "", "TIMESTAMP_UNTRUSTED"),
        (("--tsa-ca", folder / "nowhere.pem"), "", "FILE_UNREADABLE"),
        (("--size", "999"), "", "CHECKPOINT_UNKNOWN"),
        ((), "refuses", "TIMESTAMP_REFUSED"),
        ((), "garbage", "TIMESTAMP_INVALID"),
        ((), "large", "HTTP_FAILED"),
        ((), "down", "HTTP_FAILED"),
    ]
    for options, path, reason in cases:
        done = server.run(*stamp, url + path, *options)
        expect(done.returncode == 1 and reason in done.stderr,
               f"{path} {options}: {done.returncode} {done.stderr}")
    # The answer to a request of before: another nonce.
    expect(server.run(*stamp, url).returncode == 0, "a second stamp")
    done = server.run(*stamp, url + "replayed")
    expect(done.returncode == 1 and "nonce" in done.stderr, f"replayed: {done.stderr}")
    done = server.run(*stamp, "http://127.0.0.1:1/")
    expect(done.returncode == 1 and "HTTP_FAILED" in done.stderr, f"nobody: {done.stderr}")
    done = server.run(*stamp, "ftp://127.0.0.1/")
    expect(done.returncode == 1 and "URL_INVALID" in done.stderr, f"ftp: {done.stderr}")
    kept = server.read("checkpoint", "show", size)[0]
    expect(len(kept["timestamps"]) == 2, f"{len(kept['timestamps'])} tokens are kept, not 2")

    # It is kept while the head moves on, also when it does so while the authority answers.
    def record_first(count):
        more = folder / "more.jsonl"
        lines = REAL_INPUT.read_text("utf-8").splitlines(keepends=True)
        more.write_text("".join(lines[:count]), "utf-8")
        assert server.run("record", more).returncode == 0, f"the first {count} acts"
        return int(server.read("checkpoint", "show")[0]["size"])

    fresh = record_first(15)
    Authority.meanwhile = staticmethod(lambda: record_first(20))
    done = server.run(*stamp, url, "--tsa-ca", folder / "ca.pem")
    Authority.meanwhile = staticmethod(lambda: None)
    expect(done.returncode == 0, f"while the head moves: {done.returncode} {done.stderr}")
    expect(server.size() > fresh, "the head did not move")
    kept = server.read("checkpoint", "show", fresh)[0]
    expect(len(kept["timestamps"]) == 1, f"{len(kept['timestamps'])} tokens are kept, not 1")
    server.run("record", REAL_INPUT)
    server.size()
    listed = server.read("checkpoint", "list")
    expect(str(size) in [one["size"] for one in listed], f"it is not kept: {listed}")


def main():
    need_programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-tsa-"))
    authority = start_authority(folder)
    try:
        first = folder / "first.jsonl"
        lines = REAL_INPUT.read_text("utf-8").splitlines(keepends=True)
        first.write_text("".join(lines[:10]), "utf-8")
        with Server() as server:
            done = server.run("record", first)
            assert done.returncode == 0, done.stderr
            try_stamps(folder, server, f"http://127.0.0.1:{authority.server_port}/")
    except AssertionError as error:
        failures.append(str(error))
    finally:
        authority.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

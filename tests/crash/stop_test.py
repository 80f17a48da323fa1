"""When a server is told to stop: amid the replay of its log, and with clients that wait.

A signal that came before the program runs stays pending, since a process that blocks it hands that
on to the program it becomes: so the moment needs no luck.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, REAL_INPUT, TIMEOUT_S, Server, need_programs  # noqa: E402

FAILURES = []


def expect(holds, what):
    if not holds:
        FAILURES.append(what)
        print(f"FAILED: {what}")


def stop_is_pending():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.kill(os.getpid(), signal.SIGTERM)


def a_new_server_reports_no_error():
    with Server() as server:
        expect("error" not in server.output.lower(), f"a new server says:\n{server.output}")
        expect(" serves " in server.output.splitlines()[-1], f"the last line is {server.output}")
        expect(server.stop() == 0, "the server ends with an error")
        expect(" warning local mode: nobody is authenticated" in server.output,
               f"it does not say that nobody is authenticated: {server.output}")


def a_stop_amid_the_replay_is_heeded():
    with Server() as server:
        assert server.run("record", REAL_INPUT).returncode == 0
        size = server.size()
        assert server.stop() == 0
        shutil.rmtree(server.folder / "index")
        told = subprocess.run(
            [BIN / "registred", "--data", server.folder, "--listen", "127.0.0.1:0", "--http",
             "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S,
            preexec_fn=stop_is_pending, check=False)
        expect(told.returncode == 0, f"it ends with {told.returncode}:\n{told.stdout}")
        expect(" serves " not in told.stdout, f"it goes on to serve:\n{told.stdout}")
        expect("stopped while the log was replayed" in told.stdout, f"it says:\n{told.stdout}")
        server.start()
        expect(server.size() == size, "the next start has another size")
        expect(server.read("admin", "rebuild", "--check")[-1]["differences"] == [],
               "the index is not what the log says")


def an_idle_record_stream_does_not_hold_up_the_stop():
    with Server() as server:
        # It reads its acts from a pipe that stays open: the stream waits for the next one.
        client = subprocess.Popen(
            [BIN / "registre", "--server", server.address, "record", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            client.stdin.write(REAL_INPUT.read_bytes().splitlines(keepends=True)[0])
            client.stdin.flush()
            end = time.monotonic() + TIMEOUT_S
            while server.size() == 0 and time.monotonic() < end:
                time.sleep(0.01)
            begin = time.monotonic()
            expect(server.stop() == 0, "the server ends with an error")
            expect(time.monotonic() - begin < 8, "the stop waits for the client")
        finally:
            client.kill()
            client.communicate()


if __name__ == "__main__":
    need_programs()
    a_new_server_reports_no_error()
    a_stop_amid_the_replay_is_heeded()
    an_idle_record_stream_does_not_hold_up_the_stop()
    sys.exit(1 if FAILURES else 0)

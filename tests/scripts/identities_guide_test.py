#!/usr/bin/env python3
"""What deploy/IDENTITIES.md shows does what it says: its commands are run as they stand there."""
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, SOURCE, TIMEOUT_S, Server, need_programs, run  # noqa: E402

GUIDE = SOURCE / "deploy/IDENTITIES.md"
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def block(section, number=0):
    """A block of commands of a section."""
    text = GUIDE.read_text("utf-8").split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)[number]


def make_certificates(folder):
    commands = block("Certificates in five commands").splitlines()
    expect(len(commands) == 5, f"{len(commands)} commands, not five")
    for command in commands:
        done = subprocess.run(shlex.split(command), cwd=folder, capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for name in ("ca.key", "server.key", "clerk.key"):
        mode = stat.S_IMODE((folder / name).stat().st_mode)
        expect(mode & 0o077 == 0, f"{name} has mode {mode:o}")


def write_profile(folder, server, **changes):
    """The guide's profile, for this server and with the folder's files."""
    options = dict(line.split("=") for line in block("A client").splitlines())
    options = {name: value if name == "server" else folder / value
               for name, value in options.items()}
    options |= {"server": server.address.replace("127.0.0.1", "localhost")} | changes
    path = folder / "clerk.conf"
    path.write_text("".join(f"{name}={value}\n" for name, value in options.items()))
    return path


def server_flags(folder):
    """The guide's TLS flags, with the folder's files."""
    words = shlex.split(block("The server"))[5:]
    return [word if word.startswith("--") else folder / word for word in words]


def await_output(server, what):
    deadline = time.monotonic() + TIMEOUT_S
    for line in server.process.stdout:
        server.output += line
        if what in line:
            return
        assert time.monotonic() < deadline
    raise AssertionError(f"the server never said {what}:\n{server.output}")


def try_client(folder, server):
    profile = write_profile(folder, server)
    command = shlex.split(block("A client", 1))[1:]
    command[command.index("clerk.conf")] = profile
    done = run(*command)
    expect(done.returncode == 0, f"whoami: {done.returncode} {done.stderr}")
    expect("s-101" in done.stdout and "clerk" in done.stdout, f"whoami: {done.stdout}")

    done = run("--profile", profile, "admin", "rebuild")
    expect(done.returncode == 1 and " ROLE_MISSING: " in done.stderr, f"rebuild: {done.stderr}")
    done = run("--server", server.address, "whoami")
    expect(done.returncode == 3 and "--tls-ca" in done.stderr, f"without TLS: {done.stderr}")
    done = run("--profile", write_profile(folder, server, **{"tls-ca": folder / "clerk.pem"}),
               "whoami")
    expect(done.returncode == 3 and "TLS with it failed" in done.stderr,
           f"another CA: {done.returncode} {done.stderr}")
    done = run("--profile", write_profile(folder, server, colour="red"), "whoami")
    expect(done.returncode == 2, f"a profile with an unknown option: {done.returncode}")


def try_reload(folder, server):
    policy = folder / "policy.json"
    good = policy.read_text("utf-8")
    profile = write_profile(folder, server)
    policy.write_text("{")
    server.process.send_signal(signal.SIGHUP)
    await_output(server, "POLICY_INVALID")
    expect(run("--profile", profile, "whoami").returncode == 0, "a bad policy took effect")
    policy.write_text(good.replace("clerk.example.org", "other.example.org"))
    server.process.send_signal(signal.SIGHUP)
    await_output(server, "is in use")
    done = run("--profile", profile, "whoami")
    expect(done.returncode == 1 and " NOT_IN_POLICY: " in done.stderr, f"reloaded: {done.stderr}")
    policy.write_text(good)


def try_log(server):
    path = server.folder / "access.log"
    expect(stat.S_IMODE(path.stat().st_mode) == 0o600, "access.log is not its owner's alone")
    expect("ROLE_MISSING" in path.read_text("utf-8"), "access.log does not hold the refusals")


def refuse_start(arguments, status, *says):
    done = subprocess.run([BIN / "registred", *map(str, arguments)], capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    text = done.stdout + done.stderr
    expect(done.returncode == status, f"registred {arguments}: {done.returncode}, not {status}")
    for word in says:
        expect(word in text, f"registred {arguments}: {word} is not said: {text}")


def try_starts(folder):
    flags = server_flags(folder)
    data = ["--data", folder / "other"]
    refuse_start([*data, "--listen", "0.0.0.0:0"], 1, "TLS_REQUIRED", "--tls-client-ca")
    refuse_start([*data, *flags[:4]], 2, "--tls-client-ca", "--policy", "missing")
    refuse_start([*data, *flags[:3], folder / "clerk.key", *flags[4:]], 1, "TLS_FILE_INVALID")
    refuse_start([*data, *flags[:7], folder / "ca.pem"], 1, "POLICY_INVALID", "ca.pem")
    refuse_start([*data, *flags[:7], folder / "nowhere"], 1, "POLICY_INVALID", "nowhere")
    config = folder / "registred.conf"
    config.write_text("colour=red\n")
    refuse_start([*data, "--config", config], 2, "colour")


def main():
    need_programs()
    if shutil.which("openssl") is None:
        print("failed: the openssl command is not installed (deploy/common.sh lists it)")
        return 1
    folder = pathlib.Path(tempfile.mkdtemp(prefix="registre-identities-"))
    try:
        make_certificates(folder)
        shutil.copy(SOURCE / "deploy/policy.example.json", folder / "policy.json")
        # By its configuration file, which holds the flags of the guide.
        words = [str(word) for word in server_flags(folder)]
        config = folder / "registred.conf"
        config.write_text("".join(f"{name[2:]}={value}\n"
                                  for name, value in zip(words[::2], words[1::2])))
        with Server(None, "--config", config) as server:
            try_client(folder, server)
            try_reload(folder, server)
            expect(server.stop() == 0, f"a clean stop: {server.output}")
            expect("local mode" not in server.output, f"local mode with TLS: {server.output}")
            try_log(server)
        try_starts(folder)
    except AssertionError as error:
        failures.append(str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

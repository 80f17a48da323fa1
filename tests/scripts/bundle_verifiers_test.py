#!/usr/bin/env python3
"""The two verifiers of evidence bundles, deploy/audit/verify_bundle.py and the one in C++, agree on
every bundle: those of tests/support/bundle_cases.h, each spoilt in one way, and on thousands that are
spoilt at random. REGISTRE_TEST_SEED repeats a run; REGISTRE_BUNDLE_MUTATIONS is how many are tried."""
import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, SKIPPED, SOURCE, need_programs  # noqa: E402
import bundle_mutations as mutations  # noqa: E402
import verify_bundle  # noqa: E402


PROGRAM = BIN / "interop_bundles"
COUNT = int(os.environ.get("REGISTRE_BUNDLE_MUTATIONS", "1500"))
failures = []


class Trust:
    """Under what a bundle is verified."""

    def __init__(self, folder, with_policy, with_ca, schema):
        self.keys = folder / "keys"
        self.policy_file = folder / "policy" if with_policy else "-"
        self.ca_file = folder / "ca.pem" if with_ca else "-"
        self.policy = (verify_bundle.parse_policy(self.policy_file.read_bytes()) if with_policy
                       else verify_bundle.Policy(verify_bundle.read_keys([str(self.keys)])))
        self.tsa_ca = self.ca_file.read_bytes() if with_ca else None
        self.schema = schema

    def cpp(self, files):
        return mutations.cpp_verdicts(PROGRAM, files, self.keys, self.policy_file, self.ca_file,
                                      self.schema)

    def python(self, file, summaries=None):
        return mutations.verdict_of(file.read_bytes(), self.policy, self.tsa_ca, summaries,
                                    [self.schema])


def try_cases(folder):
    """The good ones, with under what they are good."""
    good = []
    for line in (folder / "cases").read_text("utf-8").splitlines():
        file, trust, ca, schema, expected, name = line.split(" ", 5)
        under = Trust(folder, trust == "policy", ca == "ca", schema)
        found = under.python(folder / file)
        cpp, = under.cpp([folder / file])
        if cpp != expected or (found == "ok") != (expected == "ok"):
            failures.append(f"{name}: expected {expected}, C++ says {cpp}, Python says {found}")
        if "SCHEMA_UNKNOWN" in (expected, found) and found != expected:
            failures.append(f"{name}: expected {expected}, Python says {found}")
        try_command(folder, folder / file, under, found)
        if expected == "ok":
            good.append((folder / file, under))
    print(f"{len(good)} good bundles, {len((folder / 'cases').read_text().splitlines())} in all")
    return good


def try_command(folder, file, under, verdict):
    """The option of the command line, where a schema is to be accepted."""
    if under.schema == "-":
        return
    done = subprocess.run([sys.executable, SOURCE / "deploy/audit/verify_bundle.py", file, "--key",
                           folder / "keys", "--schema-digest", under.schema], capture_output=True,
                          text=True, check=False)
    if done.returncode != (0 if verdict == "ok" else 1) or \
            (verdict == "ok") != ("--schema-digest accepts" in done.stdout):
        failures.append(f"{file} --schema-digest {under.schema}: {verdict}, but {done}")


def try_mutations(folder, good, rng):
    bundles = {file: file.read_bytes() for file, _ in good}
    summaries = {verify_bundle.parse_file(data)["summary"][0] for data in bundles.values()}
    groups = collections.defaultdict(list)
    for number in range(COUNT):
        file, under = rng.choice(good)
        kind, spoilt = mutations.mutate(rng, bundles[file], list(bundles.values()))
        path = folder / f"spoilt-{number}"
        path.write_bytes(spoilt)
        groups[under].append((path, kind, file.name))
    counts = collections.Counter()
    for under, group in groups.items():
        for (path, kind, origin), cpp in zip(group, under.cpp([path for path, *_ in group]),
                                             strict=True):
            python = under.python(path, summaries)
            counts["accepted" if cpp == "ok" else "refused"] += 1
            if (python == "ok") != (cpp == "ok"):
                kept = pathlib.Path(tempfile.gettempdir()) / f"disagreed-{path.name}"
                shutil.copy(path, kept)
                failures.append(f"{kind} of {origin}: C++ says {cpp}, Python says {python}: {kept}")
    print(f"{COUNT} changes tried: {counts['refused']} refused by both, {counts['accepted']} accepted by "
          "both (a stamp or a cosignature that is not looked into, a stamp less, nothing changed)")
    if counts["refused"] < COUNT * 3 // 4:
        failures.append("too few changes were refused for what they are")


def try_document():
    """The rules of tags stand in the document as in the verifier."""
    text = (SOURCE / "deploy/BUNDLE.md").read_text("utf-8")
    for line in verify_bundle.TAGS.strip().splitlines():
        if f"\n{line}\n" not in text:
            failures.append(f"BUNDLE.md does not say: {line}")
    if f"\n{', '.join(verify_bundle.NO_TAGS)} " not in text:
        failures.append("BUNDLE.md does not list the acts without tags")


def try_schemas():
    """Both verifiers know the same schemas, and the document names them."""
    done = subprocess.run([PROGRAM, "schemas"], capture_output=True, text=True, check=True)
    known = done.stdout.split()
    if not known or known != list(verify_bundle.KNOWN_SCHEMAS):
        failures.append(f"C++ knows the schemas {known}, Python {verify_bundle.KNOWN_SCHEMAS}")
    text = (SOURCE / "deploy/BUNDLE.md").read_text("utf-8")
    if re.findall(r"^[0-9a-f]{64}$", text, re.M) != known:
        failures.append(f"BUNDLE.md does not list the known schemas: {known}")


def main():
    try_document()
    need_programs("interop_bundles")
    try_schemas()
    if shutil.which("openssl") is None:
        print("skipped: the openssl command is not installed (deploy/common.sh lists it)")
        return SKIPPED
    seed = int(os.environ.get("REGISTRE_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"REGISTRE_TEST_SEED={seed}")
    with tempfile.TemporaryDirectory(prefix="registre-bundles-") as name:
        folder = pathlib.Path(name)
        subprocess.run([PROGRAM, "make", folder], check=True, stderr=subprocess.DEVNULL)
        good = try_cases(folder)
        try_mutations(folder, good, random.Random(seed))
    for failure in failures[:20]:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

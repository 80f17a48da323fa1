"""Spoils evidence bundles at random, and asks both verifiers."""

import hashlib
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "deploy/audit"))
import verify_bundle  # noqa: E402

LAST_LINE = len("sha256 \n") + 64


def with_new_digest(data):
    """The bytes with a last line that covers them."""
    before = data[:-LAST_LINE]
    return before + b"sha256 " + hashlib.sha256(before).hexdigest().encode() + b"\n"


def parts_of(data):
    """[name, bytes] of each part, in order."""
    parts = verify_bundle.parse_file(data)
    return [[name, part] for name, *_ in verify_bundle.PARTS for part in parts[name]]


def assemble(parts):
    body = verify_bundle.HEADER
    for name, part in parts:
        body += name.encode() + b" %d\n" % len(part) + part + b"\n"
    return with_new_digest(body + b" " * LAST_LINE)


def flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def flip_with_digest(rng, data):
    return with_new_digest(flip(rng, data[:-LAST_LINE]) + data[-LAST_LINE:])


def set_byte_with_digest(rng, data):
    at = rng.randrange(len(data) - LAST_LINE)
    return with_new_digest(data[:at] + bytes([rng.randrange(256)]) + data[at + 1:])


def cut_out(rng, data):
    at = rng.randrange(len(data) - LAST_LINE)
    return with_new_digest(data[:at] + data[at + 1 + rng.randrange(40):-LAST_LINE] + data[-LAST_LINE:])


def put_in(rng, data):
    at = rng.randrange(len(data) - LAST_LINE)
    return with_new_digest(data[:at] + rng.randbytes(1 + rng.randrange(8)) + data[at:])


def truncate(rng, data):
    return data[:rng.randrange(len(data))]


def truncate_with_digest(rng, data):
    return with_new_digest(data[:rng.randrange(len(data))] + b" " * LAST_LINE)


def on_parts(change):
    def mutate(rng, data):
        parts = parts_of(data)
        change(rng, parts)
        return assemble(parts)

    mutate.__name__ = change.__name__
    return mutate


@on_parts
def flip_in_part(rng, parts):
    """Every part as likely, however small."""
    part = parts[rng.randrange(len(parts))]
    part[1] = flip(rng, part[1]) if part[1] else b"x"


@on_parts
def remove_part(rng, parts):
    del parts[rng.randrange(len(parts))]


@on_parts
def repeat_part(rng, parts):
    at = rng.randrange(len(parts))
    parts.insert(at, list(parts[at]))


@on_parts
def swap_parts(rng, parts):
    a, b = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[a], parts[b] = parts[b], parts[a]


@on_parts
def swap_contents(rng, parts):
    a, b = rng.choice(parts), rng.choice(parts)
    a[1], b[1] = b[1], a[1]


@on_parts
def shorten_part(rng, parts):
    part = rng.choice(parts)
    part[1] = part[1][:rng.randrange(len(part[1]) + 1)]


@on_parts
def spoil_events(rng, parts):
    """Removes, repeats or swaps events."""
    events = [at for at, part in enumerate(parts) if part[0] == "event"]
    if not events:
        parts.insert(-2, ["event", b"\x08\x00"])
        return
    at, other, kind = rng.choice(events), rng.choice(events), rng.randrange(3)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts.insert(other, list(parts[at]))
    else:
        parts[at], parts[other] = parts[other], parts[at]


MUTATIONS = [flip, flip_with_digest, set_byte_with_digest, cut_out, put_in, truncate,
             truncate_with_digest, flip_in_part, flip_in_part, flip_in_part, remove_part, repeat_part,
             swap_parts, swap_contents, shorten_part, spoil_events, spoil_events]


def splice(rng, data, other):
    """A part of another bundle in the place of one of the same name."""
    parts, others = parts_of(data), parts_of(other)
    part = rng.choice(parts)
    same = [one[1] for one in others if one[0] == part[0]]
    if same:
        part[1] = rng.choice(same)
    return assemble(parts)


def mutate(rng, data, others):
    """(what was done, the bytes)."""
    if others and rng.randrange(8) == 0:
        return "splice", splice(rng, data, rng.choice(others))
    change = rng.choice(MUTATIONS)
    return change.__name__, change(rng, data)


def verdict_of(data, policy, tsa_ca, summaries=None, schemas=()):
    """What the verifier in Python says: `ok` or the reason; `CHANGED` where it accepts what says
    anything else than these summaries."""
    try:
        found = verify_bundle.verify(data, policy, tsa_ca, schemas)
        return "ok" if summaries is None or found["summary"].encode() in summaries else "CHANGED"
    except verify_bundle.Refused as error:
        return error.reason


def cpp_verdicts(program, files, keys, policy="-", tsa_ca="-", schema="-"):
    """What the verifier in C++ says of each file."""
    done = subprocess.run([program, "verify", str(keys), str(policy), str(tsa_ca), schema],
                          input="".join(f"{file}\n" for file in files), capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, f"{program}: {done.returncode} {done.stderr}"
    return done.stdout.split()

#!/usr/bin/env python3
"""Verifies an evidence bundle of a ledger, with no server and no network.

    verify_bundle.py FILE --key KEY|FILE... | --policy FILE   [--tsa-ca FILE] [--schema-digest HEX]...
                                                              [--summary]

Needs Python 3.11 and the `openssl` command (3.0), nothing else. Written from BUNDLE.md alone: what is
checked here, and why, stands there under the names of these sections. Exit status: 0 all of it holds,
1 something does not, 2 asked wrongly.
"""
import argparse
import base64
import bisect
import functools
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib


class Refused(Exception):
    """What does not hold: a reason as in BUNDLE.md, and words."""

    def __init__(self, reason, message):
        super().__init__(f"{reason}: {message}")
        self.reason = reason


def bad(part, why):
    return Refused("BUNDLE_INVALID", f"the bundle is not to be believed: {part}: {why}")


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- The file --------------------------------------------------------------------------------------

HEADER = b"registre-bundle 1\n"
MAX_BUNDLE_BYTES = 64 * 1024 * 1024
MAX_EVENT_BYTES = 4 * 1024 * 1024
MAX_NOTE_BYTES = 256 * 1024
MAX_STAMP_BYTES = 64 * 1024
MAX_SCHEMA_BYTES = 8 * 1024 * 1024
# Name, least and most often, most bytes.
PARTS = [
    ("tag", 1, 1, 128),
    ("summary", 1, 1, MAX_BUNDLE_BYTES),
    ("checkpoint", 1, 1, MAX_NOTE_BYTES),
    ("stamp", 0, 16, MAX_STAMP_BYTES),
    ("seal", 1, 1, MAX_EVENT_BYTES),
    ("entry", 1, 2, 4096),
    ("event", 0, 100_000, MAX_EVENT_BYTES),
    ("proof", 1, 1, MAX_BUNDLE_BYTES),
    ("schema", 1, 1, 1024 * 1024),
]
TAG = re.compile(rb"(structure|call|application|session|deliberation|budget_line|convention|payment|"
                 rb"correction):[0-9A-Za-z._-]{1,64}")


def decimal(text):
    """A number without leading zeros below 2^64, or None."""
    if not re.fullmatch(rb"0|[1-9][0-9]{0,19}", text):
        return None
    number = int(text)
    return number if number < 1 << 64 else None


def hashes_of(data, part):
    if len(data) % 32:
        raise bad(part, "its bytes are not laid out as they should be")
    return [data[at:at + 32] for at in range(0, len(data), 32)]


def parse_file(data):
    """The parts by name: a list each."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise bad("file", f"{len(data)} bytes are more than {MAX_BUNDLE_BYTES}")
    if not data.startswith(HEADER):
        raise bad("file", "it does not start as a bundle of version 1 does")
    last = len(b"sha256 \n") + 64
    if len(data) < len(HEADER) + last:
        raise bad("file", "it was cut")
    end = len(data) - last
    if data[end:] != b"sha256 " + hashlib.sha256(data[:end]).hexdigest().encode() + b"\n":
        raise bad("sha256", "the digest of the last line is not that of the bytes before")
    parts, at = {}, len(HEADER)
    for name, least, most, max_bytes in PARTS:
        found, start = [], name.encode() + b" "
        while data.startswith(start, at, end):
            line_end = data.find(b"\n", at, end)
            length = decimal(data[at + len(start):line_end]) if line_end >= 0 else None
            begin = line_end + 1
            if length is None or begin + length >= end or data[begin + length] != 0x0A:
                raise bad(name, "its length is not that of its bytes")
            if length > max_bytes:
                raise bad(name, f"{length} bytes are more than {max_bytes}")
            found.append(data[begin:begin + length])
            if len(found) > most:
                raise bad(name, f"it stands there more than {most} times")
            at = begin + length + 1
        if len(found) < least:
            raise bad(name, "it is missing, or not where it should be")
        parts[name] = found
    if at != end:
        raise bad("file", "there is something after its parts")
    if not TAG.fullmatch(parts["tag"][0]):
        raise bad("tag", "it is none")
    return parts


# ---- checkpoint ------------------------------------------------------------------------------------

LOG, WITNESS = 1, 4


class Key:
    """A verifier key."""

    def __init__(self, text):
        def malformed(why):
            return Refused("KEY_INVALID", f"the verifier key is malformed: {why}")

        pieces = text.split(b"+", 2)
        if len(text) > 1024 or len(pieces) != 3:
            raise malformed("it has not the three parts name+id+key")
        if not is_key_name(pieces[0]):
            raise malformed("its name is empty or holds a space")
        material = from_base64(pieces[2])
        if material is None or len(material) != 33 or material[0] not in (LOG, WITNESS):
            raise malformed("its last part is no Ed25519 key of a log or a witness")
        self.name, self.use, self.public_key = pieces[0], material[0], material[1:]
        self.id = sha256(self.name + b"\n" + material)[:4]
        if pieces[1] != self.id.hex().encode():
            raise malformed(f"its id is not {self.id.hex()}, which is the id of its name and key")


def is_key_name(name):
    text = utf8(name)
    return bool(text) and not any(c <= " " or c == "+" or c.isspace() for c in text)


def utf8(data):
    """The text of bytes, or None."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def from_base64(text):
    """The bytes of canonical base64, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data) == text else None


class Note:
    """A signed note that is a checkpoint."""

    def __init__(self, data):
        if len(data) > MAX_NOTE_BYTES or utf8(data) is None or re.search(rb"[\0-\x09\x0b-\x1f]", data):
            raise self.malformed("it is not UTF-8, or holds a control character")
        end = data.rfind(b"\n\n")
        if end < 0:
            raise self.malformed("no empty line stands between its text and its signatures")
        self.text, lines = data[:end + 1], data[end + 2:]
        self.lines = [(line, *self.read_line(line)) for line in self.split(lines)]
        if not 1 <= len(self.lines) <= 64:
            raise self.malformed(f"it has {len(self.lines)} signatures")
        self.read_checkpoint()

    @staticmethod
    def malformed(why):
        return Refused("NOTE_INVALID", f"the signed note is malformed: {why}")

    @classmethod
    def split(cls, lines):
        if not lines.endswith(b"\n"):
            raise cls.malformed("its last line does not end in a line feed")
        return lines[:-1].split(b"\n")

    def read_line(self, line):
        """Name, key id, signature."""
        dash = "— ".encode()
        name, space, signature = line[len(dash):].partition(b" ")
        signature = from_base64(signature)
        if not line.startswith(dash) or not space or not is_key_name(name) or not signature \
                or len(signature) < 5:
            raise self.malformed("a signature line is not laid out as it should be")
        return name, signature[:4], signature[4:]

    def read_checkpoint(self):
        lines = self.text[:-1].split(b"\n")
        size = decimal(lines[1]) if len(lines) >= 3 else None
        root = from_base64(lines[2]) if len(lines) >= 3 else None
        if b"" in lines or size is None or size >= 1 << 63 or root is None or len(root) != 32:
            raise Refused("CHECKPOINT_INVALID", "the checkpoint is malformed")
        self.origin, self.size, self.root = lines[0], size, root

    def signatures_of(self, key):
        return [line[3] for line in self.lines if line[1:3] == (key.name, key.id)]

    def stamped_text(self):
        """What a time stamp is taken over."""
        kept = [line[0] + b"\n" for line in self.lines if line[1] == self.origin]
        return self.text + b"\n" + b"".join(kept)


def openssl(*arguments, **files):
    """Runs openssl; {name} in an argument is the path of a file of that content. Whether it says yes."""
    with tempfile.TemporaryDirectory(prefix="verify-bundle-") as folder:
        paths = {}
        for name, content in files.items():
            paths[name] = pathlib.Path(folder, name)
            paths[name].write_bytes(content)
        command = ["openssl"] + [argument.format(**paths) for argument in arguments]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@functools.lru_cache(maxsize=1024)
def is_signed(public_key, message, signature):
    """Ed25519."""
    spki = bytes.fromhex("302a300506032b6570032100") + public_key
    return len(signature) == 64 and openssl(
        "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "{key}", "-rawin", "-in",
        "{message}", "-sigfile", "{signature}", key=spki, message=message, signature=signature)


def signature_invalid(key):
    return Refused("SIGNATURE_INVALID", f"a signature of {key.name.decode()} is not over this text")


class Policy:
    """Whom to trust."""

    def __init__(self, logs=()):
        self.logs = list(logs)
        self.witnesses = []  # name, key
        self.groups = []     # name, threshold, members
        self.quorum = b"none"

    def verify(self, note):
        """Witnesses that cosigned, and when."""
        by_log = False
        for key in self.logs:
            for signature in note.signatures_of(key):
                if not is_signed(key.public_key, note.text, signature):
                    raise signature_invalid(key)
                by_log = by_log or key.name == note.origin
        if not by_log:
            raise Refused("LOG_UNKNOWN", f"the checkpoint of {note.origin.decode()} bears no signature "
                                         "of a key that you trust for it")
        cosigned = []
        for name, key in self.witnesses:
            times = [cosigned_at(note, key, signature) for signature in note.signatures_of(key)]
            if times:
                cosigned.append((name, min(times)))
        counted = {name for name, _ in cosigned}
        for name, threshold, members in self.groups:
            if sum(member in counted for member in members) >= threshold:
                counted.add(name)
        if self.quorum != b"none" and self.quorum not in counted:
            raise Refused("QUORUM_MISSING", "the checkpoint has not the cosignatures that the policy "
                                            "asks for")
        return cosigned


def cosigned_at(note, key, signature):
    seconds = int.from_bytes(signature[:8], "big")
    message = b"cosignature/v1\ntime %d\n" % seconds + note.text
    if len(signature) < 8 or seconds >= 1 << 63 or not is_signed(key.public_key, message,
                                                                 signature[8:]):
        raise signature_invalid(key)
    return seconds


def parse_policy(data):
    def malformed(why):
        return Refused("TRUST_POLICY_INVALID", f"the trust policy is malformed: {why}")

    if len(data) > 64 * 1024 or (data and not data.endswith(b"\n")):
        raise malformed("it is too large, or its last line does not end in a line feed")
    if re.search(rb"[\0-\x08\x0b-\x1f\x7f]", data):
        raise malformed("it holds a control character")
    policy, names, members, quorum = Policy(), set(), set(), None

    def define(name):
        if name in names or name == b"none":
            raise malformed(f"the name {name!r} is taken")
        names.add(name)

    def key_of(text, use, others):
        key = Key(text)
        if key.use != use or any(key.public_key == other.public_key for other in others):
            raise malformed("a key is of the other kind, or stands there twice")
        return key

    for line in data.split(b"\n"):
        words = [word for word in re.split(rb"[ \t]+", line) if word]
        if not words or words[0].startswith(b"#"):
            continue
        if words[0] == b"log" and len(words) in (2, 3):
            policy.logs.append(key_of(words[1], LOG, policy.logs))
        elif words[0] == b"witness" and len(words) in (3, 4):
            define(words[1])
            key = key_of(words[2], WITNESS, [other for _, other in policy.witnesses])
            policy.witnesses.append((words[1], key))
        elif words[0] == b"group" and len(words) >= 4:
            for member in words[3:]:
                if member not in names or member in members:
                    raise malformed(f"{member!r} stands in no line above, or in a group already")
                members.add(member)
            most = len(words) - 3
            threshold = {b"all": most, b"any": 1}.get(words[2]) or decimal(words[2])
            if not threshold or threshold > most:
                raise malformed("a threshold is neither all, nor any, nor a number of members")
            define(words[1])
            policy.groups.append((words[1], threshold, words[3:]))
        elif words[0] == b"quorum" and len(words) == 2 and quorum is None:
            quorum = words[1]
            if quorum != b"none" and quorum not in names:
                raise malformed("the quorum stands in no line above")
        else:
            raise malformed(f"a line of {words[0]!r} is not laid out as it should be")
    if quorum is None or max(map(len, (policy.logs, policy.witnesses, policy.groups))) > 128:
        raise malformed("it has no quorum line, or too many lines of a kind")
    policy.quorum = quorum
    return policy


# ---- stamp -----------------------------------------------------------------------------------------

SHA256 = "608648016503040201"  # object identifiers: the bytes of their DER
STRONG = {SHA256: "2", "608648016503040202": "3", "608648016503040203": "4"}
DIGESTS = dict(zip(STRONG, ("sha256", "sha384", "sha512")))
RSA, EC = "2a864886f70d010101", "2a8648ce3d0201"
RSA_WITH = {"608648016503040201": "2a864886f70d01010b", "608648016503040202": "2a864886f70d01010c",
            "608648016503040203": "2a864886f70d01010d"}
ECDSA_WITH = "2a8648ce3d0403"  # and the digest's number in STRONG
SIGNED_DATA, TST_INFO = "2a864886f70d010702", "2a864886f70d0109100104"


class Der:
    """One value of strict DER, with those in it."""

    def __init__(self, data, at=0, end=None, depth=0):
        end = len(data) if end is None else end
        if at + 2 > end or data[at] & 0x1F == 0x1F or depth > 50:
            raise ValueError("no value")
        self.tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            count = length - 0x80
            length = int.from_bytes(data[start:start + count], "big")
            if not 1 <= count <= 4 or start + count > end or length < 0x80 or data[start] == 0:
                raise ValueError("a length that is not the shortest")
            start += count
        self.end = start + length
        if self.end > end:
            raise ValueError("a length over the end")
        self.whole, self.content, self.items = data[at:self.end], data[start:self.end], []
        while self.tag & 0x20 and start < self.end:
            self.items.append(Der(data, start, self.end, depth + 1))
            start = self.items[-1].end

    def __getitem__(self, index):
        return self.items[index]

    def must_be(self, *tags):
        if [item.tag for item in self.items] != list(tags):
            raise ValueError("other values than there should be")
        return self.items

    def algorithm(self):
        """Its identifier where its parameters are NULL or left out."""
        if len(self.items) not in (1, 2) or self[0].tag != 6 or \
                (len(self.items) == 2 and self[1].whole != b"\x05\x00"):
            raise ValueError("an algorithm with parameters")
        return self[0].content.hex()


def whole_der(data):
    value = Der(data)
    if value.end != len(data):
        raise ValueError("something after its end")
    return value


# Signature algorithms of certificates, and the digest of each.
SIGNED_WITH = {"2a864886f70d010105": "sha1", "2a864886f70d01010b": "sha256",
               "2a864886f70d01010c": "sha384", "2a864886f70d01010d": "sha512",
               "2a8648ce3d0401": "sha1", "2a8648ce3d040302": "sha256",
               "2a8648ce3d040303": "sha384", "2a8648ce3d040304": "sha512"}


class Certificate:
    def __init__(self, value):
        body, algorithm, signature = value.must_be(0x30, 0x30, 0x03)
        self.der, self.body, self.signature = value.whole, body.whole, signature.content
        fields = body.items[1:] if body[0].tag == 0xA0 else body.items
        self.serial, self.issuer, self.subject = (fields[at].whole for at in (0, 2, 4))
        self.public_key, self.key_algorithm = fields[5].whole, fields[5][0][0].content.hex()
        self.digest = SIGNED_WITH.get(algorithm[0].content.hex())
        if fields[1].whole != algorithm.whole or self.digest is None or self.signature[:1] != b"\0":
            raise ValueError("a certificate that is signed in no known way")

    def pem(self):
        return (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(self.der) +
                b"-----END CERTIFICATE-----\n")

    def has_signed(self, message, digest, signature):
        pem = (b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(self.public_key) +
               b"-----END PUBLIC KEY-----\n")
        return openssl("dgst", f"-{digest}", "-verify", "{key}", "-signature", "{signature}", "{message}",
                       key=pem, message=message, signature=signature)

    def is_issuer_of(self, other):
        # Names are the same whatever the case of their letters.
        return self.subject.lower() == other.issuer.lower() and \
            self.has_signed(other.body, other.digest, other.signature[1:])


def check_chain(signer, certificates):
    """The last one, where it is no root that has signed itself."""
    rest, at = [one for one in certificates if one is not signer], signer
    while rest:
        above = [one for one in rest if one.is_issuer_of(at)]
        if not above:
            raise ValueError("a certificate that does not stand above its signer")
        at = above[0]
        rest.remove(at)
    if at.subject.lower() != at.issuer.lower():
        return at
    if not at.is_issuer_of(at):
        raise ValueError("the root it carries is damaged")
    return None


def check_token(token, text):
    """genTime, and what check_chain says; what openssl does not look at is looked at here."""
    content_type, explicit = whole_der(token).must_be(0x06, 0xA0)
    signed = explicit.must_be(0x30)[0].must_be(0x02, 0x31, 0x30, 0xA0, 0x31)
    version, digests, contents, certificates, signers = signed
    if content_type.content.hex() != SIGNED_DATA or version.content != b"\x03":
        raise ValueError("no SignedData of version 3")
    inner_type, inner = contents.must_be(0x06, 0xA0)
    if inner_type.content.hex() != TST_INFO:
        raise ValueError("no TSTInfo")
    info = whole_der(inner.must_be(0x04)[0].content)
    # Version, issuer and serial, digest, signed attributes, algorithm, signature; nothing unsigned.
    signer = signers.must_be(0x30)[0].must_be(0x02, 0x30, 0x30, 0xA0, 0x30, 0x04)
    digest = signer[2].algorithm()
    if signer[0].content != b"\x01" or digest not in STRONG or \
            [one.algorithm() for one in digests.items] != [digest]:
        raise ValueError("another version or digest of its signer than there should be")
    carried = [Certificate(one) for one in certificates.items]
    issuer, serial = signer[1].must_be(0x30, 0x02)
    own = [one for one in carried if (one.issuer, one.serial) == (issuer.whole, serial.whole)]
    if not 1 <= len(carried) <= 16 or not own:
        raise ValueError("it lacks its signer's certificate")
    allowed = {RSA: (RSA, RSA_WITH[digest]), EC: (ECDSA_WITH + "0" + STRONG[digest],)}
    if signer[4].algorithm() not in allowed.get(own[0].key_algorithm, ()):
        raise ValueError("its signature algorithm is not that of its signer's key and digest")
    for attribute in signer[3].items:
        attribute.must_be(0x06, 0x31)
    if not own[0].has_signed(b"\x31" + signer[3].whole[1:], DIGESTS[digest], signer[5].content):
        raise ValueError("its signature is not over these bytes")
    return check_info(info, text), check_chain(own[0], carried)


def check_info(info, text):
    version, _, imprint, _, time = info.items[:5]
    imprint.must_be(0x30, 0x04)
    if version.whole != b"\x02\x01\x01" or imprint[0].algorithm() != SHA256 or \
            imprint[1].content != sha256(text):
        raise ValueError("it is not over this text")
    for extensions in (item for item in info.items if item.tag == 0xA1):
        if any(len(one.items) > 2 and one[1].content != b"\0" for one in extensions.items):
            raise ValueError("it has a critical extension that is not known here")
    found = re.fullmatch(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z", time.content)
    if time.tag != 0x18 or not found:
        raise ValueError("its time is malformed")
    year, month, day, hour, minute, second = map(int, found.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        raise ValueError("its time is malformed")
    return (days_from_civil(year, month, day) * 24 + hour) * 3600 + minute * 60 + second


def verify_stamp(token, text, ca):
    try:
        time, last = check_token(token, text)
    except (ValueError, IndexError) as error:
        raise Refused("TIMESTAMP_INVALID", f"a time stamp proves nothing: {error}") from None
    at_time = ("-attime", str(time), "-partial_chain")
    if last is not None and not openssl("verify", *at_time, "-CAfile", "{ca}", "{last}", ca=ca,
                                        last=last.pem()):
        raise Refused("TIMESTAMP_UNTRUSTED", "a time stamp carries a certificate of none of these CAs")
    if not openssl("ts", "-verify", "-token_in", "-in", "{token}", "-data", "{text}", "-CAfile", "{ca}",
                   *at_time, "-auth_level", "2", token=token, text=text, ca=ca):
        raise Refused("TIMESTAMP_UNTRUSTED", "openssl ts -verify refuses a time stamp under these CAs")
    return time


# ---- seal and event: leaves of the log; proof; the seal, and entry ---------------------------------

def node(left, right):
    return sha256(b"\1" + left + right)


def check_shared_proof(leaves, size, proof, root):
    """`leaves`: (index, hash), by index."""
    indices = [index for index, _ in leaves]
    if any(a >= b for a, b in zip(indices, indices[1:])) or indices[-1] >= size:
        raise bad("proof", "positions do not ascend below the size of the log")
    left_over = iter(proof)

    def root_of(begin, count, first, last):
        if first == last:
            found = next(left_over, None)
            if found is None:
                raise bad("proof", "it has too few hashes")
            return found
        if count == 1:
            return leaves[first][1]
        half = 1 << (count - 1).bit_length() - 1
        middle = bisect.bisect_left(indices, begin + half, first, last)
        left = root_of(begin, half, first, middle)
        return node(left, root_of(begin + half, count - half, middle, last))

    found = root_of(0, size, 0, len(leaves))
    if next(left_over, None) is not None:
        raise bad("proof", "it has too many hashes")
    if found != root:
        raise bad("proof", "the events do not lead to the root that was signed")


def root_of_path(leaf, index, size, path):
    """The root that an RFC 6962 audit path leads to, or None."""
    if index >= size:
        return None
    steps, begin, count = [], 0, size  # from the root down: whether the leaf is on the left
    while count > 1:
        half = 1 << (count - 1).bit_length() - 1
        on_left = index - begin < half
        steps.append(on_left)
        begin, count = (begin, half) if on_left else (begin + half, count - half)
    if len(steps) != len(path):
        return None
    for on_left, sibling in zip(reversed(steps), path):
        leaf = node(leaf, sibling) if on_left else node(sibling, leaf)
    return leaf


class Entry:
    def __init__(self, data):
        self.index = int.from_bytes(data[:8], "big")
        end = data.find(b"\0", 8)
        if not 9 <= end <= 8 + 128 or len(data) < end + 17:
            raise bad("entry", "its bytes are not laid out as they should be")
        self.tag, self.leaf = data[8:end], sha256(b"\0" + data[8:end + 17])
        self.events = int.from_bytes(data[end + 1:end + 9], "big")
        self.last = int.from_bytes(data[end + 9:end + 17], "big")
        self.path = hashes_of(data[end + 17:], "entry")
        if self.events == 0 or len(self.path) > 63:
            raise bad("entry", "its bytes are not laid out as they should be")


def count_of_tag(tag, count, root, entries):
    """How many events the seal says the tag has."""
    for entry in entries:
        if root_of_path(entry.leaf, entry.index, count, entry.path) != root:
            raise Refused("PROOF_INVALID", "an entry does not stand in the sealed directory")
    first, last = entries[0], entries[-1]
    if len(entries) == 1:
        if first.tag == tag:
            return first.events
        absent = first.index == 0 and tag < first.tag or \
            first.index == count - 1 and first.tag < tag
    else:
        absent = last.index == first.index + 1 and first.tag < tag < last.tag
    if not absent:
        raise Refused("PROOF_INVALID", "the entries are neither that of the tag nor its neighbours")
    return 0


# ---- schema; how events are read -------------------------------------------------------------------

(DOUBLE, FLOAT, INT64, UINT64, INT32, FIXED64, FIXED32, BOOL, STRING, GROUP, MESSAGE, BYTES, UINT32,
 ENUM, SFIXED32, SFIXED64, SINT32, SINT64) = range(1, 19)
WIRE = {STRING: 2, MESSAGE: 2, BYTES: 2, FIXED64: 1, SFIXED64: 1, FIXED32: 5, SFIXED32: 5}
NEVER = (DOUBLE, FLOAT, GROUP)


def unpack(data):
    unpacker = zlib.decompressobj()
    try:
        schema = unpacker.decompress(data, MAX_SCHEMA_BYTES + 1)
    except zlib.error:
        raise bad("schema", "it does not unpack") from None
    if not unpacker.eof or unpacker.unused_data or len(schema) > MAX_SCHEMA_BYTES:
        raise bad("schema", "it is not whole, or more, or unpacks to too much")
    return schema


def varint(data, at, most=10):
    """The number (below 2^64) and where it ends."""
    number = 0
    for count in range(most):
        if at >= len(data):
            raise ValueError("a number without end")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return number & (1 << 64) - 1, at
    raise ValueError("a number that is too long")


def wire_fields(data):
    """(number, wire type, value) of each field as it stands."""
    at = 0
    while at < len(data):
        key, at = varint(data, at, 5)
        number, wire = key >> 3, key & 7
        if not 1 <= number < 1 << 29 or wire not in (0, 1, 2, 5):
            raise ValueError("a field of no known form")
        if wire == 0:
            value, at = varint(data, at)
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, at = varint(data, at, 5)
            value, at = data[at:at + length], at + length
            if at > len(data):
                raise ValueError("a field over the end")
        yield number, wire, value


def plain(data):
    """Fields of a descriptor: number -> values as they stand on the wire."""
    fields = {}
    for number, _, value in wire_fields(data):
        fields.setdefault(number, []).append(value)
    return fields


def text_of(fields, number):
    return fields.get(number, [b""])[-1].decode("utf-8")


class Field:
    """One field of a message."""

    def __init__(self, data):
        fields = plain(data)

        def number_of(number):
            return fields.get(number, [0])[-1]

        self.name, self.number = text_of(fields, 1), number_of(3)
        self.repeated, self.type, self.type_name = number_of(4) == 3, number_of(5), text_of(fields, 6)
        self.oneof = number_of(9) if 9 in fields else None  # also of a field that is `optional`
        self.wire = WIRE.get(self.type, 0)


class Schema:
    """Messages and enums by full name, with a dot before it."""

    def __init__(self, data):
        self.messages, self.oneofs, self.enums, self.maps = {}, {}, {}, set()
        try:
            for file in plain(data).get(1, []):
                fields = plain(file)
                package = text_of(fields, 2)
                self.add(fields, 4, 5, "." + package if package else "")
        except (ValueError, AttributeError, TypeError) as error:
            raise bad("schema", f"it is no FileDescriptorSet: {error}") from None
        if ".registre.v1.Event" not in self.messages:
            raise bad("schema", "it does not define registre.v1.Event")

    def add(self, fields, of_messages, of_enums, prefix):
        for data in fields.get(of_enums, []):
            enum = plain(data)
            values = self.enums[f"{prefix}.{text_of(enum, 1)}"] = {}
            for value in map(plain, enum.get(2, [])):
                values.setdefault(signed(value.get(2, [0])[-1], 32), text_of(value, 1))
        for data in fields.get(of_messages, []):
            message = plain(data)
            name = f"{prefix}.{text_of(message, 1)}"
            read = [Field(field) for field in message.get(2, [])]
            self.messages[name] = {field.number: field for field in read}
            self.oneofs[name] = [text_of(plain(oneof), 1) for oneof in message.get(8, [])]
            if any(plain(options).get(7, [0])[-1] for options in message.get(7, [])):
                self.maps.add(name)
            self.add(message, 3, 4, name)


def signed(number, bits):
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> bits - 1 else number


class Message:
    """A message read by its schema: values by field number."""

    def __init__(self, schema, name):
        self.schema, self.name, self.values = schema, name, {}
        self.fields = schema.messages.get(name)
        if self.fields is None:
            raise ValueError(f"the schema does not define {name[1:]}")

    def merge(self, data, depth=0):
        if depth > 100:
            raise ValueError("messages nest too deep")
        for number, wire, value in wire_fields(data):
            field = self.fields.get(number)
            if field is None or field.type in NEVER or field.type_name in self.schema.maps:
                raise ValueError(f"a {self.name[1:]} holds a field that the schema does not know")
            if field.repeated and wire == 2 and field.wire != 2:
                self.values.setdefault(number, []).extend(self.packed(field, value))
            elif wire != field.wire:
                raise ValueError(f"{field.name} is of another wire type")
            else:
                self.put(field, value, depth)
        if self.name == ".google.protobuf.Timestamp":
            if not (-62135596800 <= self.get("seconds") <= 253402300799
                    and 0 <= self.get("nanos") < 1_000_000_000):
                raise ValueError("an instant that is not in the years 1 to 9999")

    @classmethod
    def packed(cls, field, data):
        at = 0
        while at < len(data):
            if field.wire == 0:
                value, at = varint(data, at)
            else:
                length = 8 if field.wire == 1 else 4
                value, at = data[at:at + length], at + length
                if at > len(data):
                    raise ValueError("a list over the end")
            yield cls.scalar(field, value)

    def put(self, field, value, depth):
        if field.oneof is not None:
            for other in self.fields.values():
                if other.oneof == field.oneof and other is not field:
                    self.values.pop(other.number, None)
        if field.type != MESSAGE:
            value = self.scalar(field, value)
        else:
            data = value
            value = None if field.repeated else self.values.get(field.number)
            value = value or Message(self.schema, field.type_name)
            value.merge(data, depth + 1)
        if field.repeated:
            self.values.setdefault(field.number, []).append(value)
        else:
            self.values[field.number] = value

    @staticmethod
    def scalar(field, value):
        kind = field.type
        if isinstance(value, bytes) and kind not in (STRING, BYTES):
            value = int.from_bytes(value, "little")
        if kind == STRING:
            return value.decode("utf-8")
        if kind in (INT64, SFIXED64):
            return signed(value, 64)
        if kind in (INT32, ENUM, SFIXED32):
            return signed(value, 32)
        if kind == UINT32:
            return value & 0xFFFFFFFF
        if kind == BOOL:
            return value != 0
        if kind in (SINT32, SINT64):
            value = value if kind == SINT64 else value & 0xFFFFFFFF
            return value >> 1 ^ -(value & 1)
        return value

    def set_fields(self):
        """Those that stand there, by number, as pairs of field and value."""
        for number in sorted(self.values):
            field, value = self.fields[number], self.values[number]
            if field.repeated or field.type == MESSAGE or field.oneof is not None or value:
                if value != []:
                    yield field, value

    def get(self, name):
        """The value of a field by name, or what it is where it is not set."""
        for field in self.fields.values():
            if field.name == name:
                if field.number in self.values:
                    return self.values[field.number]
                if field.repeated:
                    return []
                if field.type == MESSAGE:
                    return Message(self.schema, field.type_name)
                return {STRING: "", BYTES: b"", BOOL: False}.get(field.type, 0)
        raise ValueError(f"the schema has no {self.name[1:]}.{name}")

    def has(self, name):
        return any(field.name == name and field.number in self.values
                   for field in self.fields.values())

    def act(self):
        """The field of the act of an Act, and its message; None where it holds none."""
        for field, value in self.set_fields():
            if field.oneof is not None and self.schema.oneofs[self.name][field.oneof] == "act":
                return field, value
        return None


def read_event(schema, data, part):
    event = Message(schema, ".registre.v1.Event")
    try:
        event.merge(data)
        if event.get("act").act() is None:
            raise ValueError("it holds no act of the schema")
        if event.get("schema_version") != 1:
            raise ValueError("it is of a newer version")
        if not event.has("recorded_at"):
            raise ValueError("it has no time")
    except ValueError as error:
        raise bad(part, f"it cannot be read: {error}") from None
    return event


# The digests of the schemas that releases sealed with, oldest first (BUNDLE.md, schema).
KNOWN_SCHEMAS = (
    "d6ecc1c95fdad10b3be4ccbc6828d8e25fab5275c85fb8f7c0bfe5d365e5bb10",
)
# What is needed before there is a schema to read by.
POSITION, ACT, DIRECTORY_SEALED, SCHEMA_DIGEST = 1, 12, 106, 4


def position_of(data, part):
    """The position in the bytes of an event."""
    try:
        found = 0
        for number, wire, value in wire_fields(data):
            if (number, wire) == (POSITION, 0):
                found = value
        return found
    except ValueError as error:
        raise bad(part, f"its bytes are no event: {error}") from None


def digests_of_schema(seal):
    """What stands in the bytes of a seal as its schema_digest."""
    values = [seal]
    try:
        for number in (ACT, DIRECTORY_SEALED, SCHEMA_DIGEST):
            values = [inner for value in values for one, wire, inner in wire_fields(value)
                      if (one, wire) == (number, 2)]
    except ValueError as error:
        raise bad("seal", f"its bytes are no seal: {error}") from None
    if not values:
        raise bad("seal", "it is another act than a seal of the directory")
    return values


def check_schema(schema_bytes, seal, others):
    """That the seal states it, and that it is known here or one of the digests given: the seal is the
    authority's, which could state any."""
    digest = sha256(schema_bytes)
    if digest not in digests_of_schema(seal):
        raise bad("schema", "its digest is not the one in the seal")
    if digest.hex() not in KNOWN_SCHEMAS and digest.hex() not in others:
        raise Refused("SCHEMA_UNKNOWN", f"the schema in the bundle, of digest {digest.hex()}, is none that "
                      "this program knows: who made it chose how the events read. Verify with a newer "
                      "program, or have the digest from elsewhere and give it with --schema-digest")


# ---- The chain -------------------------------------------------------------------------------------

TAGS = """
structure_registered           structure=structure_id
structure_updated              structure=structure_id
budget_line_opened             budget_line=code deliberation=opened_by.number
budget_line_adjusted           budget_line=code budget_line=transfer_with_code deliberation=adjusted_by.number
payment_credits_voted          budget_line=code deliberation=voted_by.number
opening_commitment_recorded    budget_line=code
opening_convention_recorded    convention=number structure=structure_id tranches(tranches)
opening_payment_recorded       convention=convention_number structure=structure_id budget_line=budget_code
call_for_projects_opened       call=call_id
application_submitted          application=number call=call_id structure=structure_id
application_withdrawn          application=number call=call_id structure=structure_id
application_instructed         application=number call=call_id structure=structure_id
session_held                   session=session_id session=second_meeting_of
report_tabled                  session=session_id
opinion_given                  session=session_id
deliberation_voted             deliberation=number session=session_id call=call_id allotments(allotments)
deliberation_transmitted       deliberation=number
deliberation_published         deliberation=number
convention_signed              convention=number structure=structure_id tranches(tranches)
avenant_signed                 convention=convention_number structure=structure_id deliberation=authorised_by.number tranches(tranches) tranches(tranches_before)
report_received                convention=convention_number structure=structure_id
report_accepted                convention=convention_number structure=structure_id
convention_closed              convention=number structure=structure_id
service_certified              convention=convention_number structure=structure_id
payment_ordered                payment(.) basis(basis) structure=structure_id budget_line=budget_code
payment_accepted               order(order)
payment_suspended              order(order)
payment_rejected               order(order)
payment_settled                order(order)
payment_reduced                order(order)
commitment_released            deliberation=deliberation_number budget_line=budget_code structure=structure_id
deliberation_amended           deliberation=deliberation_number call=call_id deliberation=amended_by.number changes(changes)
deliberation_withdrawn         deliberation=deliberation_number call=call_id deliberation=withdrawn_by.number changes(changes)
deliberation_annulled          deliberation=deliberation_number call=call_id changes(changes)
allotment_reduced              deliberation=deliberation_number call=call_id changes(change)
convention_terminated          convention=convention_number structure=structure_id tranches(tranches_before)
structures_merged              structure=absorbed_structure_id structure=structure_id
recovery_ordered               order(order)
recovery_received              order(order)
payment_reimputed              order(order) basis(basis) budget_line=budget_code
correction_proposed            correction=correction_number act(target)
correction_approved            correction=correction_number
correction_rejected            correction=correction_number
act_reversed                   correction=correction_number act(act)
act_rectified                  correction=correction_number act(act)
"""  # noqa: E501
TAG_RULES = {line.split()[0]: line.split()[1:] for line in TAGS.strip().splitlines()}
NO_TAGS = ("ledger_opened", "opening_closed", "fiscal_year_closed", "directory_sealed",
           "ledger_restored")
SHARED_RULES = {
    "basis": "convention=convention_number deliberation=deliberation_number",
    "order": "payment(.) basis(basis) structure=structure_id budget_line=budget_code",
    "tranches": "budget_line=budget_code draws(draws)",
    "draws": "deliberation=deliberation_number",
    "allotments": "budget_line=budget_code structure=structure_id structure=named_structure_ids[] "
                  "application=application_number",
    "changes": "budget_line=budget_code structure=structure_id application=application_number",
}


def tags_of(act):
    """The tags of an Act, in order of first mention."""
    found = act.act()
    if found is None:
        return []
    name = found[0].name
    if name in NO_TAGS:
        return []
    if name not in TAG_RULES:
        raise ValueError(f"{name} was recorded by a newer version: take the verifier of that version")
    return list(dict.fromkeys(mentions(found[1], TAG_RULES[name])))


def mentions(message, rules):
    for rule in rules:
        called = re.fullmatch(r"(\w+)\(([\w.]+)\)", rule)
        if called is None:
            kind, _, path = rule.partition("=")
            value = message
            for step in path.removesuffix("[]").split("."):
                value = value.get(step)
            for one in value if path.endswith("[]") else [value]:
                if one:
                    yield f"{kind}:{one}"
        elif called[1] == "payment":
            if message.get("mandat"):
                yield f"payment:{message.get('fiscal_year')}-{message.get('mandat')}"
        else:
            inner = message.get(called[2])
            for one in inner if isinstance(inner, list) else [inner]:
                if called[1] == "act":
                    yield from tags_of(one)
                else:
                    yield from mentions(one, SHARED_RULES[called[1]].split())


def check_tags(event, part):
    try:
        tags = tags_of(event.get("act"))
    except ValueError as error:
        raise bad(part, str(error)) from None
    if tags != [link.get("tag") for link in event.get("tags")]:
        raise bad(part, "its tags are not those of its act")


def check_chain_of(tag, events):
    before = None
    for number, event in enumerate(events, 1):
        position = event.get("position")
        part = f"event at position {position}"
        check_tags(event, part)
        link = next((one for one in event.get("tags") if one.get("tag") == tag), None)
        if link is None:
            raise bad(part, f"it is not of {tag}")
        previous = link.get("previous_position") if link.has("previous_position") else None
        if link.get("sequence") != number or previous != before:
            raise bad(part, f"it is number {link.get('sequence')} of {tag}, here {number}: one is missing")
        before = position


def check_complete(entries, sealed, through, events):
    positions = [event.get("position") for event in events]
    if len(events) < sealed:
        raise bad("event", f"{sealed - len(events)} of {sealed} events through the seal are missing")
    if sealed and (positions[sealed - 1] != entries[0].last or entries[0].last > through):
        raise bad("entry", "the last event through the seal does not stand where it says")
    if len(events) > sealed and positions[sealed] <= through:
        raise bad("event", "an event stands before the end of the seal, which does not count it")


def instant_of(event):
    recorded_at = event.get("recorded_at")
    return recorded_at.get("seconds"), recorded_at.get("nanos")


# ---- summary ---------------------------------------------------------------------------------------

LEFT_OUT = ("position", "event_id", "unit_index", "unit_size", "fingerprint", "recorded_at", "tags",
            "salt", "schema_version", "act")


def days_from_civil(year, month, day):
    """Days since 1970-01-01 of the Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def instant_text(seconds, nanos=0):
    days, second = divmod(seconds, 86400)
    low, high = 1, 9999  # the year, by halving: there is no datetime before 1970 on every system
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if days_from_civil(middle, 1, 1) <= days else (low, middle - 1)
    year, month = low, 12
    while days_from_civil(year, month, 1) > days:
        month -= 1
    day = days - days_from_civil(year, month, 1) + 1
    text = (f"{year:04d}-{month:02d}-{day:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:"
            f"{second % 60:02d}")
    return text + (f".{nanos:09d}" if nanos else "") + "Z"


# What a terminal may obey, beside quotes and backslashes.
ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]')


def quoted(text):
    def escape(found):
        c = found[0]
        plain_form = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}.get(c)
        return plain_form or (f"\\x{ord(c):02x}" if ord(c) < 0x80 else f"\\u{ord(c):04x}")

    return '"' + ESCAPED.sub(escape, text) + '"'


def scalar_text(schema, field, value):
    if field.type == STRING:
        return quoted(value)
    if field.type == BYTES:
        return f"<{value.hex()}>"
    if field.type == BOOL:
        return "true" if value else "false"
    if field.type == ENUM:
        return schema.enums.get(field.type_name, {}).get(value, str(value))
    if field.name.endswith("_cents"):
        euros, cents = divmod(abs(value), 100)
        return f"{value} ({'-' if value < 0 else ''}{euros}.{cents:02d} EUR)"
    return str(value)


def describe(message, prefix="", left_out=()):
    for field, value in message.set_fields():
        if field.name in left_out:
            continue
        for index, one in enumerate(value if field.repeated else [value]):
            path = prefix + field.name + (f"[{index}]" if field.repeated else "")
            if field.type != MESSAGE:
                yield f"  {path} = {scalar_text(message.schema, field, one)}\n"
            elif one.name == ".registre.v1.Date":
                date = one.get("year"), one.get("month"), one.get("day")
                yield f"  {path} = {date[0]:04d}-{date[1]:02d}-{date[2]:02d}\n"
            elif one.name == ".google.protobuf.Timestamp":
                yield f"  {path} = {instant_text(one.get('seconds'), one.get('nanos'))}\n"
            elif next(one.set_fields(), None) is None:
                yield f"  {path} = {{}}\n"
            else:
                yield from describe(one, path + ".")


def summary_of(tag, note, seal, sealed, events):
    act = seal.get("act").act()[1]
    lines = [f"tag {tag}\n", f"log {note.origin.decode()}\n",
             f"checkpoint {note.size} events, root {base64.b64encode(note.root).decode()}\n",
             f"seal #{seal.get('position')} {instant_text(*instant_of(seal))}, "
             f"through #{act.get('through_position')}, {act.get('count')} tags\n",
             f"events {len(events)}, {sealed} through the seal\n"]
    for number, event in enumerate(events):
        field, act = event.get("act").act()
        after = " (after the seal)" if number >= sealed else ""
        lines.append(f"\n#{event.get('position')} {instant_text(*instant_of(event))} "
                     f"{field.name}{after}\n")
        lines += describe(event, left_out=LEFT_OUT)
        lines += describe(event.get("act"), left_out=(field.name,))
        lines += describe(act)
    return "".join(lines)


# ---- All of it -------------------------------------------------------------------------------------

def verify(data, policy, tsa_ca=None, other_schemas=()):
    """Raises Refused, or returns what was verified as a dict. `other_schemas` are digests, in
    hexadecimal, to accept beside those that are known."""
    parts = parse_file(data)
    tag = parts["tag"][0].decode()
    entries = [Entry(entry) for entry in parts["entry"]]
    note = Note(parts["checkpoint"][0])
    cosigned = policy.verify(note)
    stamped = [] if tsa_ca is None else [verify_stamp(token, note.stamped_text(), tsa_ca)
                                         for token in parts["stamp"]]
    # What stands in the log, before it is read.
    raw = [("seal", parts["seal"][0])]
    raw += [(f"event {number}", event) for number, event in enumerate(parts["event"], 1)]
    leaves = [(position_of(event, part), sha256(b"\0" + sha256(event))) for part, event in raw]
    if any(a >= b for (a, _), (b, _) in zip(leaves[1:], leaves[2:])):
        raise bad("event", "their positions do not ascend: one is repeated, or out of place")
    check_shared_proof(sorted(leaves), note.size, hashes_of(parts["proof"][0], "proof"), note.root)
    # How it is read.
    schema_bytes = unpack(parts["schema"][0])
    check_schema(schema_bytes, parts["seal"][0], other_schemas)
    schema = Schema(schema_bytes)
    (seal, *events) = [read_event(schema, event, part) for part, event in raw]
    field, sealing = seal.get("act").act()
    if field.name != "directory_sealed" or len(sealing.get("root")) != 32 or \
            sealing.get("schema_digest") != sha256(schema_bytes) or \
            sealing.get("through_position") >= seal.get("position"):
        raise bad("seal", "it is another act, or seals what cannot be sealed")
    # What it says.
    through = sealing.get("through_position")
    sealed = count_of_tag(tag.encode(), sealing.get("count"), sealing.get("root"), entries)
    check_tags(seal, "seal")
    check_chain_of(tag, events)
    check_complete(entries, sealed, through, events)
    times = [instant_of(event) for event in sorted([seal, *events],
                                                   key=lambda event: event.get("position"))]
    if any(a > b for a, b in zip(times, times[1:])):
        raise bad("event", "its time is before that of an earlier position")
    summary = summary_of(tag, note, seal, sealed, events)
    if summary.encode() != parts["summary"][0]:
        raise bad("summary", "it is not what the events say")
    return {"tag": tag, "note": note, "cosigned": cosigned, "stamps": len(parts["stamp"]),
            "stamped": stamped, "seal": seal, "through": through, "sealed": sealed,
            "events": events, "summary": summary,
            "known_schema": sha256(schema_bytes).hex() in KNOWN_SCHEMAS}


def counted(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def report(found, with_summary):
    note, seal = found["note"], found["seal"]
    after = len(found["events"]) - found["sealed"]
    print(f"Verified: {found['tag']} in the log {note.origin.decode()}, checkpoint of "
          f"{counted(note.size, 'event')}.")
    if found["sealed"]:
        print(f"  intact and complete: {counted(found['sealed'], 'event')} through position {found['through']}, "
              f"as sealed at position {seal.get('position')} on {instant_text(*instant_of(seal))}")
    else:
        print(f"  absent: no event through position {found['through']}, as sealed at position "
              f"{seal.get('position')} on {instant_text(*instant_of(seal))}")
    if after:
        print(f"  intact, and not known to be the last: {counted(after, 'event')} after the seal")
    if not found["known_schema"]:
        print("  read by a schema that --schema-digest accepts, not by one of registre's that is known here")
    for time in found["stamped"]:
        print(f"  existed on {instant_text(time)}: a time stamp that you trust")
    if found["stamps"] and not found["stamped"]:
        print(f"  {counted(found['stamps'], 'time stamp')}, not looked into: no --tsa-ca")
    for name, time in found["cosigned"]:
        print(f"  cosigned by {name.decode(errors='replace')} on {instant_text(min(time, 253402300799))}")
    if with_summary:
        print("\n" + found["summary"], end="")


def read_file(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise Refused("FILE_UNREADABLE", f"{path}: it cannot be read ({error.strerror}); is it a file, and "
                      "yours to read?") from None


def schema_digest(text):
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text}: a digest is 64 digits 0-9a-f")
    return text


def read_keys(texts):
    keys = []
    for text in texts:
        path = pathlib.Path(text)
        lines = [text.encode()]
        if "+" not in text or path.exists():
            lines = [line.rstrip(b"\r") for line in read_file(path).split(b"\n")]
            lines = [line for line in lines if line and not line.startswith(b"#")]
        read = [Key(line) for line in lines]
        if not read or any(key.use != LOG for key in read):
            raise Refused("KEY_INVALID", f"{text}: no key of a log, or the key of a witness")
        keys += read
    return keys


def main():
    parser = argparse.ArgumentParser(description="Verifies an evidence bundle (BUNDLE.md).")
    parser.add_argument("file", help="the bundle")
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--key", action="append", metavar="KEY|FILE",
                       help="a verifier key of the log, or a file of them, one a line")
    trust.add_argument("--policy", metavar="FILE", help="logs, witnesses and quorum to trust")
    parser.add_argument("--tsa-ca", metavar="FILE", help="CAs of the time stamp authorities, PEM")
    parser.add_argument("--schema-digest", action="append", default=[], metavar="HEX", type=schema_digest,
                        help="accept this schema too: its SHA-256, from elsewhere than the bundle")
    parser.add_argument("--summary", action="store_true", help="print the summary too")
    args = parser.parse_args()
    try:
        if args.policy:
            policy = parse_policy(read_file(args.policy))
        else:
            policy = Policy(read_keys(args.key))
        tsa_ca = read_file(args.tsa_ca) if args.tsa_ca else None
        found = verify(read_file(args.file), policy, tsa_ca, args.schema_digest)
    except Refused as error:
        print(f"NOT VERIFIED: {error}", file=sys.stderr)
        return 1
    report(found, args.summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())

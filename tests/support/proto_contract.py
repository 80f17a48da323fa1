"""The contract of proto/registre/v1, read from its text: what a JSON object of an act may hold.

Standard library only, for the checks under tests/scripts/. It knows the part of the language that
the contract uses: messages that are not nested, oneofs, enums, and the options of check.proto.
"""
import base64
import datetime
import json
import re

MAX_CENTS = 10**13
FORMS = {
    "FORM_ID": r"[0-9A-Za-z._-]{1,64}",
    "FORM_SIRET": r"\d{14}",
    "FORM_SIREN": r"\d{9}",
    "FORM_RNA": r"W[0-9][0-9A-Z]\d{7}",
    "FORM_CTES": r"[0-9A-Z_]{1,15}",
}
INTEGERS = {"int32": 2**31, "uint32": 2**32, "int64": 2**63}


def iso(date):
    return "%04d-%02d-%02d" % (date["year"], date["month"], date["day"])


class Contract:
    """Messages and enums. Violations found by check() gather in `failures`."""

    ENUM = re.compile(r"^enum (\w+) \{(.*?)^\}", re.S | re.M)
    MESSAGE = re.compile(r"^message (\w+) \{(.*?)^\}", re.S | re.M)
    ONEOF = re.compile(r"^  oneof \w+ \{(.*?)^  \}", re.S | re.M)
    FIELD = re.compile(
        r"(repeated\s+|optional\s+)?([\w.]+)\s+(\w+)\s*=\s*\d+\s*(?:\[(.*?)\])?\s*;", re.S)

    def __init__(self, folder):
        self.messages, self.enums, self.failures = {}, {}, []
        for path in sorted(folder.glob("*.proto")):
            text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
            for name, body in self.ENUM.findall(text):
                self.enums[name] = set(re.findall(r"(\w+)\s*=\s*\d+\s*;", body))
            for name, body in self.MESSAGE.findall(text):
                self.messages[name] = self.fields(body)

    def expect(self, condition, message):
        if not condition:
            self.failures.append(message)

    def fields(self, body):
        found = {}
        for oneof in self.ONEOF.findall(body):
            for field in self.FIELD.finditer(oneof):
                found[field[3]] = self.field(field, in_oneof=True)
        for field in self.FIELD.finditer(self.ONEOF.sub("", body)):
            found[field[3]] = self.field(field, in_oneof=False)
        return found

    @staticmethod
    def field(match, in_oneof):
        options = dict(re.findall(r"(\w+):\s*(\w+)", match[4] or ""))
        return {"type": match[2], "repeated": (match[1] or "").strip() == "repeated",
                "options": options, "in_oneof": in_oneof}

    def check(self, message, value, path):
        """Every field of a JSON object has a name, a type and a shape that the message allows."""
        fields = self.messages[message]
        for name in value:
            if name not in fields:
                self.failures.append(f"{path}.{name}: no such field in {message}")
        for name, field in fields.items():
            options, there = field["options"], name in value
            if options.get("required") and not field["in_oneof"]:
                self.expect(there and value[name] not in ("", [], {}), f"{path}.{name}: required")
            if options.get("filled"):
                self.expect(not there, f"{path}.{name}: filled by the ledger, not by the input")
            if not there:
                continue
            items = value[name] if field["repeated"] else [value[name]]
            limit = int(options.get("max_items", 1000))
            self.expect(len(items) <= limit, f"{path}.{name}: more than {limit} items")
            for index, item in enumerate(items):
                at = f"{path}.{name}[{index}]" if field["repeated"] else f"{path}.{name}"
                self.check_value(field, name, item, at)
        if message == "Date":
            try:
                datetime.date(value["year"], value["month"], value["day"])
            except (KeyError, ValueError, TypeError):
                self.failures.append(f"{path}: {value} is not a date")
        if message == "Period" and {"start", "end"} <= value.keys():
            self.expect(iso(value["start"]) <= iso(value["end"]), f"{path}: starts after its end")

    def check_value(self, field, name, value, path):
        kind, options = field["type"], field["options"]
        if kind in self.messages:
            self.expect(isinstance(value, dict), f"{path}: not an object")
            self.check(kind, value, path)
        elif kind in self.enums:
            self.expect(value in self.enums[kind], f"{path}: {value!r} is not in {kind}")
        elif kind == "string":
            self.check_string(options, value, path)
        elif kind == "bytes":
            size = len(base64.b64decode(value, validate=True))
            self.expect(size == 32, f"{path}: {size} bytes, not 32")
        elif kind == "bool":
            self.expect(isinstance(value, bool), f"{path}: not a boolean")
        elif kind in INTEGERS:
            as_json = isinstance(value, str if kind == "int64" else int)
            self.expect(as_json, f"{path}: an int64 is a string, the others are numbers")
            self.check_number(kind, options, name, int(value), path)
        else:
            self.failures.append(f"{path}: {kind} is not known here")

    def check_string(self, options, value, path):
        if not isinstance(value, str):
            self.failures.append(f"{path}: not a string")
            return
        limit, form = int(options.get("max_len", 512)), FORMS.get(options.get("form"))
        self.expect(len(value.encode()) <= limit, f"{path}: more than {limit} bytes")
        self.expect(not form or re.fullmatch(form, value), f"{path}: {value!r} has not its form")

    def check_number(self, kind, options, name, number, path):
        self.expect(abs(number) < INTEGERS[kind], f"{path}: out of range")
        if "_cents" in name:
            low = -MAX_CENTS if options.get("negative_allowed") else 0
            self.expect(low <= number <= MAX_CENTS, f"{path}: {number} is no amount")
        if options.get("positive"):
            self.expect(number > 0, f"{path}: {number} is not positive")

    def text_format(self, message, value):
        """The JSON object as protobuf text, for protoc --encode."""
        parts = []
        for name, content in value.items():
            field = self.messages[message][name]
            for item in content if field["repeated"] else [content]:
                if field["type"] in self.messages:
                    parts.append(f"{name} {{ {self.text_format(field['type'], item)} }}")
                elif field["type"] == "string":
                    parts.append(f"{name}: {json.dumps(item, ensure_ascii=False)}")
                elif field["type"] == "bytes":
                    octal = "".join("\\%03o" % byte for byte in base64.b64decode(item))
                    parts.append(f'{name}: "{octal}"')
                else:
                    parts.append(f"{name}: {str(item).lower() if isinstance(item, bool) else item}")
        return " ".join(parts)

#!/usr/bin/env python3
"""Every reason that the code gives is in ARCHITECTURE.md, but for those of the rules of an act
(ledger/acts), which its rules describe."""
import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDERS = ("ledger", "projections", "services", "cmd")
GIVEN = re.compile(r'\bError\(\s*(?:absl::StatusCode::)?\w+,\s*"([A-Z]+(?:_[A-Z]+)+)"')
NAMED = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")


def files():
    for folder in FOLDERS:
        for path in sorted((SOURCE / folder).rglob("*.cc")):
            if "acts" not in path.parts:
                yield path


def main():
    text = (SOURCE / "ARCHITECTURE.md").read_text("utf-8")
    documented = set(NAMED.findall(text))
    code = {path: path.read_text("utf-8") for path in files()}
    missing = {reason: path for path, lines in code.items() for reason in GIVEN.findall(lines)
               if reason not in documented}
    for reason, path in sorted(missing.items()):
        print(f"{path.relative_to(SOURCE)}: {reason} is not in ARCHITECTURE.md")
    given = {reason for lines in code.values() for reason in GIVEN.findall(lines)}
    print(f"{len(given)} reasons, {len(missing)} not documented")
    return 1 if missing or not given else 0


if __name__ == "__main__":
    sys.exit(main())

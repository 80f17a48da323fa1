#!/usr/bin/env python3
"""Holds tests/data/ against the document, its figures and the contract in proto/.

    check_data.py [DATA]     exit 0: everything agrees; 1: each disagreement on a line of its own

Standard library only, and nothing of the program: what is checked here is its input and what is
expected of it. With protoc on the path every act is also encoded, so that the contract itself
accepts it.
"""
import base64
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("REGISTRE_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
NAME = "deliberation-2023-405"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))
from proto_contract import Contract, iso  # noqa: E402  (its folder is known only now)

failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def same(what, got, wanted):
    expect(got == wanted, f"{what}: {got!r}, expected {wanted!r}")


def words(text):
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def cents(euros):
    """Cents of an amount of facts.json, a decimal string."""
    whole, _, fraction = str(euros).partition(".")
    return int(whole) * 100 + int((fraction + "00")[:2])


# ---- The lines -----------------------------------------------------------------------------------


def check_encoding(contract, lines):
    if not shutil.which("protoc"):
        print("check_data: no protoc, the acts are not encoded")
        return
    for line in lines:
        run = subprocess.run(
            ["protoc", f"-I{ROOT / 'proto'}", "--encode=registre.v1.RecordLine",
             "registre/v1/record_line.proto"],
            input=contract.text_format("RecordLine", line).encode(),
            capture_output=True, check=False)
        expect(run.returncode == 0 and run.stdout,
               f"{line['command_id']}: protoc refuses it: {run.stderr.decode().strip()}")


def resolves(path, act):
    """The path of an assumed field leads to a value of the act."""
    value = act
    for step in re.findall(r"\w+", path):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return False
    return True


def luhn(digits):
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def check_lines(lines, document, digest):
    ids = [line["command_id"] for line in lines]
    twice = [i for i, n in collections.Counter(ids).items() if n > 1]
    same("command ids that stand twice", twice, [])
    for line in lines:
        at, act = line["command_id"], line["act"]
        expect(re.fullmatch(r"[0-9A-Za-z._:-]{1,64}", at), f"{at}: not a command id")
        same(f"{at}: acts", len(act.keys() - {"source", "assumed_fields", "remarks"}), 1)
        if "source" in act:
            same(f"{at}: digest of the document", act["source"]["sha256"], digest)
        else:
            expect(act.get("assumed_fields"), f"{at}: neither a source nor an assumed field")
        for path in act.get("assumed_fields", []):
            expect(resolves(path, act), f"{at}: assumed field {path} is not in the act")
        for remark in act.get("remarks", []):
            quotes = re.findall(r"« (.*?) »", remark)
            expect(quotes, f"{at}: a remark quotes nothing: {remark}")
            for quote in quotes:
                expect(words(quote) in document, f"{at}: not in the document: {quote}")


def check_structures(structures, facts, document):
    sirets = {}
    for structure in structures:
        identity = structure["identity"]
        expect(words(identity["name"]) in document, f"{identity['name']}: not in the document")
        if "siret" in identity:
            sirets[identity["name"]] = identity["siret"]
            expect(luhn(identity["siret"]), f"{identity['siret']}: wrong check digit")
            expect(identity["siret"] in document, f"{identity['siret']}: not in the document")
    same("SIRET", sirets, facts["known_siret"])


# ---- The figures ---------------------------------------------------------------------------------


def total(items, key, amount="amount_cents"):
    sums = collections.Counter()
    for item in items:
        sums[key(item)] += int(item[amount])
    return dict(sums)


def check_budget(acts, facts):
    opened = {line["code"]: line for line in acts["budget_line_opened"]}
    committed = total(acts["opening_commitment_recorded"], lambda line: line["code"])
    printed = {line["code"]: line for line in acts["report_tabled"][0]["budget"]}
    deliberation = acts["deliberation_voted"][0]
    imputed = {line["code"]: line for line in deliberation["articles"][7]["imputations"]}
    allotted = total(deliberation["allotments"], lambda a: a["budget_code"])
    sums = collections.Counter()
    for line in facts["budget"]:
        code = line["code"]
        fields = {"ae": "authorised_cents", "disponible": "available_cents",
                  "proposition": "proposed_cents", "solde": "remaining_cents"}
        for name, field in fields.items():
            same(f"{code}: {name} of the report", int(printed[code][field]), cents(line[name]))
            sums[name] += cents(line[name])
        same(f"{code}: imputation", f"{opened[code]['nature']}/{opened[code]['function']}",
             line["imputation"])
        same(f"{code}: label", opened[code]["label"], line["libelle"])
        same(f"{code}: digits of the function", code[4:7], opened[code]["function"][2:5])
        same(f"{code}: authorised", int(opened[code]["authorised_cents"]), cents(line["ae"]))
        same(f"{code}: article 8",
             (int(imputed[code]["authorised_cents"]), int(imputed[code]["expense_cents"])),
             (cents(line["ae"]), cents(line["proposition"])))
        same(f"{code}: opening commitment", committed[code],
             cents(facts["opening_commitments_eur"][code]))
        same(f"{code}: authorised - committed", cents(line["ae"]) - committed[code],
             cents(line["disponible"]))
        same(f"{code}: allotted", allotted[code], cents(line["proposition"]))
        same(f"{code}: left", cents(line["disponible"]) - allotted[code], cents(line["solde"]))
    same("codes", (set(opened), set(committed), set(printed), set(imputed), set(allotted)),
         (set(b["code"] for b in facts["budget"]),) * 5)
    same("budget totals", dict(sums), {n: cents(v) for n, v in facts["budget_total"].items()})


def plain(name):
    """A name without case, hyphens and the small words that the document puts in or leaves out."""
    small = ("de", "des", "le", "et", "l")
    return [w for w in re.findall(r"[^\W_]+", name.lower()) if w not in small]


def check_allotments(deliberation, call, names, facts):
    allotments = deliberation["allotments"]
    ids = [a["allotment_id"] for a in allotments]
    same("allotment ids that stand twice", len(ids) - len(set(ids)), 0)
    articles = total(allotments, lambda a: a["article"])
    thematics = {n: cents(v) for n, v in facts["thematics_total_eur"].items()}
    same("allotted by article", articles, thematics)
    same("allotted by thematic", total(allotments, lambda a: a["thematic"]), thematics)
    financing = [a for a in deliberation["articles"] if "amount_cents" in a]
    same("financing articles", total(financing, lambda a: a["number"]), thematics)
    operations = {(t["code"], o["code"])
                  for t in call["thematics"] for o in t.get("operations", [])}
    same("operations", {(a["thematic"], a["operation"]) for a in allotments}, operations)

    unnamed = total([a for a in allotments if "structure_id" not in a], lambda a: a["thematic"])
    without = facts["without_named_amount_eur"]
    same("without a named amount", (sum(unnamed.values()), unnamed["1"], unnamed["2"]),
         tuple(cents(without[key]) for key in ("total", "thematic_1", "thematic_2")))
    named = [a for a in allotments if "structure_id" in a]
    by_name = total([a for a in named if a["thematic"] == "3"], lambda a: names[a["structure_id"]])
    same("thematic 3 by structure", by_name,
         {n: cents(v) for n, v in facts["thematic_3_by_structure_eur"].items()})
    every = total(named, lambda a: names[a["structure_id"]])
    same("known by name", [every[n] for n in ("Le Cheval Bleu", "Habitat et Insertion", "APSA")],
         [24837800, 37577200, 35768700])

    def period(a):
        return tuple(iso(a["period"][end]) if "period" in a else None for end in ("start", "end"))

    lines = collections.Counter(
        (a["operation"], names[a["structure_id"]], int(a["amount_cents"]), *period(a),
         " ".join(plain(a["territory"].replace("territoires ", ""))),
         None if "ETP" in a["label"] else a.get("places"))
        for a in allotments if a["thematic"] == "3")
    same("lines of thematic 3", lines, collections.Counter(
        (f["operation"], f["structure"], cents(f["amount_eur"]), f["from"], f["to"],
         " ".join(plain(f["territory"])), f["count"]) for f in facts["thematic_3_lines"]))

    rest = [a for a in allotments if a["thematic"] != "3"]
    same("allotments of thematics 1 and 2", len(rest), len(facts["operations"]))
    for a, fact in zip(rest, facts["operations"]):
        at = f"allotment {a['allotment_id']}"
        same(at, (a["thematic"], a["operation"], int(a["amount_cents"]), a["budget_code"]),
             (str(fact["thematic"]), fact["operation"], cents(fact["amount_eur"]),
              fact["budget_code"]))
        same(f"{at}: period", period(a), (fact.get("from"), fact.get("to")))
        same(f"{at}: places", a.get("places"), fact.get("places"))
        got = [a["structure_id"]] if "structure_id" in a else a.get("named_structure_ids", [])
        same(f"{at}: structures", [plain(names[s]) for s in got],
             [plain(s["name"]) for s in fact["structures"]])
        same(f"{at}: number of structures", 1 if "structure_id" in a else a.get("structures_count"),
             fact.get("structures_count"))


def check_vote(session, deliberation, facts, document):
    roster = session["roster"]
    members = [e for e in roster if not e.get("without_vote")]
    counts = collections.Counter(e["presence"] for e in members)
    same("presence", dict(counts),
         {"PRESENCE_PRESENT": 38, "PRESENCE_REPRESENTED": 3, "PRESENCE_ABSENT": 3})
    same("members in office", session["members_in_office"], len(members))
    printed = facts["roster"]
    same("roster", [e["member"] for e in roster], [
        *printed["presents"], *printed["excuses"], *printed["absents"],
        *printed["sans_voix_presents"], *printed["sans_voix_excuses"]])
    same("without a vote", sum(1 for e in roster if e.get("without_vote")), 4)
    declared = deliberation["declared"]
    same("declared", declared, {"votes_for": 36, "votes_against": 0, "abstentions": 5,
                                "absent_without_proxy": 3})
    same("declared in all",
         declared["votes_for"] + declared["votes_against"] + declared["abstentions"],
         counts["PRESENCE_PRESENT"] + counts["PRESENCE_REPRESENTED"])
    scopes = collections.defaultdict(list)
    for recusal in deliberation["recusals"]:
        scopes[recusal["scope"]].append(recusal["member"])
    same("recusals", dict(scopes), {
        "RECUSAL_SCOPE_DEBATE_AND_VOTE": printed["interesses_presents"],
        "RECUSAL_SCOPE_NO_PROXY": printed["interesses_absents_sans_delegation"],
        "RECUSAL_SCOPE_DEBATE": printed["interesses_sans_voix"]})
    for item in deliberation["visas"] + deliberation["articles"]:
        expect(item["text"] in document, f"not in the document: {item['text']}")
    same("visas, articles", (len(deliberation["visas"]), len(deliberation["articles"])), (14, 8))
    same("deliberations cited", [
        f"{r['number']} ({iso(r['date'])})" for r in
        (v["deliberation"]["before_opening"] for v in deliberation["visas"] if "deliberation" in v)
    ], facts["act"]["vus_deliberations"])
    same("annexes", [(a["number"], a.get("missing", False)) for a in deliberation["annexes"]],
         [(str(n), n == 4) for n in range(1, 8)])


def check_contracts(acts, facts, document):
    allotments = {a["allotment_id"]: a for a in acts["deliberation_voted"][0]["allotments"]}
    conventions = {c["number"]: {"amount": int(c["amount_cents"]), "structure": c["structure_id"],
                                 "tranches": {t["tranche_id"]: t for t in c["tranches"]}}
                   for c in acts["opening_convention_recorded"] + acts["convention_signed"]}
    drawn = collections.Counter()
    for avenant in acts["avenant_signed"]:
        number = avenant["convention_number"]
        fact = next(f for f in facts["avenants"] if f["convention"] == number)
        before, delta, after = (int(avenant[f"{f}_cents"]) for f in
                                ("amount_before", "delta", "amount_after"))
        same(f"{number}: before", before, conventions[number]["amount"])
        same(f"{number}: delta", delta, cents(fact["delta"]))
        same(f"{number}: before + delta", before + delta, after)
        conventions[number]["amount"] = after
        conventions[number]["tranches"].update({t["tranche_id"]: t for t in avenant["tranches"]})
        signed = next(c for c in acts["opening_convention_recorded"] if c["number"] == number)
        same(f"{number}: signed", iso(signed["signatures"]["authority_signed_on"]), fact["signee"])
        same(f"{number}: ceilings", [int(t["ceiling_cents"]) for t in
                                     conventions[number]["tranches"].values()],
             [cents(t["ceiling"]) for t in fact["tranches"]])
        same(f"{number}: authorised by its own body",
             iso(avenant["signatures"]["structure_authorised_on"]), fact["autorisation_structure"])
        for change in avenant["changes"]:
            expect(change["change"] in document, f"not in the document: {change['change']}")
    for number, convention in conventions.items():
        tranches = convention["tranches"].values()
        same(f"{number}: tranches", sum(int(t["ceiling_cents"]) for t in tranches),
             convention["amount"])
        for t in tranches:
            at, ceiling = f"{number} {t['tranche_id']}", int(t["ceiling_cents"])
            expect(sum(int(s["amount_cents"]) for s in t.get("schedule", [])) in (0, ceiling),
                   f"{at}: the schedule is not the ceiling")
            parts = [t.get(f"{p}_ceiling_cents", 0) for p in ("quantitative", "qualitative")]
            expect(sum(map(int, parts)) in (0, ceiling), f"{at}: its parts are not the ceiling")
            draws = t.get("draws", [])
            expect(not draws or sum(int(d["amount_cents"]) for d in draws) == ceiling,
                   f"{at}: what it draws is not its ceiling")
            for draw in draws:
                drawn[draw["allotment_id"]] += int(draw["amount_cents"])
                same(f"{at}: structure", allotments[draw["allotment_id"]]["structure_id"],
                     convention["structure"])
    for identifier, amount in drawn.items():
        same(f"drawn on {identifier}", amount, int(allotments[identifier]["amount_cents"]))
    same("drawn allotments", set(drawn), {"1.5", "1.6"} | {i for i in allotments if i[0] == "3"})
    same("advances", sorted(int(p["amount_cents"]) for p in
                            acts["opening_payment_recorded"] + acts["payment_ordered"]),
         [412500, 2400000, 6900000])


# ---- The flags -----------------------------------------------------------------------------------


def check_flags(flags, lines, document):
    acts = {line["command_id"]: line["act"] for line in lines}
    counts = collections.Counter()
    for flag in flags:
        same("keys of a flag", list(flag), ["command_id", "rule", "subject", "sentence", "why"])
        at = f"flag {flag['command_id']} {flag['rule']} {flag['subject']}"
        expect(flag["command_id"] in acts, f"{at}: no such act")
        expect(flag["sentence"] and words(flag["sentence"]) in document,
               f"{at}: not in the document: {flag['sentence']}")
        expect(flag["why"], f"{at}: says not why")
        counts[flag["command_id"], flag["rule"], flag["subject"]] += 1
    for (command_id, rule, subject), count in counts.items():
        expect(count == 1 or rule == "REMARK", f"flag {command_id} {rule} {subject}: {count} times")
    for command_id, act in acts.items():
        same(f"{command_id}: remarks", counts[command_id, "REMARK", ""],
             len(act.get("remarks", [])))
        structure = act.get("structure_registered")
        if structure:
            same(f"{command_id}: SIRET_MISSING",
                 counts[command_id, "SIRET_MISSING", structure["structure_id"]],
                 0 if "siret" in structure["identity"] else 1)
        for a in act.get("deliberation_voted", {}).get("allotments", []):
            vote = iso(act["deliberation_voted"]["date"])
            start, end = (iso(a["period"][e]) if "period" in a else vote for e in ("start", "end"))
            same(f"{command_id} {a['allotment_id']}: period flags", (
                counts[command_id, "PERIOD_BEFORE_VOTE", a["allotment_id"]],
                counts[command_id, "PERIOD_ENDED_BEFORE_VOTE", a["allotment_id"]]),
                (int(start < vote <= end), int(end < vote)))


def main():
    data = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "data"
    raw = (data / f"{NAME}.txt").read_bytes()
    document = words(raw.decode("utf-8"))
    digest = hashlib.sha256(raw).digest()
    expect(digest.hex() in (data / "README.md").read_text(encoding="utf-8"),
           f"README.md has not the document's SHA-256, {digest.hex()}")
    facts = json.loads((data / "facts.json").read_text(encoding="utf-8"))
    flags = json.loads((data / "expected-flags.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in
             (data / f"{NAME}.jsonl").read_text(encoding="utf-8").splitlines()]

    contract = Contract(ROOT / "proto" / "registre" / "v1")
    for line in lines:
        contract.check("RecordLine", line, line.get("command_id", "?"))
    failures.extend(contract.failures)
    if not failures:  # what follows relies on every field being there
        check_encoding(contract, lines)
        acts = collections.defaultdict(list)
        for line in lines:
            for name, act in line["act"].items():
                acts[name].append(act)
        names = {s["structure_id"]: s["identity"]["name"] for s in acts["structure_registered"]}
        deliberation = acts["deliberation_voted"][0]
        check_lines(lines, document, base64.b64encode(digest).decode())
        check_structures(acts["structure_registered"], facts, document)
        check_budget(acts, facts)
        check_allotments(deliberation, acts["call_for_projects_opened"][0], names, facts)
        check_vote(acts["session_held"][0], deliberation, facts, document)
        check_contracts(acts, facts, document)
        check_flags(flags, lines, document)
    for failure in failures:
        print(f"check_data: {failure}", file=sys.stderr)
    if not failures:
        print(f"check_data: {len(lines)} acts, {len(flags)} expected flags: all agree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The real deliberation, recorded and read by the command line: every figure that the document has,
every flag that it earns and no other, and every command that the README shows."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import (  # noqa: E402
    BIN, REAL_INPUT, SOURCE, TIMEOUT_S, Server, need_programs, real_lines)

FACTS = json.loads((SOURCE / "tests/data/facts.json").read_text("utf-8"))
EXPECTED_FLAGS = json.loads((SOURCE / "tests/data/expected-flags.json").read_text("utf-8"))
NUMBER = "2023-405"

failures = []


def same(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: {got!r}, expected {wanted!r}")


def cents(euros):
    """Cents of an amount of facts.json, a decimal string, as JSON has them."""
    whole, _, fraction = str(euros).partition(".")
    return str(int(whole) * 100 + int((fraction + "00")[:2]))


def record(server):
    """Records the real input; position of each command id."""
    answers = server.read("record", REAL_INPUT)
    same("acts recorded", len(answers), len(real_lines()))
    same("size", server.size(), len(real_lines()))
    again = server.read("record", REAL_INPUT)
    same("already recorded", [answer["receipt"]["already_recorded"] for answer in again],
         [True] * len(again))
    for answer in again:
        answer["receipt"]["already_recorded"] = False
    same("receipts of the second time", again, answers)
    same("size after the second time", server.size(), len(real_lines()))
    done = server.run("record", REAL_INPUT)
    same("the third time", done.returncode, 0)
    same("what is said of it", "already recorded" in done.stdout, True)
    return {answer["command_id"]: int(answer["receipt"]["receipts"][0]["position"])
            for answer in answers}


# ---- Budget --------------------------------------------------------------------------------------


def columns(line):
    return [line[name] for name in ("authorised_cents", "available_before_cents", "proposed_cents",
                                    "available_after_cents")]


def check_budget(server, position):
    report = server.read("budget", "--deliberation", NUMBER)[0]
    printed = [[cents(line[name]) for name in ("ae", "disponible", "proposition", "solde")]
               for line in FACTS["budget"]]
    total = [cents(FACTS["budget_total"][name])
             for name in ("ae", "disponible", "proposition", "solde")]
    same("codes", [line["code"] for line in report["lines"]],
         [line["code"] for line in FACTS["budget"]])
    same("imputations", [f"{line['nature']}/{line['function']}" for line in report["lines"]],
         [line["imputation"] for line in FACTS["budget"]])
    same("budget table", [columns(line) for line in report["lines"]], printed)
    same("totals", columns(report["total"]), total)
    same("totals to the cent", total, ["1737891600", "608189418", "351949287", "256240131"])
    same("voted", report["voted"], True)
    same("as the report prints", [line["as_reported"] for line in report["lines"]], [True] * 4)

    for point in (["--known-at", f"#{position - 1}"], ["--as-of", "2023-09-17"]):
        report = server.read("budget", "--deliberation", NUMBER, *point)[0]
        before = [[ae, available, "0", available] for ae, available, _, _ in [*printed, total]]
        same(f"{point}: budget table",
             [columns(line) for line in [*report["lines"], report["total"]]], before)
        same(f"{point}: voted", report["voted"], False)

    table = server.run("budget", "--deliberation", NUMBER).stdout
    table = table.replace("\u202f", " ").replace("\u00a0", " ")
    for amount in ("17 378 916,00", "6 081 894,18", "3 519 492,87", "2 562 401,31"):
        same(f"{amount} in the table", amount in table, True)
    for line in server.read("budget"):
        fact = next(fact for fact in FACTS["budget"] if fact["code"] == line["code"])
        same(f"{line['code']}: available", line["available_cents"], cents(fact["solde"]))
        same(f"{line['code']}: voted", line["voted_cents"], cents(fact["proposition"]))


# ---- Deliberation and structures -----------------------------------------------------------------


def check_deliberation(server):
    answer = server.read("deliberation", NUMBER)[0]
    same("thematics", {total["thematic"]: total["allotted_cents"] for total in answer["thematics"]},
         {thematic: cents(amount) for thematic, amount in FACTS["thematics_total_eur"].items()})
    same("thematics without a name",
         {total["thematic"]: total["without_name_cents"] for total in answer["thematics"]},
         {"1": "49245351", "2": "159436436", "3": "0"})
    same("allotted", answer["allotted_cents"], "351949287")
    same("without a named amount", answer["without_name_cents"], "208681787")
    same("articles", len(answer["act"]["articles"]), 8)
    same("missing annexes", [annex["number"] for annex in answer["act"]["annexes"]
                             if annex["missing"]], ["4"])
    vote = answer["deliberation"]
    attendance = vote["attendance"]
    same("members", attendance["members"], 44)
    same("quorum", attendance["quorum"], 23)
    same("present or represented", attendance["present"] + attendance["represented"], 41)
    same("present", attendance["present"], 38)
    same("recused", attendance["recused"], 5)
    names = ("votes_for", "votes_against", "abstentions", "not_voting")
    same("declared", [vote["declared"][name] for name in names], [36, 0, 5, 0])
    same("derived", [vote["derived"][name] for name in names], [36, 0, 0, 5])
    same("result", vote["result"], "VOTE_RESULT_ADOPTED")


def check_structures(server):
    """Known by name: totals, with each allotment behind them."""
    known = {"Le Cheval Bleu": ("24837800", 5), "Habitat et Insertion": ("37577200", 5),
             "APSA": ("35768700", 5)}
    structures = {row["identity"]["name"]: row for row in server.read("structure", "list")}
    named = 0
    for structure in structures.values():
        named += int(structure["allotted_cents"])
    same("known by name, of all structures", named, 351949287 - 208681787)
    for name, (total, allotments) in known.items():
        structure, *acts = server.read("structure", structures[name]["structure_id"])
        same(f"{name}: allotted", structure["structure"]["allotted_cents"], total)
        amounts = [int(act["amount_cents"]) for act in acts if act["type"] == "deliberation_voted"]
        same(f"{name}: allotments", len(amounts), allotments)
        same(f"{name}: sum of them", str(sum(amounts)), total)
    same("by SIRET", server.read("structure", "48054398200023")[0]["structure"]["identity"]["name"],
         "Le Cheval Bleu")


# ---- Conventions ---------------------------------------------------------------------------------


def convention(server, number, *point):
    """The amount, and by tranche its ceiling, what is ordered, what is paid and its last day."""
    answer = server.read("convention", number, *point)[0]["convention"]
    tranches = {}
    for state in answer["tranches"]:
        tranche = state["tranche"]
        end = tranche["period"]["end"]
        tranches[tranche["tranche_id"]] = (
            tranche["ceiling_cents"], state["ordered_cents"], state["paid_cents"],
            f"{end['year']}-{end['month']:02}-{end['day']:02}")
    return answer["amount_cents"], [a["avenant_number"] for a in answer["avenants"]], tranches


def check_conventions(server, positions):
    referents = ("8900000", "0", "0", "2023-12-31")
    same("2023-00963", convention(server, "2023-00963"), ("9587500", [1], {
        "referents": referents, "AG": ("687500", "412500", "0", "2023-12-31")}))
    answer = server.read("convention", "2023-00963")[0]["convention"]
    same("2023-00963 before", answer["initial_amount_cents"], "8900000")
    same("2023-00963 avenant", [answer["avenants"][0][name] for name in (
        "amount_before_cents", "delta_cents", "amount_after_cents")],
        ["8900000", "687500", "9587500"])
    accompaniment = next(state for state in answer["tranches"]
                         if state["tranche"]["tranche_id"] == "AG")
    same("left to order on Accompagnement Global", int(accompaniment["tranche"]["ceiling_cents"]) -
         int(accompaniment["ordered_cents"]), 275000)

    first = ("4000000", "2400000", "2400000", "2023-12-31")
    same("2023-01628", convention(server, "2023-01628"), ("15500000", [1], {
        "2023": first, "2024": ("11500000", "6900000", "0", "2024-12-31")}))

    before_first = f"#{positions['2023-405.avenant.2023-00963.1'] - 1}"
    before_second = f"#{positions['2023-405.avenant.2023-01628.1'] - 1}"
    # The day before the avenants, by what was known and by what was in effect.
    for point in (["--known-at", before_first], ["--as-of", "2023-10-01"]):
        same(f"2023-00963 {point}", convention(server, "2023-00963", *point),
             ("8900000", [], {"referents": referents}))
    for point in (["--known-at", before_second], ["--as-of", "2023-10-01"]):
        same(f"2023-01628 {point}", convention(server, "2023-01628", *point),
             ("4000000", [], {"2023": first}))
    # Between the avenants (2 October) and the advances (9 October).
    for point in (["--as-of", "2023-10-05"], ["--as-of", "2023-10-08"],
                  ["--as-of", "2023-10-05", "--known-at", "#53"]):
        same(f"2023-00963 {point}", convention(server, "2023-00963", *point), ("9587500", [1], {
            "referents": referents, "AG": ("687500", "0", "0", "2023-12-31")}))
        same(f"2023-01628 {point}", convention(server, "2023-01628", *point), ("15500000", [1], {
            "2023": first, "2024": ("11500000", "0", "0", "2024-12-31")}))
    done = server.run("convention", "2023-01628", "--as-of", "2023-07-02")
    same("2023-01628 the day before it is signed", done.returncode, 1)


# ---- What is assumed -----------------------------------------------------------------------------


def check_assumed(server):
    """Sums that rest on acts which the document does not tell are starred; what it prints is not."""
    for command, starred, printed in (
            (["structure", "list"], ["97 125,00*", "24 000,00*", "1 372 875,00*"],
             ["st-cheval-bleu ", "34175422400028 ", "≥ 1 432 675,00 ", "2 086 817,87 "]),
            (["convention", "2023-01628"],
             ["avant l'ouverture du registre : 24 000,00*", "69 000,00*", "09/10/2023*",
              "opening_payment_recorded"], ["03/07/2023,", "115 000,00 "]),
            (["convention", "list"], ["2023-99001*", "97 125,00*"], ["2023-00963 ", "2023-01628 "]),
            (["budget"], ["97 125,00*", "863 451,77*", "1 372 875,00*", "payment_ordered"],
             ["C02-446A05 ", "17 378 916,00 ", "3 519 492,87 "]),
            (["budget", "--deliberation", NUMBER], [], ["863 451,77\n", "6 081 894,18 "]),
            (["deliberation", NUMBER], ["1 243 875,00*", "44 membres*"],
             ["(absents sans délégation de vote)", "écrit « Habitat Insertion »"])):
        table = server.run(*command).stdout
        for text in [*starred, *printed]:
            same(f"{' '.join(command)}: {text}", text in table, True)
    rows = {row["structure_id"]: row for row in server.read("structure", "list")}
    same("payment assumed", "payment_ordered" in rows["st-cheval-bleu"]["assumed_fields"], True)
    same("nothing assumed", rows["st-diese"]["assumed_fields"], [])


# ---- Flags and README ----------------------------------------------------------------------------


def check_flags(server, positions):
    command_ids = {position: command_id for command_id, position in positions.items()}
    raised = collections.Counter()
    for anomaly in server.read("anomalies"):
        flag = anomaly["flag"]
        raised[command_ids[int(anomaly["position"])], flag["rule"], flag["subject"]] += 1
        same(f"{flag['rule']}: has a message", bool(flag["message"]), True)
    expected = collections.Counter((flag["command_id"], flag["rule"], flag["subject"])
                                   for flag in EXPECTED_FLAGS)
    for flag in (expected - raised).elements():
        failures.append(f"not raised: {' '.join(flag)}")
    for flag in (raised - expected).elements():
        failures.append(f"raised and not expected: {' '.join(flag)}")
    print(f"{sum(raised.values())} flags")


def readme_commands():
    """Lines of the README's blocks that start with registre, and its JSON."""
    text = (SOURCE / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```([a-z]*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    commands = [line for _, block in blocks for line in block.splitlines()
                if line.split()[:1] == ["registre"]]
    return commands, "".join(block for language, block in blocks if language == "json")


def check_readme(server):
    commands, acts = readme_commands()
    same("the README has commands", bool(commands), True)
    same("the README has an act", bool(acts), True)
    environment = os.environ | {"REGISTRE_SERVER": server.address,
                                "PATH": f"{BIN}:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "act.jsonl").write_text(acts, "utf-8")
        (pathlib.Path(folder) / "tests").symlink_to(SOURCE / "tests")
        for command in commands:
            done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment,
                                  capture_output=True, timeout=TIMEOUT_S, check=False)
            same(command, done.returncode, 0)
            writes = ">" in command or "-o" in command.split()
            same(f"{command}: prints", bool(done.stdout), not writes)
    print(f"{len(commands)} commands of the README")


def main():
    need_programs()
    with Server() as server:
        positions = record(server)
        check_budget(server, positions["2023-405.deliberation"])
        check_deliberation(server)
        check_structures(server)
        check_conventions(server, positions)
        check_assumed(server)
        check_flags(server, positions)
        check_readme(server)
        same("rebuild --check", server.run("admin", "rebuild", "--check").returncode, 0)
        same("a clean stop", server.stop(), 0)
    for failure in failures:
        print(failure)
    print(f"{len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

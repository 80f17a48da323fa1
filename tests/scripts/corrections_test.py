"""registre correct, as a user meets it, on the real deliberation: an act is drafted, edited,
proposed, approved by another; and both views of what was corrected."""
import json
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import REAL_INPUT, Server, need_programs  # noqa: E402

FAILURES = []
ORDER, VOTE, CALL, HABITAT, PUBLISHED = 52, 38, 32, 22, 40
WHY = ("--reason", "Montant mal saisi (essai)", "--authority", "Note d'essai",
       "--effective", "2023-10-12")


def expect(holds, what):
    if not holds:
        FAILURES.append(what)
        print(f"FAILED: {what}")


def says(done, status, *texts):
    both = " ".join((done.stdout + done.stderr).split())
    expect(done.returncode == status, f"exit {done.returncode}, not {status}: {both}")
    for text in texts:
        expect(text in both, f"{text!r} is not said: {both}")


def draft(server, position):
    """The act at a position, parsed."""
    done = server.run("correct", "draft", position)
    says(done, 0)
    return json.loads(done.stdout)


def written(folder, *lines):
    path = pathlib.Path(folder) / "fixed.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def an_amount(server, folder):
    line = draft(server, ORDER)
    expect(line["command_id"] == f"replacement-of-{ORDER}", line)
    expect("structure_id" not in line["act"]["payment_ordered"], "what the ledger fills is left out")
    propose = ("correct", "propose", ORDER, "--with", written(folder, line), *WHY)
    says(server.run(*propose, "--as", "admin"), 1, "FIELD_INVALID", "change what is wrong")
    line["act"]["payment_ordered"]["amount_cents"] = "400000"
    written(folder, line)
    size = server.size()
    says(server.run(*propose, "--as", "admin", "--validate-only"), 0, "remplacement de l'acte",
         "payment_ordered", "payment:2023-hypothese-1 amount_cents 4 125,00 4 000,00",
         "rien n'est enregistré (--validate-only)")
    expect(server.size() == size, "--validate-only records")
    says(server.run(*propose, "--as", "admin", "--command-id", "c.1"), 0,
         "rectification 1 proposée à la position #54", "registre correct approve 1")
    says(server.run(*propose, "--as", "admin", "--command-id", "c.1"), 0, "rectification 1")
    says(server.run("correct", "list"), 0, "proposée", f"#{ORDER}", "admin", "Montant mal saisi")
    says(server.run("correct", "show", "1"), 0, "Montant mal saisi", "Note d'essai", "12/10/2023",
         "4 125,00 4 000,00", "payment_ordered.amount_cents 4 125,00 4 000,00")
    says(server.run("correct", "approve", "1", "--as", "admin"), 1, "FOUR_EYES")
    says(server.run("correct", "approve", "1", "--as", "approver"), 0,
         "rectification 1 approuvée : 3 actes, #55 à #57")
    says(server.run("correct", "approve", "1", "--as", "approver"), 1, "CORRECTION_DECIDED")
    line["act"]["payment_ordered"]["amount_cents"] = "390000"
    written(folder, line)
    says(server.run(*propose[:-1], "2023-10-11", "--as", "admin"), 1, "CORRECTION_EFFECTIVE_DATE",
         f"cannot count from 2023-10-11: an earlier correction of the act at position {ORDER}",
         "propose it from 2023-10-12 on")
    says(server.run("correct", "show", "1"), 0, "approuvée", "approver",
         "payment_ordered.amount_cents 4 125,00 4 000,00")
    says(server.run("correct", "list", "--proposed"), 0, "aucune rectification")


def both_views(server):
    for command, figure, recorded in (
            (("payments", "show", "2023-hypothese-1"), "4 000,00", "4 125,00"),
            (("payments", "list"), "73 000,00", "73 125,00"),
            (("payments", "statement", "2023-00963"), "4 000,00", "4 125,00"),
            (("convention", "2023-00963"), "4 000,00", "4 125,00"),
            (("structure", "st-passeport-forma"), "4 000,00", "4 125,00")):
        says(server.run(*command), 0, figure)
        says(server.run(*command, "--as-recorded"), 0, recorded)
        says(server.run(*command, "--known-at", "#53"), 0, recorded)
        says(server.run(*command, "--as-of", "2023-10-11"), 0, recorded)
        expect(figure not in server.run(*command, "--as-recorded").stdout, f"{command}: {figure}")
    for command in (("budget", "C02-446A05"), ("budget", "--deliberation", "2023-405"),
                    ("deliberation", "2023-405"), ("anomalies",)):
        says(server.run(*command, "--as-recorded"), 0)
    says(server.run("events", "--as-recorded"), 2, "leave --as-recorded out")


def with_what_rests_on_it(server):
    """A publication that was never made: nothing rests on it. Then the vote: much does."""
    says(server.run("correct", "propose", PUBLISHED, *WHY, "--as", "admin"), 0, "rectification 2")
    says(server.run("correct", "reject", "2", "--reason", "elle a eu lieu", "--as", "approver"), 0,
         "rectification 2 rejetée")
    says(server.run("correct", "show", "2"), 0, "rejetée", "elle a eu lieu")
    says(server.run("correct", "propose", VOTE, *WHY, "--validate-only"), 0, "annulation",
         "avenant_signed", "convention_signed", "REFERENCE_UNKNOWN")
    planned = server.read("correct", "propose", VOTE, *WHY, "--validate-only")[0]["plan"]
    positions = [int(act["position"]) for act in planned["affected"]]
    expect(positions == sorted(positions, reverse=True), f"newest first: {positions}")
    expect(positions[-1] == VOTE and 39 in positions, positions)
    says(server.run("correct", "propose", 0, *WHY), 1, "CORRECTION_TARGET")
    says(server.run("correct", "propose", 999, *WHY), 1, "CORRECTION_TARGET", "registre events")
    says(server.run("correct", "propose", 55, *WHY), 1, "CORRECTION_TARGET", "made again")
    says(server.run("correct", "draft", 999), 1, "NOT_FOUND")
    says(server.run("correct", "show", "9"), 1, "NOT_FOUND", "registre correct list")
    says(server.run("correct", "approve", "9"), 1, "registre correct list")


def a_name(server, folder):
    """A name is corrected where it was registered; the structure's own acts stay."""
    line = draft(server, HABITAT)
    line["act"]["structure_registered"]["identity"]["name"] = "Habitat et Insertion (essai)"
    says(server.run("correct", "propose", HABITAT, "--with", written(folder, line), *WHY,
                    "--as", "admin"), 0, "aucun montant ne change", "rectification 3")
    says(server.run("correct", "approve", "3", "--as", "approver"), 0)
    says(server.run("structure", "st-habitat-insertion"), 0, "Habitat et Insertion (essai)")
    done = server.run("structure", "st-habitat-insertion", "--as-recorded")
    expect("Insertion (essai)" not in done.stdout, "as recorded it has its old name")
    says(server.run("correct", "list"), 0, "rejetée", "approuvée")
    listed = server.read("correct", "list")
    expect([one["proposal"]["correction_number"] for one in listed] == ["3", "2", "1"], listed)


def a_reversal(server, folder):
    """Reversed twice is once; what was recorded by mistake twice goes."""
    says(server.run("correct", "propose", ORDER, *WHY, "--as", "admin"), 0, "rectification 4")
    says(server.run("correct", "approve", "4", "--as", "approver"), 0)
    says(server.run("payments", "show", "2023-hypothese-1"), 1, "NOT_FOUND")
    says(server.run("payments", "show", "2023-hypothese-1", "--as-recorded"), 0, "4 125,00")
    says(server.run("correct", "draft", ORDER), 1, "was reversed by correction 4")
    says(server.run("correct", "propose", ORDER, *WHY), 1, "CORRECTION_TARGET", "reversed already")
    says(server.run("admin", "rebuild", "--check"), 0)
    many = written(folder, *[draft(server, CALL)] * 101)
    says(server.run("correct", "propose", CALL, "--with", many, *WHY), 1, "at most 100",
         "fixed.jsonl:101")


if __name__ == "__main__":
    need_programs()
    os.environ["COLUMNS"] = "220"
    with Server() as running, tempfile.TemporaryDirectory() as scratch:
        says(running.run("correct", "list"), 0, "aucune rectification")
        assert running.run("record", REAL_INPUT).returncode == 0
        an_amount(running, scratch)
        both_views(running)
        with_what_rests_on_it(running)
        a_name(running, scratch)
        a_reversal(running, scratch)
    sys.exit(1 if FAILURES else 0)

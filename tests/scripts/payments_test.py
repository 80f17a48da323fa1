"""registre payments and registre admin consumers, as a user meets them, on the real deliberation."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, REAL_INPUT, TIMEOUT_S, Server, need_programs  # noqa: E402

FAILURES = []


def expect(holds, what):
    if not holds:
        FAILURES.append(what)
        print(f"FAILED: {what}")


def says(done, status, *texts):
    both = " ".join((done.stdout + done.stderr).split())
    expect(done.returncode == status, f"exit {done.returncode}, not {status}: {both}")
    for text in texts:
        expect(text in both, f"{text!r} is not said: {both}")


def tables(server):
    says(server.run("payments", "list"), 0, "2023-hypothese-1*", "2023-00963, tranche AG*",
         "Net des rejets et des réductions 73 125,00*")
    says(server.run("payments", "list", "--convention", "2023-01628"), 0, "69 000,00*")
    says(server.run("payments", "list", "--status", "settled"), 0, "aucun mandat")
    says(server.run("payments", "list", "--unanswered-for", "30"), 0, "hypothese-1", "hypothese-2")
    says(server.run("payments", "show", "2023-hypothese-1"), 0, "Passeport Forma",
         "mandat émis le 09/10/2023* #52", "Montant 4 125,00*")
    says(server.run("payments", "show", "hypothese-1"), 2, "write the fiscal year, a dash")
    says(server.run("payments", "show", "2023-9"), 1, "NOT_FOUND", "registre payments list")
    says(server.run("payments", "statement", "2023-01628"), 0, "avant l'ouverture 03/07/2023*",
         "2023-hypothese-2* 09/10/2023* 2024 avance* 69 000,00* mandat émis 24 000,00*",
         "Total 155 000,00 93 000,00* 24 000,00* 62 000,00*")
    says(server.run("payments", "statement", "2023-99999"), 1, "NOT_FOUND")
    listed = server.read("payments", "list")
    expect([payment["mandat"] for payment in listed] == ["hypothese-1", "hypothese-2"], listed)
    statement = server.read("payments", "statement", "2023-00963")[0]
    expect(statement["total"]["left_to_order_cents"] == "9175000", statement["total"])


def record(server, subject, act, **fields):
    line = {"command_id": f"{act}.{fields.get('date', {}).get('month')}", "act": {act: fields}}
    done = server.run("record", "-", "--as", subject, stdin=json.dumps(line).encode())
    expect(done.returncode == 0, f"{act}: {done.stdout}{done.stderr}")


def day(month, number=1, year=2023):
    return {"year": year, "month": month, "day": number}


def money_that_comes_back(server):
    """The orders of the real deliberation, paid, one reduced and asked back; the year is closed."""
    for number in (1, 2):
        order = {"fiscal_year": 2023, "mandat": f"hypothese-{number}"}
        record(server, "accountant", "payment_accepted", order=order, date=day(10 + number))
        if number == 1:
            record(server, "accountant", "payment_settled", order=order, date=day(11, 20))
            record(server, "clerk", "payment_reduced", order=order, reduction_cents="12500",
                   reason="essai", date=day(11, 21))
            record(server, "clerk", "recovery_ordered", order=order, fiscal_year=2023,
                   recovery_number="77", amount_cents="12500", reason="essai", date=day(11, 22))
            record(server, "accountant", "recovery_received", order=order, recovery_number="77",
                   amount_cents="500", date=day(12))
    says(server.run("payments", "show", "2023-hypothese-1"), 0, "Net 4 000,00*", "Payé 4 125,00",
         "Titres de recettes", "77 2023 22/11/2023 125,00 5,00 120,00")
    says(server.run("payments", "statement", "2023-00963"), 0, "Redemandé Recouvré",
         "4 125,00 125,00 5,00", "91 875,00")
    says(server.run("convention", "2023-00963"), 0, "Redemandé 125,00, dont 5,00 reçus")
    says(server.run("structure", "st-passeport-forma"), 0, "Redemandé 125,00, dont 5,00 reçus",
         "titre de recettes 2023-77 : essai -125,00", "reçu sur le titre de recettes 77 -5,00")
    says(server.run("budget", "C02-446A05"), 0, "Redemandé 125,00, dont 5,00 reçus")
    says(server.run("budget", "--year", "2023"), 0, "Exercice 2023", "exercice ouvert", "C02-446A05",
         "Total non enregistrés")
    record(server, "accountant", "fiscal_year_closed", fiscal_year=2023, date=day(1, 31, 2024))
    size = server.size() - 1
    says(server.run("budget", "--year", "2023"), 0, "Clos le 31/01/2024", f"Acte #{size}",
         f"Journal {size} événements", "Racine ")
    says(server.run("budget", "--year", "2022"), 0, "aucune ligne budgétaire", "exercice ouvert")
    says(server.run("budget", "--year", "2023", "--known-at", f"#{size - 1}"), 0, "exercice ouvert")
    listed = server.read("budget", "--year", "2023")[0]
    expect(listed["closed_log_size"] == str(size), listed)
    says(server.run("budget", "--year", "2023", "C02-446A05"), 2)
    says(server.run("budget", "--year", "23"), 2)


def consumers(server):
    consumer = ("admin", "consumers")
    says(server.run(*consumer, "list"), 0, "aucun consommateur")
    says(server.run("payments", "follow", "--consumer", "paie"), 1, "CONSUMER_UNKNOWN")
    says(server.run(*consumer, "create", "paie", "--max-tries", "3"), 0, "Retard 2 paiements")
    says(server.run(*consumer, "create", "paie"), 1, "CONSUMER_EXISTS")
    says(server.run(*consumer, "create", "x y"), 1, "FIELD_INVALID")
    says(server.run("payments", "follow", "--consumer", "paie", "--limit", "1"), 0,
         "#52 09/10/2023 payment_ordered")
    says(server.run(*consumer, "show", "paie"), 0, "Retard 1 paiement ", "1 traités")
    says(server.run("payments", "follow", "--consumer", "paie", "--limit", "1"), 0, "#53 ")
    says(server.run(*consumer, "list"), 0, "paie déconnecté 0")
    says(server.run(*consumer, "rewind", "paie", "53"), 0, "Retard 1 paiement ")
    says(server.run(*consumer, "rewind", "paie", "99"), 1, "POSITION_AHEAD")
    says(server.run(*consumer, "rewind", "paie", "54"), 1, "REWIND_FORWARD", "to 53 or below")
    says(server.run(*consumer, "pause", "paie"), 0, "en pause")
    says(server.run(*consumer, "resume", "paie"), 0, "déconnecté")
    says(server.run(*consumer, "retry", "paie", "53"), 1, "NOT_PARKED")
    says(server.run(*consumer, "skip", "paie", "53", "--reason", "essai"), 1, "NOT_PARKED")
    says(server.run(*consumer, "skip", "paie", "53"), 2, "--reason is required")
    expect(server.read(*consumer, "show", "paie")[0]["lag"] == "1", "as JSON")
    follow_until_stopped(server)
    says(server.run(*consumer, "delete", "paie"), 0, "consommateur paie supprimé")
    says(server.run(*consumer, "delete", "paie"), 1, "CONSUMER_UNKNOWN", "consumers list")


def follow_until_stopped(server):
    """What is followed comes as it is recorded; an interrupt is no error."""
    process = subprocess.Popen(
        [BIN / "registre", "--server", server.address, "payments", "follow", "--consumer", "paie"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(3)]
    expect("#53" in lines[2], f"it shows {lines}")
    while "caught up" not in (line := process.stderr.readline()):
        expect(line != "", "it ends")
    process.send_signal(2)
    expect(process.wait(timeout=TIMEOUT_S) == 0, "an interrupt is an error")


if __name__ == "__main__":
    need_programs()
    os.environ["COLUMNS"] = "200"
    with Server() as running:
        says(running.run("payments", "list"), 0, "aucun mandat")
        assert running.run("record", REAL_INPUT).returncode == 0
        tables(running)
        consumers(running)
        money_that_comes_back(running)
    sys.exit(1 if FAILURES else 0)

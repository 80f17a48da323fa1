"""The finance consumer of deploy/finance: on the real deliberation, and through crashes of either side.

Its code is generated with the very command of deploy/finance/README.md.
"""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from registre_process import BIN, REAL_INPUT, SKIPPED, SOURCE, TIMEOUT_S, Server, need_programs, run  # noqa: E402

CONVENTIONS = 20
ORDERS = 800
KILLS = 16
FAILURES = []


def expect(holds, what):
    if not holds:
        FAILURES.append(what)
        print(f"FAILED: {what}")


def generate(folder):
    """Runs the protoc command of the guide, writing to `folder`."""
    guide = (SOURCE / "deploy/finance/README.md").read_text("utf-8")
    command = re.search(r"^protoc .*$", guide, re.M)[0].replace("build/finance", str(folder))
    subprocess.run(["bash", "-c", command], cwd=SOURCE, check=True)


class Consumer:
    def __init__(self, folder, address, database, *arguments):
        self.command = ["/usr/bin/python3", SOURCE / "deploy/finance/consumer.py", "--server", address,
                        "--database", database, *arguments]
        self.environment = {"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]}
        self.log = open(folder / "consumer.log", "a", encoding="utf-8")
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment, stdout=self.log,
                                        stderr=subprocess.STDOUT)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait(self):
        return self.process.wait(timeout=TIMEOUT_S)


def rows(database, query):
    with sqlite3.connect(database) as table:
        return table.execute(query).fetchall()


def step(act, number, **more):
    return {act: {"order": {"fiscal_year": 2023, "mandat": "hypothese-1"}, "date": day(10, number)}
                 | more}


def record_as(server, subject, *acts):
    for act in acts:
        name = next(iter(act))
        done = server.run("record", "-", "--as", subject, stdin=lines([act], name).encode())
        assert done.returncode == 0, done.stderr


# An order of 10, put on another convention, paid; its amount was 7 (made up: corrections in the feed).
CORRECTED = """
import sqlite3
import consumer
from registre.v1 import event_pb2
table = sqlite3.connect(":memory:")
table.executescript(consumer.TABLES)

def event(position, **act):
    made = event_pb2.Event(position=position, event_id=bytes([position]) * 16)
    for name, fields in act.items():
        made.act.MergeFrom(event_pb2.Event(act={name: fields}).act)
    consumer.apply(table, made)

order = {"fiscal_year": 2023, "mandat": "1", "basis": {"convention_number": "A"}, "amount_cents": 10}
ref = dict(order)
event(1, payment_ordered=order)
event(2, payment_accepted={"order": ref})
event(3, payment_reimputed={"order": ref, "basis": {"convention_number": "B"}})
event(4, payment_settled={"order": ref})
show = lambda: table.execute("select status, net_cents, paid_cents from mandat").fetchall()
assert show() == [("settled", 10, 10)], show()
event(6, act_reversed={"target_position": 4, "act": {"payment_settled": {"order": ref}}})
assert show() == [("accepted", 10, 0)], show()
event(7, act_reversed={"target_position": 1, "act": {"payment_ordered": order}})
event(8, act_rectified={"target_position": 1, "act": {"payment_ordered": order | {"amount_cents": 7}}})
assert show() == [("accepted", 7, 0)], show()
moved = table.execute("select convention from payment_event where act = 'payment_reimputed'").fetchall()
assert moved == [("B",)], moved
"""


def corrections(folder):
    path = f"{folder}:{SOURCE / 'deploy/finance'}"
    done = subprocess.run(["/usr/bin/python3", "-B", "-c", CORRECTED], check=False, text=True,
                          capture_output=True,
                          env={"PYTHONPATH": path, "PATH": os.environ["PATH"]})
    expect(done.returncode == 0, f"corrections: {done.stderr}")


def the_real_deliberation(folder):
    with Server() as server:
        assert server.run("record", REAL_INPUT).returncode == 0
        database = folder / "real.db"
        expect(Consumer(folder, server.address, database, "--once").wait() == 0, "it ends with an error")
        found = rows(database, "select convention, mandat, act, amount_cents from payment_event")
        expect(found == [("2023-00963", "hypothese-1", "payment_ordered", 412_500),
                         ("2023-01628", "hypothese-2", "payment_ordered", 6_900_000)],
               f"the real orders are {found}")
        expect(Consumer(folder, server.address, database, "--once").wait() == 0, "nor the second time")
        expect(len(rows(database, "select * from payment_event")) == 2, "it does them twice")
        record_as(server, "accountant", step("payment_accepted", 20), step("payment_settled", 21))
        record_as(server, "clerk", step("payment_reduced", 22, reduction_cents=12_500, reason="essai"))
        record_as(server, "clerk", step("recovery_ordered", 23, fiscal_year=2023, recovery_number="9",
                                        amount_cents=12_500, reason="essai"))
        record_as(server, "accountant", step("recovery_received", 24, recovery_number="9",
                                             amount_cents=500))
        expect(Consumer(folder, server.address, database, "--once").wait() == 0, "nor what follows")
        found = rows(database, "select status, net_cents, paid_cents, asked_back_cents,"
                               " received_back_cents from mandat where mandat = 'hypothese-1'")
        expect(found == [("settled", 400_000, 412_500, 12_500, 500)], f"the mandat is {found}")


def day(month, number=1):
    return {"year": 2023, "month": month, "day": number}


def founding():
    """Acts of a made-up ledger with conventions that can be ordered on."""
    cents = 10_000_000
    yield {"ledger_opened": {"authority_name": "Collectivité d'essai", "origin": "essai.example/feed",
                             "time_zone": "Europe/Paris", "currency": "EUR", "late_entry_days": 0,
                             "date": day(6)}}
    yield {"structure_registered": {"structure_id": "st-a", "identity": {
        "name": "Structure d'essai", "legal_form": "LEGAL_FORM_PUBLIC_BODY",
        "sector": "SECTOR_PUBLIC"}, "date": day(6)}}
    yield {"budget_line_opened": {
        "code": "L1", "nature": "6568", "function": "93446", "label": "Ligne d'essai",
        "authorised_cents": cents * CONVENTIONS, "date": day(6), "opened_by": {"before_opening": {
            "number": "essai", "date": day(1), "body": "BODY_CONSEIL_DEPARTEMENTAL"}}}}
    yield {"opening_commitment_recorded": {"code": "L1", "amount_cents": cents * CONVENTIONS,
                                           "date": day(6)}}
    for number in range(1, CONVENTIONS + 1):
        yield {"opening_convention_recorded": {
            "number": f"2023-{number:05}", "structure_id": "st-a", "object": "Convention d'essai",
            "signatures": {"authority_signed_on": day(2)}, "amount_cents": cents,
            "tranches": [{"tranche_id": "1", "ceiling_cents": cents, "budget_code": "L1"}]}}


def order(number, chance):
    return {"payment_ordered": {
        "fiscal_year": 2023, "mandat": str(number), "budget_code": "L1",
        "basis": {"convention_number": f"2023-{chance.randint(1, CONVENTIONS):05}", "tranche_id": "1"},
        "kind": "PAYMENT_KIND_ADVANCE", "amount_cents": number + 1, "date": day(7)}}


def lines(acts, prefix):
    return "".join(json.dumps({"command_id": f"{prefix}-{i}", "act": act}) + "\n"
                   for i, act in enumerate(acts))


def chosen_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class KilledServer:
    """On a port that stays the same, for a consumer that is not told of another."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"127.0.0.1:{chosen_port()}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BIN / "registred", "--data", self.folder / "data", "--listen", self.address,
             "--http", "127.0.0.1:0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


def record(server, text):
    """Records the lines, again and again until all are: those that were are not recorded twice."""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        done = run("--server", server.address, "record", "-", "--pipeline", "16", "--no-progress",
                   stdin=text.encode())
        if done.returncode == 0:
            return
        assert done.returncode == 3, f"record: {done.returncode} {done.stderr}"
        time.sleep(0.05)
    raise AssertionError("the orders are not recorded in time")


def through_crashes(folder):
    chance = random.Random(int(os.environ.get("REGISTRE_TEST_SEED", random.randrange(1 << 32))))
    seed = chance.randrange(1 << 32)
    chance.seed(seed)
    print(f"seed {seed}", flush=True)
    database = folder / "killed.db"
    server = KilledServer(folder)
    consumer = None
    try:
        record(server, lines(founding(), "founding"))
        consumer = Consumer(folder, server.address, database)
        orders = [order(number, chance) for number in range(ORDERS)]
        recording = threading.Thread(target=lambda: [
            record(server, lines(orders[i:i + 20], f"orders-{i}")) for i in range(0, ORDERS, 20)])
        recording.start()
        kills = {"server": 0, "consumer": 0}
        for _ in range(KILLS):
            time.sleep(0.1 + chance.random() * 0.4)
            victim = chance.choice(["server", "consumer"])
            kills[victim] += 1
            {"server": server, "consumer": consumer}[victim].kill()
            {"server": server, "consumer": consumer}[victim].start()
        recording.join()
        end = time.monotonic() + TIMEOUT_S
        count = 0
        while count < ORDERS and time.monotonic() < end:
            time.sleep(0.1)
            count = rows(database, "select count(*) from payment_event")[0][0]
        consumer.kill()
        wanted = sorted((str(number), number + 1) for number in range(ORDERS))
        found = sorted(rows(database, "select mandat, amount_cents from payment_event"))
        expect(found == wanted, f"{len(found)} orders are in the table, not the {ORDERS} recorded")
        disorder = rows(database, "select count(*) from payment_event a join payment_event b"
                                  " on a.convention = b.convention and a.sequence < b.sequence"
                                  " and a.position > b.position")[0][0]
        expect(disorder == 0, f"{disorder} pairs of a convention are out of order")
        print(f"{ORDERS} payments, kills {kills}, out of order {disorder}, missing {ORDERS - len(found)}")
    finally:
        server.kill()
        if consumer:
            consumer.kill()


if __name__ == "__main__":
    need_programs()
    if subprocess.run(["/usr/bin/python3", "-c", "import grpc"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: python3-grpcio is not installed")
        sys.exit(SKIPPED)
    work = pathlib.Path(tempfile.mkdtemp(prefix="registre-finance-"))
    try:
        generate(work)
        corrections(work)
        the_real_deliberation(work)
        through_crashes(work)
        if FAILURES:
            print((work / "consumer.log").read_text("utf-8")[-3000:])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if FAILURES else 0)

"""The refused acts of refusals_test.py that follow the real ones, and malformed input."""

import collections
import copy
import json

from refusal_cases import date, line, put, sure

# Tried after all acts: `make`, given the real lines by command id, returns lines to be recorded
# first and the line that is refused.
After = collections.namedtuple("After", "name rule make")

AFTER = []


def after(name, rule, refused, *needed):
    """`refused` and `needed` are lines, or functions of the real lines by command id."""

    def make(real):
        lines = [given(real) if callable(given) else given for given in (*needed, refused)]
        return lines[:-1], lines[-1]

    AFTER.append(After(name, rule, make))


def changed(command_id, change, of):
    """The real line `of` with a change, under another command id."""

    def make(real):
        copied = copy.deepcopy(real["2023-405." + of])
        copied["command_id"] = command_id
        change(copied)
        return copied

    return make


def order(command_id, basis, kind, cents, day, code="C02-446A05"):
    return line(command_id, payment_ordered={
        "fiscal_year": int(day[:4]), "mandat": command_id.replace(".", "-"), "basis": basis,
        "budget_code": code, "kind": "PAYMENT_KIND_" + kind, "amount_cents": cents,
        "date": date(day)})


def step_of(command_id, act, mandat, day, **more):
    fiscal_year, number = mandat.split("-", 1)
    return line(command_id, **{act: {"order": {"fiscal_year": int(fiscal_year), "mandat": number},
                                     "date": date(day)} | more})


AG = {"convention_number": "2023-00963", "tranche_id": "AG"}
AG_BALANCE = AG | {"schedule_line_id": "solde"}
CONSEIL = {"before_opening": {"number": "2023-9", "date": date("2023-01-01"),
                              "body": "BODY_CONSEIL_DEPARTEMENTAL"}}
COMMISSION = {"before_opening": {"number": "2023-9", "date": date("2023-01-01"),
                                 "body": "BODY_COMMISSION_PERMANENTE"}}


def adjusted(command_id, cents, by, day="2023-11-01", **more):
    return line(command_id, budget_line_adjusted={
        "code": "C02-446A05", "authorised_after_cents": cents, "adjusted_by": by,
        "date": date(day), "reason": "essai"} | more)


def credits(command_id, year, cents):
    return line(command_id, payment_credits_voted={
        "code": "C02-446A05", "fiscal_year": year, "credits_after_cents": cents,
        "voted_by": CONSEIL, "date": date("2023-11-01")})


def structure(command_id, **beside):
    return line(command_id, structure_registered={
        "structure_id": command_id, "identity": {"name": "Structure d'essai"}}) | beside


# Envelope.
after("a command id with other bytes", "COMMAND_ID_REUSED",
      changed("2023-405.structure.apsa", put("identity/name", "A.P.S.A."), "structure.apsa"))
after("a broken condition", "CONDITION_BROKEN",
      structure("r.condition", condition={
          "query": {"items": [{"tags": ["convention:2023-00963"]}]}}))
after("a condition broken by a type at a position", "CONDITION_BROKEN",
      structure("r.condition", condition={
          "query": {"items": [{"types": ["payment_ordered"], "tags": ["structure:st-cheval-bleu"]}]},
          "from_position": "53"}))
after("a condition without a tag", "CONDITION_INVALID",
      structure("r.condition", condition={"query": {"items": [{"types": ["avenant_signed"]}]}}))
after("a condition of nothing", "CONDITION_INVALID", structure("r.condition", condition={}))

# Budget.
after("a line below what is voted", "BUDGET_BELOW_VOTED",
      adjusted("r.adjusted", "533019122", CONSEIL))
after("a line changed by a commission permanente", "BUDGET_BODY",
      adjusted("r.adjusted", "619364301", COMMISSION))
after("a line changed before the ledger by what the ledger holds", "REFERENCE_UNKNOWN",
      adjusted("r.adjusted", "619364301", {"before_opening": {
          "number": "2023-405", "date": date("2023-01-01"), "body": "BODY_CONSEIL_DEPARTEMENTAL"}}))
after("a line changed before the deliberation that changes it", "PERIOD_INVALID",
      adjusted("r.adjusted", "619364301", {"number": "2023-405"}, day="2023-09-17"))
after("a transfer that the other line has not given up", "BUDGET_BODY",
      adjusted("r.adjusted", "619364301", COMMISSION, transfer_with_code="C01-444H03"))
after("a transfer taken twice", "BUDGET_BODY",
      adjusted("r.taken", "619364302", COMMISSION, transfer_with_code="C01-444H03"),
      adjusted("n.given", "101639999", COMMISSION, code="C01-444H03",
               transfer_with_code="C02-446A05"),
      adjusted("n.taken", "619364301", COMMISSION, transfer_with_code="C01-444H03"))
after("credits below what is ordered", "CREDITS_EXCEEDED", credits("r.credits", 2023, "7312499"))

# Avenants.
after("avenant 3 after 1", "AVENANT_NUMBER",
      changed("r.avenant", put("avenant_number", 3), "avenant.2023-00963.1"))
after("avenant 1 again", "AVENANT_NUMBER",
      changed("r.avenant", lambda copied: None, "avenant.2023-00963.1"))
after("a tranche a cent below what is ordered", "AVENANT_BELOW_ORDERED",
      changed("r.avenant", sure(put(
          "avenant_number", 2, "amount_before_cents", "9587500", "delta_cents", "-275001",
          "amount_after_cents", "9312499", "tranches/AG/ceiling_cents", "412499",
          "tranches/AG/draws/1.5/amount_cents", "412499",
          "tranches/AG/schedule", [{"line_id": "avance", "kind": "PAYMENT_KIND_ADVANCE",
                                    "amount_cents": "412499"}])), "avenant.2023-00963.1"))

after("what is ordered moves to another allotment", "AVENANT_BELOW_ORDERED",
      changed("r.avenant", sure(put(
          "avenant_number", 2, "amount_before_cents", "9587500", "delta_cents", "0",
          "tranches/AG/draws/1.5/allotment_id", "1.1a")), "avenant.2023-00963.1"))
after("avenant 2 signed before avenant 1", "AVENANT_NUMBER",
      changed("r.avenant", put("avenant_number", 2, "signatures/authority_signed_on",
                               date("2023-10-01")), "avenant.2023-00963.1"))

# Sessions.
after("a second meeting of a session that had its quorum", "QUORUM_MISSING",
      changed("r.session", put("session_id", "cp-2023-09-25", "date", date("2023-09-25"),
                               "second_meeting_of", "cp-2023-09-18"), "session"))

# Bilan, service fait, balance.
after("a balance before the bilan is accepted", "TRIGGER_MISSING",
      order("r.balance", AG_BALANCE, "BALANCE", "275000", "2023-12-01"))
after("a balance outside the schedule, which covers the tranche", "PAYMENT_LINE_EXCEEDED",
      order("r.balance", AG, "BALANCE", "275000", "2023-12-01"))
after("a bilan accepted before it is received", "TRIGGER_MISSING",
      line("r.accepted", report_accepted=AG | {"date": date("2024-03-15")}))
after("a bilan received twice", "NUMBER_TAKEN",
      line("r.received", report_received=AG | {"date": date("2024-03-02")}),
      line("n.received", report_received=AG | {"date": date("2024-03-01")}))
after("a bilan accepted before the day it is received", "PERIOD_INVALID",
      line("r.accepted", report_accepted=AG | {"date": date("2024-02-29")}))
after("a balance of service that is not certified", "SERVICE_NOT_CERTIFIED",
      order("r.balance", AG_BALANCE, "BALANCE", "275000", "2024-04-01"),
      line("n.accepted", report_accepted=AG | {"date": date("2024-03-15")}))
after("a cent of service over the tranche", "TRANCHE_EXCEEDED",
      line("r.certified", service_certified=AG | {"amount_cents": "687501",
                                                  "date": date("2024-03-16")}))
after("a tranche one cent over", "TRANCHE_EXCEEDED",
      order("r.over", AG, "INSTALMENT", "275001", "2024-04-01"),
      line("n.certified", service_certified=AG | {"amount_cents": "687500",
                                                  "date": date("2024-03-16")}))
after("a cent more on an advance that is ordered", "PAYMENT_LINE_EXCEEDED",
      order("r.advance", AG | {"schedule_line_id": "avance"}, "ADVANCE", "1", "2023-12-01"))
after("a cent over the payment credits", "CREDITS_EXCEEDED",
      order("r.balance", AG_BALANCE, "BALANCE", "275000", "2024-04-01"),
      credits("n.credits", 2024, "274999"))
after("2024 money for 2023", "TRANCHE_EXCEEDED",
      order("r.2023", {"convention_number": "2023-01628", "tranche_id": "2023"}, "ADVANCE",
            "1600001", "2024-01-15"))

# The accountant.
after("paid before it is accepted", "PAYMENT_ORDER",
      step_of("r.settled", "payment_settled", "2023-hypothese-1", "2023-10-20"))
after("accepted by who ordered", "ORDERER_ACCOUNTANT",
      step_of("r.accepted", "payment_accepted", "2023-hypothese-1", "2023-10-20"))
after("accepted twice", "PAYMENT_ORDER",
      step_of("r.accepted", "payment_accepted", "2023-hypothese-1", "2023-10-21"),
      step_of("n.hypothese-1.accepted", "payment_accepted", "2023-hypothese-1", "2023-10-20"))
after("rejected after acceptance", "PAYMENT_ORDER",
      step_of("r.rejected", "payment_rejected", "2023-hypothese-1", "2023-10-21", reason="essai"))
after("suspended after acceptance", "PAYMENT_ORDER",
      step_of("r.suspended", "payment_suspended", "2023-hypothese-1", "2023-10-21", reason="essai"))
after("paid before the day of acceptance", "PERIOD_INVALID",
      step_of("r.settled", "payment_settled", "2023-hypothese-1", "2023-10-19"))
after("reduced by a cent too much", "PAYMENT_ORDER",
      step_of("r.reduced", "payment_reduced", "2023-hypothese-1", "2023-10-21", reason="essai",
              reduction_cents="412501"))
after("paid twice", "PAYMENT_ORDER",
      step_of("r.settled", "payment_settled", "2023-hypothese-1", "2023-10-25"),
      step_of("n.hypothese-1.settled", "payment_settled", "2023-hypothese-1", "2023-10-24"))
after("an unknown mandat", "REFERENCE_UNKNOWN",
      step_of("r.accepted", "payment_accepted", "2023-1", "2023-10-20"))
after("an order of another amount", "FILLED_DIFFERS",
      line("r.accepted", payment_accepted={"order": {
          "fiscal_year": 2023, "mandat": "hypothese-2", "amount_cents": "1"},
          "date": date("2023-10-20")}))

# Orders on an allotment, releases.
after("a cent over an allotment", "ALLOTMENT_EXCEEDED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "SINGLE",
            "1800001", "2023-12-01"))
after("an allotment before its vote", "NOT_AUTHORISED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "SINGLE", "1",
            "2023-09-17"))
after("an allotment that names nobody", "NOT_AUTHORISED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "2.1"}, "SINGLE", "1",
            "2023-12-01", code="C01-444H02"))
after("a balance on an allotment", "SERVICE_NOT_CERTIFIED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "BALANCE", "1",
            "2023-12-01"))
after("a cent released of what is drawn", "ALLOTMENT_EXCEEDED",
      line("r.released", commitment_released={
          "deliberation_number": "2023-405", "allotment_id": "1.6", "amount_cents": "1",
          "date": date("2023-12-01"), "reason": "essai"}))

# Applications.
after("instructed after the vote", "APPLICATION_STATE",
      line("r.instructed", application_instructed={
          "number": "2023-4.2.12.eurasante", "instruction": {"advice": "ADVICE_FAVOURABLE"},
          "date": date("2023-10-01")}))
after("withdrawn after the vote", "APPLICATION_STATE",
      line("r.withdrawn", application_withdrawn={
          "number": "2023-4.2.12.eurasante", "reason": "essai", "date": date("2023-10-01")}))
after("instructed after a withdrawal", "APPLICATION_STATE",
      line("r.instructed", application_instructed={
          "number": "n.demande", "instruction": {"advice": "ADVICE_FAVOURABLE"},
          "date": date("2023-10-01")}),
      changed("n.demande", put("number", "n.demande"), "application.eurasante"),
      line("n.withdrawn", application_withdrawn={"number": "n.demande", "reason": "essai",
                                                 "date": date("2023-09-30")}))
after("an application number that is taken", "NUMBER_TAKEN",
      changed("r.demande", lambda copied: None, "application.eurasante"))

# A rejected deliberation, a closed convention.
after("drawn on a rejected deliberation", "NOT_AUTHORISED",
      changed("r.convention", put(
          "number", "2023-99010", "tranches/@0/draws/@0/deliberation_number", "2023-406"),
          "convention.2023-99001"),
      changed("n.deliberation", put(
          "number", "2023-406", "declared/votes_for", 5, "declared/votes_against", 31,
          "result", "VOTE_RESULT_REJECTED"), "deliberation"))
after("a service on a closed convention", "CONVENTION_CLOSED",
      line("r.certified", service_certified={
          "convention_number": "2023-99009", "tranche_id": "equipes-mobiles", "amount_cents": "1",
          "date": date("2024-12-01")}),
      line("n.closed", convention_closed={"number": "2023-99009", "date": date("2024-11-30"),
                                          "reason": "essai"}))
after("an avenant to a closed convention", "AVENANT_NUMBER",
      changed("r.avenant", put("convention_number", "2023-99009"), "avenant.2023-00963.1"))

# What follows a decision.
def amended(command_id, *changes, by="2023-407", day="2023-12-01"):
    return line(command_id, deliberation_amended={
        "deliberation_number": "2023-405", "amended_by": {"number": by}, "date": date(day),
        "reason": "essai", "changes": [{"allotment_id": allotment, "amount_after_cents": cents}
                                       for allotment, cents in changes]})


def reduced(command_id, allotment, cents):
    return line(command_id, allotment_reduced={
        "deliberation_number": "2023-405", "date": date("2023-12-01"), "reason": "essai",
        "change": {"allotment_id": allotment, "amount_after_cents": cents}})


def withdrawn(command_id, number="2023-405", by="2023-407"):
    return line(command_id, deliberation_withdrawn={
        "deliberation_number": number, "withdrawn_by": {"number": by},
        "date": date("2023-12-01"), "reason": "essai"})


def annulled(command_id, day="2024-12-02"):
    return line(command_id, deliberation_annulled={
        "deliberation_number": "2023-405", "decision": "Tribunal d'essai, n° 1",
        "date": date(day), "reason": "essai"})


def decider(command_id, number):
    """A deliberation that allots nothing."""
    return changed(command_id, sure(put(
        "number", number, "allotments", [], "articles", [
            {"number": "1", "kind": "ARTICLE_KIND_AUTHORISATION", "text": "Article d'essai"}])),
                   "deliberation")


def terminated(command_id, convention, day="2024-10-01"):
    return line(command_id, convention_terminated={
        "convention_number": convention, "ground": "TERMINATION_GROUND_AGREEMENT",
        "date": date(day), "reason": "essai"})


def merged(command_id, absorbed, absorbing):
    return line(command_id, structures_merged={
        "absorbed_structure_id": absorbed, "structure_id": absorbing, "date": date("2024-11-01"),
        "deed": "Traité d'essai"})


after("amended by a rejected deliberation", "NOT_AUTHORISED",
      amended("r.amended", ("1.7a", "1"), by="2023-406"),
      decider("n.amending", "2023-407"))
after("amended by itself", "FIELD_INVALID",
      amended("r.amended", ("1.7a", "1"), by="2023-405"))
after("amended before the deliberation that amends", "PERIOD_INVALID",
      amended("r.amended", ("1.7a", "1"), day="2023-09-17"))
after("an allotment amended twice", "DUPLICATE_ID",
      amended("r.amended", ("1.7a", "1"), ("1.7a", "2")))
after("an allotment amended that is not there", "REFERENCE_UNKNOWN",
      amended("r.amended", ("9.9", "1")))
after("an allotment amended to what it is", "FIELD_INVALID",
      amended("r.amended", ("1.7a", "1800000")))
after("amended a cent below what is drawn", "ALLOTMENT_BELOW_USED",
      amended("r.amended", ("1.6", "11499999")))
after("raised by a cent more than is available", "BUDGET_EXCEEDED",
      amended("r.amended", ("1.7a", "88145180")))
after("a reduction that raises", "FIELD_INVALID", reduced("r.reduced", "1.7a", "1800001"))
after("reduced a cent below what is drawn", "ALLOTMENT_BELOW_USED",
      reduced("r.reduced", "1.5", "687499"))
after("more than is allotted now", "ALLOTMENT_EXCEEDED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "SINGLE",
            "1700001", "2023-12-01"),
      reduced("n.reduced", "1.7a", "1700000"))
after("withdrawn while conventions draw on it", "DELIBERATION_IN_USE", withdrawn("r.withdrawn"))
after("terminated before its signature", "PERIOD_INVALID",
      terminated("r.terminated", "2023-99001", day="2023-09-17"))
after("terminated when it is closed", "CONVENTION_CLOSED",
      terminated("r.terminated", "2023-99009"))
after("terminated twice", "CONVENTION_TERMINATED",
      terminated("r.terminated", "2023-99001"), terminated("n.terminated", "2023-99001"))
after("a service on a terminated convention", "CONVENTION_TERMINATED",
      line("r.certified", service_certified={
          "convention_number": "2023-99001", "tranche_id": "astre", "amount_cents": "1",
          "date": date("2024-09-01")}))
after("an avenant to a terminated convention", "AVENANT_NUMBER",
      changed("r.avenant", put("convention_number", "2023-99001"), "avenant.2023-00963.1"))
after("absorbed by itself", "FIELD_INVALID", merged("r.merged", "st-corif", "st-corif"))
after("absorbed twice", "STRUCTURE_MERGED",
      merged("r.merged", "st-corif", "st-soliha"), merged("n.merged", "st-corif", "st-apsa"))
after("absorbed by one that is absorbed", "STRUCTURE_MERGED",
      merged("r.merged", "st-soliha", "st-corif"))
after("an application of one that is absorbed", "STRUCTURE_MERGED",
      changed("r.demande", put("number", "r.demande", "structure_id", "st-corif", "date",
                               date("2024-11-01")), "application.eurasante"))
after("an order that pays one that is absorbed", "FILLED_DIFFERS",
      line("r.direct", payment_ordered={
          "fiscal_year": 2024, "mandat": "r-absorbed", "budget_code": "C02-446A05",
          "basis": {"deliberation_number": "2023-405", "allotment_id": "1.7a"},
          "kind": "PAYMENT_KIND_SINGLE", "amount_cents": "1", "structure_id": "st-corif",
          "date": date("2024-11-04")}))
after("annulled before its vote", "PERIOD_INVALID",
      annulled("r.annulled", day="2023-09-17"))
after("annulled twice", "ALREADY_ANNULLED", annulled("r.annulled"), annulled("n.annulled"))
after("withdrawn once it is annulled", "ALREADY_ANNULLED", withdrawn("r.withdrawn"))
after("amended once it is annulled", "NOT_AUTHORISED", amended("r.amended", ("1.7a", "1")))
after("drawn on an annulled deliberation", "NOT_AUTHORISED",
      changed("r.convention", put("number", "2023-99011"), "convention.2023-99001"))
after("ordered on an annulled deliberation", "NOT_AUTHORISED",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "SINGLE", "1",
            "2023-12-01"))
after("ordered through a convention on an annulled deliberation", "NOT_AUTHORISED",
      order("r.balance", AG_BALANCE, "BALANCE", "275000", "2024-04-01"))
after("withdrawn twice", "ALREADY_WITHDRAWN",
      withdrawn("r.withdrawn", "2023-407", by="2023-408"),
      decider("n.withdrawing", "2023-408"), withdrawn("n.withdrawn.407", "2023-407", by="2023-408"))
# Money that comes back or goes elsewhere. From here on mandat 2023-hypothese-1 is paid.
H1 = "2023-hypothese-1"


def recovery(command_id, cents, day, number="7", year=2023):
    return step_of(command_id, "recovery_ordered", H1, day, fiscal_year=year, reason="essai",
                   recovery_number=number, amount_cents=cents)


def received(command_id, cents, day, number="7"):
    return step_of(command_id, "recovery_received", H1, day, recovery_number=number,
                   amount_cents=cents)


def reimputed(command_id, mandat, day, **basis):
    return step_of(command_id, "payment_reimputed", mandat, day, reason="essai", basis=basis)


after("asked back before it is paid", "PAYMENT_ORDER",
      step_of("r.recovery", "recovery_ordered", "2023-hypothese-2", "2023-11-02", fiscal_year=2023,
              reason="essai", recovery_number="7", amount_cents="1"))
after("a cent asked back of what is due", "RECOVERY_EXCEEDED",
      recovery("r.recovery", "1", "2023-11-02"))
after("reduced, once paid, by a cent too much", "PAYMENT_ORDER",
      step_of("r.reduced", "payment_reduced", H1, "2023-10-25", reason="essai",
              reduction_cents="412501"))
after("a cent more asked back than was taken off", "RECOVERY_EXCEEDED",
      recovery("r.recovery", "100001", "2023-11-02"),
      step_of("n.reduced", "payment_reduced", H1, "2023-10-25", reason="essai",
              reduction_cents="100000"))
after("asked back before the reduction", "PERIOD_INVALID",
      recovery("r.recovery", "100000", "2023-10-24"))
after("a titre of another year", "PERIOD_INVALID",
      recovery("r.recovery", "100000", "2023-11-02", year=2024))
after("a titre that is there", "NUMBER_TAKEN",
      recovery("r.recovery", "1", "2023-11-02"), recovery("n.recovery", "60000", "2023-11-02"))
after("a cent more received than was asked back", "RECOVERY_EXCEEDED",
      received("r.received", "60001", "2023-11-03"))
after("received before the titre", "PERIOD_INVALID", received("r.received", "1", "2023-11-01"))
after("received on an unknown titre", "REFERENCE_UNKNOWN",
      received("r.received", "1", "2023-11-03", number="8"))
after("received by who ordered", "ORDERER_ACCOUNTANT", received("r.received", "1", "2023-11-03"))
after("an order put elsewhere before it is accepted", "PAYMENT_ORDER",
      reimputed("r.reimputed", "2023-hypothese-2", "2023-11-02", **AG))
after("an order put where it is", "FIELD_INVALID",
      reimputed("r.reimputed", H1, "2023-11-02", **AG, schedule_line_id="avance"))
after("an order put on another payee's convention", "REIMPUTATION_PAYEE",
      reimputed("r.reimputed", H1, "2023-11-02", convention_number="2023-01628", tranche_id="2024"))
after("an order put on a line of another kind", "FIELD_INVALID",
      reimputed("r.reimputed", H1, "2023-11-02", **AG_BALANCE))

# The end of fiscal years.


def closed(command_id, year, day):
    return line(command_id, fiscal_year_closed={"fiscal_year": year, "date": date(day)})


after("a year closed before an earlier one", "YEAR_NOT_NEXT", closed("r.closed", 2024, "2025-01-31"))
after("a year closed with an order that is not answered", "YEAR_NOT_NEXT",
      closed("r.closed", 2023, "2024-01-31"))
after("a year closed before its end", "PERIOD_INVALID", closed("r.closed", 2023, "2023-12-30"),
      step_of("n.hypothese-2.accepted", "payment_accepted", "2023-hypothese-2", "2023-11-02"))
after("a year closed twice", "YEAR_NOT_NEXT", closed("r.closed", 2023, "2024-02-01"),
      closed("n.closed", 2023, "2024-01-31"))
after("an order of a closed year", "BUDGET_CLOSED_YEAR",
      order("r.direct", {"deliberation_number": "2023-405", "allotment_id": "1.7a"}, "SINGLE", "1",
            "2023-12-01"))
after("credits of a closed year", "BUDGET_CLOSED_YEAR", credits("r.credits", 2023, "99999999"))
after("a reduction in a closed year", "BUDGET_CLOSED_YEAR",
      step_of("r.reduced", "payment_reduced", H1, "2024-02-05", reason="essai", reduction_cents="1"))
after("a titre of a closed year", "BUDGET_CLOSED_YEAR",
      recovery("r.recovery", "1", "2024-01-15", number="9"))
after("an order put elsewhere in a closed year", "BUDGET_CLOSED_YEAR",
      reimputed("r.reimputed", H1, "2024-02-05", **AG))
after("a cent asked back over what is paid", "RECOVERY_EXCEEDED",
      recovery("r.recovery", "352501", "2024-02-05", number="9", year=2024))

# ---- Malformed input -----------------------------------------------------------------------------

MEBIBYTE = 1024 * 1024


def malformed(real):
    """Name, rule and bytes; `real` is the real input."""
    first = real.splitlines()[0]
    text = first.decode()
    yield "a truncated line", "LINE_INVALID", first[: len(first) // 2]
    yield "a line cut inside a character", "LINE_INVALID", first[: first.index(b"\xc3") + 1]
    yield "a line cut before its last brace", "LINE_INVALID", first[:-1]
    yield "a line of 100 MB", "LINE_TOO_LONG", b"x" * (100 * MEBIBYTE) + b"\n" + first + b"\n"
    yield ("a line of 100 MB that is an act", "LINE_TOO_LONG",
           text.replace("Pas-de-Calais", "x" * (100 * MEBIBYTE), 1).encode())
    yield "invalid UTF-8", "LINE_INVALID", first.replace(b"D\xc3\xa9partement", b"D\xe9partement")
    yield "an encoded surrogate", "LINE_INVALID", first.replace(b"\xc3\xa9", b"\xed\xa0\x80", 1)
    yield "an unknown field", "LINE_INVALID", text.replace('"currency"', '"devise"').encode()
    yield "an unknown field of the line", "LINE_INVALID", b'{"commande":"1",' + first[1:]
    yield "an unknown act", "LINE_INVALID", text.replace('ledger_opened"', 'opened"').encode()
    yield "two acts in a line", "LINE_INVALID", text.replace(
        '"ledger_opened": {', '"opening_closed": {}, "ledger_opened": {').encode()
    yield "no act", "LINE_INVALID", b'{"command_id":"r.1","act":{}}'
    yield "no command id", "LINE_INVALID", json.dumps({"act": json.loads(text)["act"]}).encode()
    yield "a list", "LINE_INVALID", b"[" + first + b"]"
    yield "a word", "LINE_INVALID", b"hello"
    yield "a zero byte", "LINE_INVALID", b"\0" + first
    yield "a hundred thousand brackets", "LINE_INVALID", b"[" * 100_000
    yield "a hundred thousand objects", "LINE_INVALID", b'{"act":' * 100_000
    yield "text after the act", "LINE_INVALID", first + b" and more"

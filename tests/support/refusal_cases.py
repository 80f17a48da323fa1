"""The refused acts of tests/scripts/refusals_test.py: real ones with one thing changed."""

import collections
import copy

from registre_process import real_lines

# Tried before the act `at`, with `change` made to its line; refused under `rule`.
Case = collections.namedtuple("Case", "at name rule change")

REMOVED = object()
CASES = []


def body_of(line):
    """The act of a line, without what stands beside it."""
    return next(value for key, value in line["act"].items()
                if key not in ("source", "assumed_fields", "remarks"))


def step(value, word):
    """A field; in a list, the item at an index, @0, or the one that has the word as a value."""
    if not isinstance(value, list):
        return value[word]
    if word.startswith("@"):
        return value[int(word[1:])]
    return next(item for item in value if word in item.values())


def put(*paths_and_values, of=body_of):
    """A change: sets each path, words between slashes, to its value, or to what a function makes of
    the old one."""

    def change(line):
        for path, value in zip(paths_and_values[::2], paths_and_values[1::2]):
            *words, last = path.split("/")
            target = of(line)
            for word in words:
                target = step(target, word)
            if value is REMOVED:
                del target[last]
            else:
                target[last] = value(target.get(last)) if callable(value) else value

    return change


def sure(change):
    """The change, on an act that assumes nothing: a path that it removes cannot stay assumed."""

    def sure_change(line):
        line["act"].pop("assumed_fields", None)
        change(line)

    return sure_change


def add(cents):
    return lambda old: str(int(old or 0) + cents)


def date(text):
    year, month, day = map(int, text.split("-"))
    return {"year": year, "month": month, "day": day}


def before(at, *cases):
    CASES.extend(Case("2023-405." + at, *case) for case in cases)


def line(command_id, **act):
    return {"command_id": command_id, "act": act}


def instead(other):
    """A change: another line, under the case's command id."""
    return lambda old: copy.deepcopy(other) | {"command_id": old["command_id"]}


REAL = {real["command_id"]: real for real in real_lines()}
SESSION = body_of(REAL["2023-405.session"])
ROSTER = [entry["member"] for entry in SESSION["roster"]]
# Places of members with a vote who are there and hold no office.
PLAIN = [place for place, entry in enumerate(SESSION["roster"])
         if entry["presence"] == "PRESENCE_PRESENT" and not entry.get("without_vote")
         and entry["member"] not in (SESSION["chair"], SESSION["secretary"])]

# ---- Reference and opening -----------------------------------------------------------------------

before("ledger",
       ("an act before the opening", "LEDGER_NOT_OPENED", instead(REAL["2023-405.structure.apsa"])),
       ("a SIREN with a wrong digit", "SIRET_INVALID", put("authority_siren", "123456789")),
       ("another currency", "FIELD_INVALID", put("currency", "USD")),
       ("no time zone of this world", "FIELD_INVALID", put("time_zone", "Europe/Arras")),
       ("an origin with a schema", "FIELD_INVALID", put("origin", "https://registre.example")),
       ("a pattern that no number has", "FIELD_INVALID", put("patterns/deliberation", "AAAA/n")))

before("line.C02-446A05",
       ("a code of another form", "NUMBER_FORM", put("code", "C2-446A05")),
       ("opened by a commission permanente", "BUDGET_BODY",
        put("opened_by/before_opening/body", "BODY_COMMISSION_PERMANENTE")),
       ("opened by an unknown deliberation", "REFERENCE_UNKNOWN",
        sure(put("opened_by", {"number": "2023-1"}))),
       ("opened before the ledger on the day it was opened", "REFERENCE_UNKNOWN",
        put("opened_by/before_opening/date", date("2023-07-04"))),
       ("in effect before the deliberation that opens it", "PERIOD_INVALID",
        put("date", date("2022-12-31"))),
       ("opened by nothing", "FIELD_INVALID", sure(put("opened_by", REMOVED))),
       ("an assumed field that it has not", "FIELD_INVALID", put("opened_by", REMOVED)),
       ("a negative amount", "AMOUNT_INVALID", put("authorised_cents", "-1")),
       ("a cent over the largest amount", "AMOUNT_INVALID",
        put("authorised_cents", "10000000000001")),
       ("an amount over 64 bits", "LINE_INVALID", put("authorised_cents", "9223372036854775808")),
       ("an amount with a fraction", "LINE_INVALID", put("authorised_cents", "1.5")),
       ("30 February", "PERIOD_INVALID", put("date", date("2023-02-30"))),
       ("29 February of no leap year", "PERIOD_INVALID", put("date", date("2023-02-29"))),
       ("month 13", "PERIOD_INVALID", put("date", date("2023-13-01"))),
       ("no date", "FIELD_INVALID", put("date", REMOVED)))

before("line.C01-444H03",
       ("a code that is taken", "NUMBER_TAKEN", put("code", "C02-446A05")),
       ("a second opening of the ledger", "NUMBER_TAKEN", instead(REAL["2023-405.ledger"])))

before("opening.C02-446A05",
       ("an unknown line", "REFERENCE_UNKNOWN", put("code", "C09-999Z99")),
       ("of nothing", "AMOUNT_INVALID", put("amount_cents", "0")),
       ("after the ledger was opened", "PERIOD_INVALID", put("date", date("2023-07-05"))),
       ("30 February", "PERIOD_INVALID", put("date", date("2023-02-30"))))

before("opening.C01-444H03",
       ("a second commitment of a line", "NUMBER_TAKEN", put("code", "C02-446A05")))

before("structure.passeport-forma",
       ("a SIRET with one digit changed", "SIRET_INVALID", put("identity/siret", "34175422400029")),
       ("a SIRET of 13 digits", "SIRET_INVALID", put("identity/siret", "3417542240002")),
       ("a SIRET of zeros", "SIRET_INVALID", put("identity/siret", "00000000000000")),
       ("an RNA number of another form", "RNA_INVALID", put("identity/rna", "W12")),
       ("no name", "FIELD_INVALID", put("identity/name", "")),
       ("a name of 513 bytes", "FIELD_INVALID", put("identity/name", "x" * 513)),
       ("a name with a control character", "FIELD_INVALID", put("identity/name", "a\u0007b")),
       ("an id with a space", "FIELD_INVALID", put("structure_id", "st passeport")),
       ("an id of 65 bytes", "FIELD_INVALID", put("structure_id", "s" * 65)),
       ("an unknown legal form", "LINE_INVALID", put("identity/legal_form", "LEGAL_FORM_CLUB")),
       ("a command id with a space", "COMMAND_ID_INVALID",
        put("command_id", "a b", of=lambda whole: whole)),
       ("a command id of 65 bytes", "COMMAND_ID_INVALID",
        put("command_id", "c" * 65, of=lambda whole: whole)),
       ("a digest of 33 bytes", "FIELD_INVALID",
        put("source/sha256", "A" * 44, of=lambda whole: whole["act"])))

before("structure.cheval-bleu",
       ("an id that is taken", "NUMBER_TAKEN", put("structure_id", "st-passeport-forma")))

before("opening.2023-00963",
       ("a number of another form", "NUMBER_FORM", put("number", "2023-963")),
       ("an unknown structure", "REFERENCE_UNKNOWN", put("structure_id", "st-inconnue")),
       ("an unknown line", "REFERENCE_UNKNOWN", put("tranches/@0/budget_code", "C09-999Z99")),
       ("tranches that do not make the amount", "TRANCHE_TOTAL", put("amount_cents", add(1))),
       ("a period that ends before it starts", "PERIOD_INVALID",
        put("tranches/@0/period/end", date("2022-12-31"))),
       ("signed after the ledger was opened", "PERIOD_INVALID",
        put("signatures/authority_signed_on", date("2023-07-05"))),
       ("a tranche twice", "DUPLICATE_ID", put("tranches", lambda tranches: tranches * 2)),
       ("a draw on an allotment", "NOT_AUTHORISED",
        put("tranches/@0/draws", [{"deliberation_number": "2023-405", "allotment_id": "1.5",
                                  "amount_cents": "8900000"}])),
       ("more than the opening commitment", "ALLOTMENT_EXCEEDED",
        put("amount_cents", "464786273", "tranches/@0/ceiling_cents", "464786273")))

before("opening.2023-01628",
       ("a number that is taken", "NUMBER_TAKEN", put("number", "2023-00963")),
       ("a schedule one cent over its tranche", "SCHEDULE_EXCEEDED",
        put("tranches/@0/schedule/@0/amount_cents", "4000001")))

before("opening.2023-01628.avance",
       ("an unknown convention", "REFERENCE_UNKNOWN", put("convention_number", "2023-01629")),
       ("an unknown tranche", "REFERENCE_UNKNOWN", put("tranche_id", "2022")),
       ("a cent over its schedule line", "PAYMENT_LINE_EXCEEDED", put("amount_cents", add(1))),
       ("before its convention is signed", "PERIOD_INVALID", put("date", date("2023-07-02"))),
       ("after the ledger was opened", "PERIOD_INVALID", put("date", date("2023-07-05"))),
       ("in another fiscal year than its date's", "PERIOD_INVALID", put("fiscal_year", 2022)),
       ("a cent over its tranche", "TRANCHE_EXCEEDED",
        put("amount_cents", "4000001", "schedule_line_id", REMOVED)))

before("opening.closed",
       ("before the ledger was opened", "PERIOD_INVALID", put("date", date("2023-07-03"))))

before("call",
       ("an opening act after the opening", "OPENING_CLOSED",
        instead(line("", opening_commitment_recorded={
            "code": "C02-446A05", "amount_cents": "1", "date": date("2023-07-04")}))),
       ("a second end of the opening", "OPENING_CLOSED", instead(REAL["2023-405.opening.closed"])),
       ("a thematic twice", "DUPLICATE_ID", put("thematics/@1/code", "1")),
       ("no thematic", "FIELD_INVALID", put("thematics", [])))

before("application.eurasante",
       ("an unknown operation", "CALL_UNKNOWN_OPERATION", put("operation", "99")),
       ("an unknown thematic", "CALL_UNKNOWN_OPERATION", put("thematic", "5")),
       ("an unknown call", "REFERENCE_UNKNOWN", put("call_id", "aap-2022")),
       ("an unknown structure", "REFERENCE_UNKNOWN", put("structure_id", "st-inconnue")),
       ("nothing asked for", "AMOUNT_INVALID", put("requested_cents", "0")))

# ---- Session and vote ----------------------------------------------------------------------------

before("session",
       ("a member twice", "ROSTER_INVALID", put("roster/@1/member", ROSTER[0])),
       ("a proxy held twice", "ROSTER_INVALID",
        put("roster/@38/proxy_holder", ROSTER[1], "roster/@39/proxy_holder", ROSTER[1])),
       ("a proxy given to an absent member", "ROSTER_INVALID",
        put("roster/@38/proxy_holder", ROSTER[41])),
       ("a proxy given by a member who is there", "ROSTER_INVALID",
        put("roster/@0/proxy_holder", ROSTER[1])),
       ("a member twice, in capitals", "ROSTER_INVALID",
        put("roster/@1/member", f" {ROSTER[0].upper()}")),
       ("more proxies without holder than members to hold them", "ROSTER_INVALID",
        put(*(given for place in PLAIN[:20]
              for given in (f"roster/@{place}/presence", "PRESENCE_REPRESENTED")))),
       ("a chair who is not there", "ROSTER_INVALID", put("chair", "M. Inconnu")),
       ("more members than are in office", "ROSTER_INVALID", put("members_in_office", 43)),
       ("a second meeting of an unknown one", "REFERENCE_UNKNOWN",
        put("second_meeting_of", "cp-2023-09-11")))

before("report",
       ("an unknown session", "REFERENCE_UNKNOWN", put("session_id", "cp-2023-09-19")),
       ("dated after its session", "PERIOD_INVALID", put("date", date("2023-09-19"))),
       ("a session held twice", "NUMBER_TAKEN", instead(REAL["2023-405.session"])))

before("opinion.2",
       ("on an unknown report", "REFERENCE_UNKNOWN", put("report_number", "71")),
       ("dated after the session", "PERIOD_INVALID", put("date", date("2023-09-19"))))

before("deliberation",
       ("a number of another form", "NUMBER_FORM", put("number", "23-405")),
       ("a number with a leading zero", "NUMBER_FORM", put("number", "2023-0405")),
       ("an unknown session", "REFERENCE_UNKNOWN", put("session_id", "cp-2023-09-19")),
       ("an unknown report", "REFERENCE_UNKNOWN", put("report_number", "71")),
       ("an unknown call", "REFERENCE_UNKNOWN", put("call_id", "aap-2022")),
       ("a visa of an unknown deliberation", "REFERENCE_UNKNOWN",
        put("visas/@0/deliberation", {"number": "2023-1"})),
       ("dated after its session", "PERIOD_INVALID", put("date", date("2023-09-19"))),
       ("no quorum", "QUORUM_MISSING",
        put("attendance_changes", [{"member": member, "presence": "PRESENCE_ABSENT"}
                                   for member in ROSTER[1:20]])),
       ("a stranger leaves", "ROSTER_INVALID",
        put("attendance_changes", [{"member": "M. Inconnu", "presence": "PRESENCE_ABSENT"}])),
       ("a tally off by one", "VOTE_TALLY", put("declared/votes_for", 37)),
       ("a tally one short", "VOTE_TALLY", put("declared/abstentions", 4)),
       ("adopted by the lesser number", "VOTE_RESULT",
        put("declared/votes_for", 18, "declared/votes_against", 23, "declared/abstentions", 0)),
       ("a tie without casting vote adopted", "VOTE_RESULT",
        put("declared/votes_for", 18, "declared/votes_against", 18)),
       ("a casting vote of a chair who is recused", "VOTE_RESULT",
        put("declared/votes_for", 18, "declared/votes_against", 18, "casting_vote", "VOTE_FOR",
            "recusals/@0/member", SESSION["chair"])),
       ("a casting vote of a chair who has left", "VOTE_RESULT",
        put("declared/votes_for", 18, "declared/votes_against", 18, "declared/abstentions", 4,
            "casting_vote", "VOTE_FOR", "attendance_changes",
            [{"member": SESSION["chair"], "presence": "PRESENCE_EXCUSED"}])),
       ("a casting vote of a chair who voted otherwise", "VOTE_RESULT",
        put("declared/votes_for", 20, "declared/votes_against", 20, "declared/abstentions", 1,
            "casting_vote", "VOTE_FOR",
            "named_votes", [{"member": SESSION["chair"], "vote": "VOTE_ABSTENTION"}])),
       ("votes by name in a secret ballot", "VOTE_TALLY",
        put("ballot", "BALLOT_SECRET", "declared/not_voting", 1, "declared/abstentions", 4,
            "named_votes", [{"member": SESSION["chair"], "vote": "VOTE_NOT_VOTING"}])),
       ("rejected by nobody", "VOTE_RESULT", put("result", "VOTE_RESULT_REJECTED")),
       ("a recused member votes", "RECUSED_VOTED",
        put("named_votes", [{"member": "Mme Carole DUBOIS", "vote": "VOTE_FOR"}])),
       ("a stranger is recused", "RECUSED_UNKNOWN", put("recusals/@0/member", "M. Inconnu")),
       ("an article that does not add up", "ARTICLE_TOTAL", put("articles/1/amount_cents", add(1))),
       ("an article that only authorises and gives an amount", "ARTICLE_TOTAL",
        put("articles/5/amount_cents", "687500")),
       ("an imputation that does not add up", "ARTICLE_TOTAL",
        put("articles/8/imputations/C02-446A05/expense_cents", add(1))),
       ("an allotment that no article finances", "ARTICLE_TOTAL",
        put("allotments/1.5/article", "5")),
       ("an article about an unknown allotment", "ARTICLE_TOTAL",
        put("articles/5/allotment_ids", ["1.99"])),
       ("an allotment one cent over what is available", "BUDGET_EXCEEDED",
        put("allotments/1.2/amount_cents", add(86345178), "articles/1/amount_cents", add(86345178),
            "articles/8/imputations/C02-446A05/expense_cents", add(86345178))),
       ("an allotment of nothing", "AMOUNT_INVALID", put("allotments/1.2/amount_cents", "0")),
       ("allotments whose sum overflows", "AMOUNT_INVALID",
        put("allotments/1.2/amount_cents", "10000000000000",
            "allotments/1.4/amount_cents", "10000000000000")),
       ("an allotment twice", "DUPLICATE_ID", put("allotments/1.1b/allotment_id", "1.2")),
       ("an allotment to an unknown structure", "REFERENCE_UNKNOWN",
        put("allotments/1.3/structure_id", "st-inconnue")),
       ("an unknown operation", "CALL_UNKNOWN_OPERATION", put("allotments/1.3/operation", "99")),
       ("an allotment of another thematic than its article's", "CALL_UNKNOWN_OPERATION",
        put("allotments/1.3/thematic", "2")),
       ("an application for another operation", "APPLICATION_STATE",
        put("allotments/2.12/operation", "11")),
       ("an application of a call that it does not name", "APPLICATION_STATE",
        sure(put("call_id", REMOVED))),
       ("an application of someone else", "APPLICATION_STATE",
        put("allotments/2.12/structure_id", "st-diese")),
       ("a period that ends before it starts", "PERIOD_INVALID",
        put("allotments/1.3/period/end", date("2022-12-31"))),
       ("an annex twice", "DUPLICATE_ID", put("annexes/@1/number", "1")),
       ("another body than the session's", "FILLED_DIFFERS",
        put("body", "BODY_CONSEIL_DEPARTEMENTAL")),
       ("another derived tally", "FILLED_DIFFERS", put("derived", {"votes_for": 1})))

before("transmitted",
       ("a deliberation twice", "NUMBER_TAKEN", instead(REAL["2023-405.deliberation"])),
       ("a number with a hyphen", "TRANSMISSION_FORM", put("ctes_number", "2023-405")),
       ("a number of 16 characters", "TRANSMISSION_FORM", put("ctes_number", "2023_40500000000")),
       ("a number of another deliberation", "TRANSMISSION_FORM", put("ctes_number", "2023_406")),
       ("before the vote", "TRANSMISSION_FORM", put("date", date("2023-09-17"))),
       ("of an unknown deliberation", "REFERENCE_UNKNOWN", put("number", "2023-406")))

before("published",
       ("a second transmission", "ALREADY_TRANSMITTED", instead(REAL["2023-405.transmitted"])),
       ("before the vote", "PERIOD_INVALID", put("date", date("2023-09-17"))))

# ---- Convention, avenant, payment ----------------------------------------------------------------

before("avenant.2023-00963.1",
       ("a second publication", "ALREADY_PUBLISHED", instead(REAL["2023-405.published"])),
       ("number 2 before 1", "AVENANT_NUMBER", put("avenant_number", 2)),
       ("an amount before that is another", "AVENANT_TOTAL",
        put("amount_before_cents", add(1), "delta_cents", add(-1))),
       ("before and change do not make after", "AVENANT_TOTAL", put("amount_after_cents", add(1))),
       ("signed before the vote", "SIGNED_BEFORE_VOTE",
        put("signatures/authority_signed_on", date("2023-09-17"))),
       ("signed before its convention", "AVENANT_NUMBER",
        put("signatures/authority_signed_on", date("2023-06-26"))),
       ("authorised before the ledger by what the ledger holds", "REFERENCE_UNKNOWN",
        put("authorised_by", {"before_opening": {
            "number": "2023-405", "date": date("2023-06-12"),
            "body": "BODY_COMMISSION_PERMANENTE"}})),
       ("a cent over its allotment", "ALLOTMENT_EXCEEDED",
        put("delta_cents", add(1), "amount_after_cents", add(1),
            "tranches/AG/ceiling_cents", add(1), "tranches/AG/draws/1.5/amount_cents", add(1))),
       ("a tranche a cent over the amount", "TRANCHE_TOTAL",
        put("tranches/AG/ceiling_cents", add(1))),
       ("a schedule one cent over its tranche", "SCHEDULE_EXCEEDED",
        put("tranches/AG/schedule/solde/amount_cents", add(1))),
       ("drawn on the allotment of another structure", "NOT_AUTHORISED",
        put("tranches/AG/draws/1.5/allotment_id", "1.7b")),
       ("an unknown convention", "REFERENCE_UNKNOWN", put("convention_number", "2023-00964")),
       ("an unknown deliberation", "REFERENCE_UNKNOWN", put("authorised_by/number", "2023-406")))

before("avenant.2023-01628.1",
       ("parts a cent over what they split", "TRANCHE_TOTAL",
        put("tranches/2024/quantitative_ceiling_cents", add(1))))

before("convention.2023-99001",
       ("a number of another form", "NUMBER_FORM", put("number", "2023-9901")),
       ("a number that is taken", "NUMBER_TAKEN", put("number", "2023-00963")),
       ("a cent over its allotment", "ALLOTMENT_EXCEEDED",
        put("amount_cents", add(1), "tranches/@0/ceiling_cents", add(1),
            "tranches/@0/draws/@0/amount_cents", add(1))),
       ("signed before the vote", "SIGNED_BEFORE_VOTE",
        put("signatures/authority_signed_on", date("2023-09-17"))),
       ("signed by nobody", "FIELD_INVALID", put("signatures", REMOVED)),
       ("for a structure that is not the allotment's", "NOT_AUTHORISED",
        put("structure_id", "st-apsa")),
       ("drawn on nothing", "NOT_AUTHORISED", put("tranches/@0/draws", [])),
       ("drawn on an allotment that is not there", "NOT_AUTHORISED",
        put("tranches/@0/draws/@0/allotment_id", "3.99")),
       ("drawn on a deliberation that is not there", "REFERENCE_UNKNOWN",
        put("tranches/@0/draws/@0/deliberation_number", "2023-406")),
       ("tranches that do not make the amount", "TRANCHE_TOTAL", put("amount_cents", add(1))),
       ("draws that do not make the tranche", "TRANCHE_TOTAL",
        put("tranches/@0/draws/@0/amount_cents", add(-1))),
       ("on another line than its allotment", "PAYMENT_BUDGET_LINE",
        put("tranches/@0/budget_code", "C02-446A05")))

before("payment.hypothese-1",
       ("a cent over its schedule line", "PAYMENT_LINE_EXCEEDED", put("amount_cents", add(1))),
       ("a cent over its tranche", "TRANCHE_EXCEEDED", put("amount_cents", "687501")),
       ("outside the schedule, which covers the tranche", "PAYMENT_LINE_EXCEEDED",
        put("basis/schedule_line_id", REMOVED)),
       ("outside the schedule, before the avenant is signed", "TRIGGER_MISSING",
        put("basis/schedule_line_id", REMOVED, "date", date("2023-10-01"))),
       ("on another line", "PAYMENT_BUDGET_LINE", put("budget_code", "C01-444H02")),
       ("before the avenant that makes it due", "TRIGGER_MISSING",
        put("date", date("2023-10-01"))),
       ("in another fiscal year than its date's", "PERIOD_INVALID", put("fiscal_year", 2021)),
       ("of another kind than its schedule line", "FIELD_INVALID",
        put("kind", "PAYMENT_KIND_INSTALMENT")),
       ("on a convention and on an allotment", "FIELD_INVALID",
        put("basis/deliberation_number", "2023-405", "basis/allotment_id", "1.5")),
       ("on an unknown schedule line", "REFERENCE_UNKNOWN",
        put("basis/schedule_line_id", "acompte")),
       ("to someone else", "FILLED_DIFFERS", put("structure_id", "st-apsa")),
       ("of nothing", "AMOUNT_INVALID", put("amount_cents", "0")))

before("payment.hypothese-2",
       ("a mandat that is taken", "NUMBER_TAKEN", put("mandat", "hypothese-1")))

#include "tests/ledger/acts/vote_world.h"

namespace registre::testing {
namespace {

void AddRoster(v1::SessionHeld* held) {
  held->clear_roster();
  for (int i = 1; i <= 10; ++i) {
    v1::RosterEntry& entry = *held->add_roster();
    entry.set_member("M" + std::to_string(i));
    entry.set_presence(v1::PRESENCE_PRESENT);
  }
  held->mutable_roster(7)->set_presence(v1::PRESENCE_REPRESENTED);
  held->mutable_roster(7)->set_proxy_holder("M2");
  held->mutable_roster(8)->set_presence(v1::PRESENCE_EXCUSED);
  held->mutable_roster(9)->set_presence(v1::PRESENCE_ABSENT);
  v1::RosterEntry& guest = *held->add_roster();
  guest.set_member("V1");
  guest.set_presence(v1::PRESENCE_PRESENT);
  guest.set_without_vote(true);
}

}  // namespace

v1::SessionHeld& SessionOf(FakeView* view) {
  return *view->RowOf(SessionKey("x")).mutable_session()->mutable_held();
}

void StartVote(FakeView* view, v1::DeliberationVoted* act) {
  view->OpenLedger();
  v1::Session& session = view->AddSession("x", v1::BODY_COMMISSION_PERMANENTE, "2023-09-18", 10);
  AddRoster(session.mutable_held());
  v1::Report& report = *session.add_reports();
  report.set_report_number("70");
  report.set_tabled(true);
  view->AddCall("k");
  view->AddStructure("s", "Structure d'essai");
  view->AddStructure("t", "Autre structure d'essai");
  view->AddBudgetLine("c", 150000, 50000);
  view->AddBudgetLine("d", 50000);
  *act = Text<v1::DeliberationVoted>(R"pb(
    number: "2023-405"
    session_id: "x"
    report_number: "70"
    title: "Objet d'essai"
    date { year: 2023 month: 9 day: 18 }
    call_id: "k"
    visas { text: "Vu le code d'essai" }
    articles {
      number: "1"
      kind: ARTICLE_KIND_FINANCING
      text: "Article d'essai"
      thematic: "1"
      amount_cents: 50000
    }
    articles {
      number: "2"
      kind: ARTICLE_KIND_FINANCING
      text: "Article d'essai"
      thematic: "2"
      amount_cents: 50000
    }
    articles { number: "3" kind: ARTICLE_KIND_AUTHORISATION text: "Article d'essai" }
    articles {
      number: "4"
      kind: ARTICLE_KIND_IMPUTATION
      text: "Article d'essai"
      imputations { code: "c" expense_cents: 50000 }
      imputations { code: "d" expense_cents: 50000 }
    }
    annexes { number: "1" title: "Annexe d'essai" }
    allotments {
      allotment_id: "1.1"
      article: "1"
      thematic: "1"
      operation: "1"
      label: "Attribution d'essai"
      structure_id: "s"
      amount_cents: 30000
      budget_code: "c"
    }
    allotments {
      allotment_id: "1.2"
      article: "1"
      thematic: "1"
      operation: "2"
      label: "Attribution d'essai"
      named_structure_ids: "s"
      named_structure_ids: "t"
      amount_cents: 20000
      budget_code: "c"
    }
    allotments {
      allotment_id: "2.1"
      article: "2"
      thematic: "2"
      label: "Attribution d'essai"
      structure_id: "t"
      amount_cents: 50000
      budget_code: "d"
    }
    declared { votes_for: 7 votes_against: 1 absent_without_proxy: 2 }
    result: VOTE_RESULT_ADOPTED
  )pb");
}

void Recuse(v1::DeliberationVoted* act, const std::string& member, v1::RecusalScope scope,
            bool in_tally) {
  v1::Recusal& recusal = *act->add_recusals();
  recusal.set_member(member);
  recusal.set_scope(scope);
  if (!in_tally) return;
  v1::Tally& declared = *act->mutable_declared();
  declared.set_votes_for(declared.votes_for() - 1);
  declared.set_not_voting(declared.not_voting() + 1);
}

void ChangePresence(v1::DeliberationVoted* act, const std::string& member, v1::Presence presence,
                    const std::string& holder) {
  v1::AttendanceChange& change = *act->add_attendance_changes();
  change.set_member(member);
  change.set_presence(presence);
  change.set_proxy_holder(holder);
}

void MoveTo(FakeView* view, v1::DeliberationVoted* act, const std::string& date) {
  *SessionOf(view).mutable_date() = On(date);
  *act->mutable_date() = On(date);
}

void Declare(v1::DeliberationVoted* act, int votes_for, int against, int abstentions,
             int not_voting) {
  v1::Tally& declared = *act->mutable_declared();
  declared.set_votes_for(votes_for);
  declared.set_votes_against(against);
  declared.set_abstentions(abstentions);
  declared.set_not_voting(not_voting);
}

}  // namespace registre::testing

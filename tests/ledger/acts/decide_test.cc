// What every act must meet around the rules of its own.
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "ledger/acts/act.h"
#include "ledger/base/limits.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::decide_test {
namespace {

using testing::ExpectJudged;
using testing::FakeView;
using testing::Judged;
using testing::MakeJudged;
using testing::On;
using testing::Text;

Judged DecideOn(const LedgerView& view, v1::Act* act, const std::string& today = "2023-10-01") {
  std::vector<v1::Flag> flags;
  const RuleContext context{view, ToDays(On(today)), "clerk", &flags};
  return MakeJudged(Decide(context, act), flags);
}

v1::Act Opening() {
  return Text<v1::Act>(R"pb(
    ledger_opened {
      authority_name: "Département d'essai"
      origin: "registre.test/essai"
      time_zone: "Europe/Paris"
      currency: "EUR"
      date { year: 2023 month: 1 day: 1 }
    }
  )pb");
}

v1::Act Call(const std::string& date) {
  auto act = Text<v1::Act>(
      "call_for_projects_opened { call_id: 'k' title: 'T' thematics { code: '1' title: 'T' } }");
  *act.mutable_call_for_projects_opened()->mutable_date() = On(date);
  return act;
}

TEST(DecideTest, NothingComesBeforeTheOpening) {
  FakeView view;
  const auto* oneof = v1::Act::descriptor()->FindOneofByName("act");
  for (int i = 0; i < oneof->field_count(); ++i) {
    v1::Act act;
    act.GetReflection()->MutableMessage(&act, oneof->field(i));
    if (act.has_ledger_opened()) continue;
    SCOPED_TRACE(std::string(ActType(act)));
    ExpectJudged(DecideOn(view, &act), "LEDGER_NOT_OPENED", {},
                 {std::string(ActType(act)), "ledger_opened"});
  }
  v1::Act opening = Opening();
  ExpectJudged(DecideOn(view, &opening), "", {}, {});
}

TEST(DecideTest, ALedgerIsOpenedOnce) {
  FakeView view;
  view.OpenLedger();
  v1::Act opening = Opening();
  ExpectJudged(DecideOn(view, &opening), "NUMBER_TAKEN", {}, {"Département d'essai", "01/01/2023"});
}

TEST(DecideTest, AnEmptyActIsRefused) {
  FakeView view;
  view.OpenLedger();
  v1::Act act;
  ExpectJudged(DecideOn(view, &act), "FIELD_INVALID", {}, {});
}

TEST(DecideTest, LateEntry) {
  FakeView view;
  view.OpenLedger().mutable_opened()->set_late_entry_days(60);
  v1::Act act = Call("2023-08-02");
  ExpectJudged(DecideOn(view, &act, "2023-10-01"), "", {}, {});
  ExpectJudged(DecideOn(view, &act, "2023-10-02"), "", {"LATE_ENTRY attention"},
               {"02/08/2023", "02/10/2023", "61 jours", "60 jours"});
  view.OpenLedger().mutable_opened()->set_late_entry_days(0);
  ExpectJudged(DecideOn(view, &act, "2033-10-02"), "", {}, {});
  view.OpenLedger().mutable_opened()->clear_late_entry_days();  // not said: 60
  ExpectJudged(DecideOn(view, &act, "2023-10-01"), "", {}, {});
  ExpectJudged(DecideOn(view, &act, "2023-10-02"), "", {"LATE_ENTRY attention"}, {"60 jours"});
}

TEST(DecideTest, NoLateEntryWithoutADateOrOfTheOpening) {
  FakeView view;
  view.OpenLedger().mutable_opened()->set_late_entry_days(1);
  *view.RowOf(kLedgerKey).mutable_ledger()->mutable_opened()->mutable_date() = On("2020-01-01");
  view.AddBudgetLine("c", 100);
  auto structure = Text<v1::Act>(
      "structure_registered { structure_id: 's' identity { name: 'N' siret: '34175422400028' } }");
  ExpectJudged(DecideOn(view, &structure), "", {}, {});
  auto commitment = Text<v1::Act>(
      "opening_commitment_recorded { code: 'c' amount_cents: 1 "
      "date { year: 2020 month: 1 day: 1 } }");
  ExpectJudged(DecideOn(view, &commitment), "", {}, {});
  auto closed = Text<v1::Act>("opening_closed { date { year: 2020 month: 1 day: 1 } }");
  ExpectJudged(DecideOn(view, &closed), "", {}, {});
}

TEST(DecideTest, RemarksBecomeFlagsAfterTheOthers) {
  FakeView view;
  view.OpenLedger();
  auto act = Text<v1::Act>(
      "remarks: 'Une remarque' remarks: 'Une autre' "
      "structure_registered { structure_id: 's' identity { name: 'N' } }");
  const Judged judged = DecideOn(view, &act);
  ExpectJudged(judged, "",
               {"SIRET_MISSING information s", "REMARK information", "REMARK information"}, {});
  EXPECT_EQ(judged.messages[1], "Une remarque");
}

TEST(DecideTest, ARuleOfTheActRefuses) {
  FakeView view;
  view.OpenLedger();
  view.AddCall("k");
  v1::Act act = Call("2023-08-02");
  ExpectJudged(DecideOn(view, &act), "NUMBER_TAKEN", {}, {"call k"});
}

// As many structures are named as make `tags` tags.
v1::Act VoteWithTags(FakeView* view, size_t tags) {
  v1::Act act;
  StartVote(view, act.mutable_deliberation_voted());
  v1::DeliberationVoted& voted = *act.mutable_deliberation_voted();
  for (int i = 0; TagsOf(act).size() < tags; ++i) {
    const std::string id = "s" + std::to_string(i);
    view->AddStructure(id, "Structure d'essai " + id);
    v1::Allotment& allotment = *voted.mutable_allotments(i % 2 == 0 ? 1 : 2);
    allotment.add_named_structure_ids(id);
  }
  return act;
}

TEST(DecideTest, TagsAreLimited) {
  FakeView view;
  v1::Act most = VoteWithTags(&view, kMaxEventTags);
  ExpectJudged(DecideOn(view, &most), "", {}, {});
  v1::Act more = VoteWithTags(&view, kMaxEventTags + 1);
  ExpectJudged(DecideOn(view, &more), "TOO_MANY_TAGS", {}, {"1025", "1024"});
}

// An id may have 64 characters, and so may what a tag carries: a year and a mandat together.
TEST(DecideTest, ATagMadeOfTwoNumbersMayBeTooLong) {
  FakeView view;
  view.OpenLedger();
  view.AddStructure("s", "Structure d'essai");
  view.AddBudgetLine("c", 100000);
  view.AddDeliberation("2023-1", v1::BODY_COMMISSION_PERMANENTE, "2023-05-15");
  view.AddAllotment("2023-1", "1", "s", "c", 10000);
  for (const size_t length : {size_t{59}, size_t{60}}) {
    auto act = Text<v1::Act>(R"pb(
      payment_ordered {
        fiscal_year: 2023
        basis { deliberation_number: "2023-1" allotment_id: "1" }
        budget_code: "c"
        kind: PAYMENT_KIND_ADVANCE
        amount_cents: 10000
        date { year: 2023 month: 9 day: 1 }
      }
    )pb");
    act.mutable_payment_ordered()->set_mandat(std::string(length, '1'));
    const Judged judged = DecideOn(view, &act);
    EXPECT_EQ(judged.reason, length == 59 ? "" : "FIELD_INVALID") << judged.status;
  }
}

}  // namespace
}  // namespace registre::decide_test

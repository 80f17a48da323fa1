// Rules of what follows a deliberation: amendment, withdrawal, annulment, reduction.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "registre/v1/consequence.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::decision_test {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;

template <typename Act>
void RunCasesOf(const std::string& plain, const std::vector<ActCase<Act>>& cases) {
  for (const ActCase<Act>& test : cases) {
    SCOPED_TRACE(test.name);
    ContractWorld world;
    world.line("L1")->set_available_cents(500000);
    world.line("L2")->set_available_cents(500000);
    Act act = Text<Act>(plain);
    test.change(act, world);
    Expect(JudgeOn(world.view(), &act), test.expected);
  }
}

void Withdraw(ContractWorld& world, const std::string& number) {
  *world.deliberation(number)->mutable_withdrawn_on() = On("2023-12-20");
}
void Annul(ContractWorld& world, const std::string& number) {
  *world.deliberation(number)->mutable_annulled_on() = On("2024-03-05");
}

// A deliberation before the ledger, dated later than the one it would change.
void NameLaterBefore(v1::DeliberationRef* ref, const std::string& number, const std::string& day) {
  ref->mutable_before_opening()->set_number(number);
  *ref->mutable_before_opening()->mutable_date() = On(day);
}

// ---- Amended

using Amended = v1::DeliberationAmended;

// a1 goes from 100 000,00 to 105 000,00, a3 from 10 000,00 to 4 000,00.
constexpr char kAmended[] = R"(
    deliberation_number: "2023-10" amended_by { number: "2023-12" }
    changes { allotment_id: "a1" amount_after_cents: 10500000 }
    changes { allotment_id: "a3" amount_after_cents: 400000 }
    date { year: 2023 month: 12 day: 4 } reason: "essai")";

TEST(DeliberationAmendedTest, FillsWhatItIsTaggedBy) {
  ContractWorld world;
  world.line("L1")->set_available_cents(500000);
  world.deliberation("2023-10")->set_call_id("appel");
  world.allotment("2023-10", "a1")->mutable_allotment()->set_application_number("d1");
  Amended act = Text<Amended>(kAmended);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.call_id(), "appel");
  EXPECT_EQ(act.changes(0).ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a1" budget_code: "L1" structure_id: "asso"
                application_number: "d1" amount_before_cents: 10000000
                amount_after_cents: 10500000)")
                .ShortDebugString());
  EXPECT_EQ(act.changes(1).ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a3" budget_code: "L1" structure_id: "autre"
                amount_before_cents: 1000000 amount_after_cents: 400000)")
                .ShortDebugString());
}

TEST(DeliberationAmendedTest, TheDeliberations) {
  RunCasesOf<Amended>(
      kAmended, {
                    {"plain", [](auto&, auto&) {}, {""}},
                    {"unknown",
                     [](auto& act, auto&) { act.set_deliberation_number("2023-99"); },
                     {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
                    {"rejected",
                     [](auto& act, auto&) { act.set_deliberation_number("2023-11"); },
                     {"NOT_AUTHORISED", {"2023-11", "not adopted"}}},
                    {"withdrawn",
                     [](auto&, auto& world) { Withdraw(world, "2023-10"); },
                     {"NOT_AUTHORISED", {"withdrawn on 20/12/2023"}}},
                    {"annulled",
                     [](auto&, auto& world) { Annul(world, "2023-10"); },
                     {"NOT_AUTHORISED", {"annulled on 05/03/2024"}}},
                    {"by one that is unknown",
                     [](auto& act, auto&) { act.mutable_amended_by()->set_number("2023-99"); },
                     {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
                    {"by one that is rejected",
                     [](auto& act, auto&) { act.mutable_amended_by()->set_number("2023-11"); },
                     {"NOT_AUTHORISED", {"2023-11", "not adopted"}}},
                    {"by one that is withdrawn",
                     [](auto&, auto& world) { Withdraw(world, "2023-12"); },
                     {"NOT_AUTHORISED", {"2023-12", "withdrawn on 20/12/2023"}}},
                    {"by itself",
                     [](auto& act, auto&) { act.mutable_amended_by()->set_number("2023-10"); },
                     {"FIELD_INVALID", {"another deliberation"}, {}, kInvalid}},
                    {"by one of before",
                     [](auto& act, auto&) {
                       NameLaterBefore(act.mutable_amended_by(), "2023-1", "2023-06-01");
                     },
                     {"PERIOD_INVALID", {"2023-1", "01/06/2023", "2023-10 of 18/09/2023"}}},
                    {"of the same day",
                     [](auto&, auto& world) {
                       *world.deliberation("2023-12")->mutable_date() = On("2023-09-18");
                     },
                     {""}},
                    {"dated before the one that amends",
                     [](auto& act, auto&) { *act.mutable_date() = On("2023-12-03"); },
                     {"PERIOD_INVALID", {"03/12/2023", "2023-12 of 04/12/2023"}}},
                    {"another call",
                     [](auto& act, auto&) { act.set_call_id("autre"); },
                     {"FILLED_DIFFERS", {"call_id"}}},
                });
}

TEST(DeliberationAmendedTest, TheChanges) {
  RunCasesOf<Amended>(
      kAmended,
      {
          {"an allotment twice",
           [](auto& act, auto&) { act.mutable_changes(1)->set_allotment_id("a1"); },
           {"DUPLICATE_ID", {"allotment a1"}, {}, kInvalid}},
          {"an allotment that is not there",
           [](auto& act, auto&) { act.mutable_changes(1)->set_allotment_id("z"); },
           {"REFERENCE_UNKNOWN", {"allotment z of deliberation 2023-10"}, {}, kNotFound}},
          {"no change",
           [](auto& act, auto&) { act.mutable_changes(1)->set_amount_after_cents(1000000); },
           {"FIELD_INVALID", {"allotment a3", "10 000,00 EUR"}, {}, kInvalid}},
          {"another amount before",
           [](auto& act, auto&) { act.mutable_changes(1)->set_amount_before_cents(1); },
           {"FILLED_DIFFERS", {"10 000,00 EUR"}}},
          {"another structure",
           [](auto& act, auto&) { act.mutable_changes(1)->set_structure_id("asso"); },
           {"FILLED_DIFFERS", {"autre"}}},
          {"another line",
           [](auto& act, auto&) { act.mutable_changes(1)->set_budget_code("L2"); },
           {"FILLED_DIFFERS", {"L1"}}},
          {"another application",
           [](auto& act, auto&) { act.mutable_changes(1)->set_application_number("d"); },
           {"FILLED_DIFFERS", {"application_number"}}},
          {"down to what is used",
           [](auto& act, auto& world) {
             world.allotment("2023-10", "a1")->set_ordered_cents(100);
             world.allotment("2023-10", "a1")->set_released_cents(10);
             act.mutable_changes(0)->set_amount_after_cents(4000110);
           },
           {""}},
          {"a cent below what is used",
           [](auto& act, auto& world) {
             world.allotment("2023-10", "a1")->set_ordered_cents(100);
             world.allotment("2023-10", "a1")->set_released_cents(10);
             act.mutable_changes(0)->set_amount_after_cents(4000109);
           },
           {"ALLOTMENT_BELOW_USED",
            {"allotment a1", "40 001,09 EUR", "40 001,10 EUR of it are used", "40 000,00 EUR drawn",
             "1,00 EUR ordered directly", "0,10 EUR released", "0,01 EUR more"}}},
          {"all that is available, and what another gives up",
           [](auto& act, auto&) { act.mutable_changes(0)->set_amount_after_cents(11100000); },
           {""}},
          {"a cent more",
           [](auto& act, auto&) { act.mutable_changes(0)->set_amount_after_cents(11100001); },
           {"BUDGET_EXCEEDED",
            {"add 5 000,01 EUR on line L1", "5 000,00 EUR are available", "0,01 EUR are missing"}}},
          {"what one line gives up is not there for another",
           [](auto& act, auto&) {
             act.mutable_changes(0)->set_allotment_id("a4");
             act.mutable_changes(0)->set_amount_after_cents(1500001);
           },
           {"BUDGET_EXCEEDED", {"line L2", "0,01 EUR are missing"}}},
          {"less, where nothing is available",
           [](auto& act, auto& world) {
             world.line("L1")->set_available_cents(0);
             act.mutable_changes(0)->set_amount_after_cents(9000000);
           },
           {""}},
          {"what is allotted now counts, not what was voted",
           [](auto& act, auto& world) {
             world.allotment("2023-10", "a1")->set_amount_cents(10500000);
             act.mutable_changes(0)->set_amount_after_cents(10000000);
           },
           {""}},
      });
}

// ---- Reduced

using Reduced = v1::AllotmentReduced;

constexpr char kReduced[] = R"(
    deliberation_number: "2023-10" change { allotment_id: "a1" amount_after_cents: 4000000 }
    date { year: 2023 month: 9 day: 18 } reason: "essai")";

TEST(AllotmentReducedTest, FillsWhatItIsTaggedBy) {
  ContractWorld world;
  world.deliberation("2023-10")->set_call_id("appel");
  Reduced act = Text<Reduced>(kReduced);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.call_id(), "appel");
  EXPECT_EQ(act.change().ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a1" budget_code: "L1" structure_id: "asso"
                amount_before_cents: 10000000 amount_after_cents: 4000000)")
                .ShortDebugString());
}

TEST(AllotmentReducedTest, Cases) {
  RunCasesOf<Reduced>(
      kReduced,
      {
          {"plain", [](auto&, auto&) {}, {""}},
          {"unknown",
           [](auto& act, auto&) { act.set_deliberation_number("2023-99"); },
           {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
          {"rejected",
           [](auto& act, auto&) { act.set_deliberation_number("2023-11"); },
           {"NOT_AUTHORISED", {"not adopted"}}},
          {"withdrawn",
           [](auto&, auto& world) { Withdraw(world, "2023-10"); },
           {"NOT_AUTHORISED", {"withdrawn on 20/12/2023"}}},
          {"annulled",
           [](auto&, auto& world) { Annul(world, "2023-10"); },
           {"NOT_AUTHORISED", {"annulled on 05/03/2024"}}},
          {"before the vote",
           [](auto& act, auto&) { *act.mutable_date() = On("2023-09-17"); },
           {"PERIOD_INVALID", {"17/09/2023", "18/09/2023"}}},
          {"an allotment that is not there",
           [](auto& act, auto&) { act.mutable_change()->set_allotment_id("z"); },
           {"REFERENCE_UNKNOWN", {"allotment z"}, {}, kNotFound}},
          {"a cent below what is drawn",
           [](auto& act, auto&) { act.mutable_change()->set_amount_after_cents(3999999); },
           {"ALLOTMENT_BELOW_USED", {"39 999,99 EUR", "40 000,00 EUR"}}},
          {"no change",
           [](auto& act, auto&) { act.mutable_change()->set_amount_after_cents(10000000); },
           {"FIELD_INVALID", {"stays at 100 000,00 EUR"}, {}, kInvalid}},
          {"higher",
           [](auto& act, auto&) { act.mutable_change()->set_amount_after_cents(10000001); },
           {"FIELD_INVALID", {"deliberation_amended"}, {}, kInvalid}},
      });
}

// ---- Withdrawn

using Withdrawn = v1::DeliberationWithdrawn;

constexpr char kWithdrawn[] = R"(
    deliberation_number: "2023-10" withdrawn_by { number: "2023-12" }
    date { year: 2023 month: 12 day: 5 } reason: "essai")";

// Nothing is drawn on the deliberation any more.
void Free(ContractWorld& world) { world.allotment("2023-10", "a1")->set_drawn_cents(0); }

TEST(DeliberationWithdrawnTest, TakesEveryAllotmentDownToWhatWasReleased) {
  ContractWorld world;
  Free(world);
  world.deliberation("2023-10")->set_call_id("appel");
  world.allotment("2023-10", "a3")->set_released_cents(300000);
  world.allotment("2023-10", "a4")->set_released_cents(1000000);
  Withdrawn act = Text<Withdrawn>(kWithdrawn);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.call_id(), "appel");
  ASSERT_EQ(act.changes_size(), 7);
  EXPECT_EQ(act.changes(0).ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a1" budget_code: "L1" structure_id: "asso"
                amount_before_cents: 10000000)")
                .ShortDebugString());
  EXPECT_EQ(act.changes(1).structure_id(), "");
  EXPECT_EQ(act.changes(2).ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a3" budget_code: "L1" structure_id: "autre"
                amount_before_cents: 1000000 amount_after_cents: 300000)")
                .ShortDebugString());
  EXPECT_EQ(act.changes(3).amount_after_cents(), act.changes(3).amount_before_cents());
}

TEST(DeliberationWithdrawnTest, Cases) {
  RunCasesOf<Withdrawn>(
      kWithdrawn,
      {
          {"plain", [](auto&, auto& world) { Free(world); }, {""}},
          {"unknown",
           [](auto& act, auto&) { act.set_deliberation_number("2023-99"); },
           {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
          {"rejected",
           [](auto& act, auto&) { act.set_deliberation_number("2023-11"); },
           {"NOT_AUTHORISED", {"not adopted"}}},
          {"withdrawn already",
           [](auto&, auto& world) { Withdraw(world, "2023-10"); },
           {"ALREADY_WITHDRAWN", {"20/12/2023"}, {}, kExists}},
          {"annulled already",
           [](auto&, auto& world) { Annul(world, "2023-10"); },
           {"ALREADY_ANNULLED", {"05/03/2024"}, {}, kExists}},
          {"by one that is rejected",
           [](auto& act, auto&) { act.mutable_withdrawn_by()->set_number("2023-11"); },
           {"NOT_AUTHORISED", {"2023-11"}}},
          {"by one that is annulled",
           [](auto&, auto& world) { Annul(world, "2023-12"); },
           {"NOT_AUTHORISED", {"2023-12", "annulled"}}},
          {"by itself",
           [](auto& act, auto&) { act.mutable_withdrawn_by()->set_number("2023-10"); },
           {"FIELD_INVALID", {"another deliberation"}, {}, kInvalid}},
          {"by one of before",
           [](auto& act, auto&) {
             NameLaterBefore(act.mutable_withdrawn_by(), "2023-1", "2023-06-01");
           },
           {"PERIOD_INVALID", {"01/06/2023"}}},
          {"dated before the one that withdraws",
           [](auto& act, auto&) { *act.mutable_date() = On("2023-12-03"); },
           {"PERIOD_INVALID", {"03/12/2023"}}},
          {"a convention draws on it",
           [](auto&, auto&) {},
           {"DELIBERATION_IN_USE",
            {"allotment a1", "40 000,00 EUR are drawn", "0,00 EUR ordered directly",
             "terminate the conventions"}}},
          {"a cent is ordered on it",
           [](auto&, auto& world) {
             Free(world);
             world.allotment("2023-10", "a3")->set_ordered_cents(1);
           },
           {"DELIBERATION_IN_USE", {"allotment a3", "0,01 EUR ordered directly", "rejected"}}},
          {"other changes than the ledger's",
           [](auto& act, auto& world) {
             Free(world);
             act.add_changes()->set_allotment_id("a1");
           },
           {"FILLED_DIFFERS", {"changes"}}},
          {"four months after the vote",
           [](auto& act, auto& world) {
             Free(world);
             *world.deliberation("2023-12")->mutable_date() = On("2024-01-18");
             *act.mutable_date() = On("2024-02-01");
           },
           {""}},
          {"a day later",
           [](auto& act, auto& world) {
             Free(world);
             *world.deliberation("2023-12")->mutable_date() = On("2024-01-19");
             *act.mutable_date() = On("2024-01-19");
           },
           {"",
            {"2023-10 du 18/09/2023", "2023-12 du 19/01/2024", "jusqu'au 18/01/2024"},
            {"WITHDRAWAL_LATE attention 2023-10"}}},
          {"a day later at request",
           [](auto& act, auto& world) {
             Free(world);
             *world.deliberation("2023-12")->mutable_date() = On("2024-01-19");
             *act.mutable_date() = On("2024-01-19");
             act.set_at_request(true);
           },
           {""}},
          {"four months after a last of October",
           [](auto& act, auto& world) {
             Free(world);
             *world.deliberation("2023-10")->mutable_date() = On("2023-10-31");
             *world.deliberation("2023-12")->mutable_date() = On("2024-03-01");
             *act.mutable_date() = On("2024-03-01");
           },
           {"", {"jusqu'au 29/02/2024"}, {"WITHDRAWAL_LATE attention 2023-10"}}},
      });
}

// ---- Annulled

using Annulled = v1::DeliberationAnnulled;

constexpr char kAnnulled[] = R"(
    deliberation_number: "2023-10" decision: "Tribunal d'essai, n° 1"
    date { year: 2024 month: 3 day: 5 } reason: "essai")";

TEST(DeliberationAnnulledTest, TakesWhatIsLeftOfEveryAllotment) {
  ContractWorld world;
  world.deliberation("2023-10")->set_call_id("appel");
  world.allotment("2023-10", "a1")->set_ordered_cents(100);
  world.allotment("2023-10", "a1")->set_released_cents(10);
  world.allotment("2023-10", "a2")->set_drawn_cents(5000000);
  Annulled act = Text<Annulled>(kAnnulled);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.call_id(), "appel");
  ASSERT_EQ(act.changes_size(), 6);  // nothing is left of a2
  EXPECT_EQ(act.changes(0).ShortDebugString(),
            Text<v1::AllotmentChange>(R"(allotment_id: "a1" budget_code: "L1" structure_id: "asso"
                amount_before_cents: 10000000 amount_after_cents: 4000110)")
                .ShortDebugString());
  EXPECT_EQ(act.changes(1).allotment_id(), "a3");
}

TEST(DeliberationAnnulledTest, Cases) {
  RunCasesOf<Annulled>(kAnnulled,
                       {
                           {"plain", [](auto&, auto&) {}, {""}},
                           {"a rejection is annulled too",
                            [](auto& act, auto& world) {
                              world.deliberation("2023-11")->clear_allotments();
                              act.set_deliberation_number("2023-11");
                            },
                            {""}},
                           {"unknown",
                            [](auto& act, auto&) { act.set_deliberation_number("2023-99"); },
                            {"REFERENCE_UNKNOWN", {"2023-99"}, {}, kNotFound}},
                           {"annulled already",
                            [](auto&, auto& world) { Annul(world, "2023-10"); },
                            {"ALREADY_ANNULLED", {"05/03/2024"}, {}, kExists}},
                           {"withdrawn already",
                            [](auto&, auto& world) { Withdraw(world, "2023-10"); },
                            {"ALREADY_WITHDRAWN", {"20/12/2023"}, {}, kExists}},
                           {"the day of the vote",
                            [](auto& act, auto&) { *act.mutable_date() = On("2023-09-18"); },
                            {""}},
                           {"before the vote",
                            [](auto& act, auto&) { *act.mutable_date() = On("2023-09-17"); },
                            {"PERIOD_INVALID", {"17/09/2023", "18/09/2023"}}},
                           {"other changes than the ledger's",
                            [](auto& act, auto&) { act.add_changes()->set_allotment_id("a1"); },
                            {"FILLED_DIFFERS", {"changes"}}},
                       });
}

// ---- What may rest on a deliberation that was withdrawn or annulled

constexpr char kConvention[] = R"(
    number: "2024-00001" structure_id: "autre" object: "Action d'essai" amount_cents: 1000000
    signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
    tranches { tranche_id: "T" ceiling_cents: 1000000 budget_code: "L1"
      draws { deliberation_number: "2023-10" allotment_id: "a3" amount_cents: 1000000 } })";

// 10 000,00 more on T1.
constexpr char kAvenant[] = R"(
    convention_number: "2023-00010" avenant_number: 1 authorised_by { number: "2023-10" }
    signatures { authority_signed_on { year: 2024 month: 1 day: 15 } }
    amount_before_cents: 4000000 delta_cents: 1000000 amount_after_cents: 5000000
    tranches { tranche_id: "T1" ceiling_cents: 5000000 budget_code: "L1"
      draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 5000000 }
      schedule { line_id: "avance" kind: PAYMENT_KIND_ADVANCE amount_cents: 2400000 } })";

constexpr char kOnTranche[] = R"(
    fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
    amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
    basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })";

constexpr char kOnAllotment[] = R"(
    fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_SINGLE
    amount_cents: 100 date { year: 2023 month: 10 day: 9 }
    basis { deliberation_number: "2023-10" allotment_id: "a3" })";

constexpr char kReleased[] = R"(
    deliberation_number: "2023-10" allotment_id: "a3" amount_cents: 100
    date { year: 2024 month: 4 day: 2 } reason: "essai")";

using Ended = std::function<void(ContractWorld&, const std::string&)>;

TEST(AfterItsEnd, NothingMoreIsDrawnOrOrdered) {
  const std::vector<std::pair<std::string, Ended>> ends = {
      {"2023-10 was withdrawn on 20/12/2023", Withdraw},
      {"2023-10 was annulled on 05/03/2024", Annul}};
  for (const auto& [says, ending] : ends) {
    SCOPED_TRACE(says);
    const auto& end = ending;  // which a lambda may capture
    const auto stands = [](auto&, auto&) {};
    const auto ended = [&](auto&, auto& world) { end(world, "2023-10"); };
    const Expected refused{"NOT_AUTHORISED", {says, "terminate"}};
    RunCasesOf<v1::ConventionSigned>(kConvention,
                                     {{"signed", stands, {""}}, {"signed after", ended, refused}});
    RunCasesOf<v1::AvenantSigned>(
        kAvenant, {{"raised", stands, {""}},
                   {"raised after", ended, refused},
                   {"raised after, authorised by another",
                    [&](auto& act, auto& world) {
                      end(world, "2023-10");
                      act.mutable_authorised_by()->set_number("2023-12");
                      *world.deliberation("2023-12")->mutable_transmitted_on() = On("2023-12-05");
                      *world.deliberation("2023-12")->mutable_published_on() = On("2023-12-05");
                    },
                    refused},
                   {"extended after, authorised by another",
                    [&](auto& act, auto& world) {
                      end(world, "2023-10");
                      act.mutable_authorised_by()->set_number("2023-12");
                      *world.deliberation("2023-12")->mutable_transmitted_on() = On("2023-12-05");
                      *world.deliberation("2023-12")->mutable_published_on() = On("2023-12-05");
                      act.set_delta_cents(0);
                      act.set_amount_after_cents(4000000);
                      act.mutable_tranches(0)->set_ceiling_cents(4000000);
                      act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(4000000);
                    },
                    {""}},
                   {"authorised by it",
                    [&](auto& act, auto& world) {
                      end(world, "2023-10");
                      act.set_delta_cents(0);
                      act.set_amount_after_cents(4000000);
                      act.mutable_tranches(0)->set_ceiling_cents(4000000);
                      act.mutable_tranches(0)->mutable_draws(0)->set_amount_cents(4000000);
                    },
                    refused}});
    RunCasesOf<v1::PaymentOrdered>(
        kOnTranche, {{"on a tranche", stands, {""}}, {"on a tranche after", ended, refused}});
    RunCasesOf<v1::PaymentOrdered>(kOnAllotment, {{"on an allotment", stands, {""}},
                                                  {"on an allotment after", ended, refused}});
  }
}

// 10 000,00 of the tranche come from another deliberation, after the first or before it.
void DrawOnAnother(ContractWorld& world, bool first) {
  v1::Tranche* tranche = world.tranche("2023-00010", "T1")->mutable_tranche();
  tranche->set_ceiling_cents(5000000);
  *tranche->add_draws() =
      Text<v1::Draw>(R"(deliberation_number: "2023-12" allotment_id: "b1" amount_cents: 1000000)");
  if (first) tranche->mutable_draws()->SwapElements(0, 1);
  tranche->clear_schedule();
  *world.deliberation("2023-12")->mutable_transmitted_on() = On("2023-10-01");
  *world.deliberation("2023-12")->mutable_published_on() = On("2023-10-01");
}

TEST(AfterItsEnd, WhatComesFromAnotherDeliberationIsStillOrdered) {
  const auto outside = [](v1::PaymentOrdered& act, int64_t cents) {
    act.mutable_basis()->clear_schedule_line_id();
    act.set_amount_cents(cents);
  };
  RunCasesOf<v1::PaymentOrdered>(
      kOnTranche, {
                      {"its part is ordered, the rest is another's",
                       [&](auto& act, auto& world) {
                         DrawOnAnother(world, false);
                         world.tranche("2023-00010", "T1")->set_ordered_cents(4000000);
                         outside(act, 1000000);
                         Annul(world, "2023-10");
                       },
                       {""}},
                      {"another's comes first",
                       [&](auto& act, auto& world) {
                         DrawOnAnother(world, true);
                         outside(act, 1000000);
                         Annul(world, "2023-10");
                       },
                       {""}},
                      {"a cent of it after another's",
                       [&](auto& act, auto& world) {
                         DrawOnAnother(world, true);
                         outside(act, 1000001);
                         Annul(world, "2023-10");
                       },
                       {"NOT_AUTHORISED", {"2023-10", "annulled"}}},
                  });
}

TEST(AfterItsEnd, WhatIsLeftIsReleased) {
  RunCasesOf<v1::CommitmentReleased>(
      kReleased, {{"plain", [](auto&, auto&) {}, {""}},
                  {"annulled", [](auto&, auto& world) { Annul(world, "2023-10"); }, {""}}});
}

TEST(AllottedNow, IsWhatActsMayUse) {
  RunCasesOf<v1::CommitmentReleased>(
      kReleased, {{"all that is allotted now",
                   [](auto& act, auto& world) {
                     world.allotment("2023-10", "a3")->set_amount_cents(400000);
                     act.set_amount_cents(400000);
                   },
                   {""}},
                  {"a cent more",
                   [](auto& act, auto& world) {
                     world.allotment("2023-10", "a3")->set_amount_cents(400000);
                     act.set_amount_cents(400001);
                   },
                   {"ALLOTMENT_EXCEEDED", {"4 000,00 EUR allotted", "0,01 EUR too much"}}}});
}

}  // namespace
}  // namespace registre::testing::decision_test

// What corrections do: act by act on a small ledger. After each, the ledger is what the acts that
// stand add up to (corrected_ledger.h).
#include "projections/correction_plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "projections/standing.h"
#include "tests/support/application_acts.h"
#include "tests/support/corrected_ledger.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"
#include "tests/support/test_recorder.h"

namespace registre::testing::correction_plan_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kStructure = 1;
constexpr uint64_t kLine = 2;
constexpr uint64_t kSession = 3;
constexpr uint64_t kVote = 4;
constexpr uint64_t kFirstConvention = 5;

v1::Act Reject(const std::string& mandat) {
  v1::Act act = Text<v1::Act>(R"pb(payment_rejected {
                                     order { fiscal_year: 2023 }
                                     reason: "Pièce manquante (essai)"
                                     date { year: 2023 month: 3 day: 2 }
                                   })pb");
  act.mutable_payment_rejected()->mutable_order()->set_mandat(mandat);
  return act;
}

v1::Act Terminate(const std::string& reason, const std::string& on) {
  v1::Act act = Text<v1::Act>(R"pb(convention_terminated {
                                     convention_number: "2023-00001"
                                     ground: TERMINATION_GROUND_BREACH
                                   })pb");
  act.mutable_convention_terminated()->set_reason(reason);
  *act.mutable_convention_terminated()->mutable_date() = On(on);
  return act;
}

v1::Act UpdateName(const std::string& name, const std::string& on) {
  v1::Act act;
  act.mutable_structure_updated()->set_structure_id("st-a");
  act.mutable_structure_updated()->mutable_after()->set_name(name);
  *act.mutable_structure_updated()->mutable_date() = On(on);
  act.mutable_structure_updated()->set_reason("Changement d'essai");
  return act;
}

v1::DeliberationRef OfBefore() {
  return Text<v1::DeliberationRef>(R"pb(before_opening {
                                          number: "2022-1"
                                          date { year: 2022 month: 12 day: 12 }
                                          body: BODY_CONSEIL_DEPARTEMENTAL
                                        })pb");
}

v1::Act Adjust(int64_t authorised_cents, const std::string& on) {
  v1::Act act;
  v1::BudgetLineAdjusted* adjusted = act.mutable_budget_line_adjusted();
  adjusted->set_code("C02-446A05");
  adjusted->set_authorised_after_cents(authorised_cents);
  *adjusted->mutable_adjusted_by() = OfBefore();
  *adjusted->mutable_date() = On(on);
  adjusted->set_reason("Ajustement d'essai");
  return act;
}

v1::Act Instruct(int64_t cents, const std::string& on = "2023-01-04") {
  return testing::Instruct(cents, On(on));
}

v1::Act Credits(int64_t cents, const std::string& on) {
  v1::Act act;
  v1::PaymentCreditsVoted* voted = act.mutable_payment_credits_voted();
  voted->set_code("C02-446A05");
  voted->set_fiscal_year(2023);
  voted->set_credits_after_cents(cents);
  *voted->mutable_voted_by() = OfBefore();
  *voted->mutable_date() = On(on);
  return act;
}

// Avenant `number` of convention 1: its ceiling moves by `delta_cents`, from the amount before.
v1::Act Avenant(const v1::Convention& convention, int number, int64_t delta_cents) {
  v1::Act act =
      Text<v1::Act>(R"pb(avenant_signed {
                           convention_number: "2023-00001"
                           signatures { authority_signed_on { year: 2023 month: 2 day: 20 } }
                         })pb");
  v1::AvenantSigned* avenant = act.mutable_avenant_signed();
  *avenant->mutable_authorised_by() = OfBefore();
  avenant->set_avenant_number(number);
  avenant->set_amount_before_cents(convention.amount_cents());
  avenant->set_delta_cents(delta_cents);
  avenant->set_amount_after_cents(convention.amount_cents() + delta_cents);
  v1::Tranche* tranche = avenant->add_tranches();
  *tranche = convention.tranches(0).tranche();
  tranche->set_ceiling_cents(tranche->ceiling_cents() + delta_cents);
  tranche->mutable_draws(0)->set_amount_cents(tranche->ceiling_cents());
  return act;
}

class CorrectionPlanTest : public ::testing::Test {
 protected:
  void Found(int conventions) {
    for (const v1::Act& act : PaymentFounding(conventions)) ledger_.Must(act);
  }

  // The application D1, of the structure, before any instruction.
  void FoundApplication() {
    Found(1);
    ledger_.Must(OpenCall());
    ledger_.Must(Submit(9'000, On("2023-01-03")));
  }

  // What stands at the position, as a client would send it.
  v1::Act Standing(uint64_t position) const {
    const StateReader reader(ledger_.recorder.log, *ledger_.recorder.index, RegistreProjection());
    const auto standing =
        StandingAt(ledger_.recorder.log, reader, {.size = ledger_.recorder.log.size()}, position);
    EXPECT_TRUE(standing.ok() && standing->has_value()) << position;
    if (!standing.ok() || !standing->has_value()) return {};
    v1::Act act = (*standing)->act;
    ClearFilled(&act);
    return act;
  }

  // Corrects, audits, and says what was touched, as "7 payment_ordered REPLACED".
  std::vector<std::string> Correct(uint64_t target, const std::vector<v1::Act>& replacements,
                                   const std::string& effective_on = "2024-06-01") {
    const uint64_t before = ledger_.recorder.log.size();
    const auto rows_before = TextsOf(ledger_.RowsAt({.size = before}));
    const auto recorded_before = TextsOf(ledger_.RowsAt({.size = before, .as_recorded = true}));
    auto corrected = ledger_.Correct(target, replacements, effective_on);
    if (!corrected.ok()) return {std::string(corrected.status().message())};
    plan_ = corrected->plan;
    const uint64_t size = ledger_.recorder.log.size();
    ledger_.Audit({{.size = size, .effective_on = ToDays(On(effective_on)) - 1},
                   {.size = size, .effective_on = ToDays(On(effective_on))},
                   {.size = size, .effective_on = ToDays(On("2023-02-10"))}});
    EXPECT_EQ(TextsOf(ledger_.RowsAt({.size = before})), rows_before) << "as it was known before";
    // What was recorded stands, but for replacements that are acts of their own.
    EXPECT_EQ(TextsOf(ledger_.RowsAt({.size = size, .as_recorded = true})), recorded_before);
    std::vector<std::string> touched;
    for (const v1::CorrectedAct& act : plan_.affected()) {
      touched.push_back(fmt::format(
          "{} {} {}", act.position(), act.type(),
          v1::CorrectionEffect_Name(act.effect()).substr(sizeof("CORRECTION_EFFECT_") - 1)));
    }
    return touched;
  }

  v1::Row Now(const std::string& key) const {
    return ledger_.RowAt(key, {.size = ledger_.recorder.log.size()});
  }
  v1::Row AsRecorded(const std::string& key) const {
    return ledger_.RowAt(key, {.size = ledger_.recorder.log.size(), .as_recorded = true});
  }
  v1::Row NowOn(const std::string& key, const std::string& date) const {
    return ledger_.RowAt(key,
                         {.size = ledger_.recorder.log.size(), .effective_on = ToDays(On(date))});
  }

  // What the application is proposed, on a date.
  int64_t ProposedOn(const std::string& date) const {
    return NowOn("application:D1", date).application().instruction().proposed_cents();
  }

  // "figure before after" of a key.
  std::vector<std::string> Balances(const std::string& key) const {
    std::vector<std::string> balances;
    for (const v1::CorrectedBalance& balance : plan_.balances()) {
      if (balance.key() != key) continue;
      balances.push_back(
          fmt::format("{} {} {}", balance.figure(), balance.before_cents(), balance.after_cents()));
    }
    return balances;
  }

  std::string ReasonFor(uint64_t target, const std::vector<v1::Act>& replacements = {},
                        const std::string& effective_on = "2024-06-01") const {
    const auto planned = ledger_.Plan(target, replacements, effective_on);
    return planned.ok() ? "" : ReasonOf(planned.status());
  }

  uint64_t PositionOfMandat(const std::string& mandat) const {
    return Now(fmt::format("payment:2023-{}", mandat)).payment().steps(0).position();
  }

  CorrectedLedger ledger_;
  v1::CorrectionPlan plan_;
};

// ---- In the act's place

TEST_F(CorrectionPlanTest, AnOrdersAmount) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 10'000));
  const uint64_t before = ledger_.recorder.log.size();
  EXPECT_THAT(Correct(order, {Order(1, "a", 8'000)}, "2023-03-15"),
              ElementsAre("6 payment_ordered REPLACED"));
  EXPECT_EQ(plan_.kind(), v1::CORRECTION_KIND_RECTIFICATION);
  EXPECT_EQ(plan_.because(), "");
  EXPECT_THAT(Balances("payment:2023-a"), ElementsAre("amount_cents 10000 8000"));
  EXPECT_THAT(
      Balances("budget_line:C02-446A05"),
      ElementsAre("fiscal_years[2023].ordered_cents 10000 8000", "ordered_cents 10000 8000"));
  EXPECT_THAT(
      Balances("structure:st-a"),
      ElementsAre("ordered_by_year[2023].amount_cents 10000 8000", "ordered_cents 10000 8000"));
  EXPECT_EQ(Now("payment:2023-a").payment().amount_cents(), 8'000);
  EXPECT_EQ(Now("payment:2023-a").payment().ordered_by(), "clerk") << "not who approved";
  EXPECT_EQ(AsRecorded("payment:2023-a").payment().amount_cents(), 10'000);
  EXPECT_EQ(NowOn("payment:2023-a", "2023-03-14").payment().amount_cents(), 10'000);
  EXPECT_EQ(NowOn("payment:2023-a", "2023-03-15").payment().amount_cents(), 8'000);
  EXPECT_EQ(ledger_.RowAt("payment:2023-a", {.size = before}).payment().amount_cents(), 10'000);
}

TEST_F(CorrectionPlanTest, AnOrderThatWasRejectedStaysRejected) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a"));
  ledger_.Must(Reject("a"));
  v1::Act right = Order(1, "a");
  right.mutable_payment_ordered()->set_bordereau("12");
  EXPECT_THAT(Correct(order, {right}), ElementsAre("6 payment_ordered REPLACED"));
  const v1::Payment payment = Now("payment:2023-a").payment();
  ASSERT_EQ(payment.steps_size(), 2);
  EXPECT_EQ(payment.steps(1).status(), v1::PAYMENT_STATUS_REJECTED);
  EXPECT_EQ(ReasonOf(ledger_.Record(Accept("a")).status()), "PAYMENT_ORDER");
}

TEST_F(CorrectionPlanTest, ARejectionMovesWithItsOrder) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 500));
  ledger_.Must(Reject("a"));
  EXPECT_THAT(Correct(order, {Order(1, "a", 300)}),
              ElementsAre("7 payment_rejected REFILLED", "6 payment_ordered REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().ordered_cents(), 0);
}

TEST_F(CorrectionPlanTest, AMisspeltMember) {
  Found(1);
  v1::Act session = HoldTestSession();
  session.mutable_session_held()->mutable_roster(0)->set_member("Membre un");
  session.mutable_session_held()->set_chair("Membre un");
  EXPECT_THAT(Correct(kSession, {session}), ElementsAre("3 session_held REPLACED"));
  EXPECT_EQ(Now("session:s1").session().held().roster(0).member(), "Membre un");
  EXPECT_EQ(AsRecorded("session:s1").session().held().roster(0).member(), "Membre 1");
  EXPECT_THAT(plan_.balances(), IsEmpty());
}

TEST_F(CorrectionPlanTest, ASiret) {
  constexpr char kWrong[] = "00000000000018";
  constexpr char kRight[] = "00000000000026";
  Found(1);
  v1::Act wrong = RegisterStructure("st-b");
  wrong.mutable_structure_registered()->mutable_identity()->set_siret(kWrong);
  const uint64_t registered = ledger_.Must(wrong);
  v1::Act right = wrong;
  right.mutable_structure_registered()->mutable_identity()->set_siret(kRight);
  EXPECT_THAT(Correct(registered, {right}), ElementsAre("6 structure_registered REPLACED"));
  EXPECT_EQ(Now(fmt::format("siret:{}", kWrong)).row_case(), v1::Row::ROW_NOT_SET);
  EXPECT_THAT(Now(fmt::format("siret:{}", kRight)).structure_ids().structure_ids(),
              ElementsAre("st-b"));
  EXPECT_THAT(Now("siren:000000000").structure_ids().structure_ids(), ElementsAre("st-b"));
  EXPECT_THAT(AsRecorded(fmt::format("siret:{}", kWrong)).structure_ids().structure_ids(),
              ElementsAre("st-b"));
}

// The date alone: what was learnt of the structure since is not forgotten.
TEST_F(CorrectionPlanTest, ARegistrationKeepsWhatWasUpdatedSince) {
  Found(1);
  ledger_.Must(UpdateName("Nouveau nom d'essai", "2023-02-01"));
  v1::Act right = Standing(kStructure);
  *right.mutable_structure_registered()->mutable_date() = On("2023-01-02");
  EXPECT_THAT(Correct(kStructure, {right}),
              ElementsAre("6 structure_updated REFILLED", "1 structure_registered REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().identity().name(), "Nouveau nom d'essai");
}

TEST_F(CorrectionPlanTest, OneOfThreeUpdates) {
  Found(1);
  ledger_.Must(UpdateName("Un", "2023-02-01"));
  const uint64_t second = ledger_.Must(UpdateName("Deux", "2023-02-02"));
  ledger_.Must(UpdateName("Trois", "2023-02-03"));
  EXPECT_THAT(Correct(second, {UpdateName("Deux bis", "2023-02-02")}),
              ElementsAre("8 structure_updated REFILLED", "7 structure_updated REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().identity().name(), "Trois");
  EXPECT_EQ(NowOn("structure:st-a", "2023-02-02").structure().identity().name(), "Deux");
  // The first of them: the second knows another value before it, the third comes after both.
  EXPECT_THAT(Correct(6, {UpdateName("Un bis", "2023-02-01")}),
              ElementsAre("8 structure_updated REFILLED", "7 structure_updated REFILLED",
                          "6 structure_updated REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().identity().name(), "Trois");
  EXPECT_THAT(Correct(8, {}), ElementsAre("8 structure_updated REVERSED"));
  EXPECT_EQ(Now("structure:st-a").structure().identity().name(), "Deux bis");
}

TEST_F(CorrectionPlanTest, OneOfThreeAdjustments) {
  Found(1);
  ledger_.Must(Adjust(11'000'000, "2023-02-01"));
  const uint64_t second = ledger_.Must(Adjust(12'000'000, "2023-02-02"));
  ledger_.Must(Adjust(13'000'000, "2023-02-03"));
  EXPECT_THAT(Correct(second, {Adjust(15'000'000, "2023-02-02")}),
              ElementsAre("8 budget_line_adjusted REFILLED", "7 budget_line_adjusted REPLACED"));
  EXPECT_EQ(Now("budget_line:C02-446A05").budget_line().authorised_cents(), 13'000'000);
  EXPECT_THAT(plan_.balances(), IsEmpty());
  EXPECT_THAT(Correct(second, {}),
              ElementsAre("8 budget_line_adjusted REFILLED", "7 budget_line_adjusted REVERSED"));
  EXPECT_EQ(Now("budget_line:C02-446A05").budget_line().authorised_cents(), 13'000'000);
}

TEST_F(CorrectionPlanTest, OneOfThreeVotesOfCredits) {
  Found(1);
  ledger_.Must(Credits(1'000, "2023-02-01"));
  const uint64_t second = ledger_.Must(Credits(2'000, "2023-02-02"));
  const uint64_t third = ledger_.Must(Credits(3'000, "2023-02-03"));
  EXPECT_THAT(Correct(second, {Credits(2'500, "2023-02-02")}),
              ElementsAre("8 payment_credits_voted REFILLED", "7 payment_credits_voted REPLACED"));
  const auto credits = [this] {
    return Now("budget_line:C02-446A05").budget_line().fiscal_years(0).credits_cents();
  };
  EXPECT_EQ(credits(), 3'000);
  EXPECT_THAT(Correct(third, {}), ElementsAre("8 payment_credits_voted REVERSED"));
  EXPECT_EQ(credits(), 2'500);
}

// ---- From when a correction may count (CORRECTION_EFFECTIVE_DATE)

// The third is reversed from June on: in March it still stands, over the second.
TEST_F(CorrectionPlanTest, BeneathAnActThatIsReversedFromLaterOn) {
  FoundApplication();
  ledger_.Must(Instruct(1'000));
  const uint64_t second = ledger_.Must(Instruct(2'000));
  const uint64_t third = ledger_.Must(Instruct(3'000));
  ASSERT_THAT(Correct(third, {}, "2024-06-01"), ElementsAre("10 application_instructed REVERSED"));
  EXPECT_THAT(Correct(second, {Instruct(2'500)}, "2024-03-01"),
              ElementsAre("the correction cannot count from 2024-03-01: an earlier correction of "
                          "the act at position 10 counts from 2024-06-01; propose it from "
                          "2024-06-01 on"));
  EXPECT_EQ(ReasonFor(second, {Instruct(2'500)}, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(Correct(second, {Instruct(2'500)}, "2024-06-01"),
              ElementsAre("9 application_instructed REPLACED"));
  EXPECT_EQ(ProposedOn("2024-05-31"), 3'000);
  EXPECT_EQ(ProposedOn("2024-06-01"), 2'500);
}

// The same where the later one was replaced: it is corrected with the earlier one.
TEST_F(CorrectionPlanTest, BeneathAnActThatIsReplacedFromLaterOn) {
  FoundApplication();
  const uint64_t first = ledger_.Must(Instruct(1'000));
  const uint64_t second = ledger_.Must(Instruct(2'000));
  ASSERT_THAT(Correct(second, {Instruct(2'500)}, "2024-06-01"),
              ElementsAre("9 application_instructed REPLACED"));
  EXPECT_EQ(ReasonFor(first, {Instruct(1'500)}, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(
      Correct(first, {Instruct(1'500)}, "2024-06-01"),
      ElementsAre("9 application_instructed REFILLED", "8 application_instructed REPLACED"));
  EXPECT_EQ(ProposedOn("2024-05-31"), 2'000);
  EXPECT_EQ(ProposedOn("2024-06-01"), 2'500);
}

// An instruction recorded after a correction was judged on the corrected value, which a day before
// that counts does not know.
TEST_F(CorrectionPlanTest, OverAnActThatIsCorrectedFromLaterOn) {
  FoundApplication();
  const uint64_t first = ledger_.Must(Instruct(1'000));
  ASSERT_THAT(Correct(first, {Instruct(1'500)}, "2024-06-01"),
              ElementsAre("8 application_instructed REPLACED"));
  const uint64_t second = ledger_.Must(Instruct(2'000));
  EXPECT_EQ(ReasonFor(second, {}, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(Correct(second, {}, "2024-06-01"), ElementsAre("13 application_instructed REVERSED"));
  EXPECT_EQ(ProposedOn("2024-05-31"), 2'000);
  EXPECT_EQ(ProposedOn("2024-06-01"), 1'500);
}

// What undoes a correction does not count before it; also of an act that only adds up.
TEST_F(CorrectionPlanTest, ACorrectionOfACorrection) {
  Found(1);
  const uint64_t adjustment = ledger_.Must(Adjust(300'000'000, "2023-01-20"));
  ASSERT_THAT(Correct(adjustment, {Adjust(310'000'000, "2023-01-20")}, "2024-06-01"),
              ElementsAre("6 budget_line_adjusted REPLACED"));
  const std::vector<v1::Act> again = {Adjust(320'000'000, "2023-01-20")};
  EXPECT_EQ(ReasonFor(adjustment, again, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(Correct(adjustment, again, "2024-06-01"),
              ElementsAre("6 budget_line_adjusted REPLACED"));
}

// Dated between two that were recorded before it: undone before the second of them counts, it
// would give the second's value back.
TEST_F(CorrectionPlanTest, OverAnActThatIsDatedLater) {
  FoundApplication();
  ledger_.Must(Instruct(1'000, "2023-01-04"));
  ledger_.Must(Instruct(2'000, "2023-01-10"));
  const uint64_t third = ledger_.Must(Instruct(3'000, "2023-01-06"));
  EXPECT_THAT(Correct(third, {}, "2023-01-09"),
              ElementsAre("the correction cannot count from 2023-01-09: the act at position 9, "
                          "recorded before what it undoes, is dated 2023-01-10; propose it from "
                          "2023-01-10 on"));
  EXPECT_THAT(Correct(third, {}, "2023-01-10"), ElementsAre("10 application_instructed REVERSED"));
  EXPECT_EQ(ProposedOn("2023-01-05"), 1'000);
  EXPECT_EQ(ProposedOn("2023-01-07"), 3'000);
  EXPECT_EQ(ProposedOn("2023-01-10"), 2'000);
}

// A year mistyped, of an act that another was recorded over, is put right; so is the other, before
// that and after.
TEST_F(CorrectionPlanTest, BesideAMistypedYear) {
  FoundApplication();
  const uint64_t mistyped = ledger_.Must(Instruct(1'000, "2032-01-04"));
  const uint64_t over = ledger_.Must(Instruct(2'000, "2023-01-06"));
  EXPECT_THAT(Correct(over, {Instruct(2'500, "2023-01-06")}, "2023-01-06"),
              ElementsAre("9 application_instructed REPLACED"));
  EXPECT_THAT(
      Correct(mistyped, {Instruct(1'000, "2023-01-04")}, "2023-01-06"),
      ElementsAre("9 application_instructed REFILLED", "8 application_instructed REPLACED"));
  EXPECT_THAT(Correct(over, {}, "2023-02-01"), ElementsAre("9 application_instructed REVERSED"));
  EXPECT_EQ(ProposedOn("2023-01-06"), 2'500);
  EXPECT_EQ(ProposedOn("2023-02-01"), 1'000);
}

// What was reversed and recorded again: the second is not taken away where the first still stands.
TEST_F(CorrectionPlanTest, AnActRecordedAgainAfterItsReversal) {
  Found(1);
  const uint64_t first = ledger_.Must(Order(1, "a", 1'000));
  ASSERT_THAT(Correct(first, {}, "2024-06-01"), ElementsAre("6 payment_ordered REVERSED"));
  const uint64_t again = ledger_.Must(Order(1, "a", 3'000));
  EXPECT_EQ(ReasonFor(again, {}, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(Correct(again, {}, "2024-06-01"), ElementsAre("10 payment_ordered REVERSED"));
}

// Corrections of other values of the same rows make nothing wait.
TEST_F(CorrectionPlanTest, BesideACorrectionOfAnotherValue) {
  FoundApplication();
  const uint64_t application = kFirstConvention + 2;
  const uint64_t instruction = ledger_.Must(Instruct(1'000));
  v1::Act submitted = Standing(application);
  submitted.mutable_application_submitted()->set_requested_cents(8'000);
  ASSERT_THAT(Correct(application, {submitted}, "2024-06-01"),
              ElementsAre("7 application_submitted REPLACED"));
  EXPECT_THAT(Correct(instruction, {Instruct(1'500)}, "2024-03-01"),
              ElementsAre("8 application_instructed REPLACED"));
  EXPECT_EQ(ProposedOn("2024-02-29"), 1'000);
  EXPECT_EQ(ProposedOn("2024-03-01"), 1'500);
}

// ---- Acts that set what others set

// The second termination leaves no tranche of the first as it is, but writes over its date.
TEST_F(CorrectionPlanTest, OneOfTwoTerminations) {
  Found(1);
  ledger_.Must(Order(1, "a", 10'000'000));
  const uint64_t first = ledger_.Must(Terminate("Essai", "2023-06-01"));
  ledger_.Must(Reject("a"));
  ledger_.Must(Terminate("Essai, la suite", "2023-09-01"));
  EXPECT_THAT(Correct(first, {Terminate("Essai, relu", "2023-06-01")}),
              ElementsAre("9 convention_terminated REFILLED", "7 convention_terminated REPLACED"));
  EXPECT_EQ(FormatIsoDate(Now("convention:2023-00001").convention().terminated_on()), "2023-09-01");
}

TEST_F(CorrectionPlanTest, OneOfThreeInstructions) {
  FoundApplication();
  const uint64_t first = ledger_.Must(Instruct(1'000));
  ledger_.Must(Instruct(2'000));
  ledger_.Must(Instruct(3'000));
  EXPECT_THAT(Correct(first, {Instruct(1'500)}),
              ElementsAre("10 application_instructed REFILLED", "9 application_instructed REFILLED",
                          "8 application_instructed REPLACED"));
  EXPECT_EQ(Now("application:D1").application().instruction().proposed_cents(), 3'000);
  EXPECT_THAT(Correct(first, {}),
              ElementsAre("10 application_instructed REFILLED", "9 application_instructed REFILLED",
                          "8 application_instructed REVERSED"));
  EXPECT_EQ(Now("application:D1").application().instruction().proposed_cents(), 3'000);
  EXPECT_EQ(Now("application:D1").application().instructions(), 2);
}

TEST_F(CorrectionPlanTest, OneOfThreeConventions) {
  Found(3);
  v1::Act right = Standing(kFirstConvention);
  right.mutable_convention_signed()->set_number("2023-00009");
  EXPECT_THAT(Correct(kFirstConvention, {right}),
              ElementsAre("6 convention_signed REFILLED", "5 convention_signed REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().last_convention(), "2023-00003");
  EXPECT_EQ(Now("convention:2023-00003").convention().previous_convention(), "2023-00002");
  EXPECT_EQ(Now("convention:2023-00002").convention().previous_convention(), "2023-00009");
  EXPECT_EQ(Now("convention:2023-00009").convention().previous_convention(), "");
  EXPECT_EQ(Now("convention:2023-00001").row_case(), v1::Row::ROW_NOT_SET);
  // The text alone: nothing else moves.
  right.mutable_convention_signed()->set_object("Autre objet d'essai");
  EXPECT_THAT(Correct(kFirstConvention, {right}), ElementsAre("5 convention_signed REPLACED"));
  EXPECT_EQ(Now("structure:st-a").structure().last_convention(), "2023-00003");
  // The second goes: the third then follows the first.
  EXPECT_THAT(Correct(kFirstConvention + 1, {}),
              ElementsAre("7 convention_signed REFILLED", "6 convention_signed REVERSED"));
  EXPECT_EQ(Now("convention:2023-00003").convention().previous_convention(), "2023-00009");
  EXPECT_EQ(Now("structure:st-a").structure().last_convention(), "2023-00003");
  EXPECT_EQ(Now("structure:st-a").structure().conventions(), 2);
}

TEST_F(CorrectionPlanTest, AConventionKeepsTheTermsOfItsAvenants) {
  Found(1);
  ledger_.Must(Avenant(Now("convention:2023-00001").convention(), 1, -4'000'000));
  ledger_.Must(Avenant(Now("convention:2023-00001").convention(), 2, 1'000'000));
  v1::Act right = Standing(kFirstConvention);
  right.mutable_convention_signed()->set_object("Autre objet d'essai");
  EXPECT_THAT(Correct(kFirstConvention, {right}),
              ElementsAre("7 avenant_signed REFILLED", "6 avenant_signed REFILLED",
                          "5 convention_signed REPLACED"));
  const v1::Convention convention = Now("convention:2023-00001").convention();
  EXPECT_EQ(convention.tranches(0).tranche().ceiling_cents(), 7'000'000);
  ASSERT_EQ(convention.avenants_size(), 2);
  EXPECT_EQ(convention.avenants(1).avenant_number(), 2);
  EXPECT_TRUE(ledger_.Record(Avenant(convention, 3, 1'000'000)).ok());
}

// ---- With what rests on it

TEST_F(CorrectionPlanTest, AConventionWithAllThatRestsOnIt) {
  Found(2);
  ledger_.Must(Avenant(Now("convention:2023-00001").convention(), 1, -1'000'000));
  ledger_.Must(Text<v1::Act>(R"pb(service_certified {
                                    convention_number: "2023-00001"
                                    tranche_id: "1"
                                    amount_cents: 5000
                                    date { year: 2023 month: 2 day: 25 }
                                  })pb"));
  v1::Act order = Order(1, "a", 5'000);
  order.mutable_payment_ordered()->set_kind(v1::PAYMENT_KIND_INSTALMENT);
  ledger_.Must(order);
  ledger_.Must(Order(2, "b", 700));
  ledger_.Must(Reject("a"));
  EXPECT_THAT(Correct(kFirstConvention, {}),
              ElementsAre("11 payment_rejected REVERSED", "9 payment_ordered REVERSED",
                          "8 service_certified REVERSED", "7 avenant_signed REVERSED",
                          "6 convention_signed REFILLED", "5 convention_signed REVERSED"));
  EXPECT_EQ(plan_.kind(), v1::CORRECTION_KIND_REVERSAL);
  EXPECT_THAT(plan_.affected(0).because(), HasSubstr("REFERENCE_UNKNOWN"));
  EXPECT_EQ(plan_.affected(5).because(), "") << "the act itself";
  EXPECT_EQ(Now("convention:2023-00001").row_case(), v1::Row::ROW_NOT_SET);
  EXPECT_EQ(Now("structure:st-a").structure().ordered_cents(), 700);
  EXPECT_EQ(Now("deliberation:2023-1").deliberation().allotments(0).drawn_cents(), 0);
}

TEST_F(CorrectionPlanTest, ADeliberationWithAllThatRestsOnIt) {
  Found(2);
  ledger_.Must(Text<v1::Act>(R"pb(deliberation_published {
                                    number: "2023-1"
                                    date { year: 2023 month: 1 day: 12 }
                                  })pb"));
  ledger_.Must(Order(1, "a"));
  ledger_.Must(Order(2, "b"));
  EXPECT_THAT(Correct(kVote, {}),
              ElementsAre("9 payment_ordered REVERSED", "8 payment_ordered REVERSED",
                          "7 deliberation_published REVERSED", "6 convention_signed REVERSED",
                          "5 convention_signed REVERSED", "4 deliberation_voted REVERSED"));
  EXPECT_EQ(Now("deliberation:2023-1").row_case(), v1::Row::ROW_NOT_SET);
  EXPECT_EQ(Now("budget_line:C02-446A05").budget_line().available_cents(), 20'000'000);
  EXPECT_THAT(Balances("budget_line:C02-446A05"),
              ElementsAre("available_cents 0 20000000", "contracted_cents 20000000 0",
                          "fiscal_years[2023].ordered_cents 200 0", "ordered_cents 200 0",
                          "voted_cents 20000000 0"));
  // All of it may be recorded again.
  for (const v1::Act& act : PaymentFounding(2)) {
    if (act.has_deliberation_voted() || act.has_convention_signed()) ledger_.Must(act);
  }
  ledger_.Must(Order(1, "a"));
  ledger_.Audit();
}

TEST_F(CorrectionPlanTest, AReplacementThatCannotTakeTheActsPlace) {
  Found(1);
  ledger_.Must(Order(1, "a", 6'000'000));
  v1::Act right = Standing(kFirstConvention);
  v1::ConventionSigned* convention = right.mutable_convention_signed();
  convention->set_amount_cents(5'000'000);
  convention->mutable_tranches(0)->set_ceiling_cents(5'000'000);
  convention->mutable_tranches(0)->mutable_draws(0)->set_amount_cents(5'000'000);
  EXPECT_EQ(ledger_.Plan(kFirstConvention, {right})->plan.because().substr(0, 68),
            "the payment_ordered at position 6 would be refused: TRANCHE_EXCEEDED");
  const auto corrected = ledger_.Correct(kFirstConvention, {right});
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->plan.kind(), v1::CORRECTION_KIND_REVERSAL);
  ASSERT_EQ(corrected->plan.affected_size(), 2);
  EXPECT_EQ(Now("convention:2023-00001").convention().amount_cents(), 5'000'000);
  EXPECT_EQ(Now("payment:2023-a").row_case(), v1::Row::ROW_NOT_SET);
  // The replacement is an act of its own at the end, and part of the correction.
  const uint64_t last = ledger_.recorder.log.size() - 1;
  EXPECT_TRUE(ledger_.recorder.EventAt(last).act().has_convention_signed());
  EXPECT_EQ(ledger_.recorder.EventAt(last).correction_number(), "1");
  EXPECT_EQ(AsRecorded("convention:2023-00001").convention().amount_cents(), 10'000'000);
  ledger_.Audit();

  // And is corrected as any other.
  right.mutable_convention_signed()->set_object("Autre objet d'essai");
  ASSERT_TRUE(ledger_.Correct(last, {right}).ok());
  EXPECT_EQ(Now("convention:2023-00001").convention().object(), "Autre objet d'essai");
  EXPECT_EQ(Now("convention:2023-00001").convention().position(), last);
  EXPECT_EQ(ReasonFor(kFirstConvention), "CORRECTION_TARGET") << "reversed already";
  ledger_.Audit();
}

TEST_F(CorrectionPlanTest, ReplacementsOfAnotherType) {
  Found(2);
  const uint64_t order = ledger_.Must(Order(1, "a", 900));
  const auto corrected = ledger_.Correct(order, {Order(1, "a1", 300), Order(2, "a2", 600)});
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->plan.kind(), v1::CORRECTION_KIND_REVERSAL);
  EXPECT_EQ(corrected->plan.because(), "");
  EXPECT_EQ(Now("payment:2023-a").row_case(), v1::Row::ROW_NOT_SET);
  EXPECT_EQ(Now("payment:2023-a2").payment().amount_cents(), 600);
  EXPECT_EQ(Now("payment:2023-a2").payment().ordered_by(), "approver") << "an act of its own";
  ledger_.Audit();
  EXPECT_EQ(ReasonFor(PositionOfMandat("a1"), {Adjust(30'000'000, "2023-03-01")}),
            "CORRECTION_REPLACEMENT")
      << "of the assembly, where the orderer's is undone";
}

TEST_F(CorrectionPlanTest, ReplacementsAreJudgedAfterOneAnother) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 900));
  const auto refused = ledger_.Plan(order, {Order(1, "a", 300), Order(1, "a", 600)}).status();
  EXPECT_EQ(ReasonOf(refused), "NUMBER_TAKEN");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("replacements[1]: "));
}

// ---- Corrections of corrections

TEST_F(CorrectionPlanTest, ARectifiedActIsCorrectedAgain) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 100));
  EXPECT_THAT(Correct(order, {Order(1, "a", 200)}, "2024-06-01"),
              ElementsAre("6 payment_ordered REPLACED"));
  EXPECT_EQ(ReasonFor(order, {Order(1, "a", 200)}), "FIELD_INVALID") << "that stands already";
  EXPECT_EQ(ReasonFor(order, {Order(1, "a", 300)}, "2024-05-31"), "CORRECTION_EFFECTIVE_DATE");
  EXPECT_THAT(Correct(order, {Order(1, "a", 300)}, "2024-06-01"),
              ElementsAre("6 payment_ordered REPLACED"));
  EXPECT_EQ(Now("payment:2023-a").payment().amount_cents(), 300);
  EXPECT_EQ(NowOn("payment:2023-a", "2024-04-01").payment().amount_cents(), 100);
  EXPECT_EQ(NowOn("payment:2023-a", "2024-06-01").payment().amount_cents(), 300);
  EXPECT_THAT(Correct(order, {}, "2024-07-01"), ElementsAre("6 payment_ordered REVERSED"));
  EXPECT_EQ(NowOn("payment:2023-a", "2024-06-30").payment().amount_cents(), 300);
  EXPECT_EQ(Now("payment:2023-a").row_case(), v1::Row::ROW_NOT_SET);
  EXPECT_EQ(Now("structure:st-a").structure().ordered_cents(), 0);
  EXPECT_EQ(ReasonFor(order, {Order(1, "a", 400)}), "CORRECTION_TARGET");
  EXPECT_THAT(Now("corrected:6").corrected_position().correction_numbers(),
              ElementsAre("1", "2", "3"));
}

TEST_F(CorrectionPlanTest, AnActBeforeAnEarlierCorrection) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 100));
  Correct(order, {Order(1, "a", 200)});
  v1::Act right = Standing(kFirstConvention);
  right.mutable_convention_signed()->set_amount_cents(9'000'000);
  right.mutable_convention_signed()->mutable_tranches(0)->set_ceiling_cents(9'000'000);
  right.mutable_convention_signed()->mutable_tranches(0)->mutable_draws(0)->set_amount_cents(
      9'000'000);
  EXPECT_THAT(Correct(kFirstConvention, {right}), ElementsAre("5 convention_signed REPLACED"));
  EXPECT_EQ(Now("convention:2023-00001").convention().tranches(0).ordered_cents(), 200);
  EXPECT_THAT(Correct(kFirstConvention, {}),
              ElementsAre("6 payment_ordered REVERSED", "5 convention_signed REVERSED"));
  EXPECT_EQ(Now("budget_line:C02-446A05").budget_line().ordered_cents(), 0);
}

// The order was recorded on the second convention and stands on the first: it is judged again with
// the first, and no longer with the second.
TEST_F(CorrectionPlanTest, AnActThatACorrectionMovedElsewhere) {
  Found(2);
  const uint64_t order = ledger_.Must(Order(2, "a", 6'000'000));
  EXPECT_THAT(Correct(order, {Order(1, "a", 6'000'000)}),
              ElementsAre("7 payment_ordered REPLACED"));
  v1::Act smaller = Standing(kFirstConvention);
  smaller.mutable_convention_signed()->set_amount_cents(5'000'000);
  smaller.mutable_convention_signed()->mutable_tranches(0)->set_ceiling_cents(5'000'000);
  smaller.mutable_convention_signed()->mutable_tranches(0)->mutable_draws(0)->set_amount_cents(
      5'000'000);
  EXPECT_THAT(ledger_.Plan(kFirstConvention, {smaller})->plan.because(),
              HasSubstr("TRANCHE_EXCEEDED"));
  EXPECT_THAT(Correct(kFirstConvention + 1, {}), ElementsAre("6 convention_signed REVERSED"));
  EXPECT_THAT(Correct(kFirstConvention, {}),
              ElementsAre("7 payment_ordered REVERSED", "5 convention_signed REVERSED"));
}

// ---- Flags

// A refilled act was recorded in time, however late the correction comes.
TEST_F(CorrectionPlanTest, WhatWasRecordedInTimeIsNotLateOnceCorrected) {
  v1::Act opened = OpenTestLedger();
  opened.mutable_ledger_opened()->set_late_entry_days(60);
  ledger_.Must(opened);
  ledger_.Must(RegisterStructure("st-a"));
  const uint64_t first = ledger_.Must(UpdateName("Un", "2023-09-01"));
  ledger_.Must(UpdateName("Deux", "2023-09-02"));
  ledger_.recorder.clock.Advance(absl::Hours(24 * 365));
  const auto corrected = ledger_.Correct(first, {UpdateName("Un bis", "2023-09-01")});
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->plan.affected_size(), 2);
  for (const v1::Event& event : ledger_.Events()) {
    for (const v1::Flag& flag : event.flags()) EXPECT_NE(flag.rule(), "LATE_ENTRY");
  }
}

// ---- What is not corrected

TEST_F(CorrectionPlanTest, WhatIsNotCorrected) {
  v1::Act opened = OpenTestLedger();
  ledger_.Must(opened);
  ledger_.Must(Text<v1::Act>("opening_closed { date { year: 2023 month: 1 day: 5 } }"));
  const uint64_t structure = ledger_.Must(RegisterStructure("st-a"));
  opened.mutable_ledger_opened()->set_late_entry_days(90);
  EXPECT_EQ(ReasonFor(0, {opened}), "CORRECTION_TARGET");
  EXPECT_EQ(ReasonFor(1), "CORRECTION_TARGET");
  EXPECT_EQ(ReasonFor(99), "CORRECTION_TARGET");
  EXPECT_TRUE(absl::IsNotFound(ledger_.Plan(99, {}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ledger_.Plan(1, {}).status()));
  EXPECT_EQ(ReasonFor(structure, {RegisterStructure("st-a")}), "FIELD_INVALID") << "the same";
  ASSERT_TRUE(ledger_.Correct(structure, {RegisterStructure("st-b")}).ok());
  for (uint64_t control = structure + 1; control < ledger_.recorder.log.size(); ++control) {
    const auto planned = ledger_.Plan(control, {}).status();
    EXPECT_EQ(ReasonOf(planned), "CORRECTION_TARGET") << control;
    EXPECT_THAT(std::string(planned.message()), HasSubstr("made again on the act"));
  }
}

// What says what the log was stays.
TEST_F(CorrectionPlanTest, SealsAndRestorationsAreNotCorrected) {
  ledger_.Must(OpenTestLedger());
  const std::string hash(32, 'h');
  v1::Act sealed;
  sealed.mutable_directory_sealed()->set_count(1);
  sealed.mutable_directory_sealed()->set_root(hash);
  sealed.mutable_directory_sealed()->set_schema_digest(hash);
  v1::Act restored;
  restored.mutable_ledger_restored()->set_previous_origin(
      OpenTestLedger().ledger_opened().origin());
  restored.mutable_ledger_restored()->set_origin("registre.example/restored");
  restored.mutable_ledger_restored()->set_log_size(2);
  for (v1::Act* act : {&sealed, &restored}) {
    if (act->has_ledger_restored()) {
      const LogHead head = ledger_.recorder.recorder->status().head;
      act->mutable_ledger_restored()->set_log_size(head.size);
      act->mutable_ledger_restored()->set_log_root(std::string(head.root.begin(), head.root.end()));
    }
    const auto planned = ledger_.Plan(ledger_.Must(*act), {}).status();
    EXPECT_EQ(ReasonOf(planned), "CORRECTION_TARGET") << planned;
    EXPECT_THAT(std::string(planned.message()), HasSubstr("says what the log was"));
  }
}

TEST_F(CorrectionPlanTest, AnAcceptedPaymentIsNeverUndone) {
  Found(2);
  const uint64_t order = ledger_.Must(Order(1, "a", 500));
  const uint64_t accepted = ledger_.Must(Accept("a"));
  EXPECT_EQ(ReasonFor(order), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_EQ(ReasonFor(order, {Order(1, "a", 400)}), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_EQ(ReasonFor(accepted), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_EQ(ReasonFor(kFirstConvention), "CORRECTION_ACCEPTED_PAYMENT") << "rests on it";
  EXPECT_EQ(ReasonFor(kVote), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_THAT(std::string(ledger_.Plan(kVote, {}).status().message()),
              AllOf(HasSubstr("position 7"), HasSubstr("2023-a"), HasSubstr("payment_reduced")));
  ledger_.Must(Settle("a"));
  EXPECT_EQ(ReasonFor(order), "CORRECTION_ACCEPTED_PAYMENT");
  EXPECT_EQ(ReasonFor(order, {Order(1, "b", 400)}), "CORRECTION_ACCEPTED_PAYMENT");
  // What it does not rest on is corrected all the same, beside it.
  v1::Act right = Standing(kFirstConvention);
  right.mutable_convention_signed()->set_object("Autre objet d'essai");
  EXPECT_THAT(Correct(kFirstConvention, {right}), ElementsAre("5 convention_signed REPLACED"));
  EXPECT_THAT(Correct(kFirstConvention + 1, {}), ElementsAre("6 convention_signed REVERSED"));
}

// What makes it good is an act of its own, approved as a correction is.
TEST_F(CorrectionPlanTest, AnAcceptedPaymentIsMadeGood) {
  Found(1);
  const uint64_t order = ledger_.Must(Order(1, "a", 500));
  ledger_.Must(Accept("a"));
  const auto reduce = [](const std::string& mandat, int64_t cents) {
    v1::Act act = Text<v1::Act>(R"pb(payment_reduced {
                                       order { fiscal_year: 2023 }
                                       reason: "Trop ordonné (essai)"
                                       date { year: 2023 month: 9 day: 1 }
                                     })pb");
    act.mutable_payment_reduced()->mutable_order()->set_mandat(mandat);
    act.mutable_payment_reduced()->set_reduction_cents(cents);
    return act;
  };
  EXPECT_EQ(ReasonFor(order, {reduce("b", 100)}), "CORRECTION_ACCEPTED_PAYMENT")
      << "of another order";
  EXPECT_EQ(ReasonFor(order, {reduce("a", 900)}), "PAYMENT_ORDER") << "judged as any act";
  const auto corrected = ledger_.Correct(order, {reduce("a", 100)});
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->plan.kind(), v1::CORRECTION_KIND_CONSEQUENCE);
  EXPECT_THAT(corrected->plan.affected(), IsEmpty());
  EXPECT_EQ(Now("payment:2023-a").payment().reduced_cents(), 100);
  EXPECT_EQ(AsRecorded("payment:2023-a").payment().reduced_cents(), 100) << "it undoes nothing";
  EXPECT_EQ(Now("structure:st-a").structure().ordered_cents(), 400);
  ledger_.Audit();
}

// A reduction is no acceptance: one that was recorded wrongly is undone in its open year.
TEST_F(CorrectionPlanTest, AReductionOfAnAcceptedPaymentIsUndone) {
  Found(1);
  ledger_.Must(Order(1, "a", 500));
  ledger_.Must(Accept("a"));
  const uint64_t reduced = ledger_.Must(Text<v1::Act>(R"pb(payment_reduced {
                                                             order { fiscal_year: 2023 mandat: "a" }
                                                             reduction_cents: 100
                                                             reason: "Erreur d'essai"
                                                             date { year: 2023 month: 9 day: 1 }
                                                           })pb"));
  ASSERT_EQ(Now("structure:st-a").structure().ordered_cents(), 400);
  EXPECT_THAT(Correct(reduced, {}), ElementsAre(HasSubstr("payment_reduced REVERSED")));
  EXPECT_EQ(Now("structure:st-a").structure().ordered_cents(), 500);
}

// The order on the absorbed structure's convention pays the other: without a tag of the merger.
TEST_F(CorrectionPlanTest, AMergerUnderAnOrder) {
  Found(1);
  ledger_.Must(RegisterStructure("st-b"));
  ledger_.Must(RegisterStructure("st-c"));
  const auto merge = [](const std::string& absorbed, const std::string& into) {
    v1::Act act = Text<v1::Act>(
        R"pb(structures_merged {
               date { year: 2023 month: 1 day: 20 }
               deed: "Traité d'essai"
             })pb");
    act.mutable_structures_merged()->set_absorbed_structure_id(absorbed);
    act.mutable_structures_merged()->set_structure_id(into);
    return act;
  };
  const uint64_t first = ledger_.Must(merge("st-a", "st-b"));
  ledger_.Must(merge("st-b", "st-c"));
  ledger_.Must(Order(1, "a", 500));
  ASSERT_EQ(Now("payment:2023-a").payment().structure_id(), "st-c");
  EXPECT_THAT(Correct(first, {}), ElementsAre(HasSubstr("payment_ordered REFILLED"),
                                              HasSubstr("structures_merged REVERSED")));
  EXPECT_EQ(Now("payment:2023-a").payment().structure_id(), "st-a");
}

// An order draws on a deliberation through its convention: without a tag of it.
TEST_F(CorrectionPlanTest, AnAnnulmentUnderAnOrder) {
  Found(1);
  ledger_.Must(Order(1, "a", 500));
  ledger_.Must(Accept("a"));
  v1::Act other = Standing(kVote);
  other.mutable_deliberation_voted()->set_number("2023-2");
  other.mutable_deliberation_voted()->mutable_allotments(0)->set_amount_cents(1);
  for (v1::Article& article : *other.mutable_deliberation_voted()->mutable_articles()) {
    article.set_amount_cents(1);
  }
  const auto annul = [](const std::string& number) {
    v1::Act act = Text<v1::Act>(
        R"pb(deliberation_annulled {
               decision: "Tribunal d'essai, n° 1"
               date { year: 2023 month: 6 day: 1 }
               reason: "Essai"
             })pb");
    act.mutable_deliberation_annulled()->set_deliberation_number(number);
    return act;
  };
  if (!ledger_.Record(Adjust(20'000'000, "2023-01-05")).ok()) GTEST_FAIL();
  const auto recorded = ledger_.Record(other);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  const uint64_t annulled = ledger_.Must(annul("2023-2"));
  ledger_.Must(Order(1, "b", 500));
  const auto planned = ledger_.Plan(annulled, {annul("2023-1")});
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(planned->plan.kind(), v1::CORRECTION_KIND_REVERSAL);
  EXPECT_THAT(planned->plan.because(), HasSubstr("NOT_AUTHORISED"));
}

// What a closed year was imputed on stays.
TEST_F(CorrectionPlanTest, TheImputationOfAClosedYear) {
  Found(1);
  ledger_.Must(Order(1, "a", 500));
  ledger_.Must(Accept("a"));
  v1::Act line = Standing(kLine);
  line.mutable_budget_line_opened()->set_nature("65734");
  EXPECT_EQ(ReasonFor(kLine, {line}), "");
  ledger_.Must(Text<v1::Act>(R"pb(fiscal_year_closed {
                                    fiscal_year: 2023
                                    date { year: 2024 month: 1 day: 31 }
                                  })pb"));
  EXPECT_EQ(ReasonFor(kLine, {line}), "BUDGET_CLOSED_YEAR");
  line = Standing(kLine);
  line.mutable_budget_line_opened()->set_label("Autre libellé d'essai");
  EXPECT_EQ(ReasonFor(kLine, {line}), "");
}

TEST_F(CorrectionPlanTest, MoreThanAUnitHolds) {
  Found(999);
  const absl::Status wide = ledger_.Plan(kVote, {}).status();
  EXPECT_EQ(ReasonOf(wide), "CORRECTION_TOO_WIDE") << wide;
  EXPECT_TRUE(absl::IsResourceExhausted(wide));
  EXPECT_EQ(ReasonFor(kFirstConvention), "");
}

}  // namespace
}  // namespace registre::testing::correction_plan_test

// Rules of the merger of structures, and of what follows it.
#include "ledger/acts/merger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "registre/v1/call.pb.h"
#include "registre/v1/consequence.pb.h"
#include "registre/v1/reference.pb.h"
#include "tests/ledger/acts/contract_world.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::testing::merger_test {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

// `absorbed` is absorbed by `absorbing` from a day on.
void Merge(FakeView* view, const std::string& absorbed, const std::string& absorbing,
           const std::string& day) {
  v1::Structure& structure = *view->RowOf(StructureKey(absorbed)).mutable_structure();
  structure.set_merged_into(absorbing);
  *structure.mutable_merged_on() = On(day);
  view->RowOf(StructureKey(absorbing)).mutable_structure()->add_absorbed_structure_ids(absorbed);
}

TEST(StructuresMergedTest, Cases) {
  using Act = v1::StructuresMerged;
  const std::vector<ActCase<Act>> cases = {
      {"plain", [](auto&, auto&) {}, {""}},
      {"the absorbed one is unknown",
       [](auto& act, auto&) { act.set_absorbed_structure_id("z"); },
       {"REFERENCE_UNKNOWN", {"z"}, {}, kNotFound}},
      {"the other one is unknown",
       [](auto& act, auto&) { act.set_structure_id("z"); },
       {"REFERENCE_UNKNOWN", {"z"}, {}, kNotFound}},
      {"itself",
       [](auto& act, auto&) { act.set_structure_id("asso"); },
       {"FIELD_INVALID", {"asso", "itself"}, {}, kInvalid}},
      {"absorbed already",
       [](auto&, auto& world) { Merge(world.fake(), "asso", "cias", "2023-11-01"); },
       {"STRUCTURE_MERGED", {"asso", "cias", "01/11/2023"}}},
      {"the other one is absorbed",
       [](auto&, auto& world) { Merge(world.fake(), "autre", "cias", "2023-11-01"); },
       {"STRUCTURE_MERGED", {"autre", "cias", "01/11/2023"}}},
      {"one that absorbed others",
       [](auto&, auto& world) { Merge(world.fake(), "cias", "asso", "2023-11-01"); },
       {""}},
  };
  RunActs<Act>(
      R"(absorbed_structure_id: "asso" structure_id: "autre" deed: "Traité d'essai"
         date { year: 2024 month: 1 day: 1 })",
      "autre", cases);
}

TEST(SuccessorOfTest, FollowsTheMergersInEffect) {
  ContractWorld world;
  Merge(world.fake(), "asso", "autre", "2024-01-01");
  Merge(world.fake(), "autre", "cias", "2024-06-01");
  const RuleContext context{world.view(), 0, "", nullptr};
  const auto on = [&](const char* day) { return SuccessorOf(context, "asso", ToDays(On(day))); };
  EXPECT_EQ(on("2023-12-31"), "asso");
  EXPECT_EQ(on("2024-01-01"), "autre");
  EXPECT_EQ(on("2024-05-31"), "autre");
  EXPECT_EQ(on("2024-06-01"), "cias");
  EXPECT_EQ(SuccessorOf(context, "inconnue", ToDays(On("2024-06-01"))), "inconnue");
}

// ---- After it

TEST(AfterAMerger, ApplicationsAreForWhoAbsorbed) {
  using Act = v1::ApplicationSubmitted;
  const auto start = [](FakeView* view, Act* act) {
    view->OpenLedger();
    view->AddStructure("s", "S");
    view->AddStructure("t", "T");
    view->AddCall("k");
    *act = Text<Act>(R"(number: "a" call_id: "k" thematic: "1" operation: "1" structure_id: "s"
                        requested_cents: 1 pledge_signed: true
                        date { year: 2023 month: 4 day: 3 })");
  };
  RunCases<Act>(start, {{"absorbed that day",
                         [](FakeView* view, Act*) { Merge(view, "s", "t", "2023-04-03"); },
                         "STRUCTURE_MERGED",
                         {},
                         {"structure s", "03/04/2023", "application a", "name t"}},
                        {"absorbed the day after",
                         [](FakeView* view, Act*) { Merge(view, "s", "t", "2023-04-04"); },
                         "",
                         {},
                         {}}});
}

TEST(AfterAMerger, ConventionsAreWithWhoAbsorbed) {
  const std::string plain = R"(
      number: "2023-00030" structure_id: "asso" object: "Action d'essai" amount_cents: 1000000
      signatures { authority_signed_on { year: 2023 month: 10 day: 2 } }
      tranches { tranche_id: "T" ceiling_cents: 1000000 budget_code: "L1"
        draws { deliberation_number: "2023-10" allotment_id: "a1" amount_cents: 1000000 } })";
  const auto merge = [](ContractWorld& world) {
    Merge(world.fake(), "asso", "autre", "2023-10-02");
  };
  using Act = v1::ConventionSigned;
  RunActs<Act>(plain, "asso",
               {{"plain", [](auto&, auto&) {}, {""}},
                {"absorbed",
                 [&](auto&, auto& world) { merge(world); },
                 {"STRUCTURE_MERGED", {"asso", "convention 2023-00030", "name autre"}}}});
  // What was allotted to the absorbed one, by name or among several, is for who absorbed it.
  RunActs<Act>(plain, "autre",
               {{"with who absorbed, on its allotment",
                 [&](auto& act, auto& world) {
                   act.set_structure_id("autre");
                   merge(world);
                 },
                 {""}},
                {"with who absorbed, on one that names several",
                 [&](auto& act, auto& world) {
                   act.set_structure_id("autre");
                   auto* draw = act.mutable_tranches(0)->mutable_draws(0);
                   draw->set_allotment_id("a2");
                   world.allotment("2023-10", "a2")
                       ->mutable_allotment()
                       ->mutable_named_structure_ids()
                       ->RemoveLast();
                   merge(world);
                 },
                 {""}},
                {"signed before the merger",
                 [](auto& act, auto& world) {
                   act.set_structure_id("autre");
                   Merge(world.fake(), "asso", "autre", "2023-10-03");
                 },
                 {"NOT_AUTHORISED", {"is for structure asso"}}}});
}

TEST(AfterAMerger, OrdersPayWhoAbsorbed) {
  const std::string tranche = R"(
      fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_ADVANCE
      amount_cents: 2400000 date { year: 2023 month: 10 day: 9 }
      basis { convention_number: "2023-00010" tranche_id: "T1" schedule_line_id: "avance" })";
  const std::string allotment = R"(
      fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_SINGLE
      amount_cents: 1 date { year: 2023 month: 10 day: 9 }
      basis { deliberation_number: "2023-10" allotment_id: "a1" })";
  using Act = v1::PaymentOrdered;
  const auto merge = [](auto&, auto& world) {
    Merge(world.fake(), "asso", "autre", "2023-10-03");
    Merge(world.fake(), "autre", "cias", "2023-10-09");
  };
  const auto later = [](auto&, auto& world) { Merge(world.fake(), "asso", "autre", "2023-10-10"); };
  const auto says_absorbed = [&](auto& act, auto& world) {
    act.set_structure_id("asso");
    merge(act, world);
  };
  for (const std::string& plain : {tranche, allotment}) {
    RunActs<Act>(plain, "cias",
                 {{"after", merge, {""}},
                  {"paid to the absorbed one", says_absorbed, {"FILLED_DIFFERS", {"cias"}}}});
    RunActs<Act>(plain, "asso", {{"before", later, {""}}});
  }
}

// What is ordered to the absorbed ones in the year counts for who absorbed them, and so do their
// conventions.
TEST(AfterAMerger, TheThresholdOfAConventionCountsTheAbsorbed) {
  const std::string plain = R"(
      fiscal_year: 2023 mandat: "1200" budget_code: "L1" kind: PAYMENT_KIND_SINGLE
      amount_cents: 1000000 date { year: 2023 month: 10 day: 9 }
      basis { deliberation_number: "2023-10" allotment_id: "a3" })";
  const auto ordered = [](ContractWorld& world, const std::string& id, int64_t cents) {
    *world.structure(id)->add_ordered_by_year() =
        Text<v1::YearAmount>("year: 2023 amount_cents: " + std::to_string(cents));
  };
  const auto absorb = [&](ContractWorld& world, const std::string& day, int64_t cents) {
    world.structure("tierce")->set_structure_id("tierce");
    ordered(world, "tierce", cents);
    Merge(world.fake(), "tierce", "asso", day);
    Merge(world.fake(), "asso", "autre", day);
  };
  RunActs<v1::PaymentOrdered>(plain, "autre",
                              {{"at the threshold",
                                [&](auto&, auto& world) {
                                  world.structure("asso")->clear_last_convention();
                                  absorb(world, "2023-10-09", 1300000);
                                },
                                {""}},
                               {"a cent over it",
                                [&](auto&, auto& world) {
                                  world.structure("asso")->clear_last_convention();
                                  absorb(world, "2023-10-09", 1300001);
                                },
                                {"", {"23 000,01 €"}, {"CONVENTION_MISSING serious autre"}}},
                               {"over it, with a convention of an absorbed one",
                                [&](auto&, auto& world) { absorb(world, "2023-10-09", 1300001); },
                                {""}},
                               {"over it, that convention terminated",
                                [&](auto&, auto& world) {
                                  world.structure("asso")->set_last_convention("2023-00010");
                                  *world.convention("2023-00010")->mutable_terminated_on() =
                                      On("2023-10-08");
                                  absorb(world, "2023-10-09", 1300001);
                                },
                                {"", {}, {"CONVENTION_MISSING serious autre"}}},
                               {"absorbed the day after",
                                [&](auto&, auto& world) { absorb(world, "2023-10-10", 1300001); },
                                {""}}});
}

TEST(AfterAMerger, AllotmentsAreForWhoAbsorbed) {
  using Act = v1::DeliberationVoted;
  const auto absorb = [](FakeView* view, Act* act, const std::string& id) {
    view->AddStructure("absorbante", "Absorbante d'essai");
    Merge(view, id, "absorbante", FormatIsoDate(act->date()));
  };
  FakeView view;
  Act plain;
  StartVote(&view, &plain);
  std::string id;
  int index = 0;
  for (int i = 0; i < plain.allotments_size() && id.empty(); ++i) {
    id = plain.allotments(i).structure_id();
    index = i;
  }
  ASSERT_FALSE(id.empty());
  RunCases<Act>(StartVote,
                {{"absorbed",
                  [&](FakeView* on, Act* act) { absorb(on, act, id); },
                  "STRUCTURE_MERGED",
                  {},
                  {"structure " + id, "name absorbante"}},
                 {"named without an amount",
                  [&](FakeView* on, Act* act) {
                    absorb(on, act, id);
                    act->mutable_allotments(index)->clear_structure_id();
                    act->mutable_allotments(index)->clear_application_number();
                    act->mutable_allotments(index)->add_named_structure_ids(id);
                  },
                  "STRUCTURE_MERGED",
                  {},
                  {"structure " + id, "name absorbante"}},
                 {"for who absorbed it, as it applied",
                  [&](FakeView* on, Act* act) {
                    absorb(on, act, id);
                    on->AddApplication("d1", "k", id, 100000);
                    act->mutable_allotments(index)->set_application_number("d1");
                    for (v1::Allotment& allotment : *act->mutable_allotments()) {
                      if (allotment.structure_id() == id) {
                        allotment.set_structure_id("absorbante");
                      }
                      for (std::string& named : *allotment.mutable_named_structure_ids()) {
                        if (named == id) named = "absorbante";
                      }
                    }
                  },
                  "",
                  {},
                  {}}});
}

TEST(AfterAMerger, TheAbsorbedOneIsStillUpdated) {
  ContractWorld world;
  Merge(world.fake(), "asso", "autre", "2023-10-02");
  auto act = Text<v1::StructureUpdated>(R"(structure_id: "asso" reason: "essai"
      after { name: "Association d'essai" } date { year: 2024 month: 1 day: 1 })");
  Expect(JudgeOn(world.view(), &act), {"", {}, {"SIRET_MISSING information asso"}});
}

}  // namespace
}  // namespace registre::testing::merger_test

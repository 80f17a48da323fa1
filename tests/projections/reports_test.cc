// Answers that need more than a row: what follows a decision in the history of a structure, and
// what a deliberation allots now.
#include "projections/reports.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/fake_view.h"
#include "tests/support/row_map.h"

namespace registre::testing::reports_test {
namespace {

// "reference | label | cents", for each entry.
std::vector<std::string> HistoryOf(const std::string& act, const std::string& structure_id) {
  std::vector<std::string> entries;
  for (const v1::StructureAct& entry :
       StructureActsOf(EventOf(7, Text<v1::Act>(act)), structure_id)) {
    EXPECT_EQ(entry.position(), 7u);
    entries.push_back(entry.reference() + " | " + entry.label() + " | " +
                      std::to_string(entry.amount_cents()));
  }
  return entries;
}

using Entries = std::vector<std::string>;

constexpr char kChanges[] = R"( changes {
    allotment_id: "1" structure_id: "S1" amount_before_cents: 400 amount_after_cents: 450 }
  changes { allotment_id: "2" amount_before_cents: 60 amount_after_cents: 40 }
  changes { allotment_id: "3" structure_id: "S1" amount_before_cents: 7 }
  reason: "essai" )";

TEST(StructureActsOf, HasAnEntryForEachAllotmentThatChanges) {
  const auto deliberation = [](const std::string& type) {
    return type + " { deliberation_number: 'D1' " + kChanges + " }";
  };
  EXPECT_EQ(HistoryOf(deliberation("deliberation_amended"), "S1"),
            Entries({"D1, attribution 1 | attribution modifiée : essai | 50",
                     "D1, attribution 3 | attribution modifiée : essai | -7"}));
  EXPECT_EQ(HistoryOf(deliberation("deliberation_withdrawn"), "S1"),
            Entries({"D1, attribution 1 | délibération retirée : essai | 50",
                     "D1, attribution 3 | délibération retirée : essai | -7"}));
  EXPECT_EQ(HistoryOf(deliberation("deliberation_annulled"), "S1"),
            Entries({"D1, attribution 1 | délibération annulée : essai | 50",
                     "D1, attribution 3 | délibération annulée : essai | -7"}));
  EXPECT_EQ(HistoryOf(R"(allotment_reduced { deliberation_number: "D1" reason: "essai"
                change { allotment_id: "1" structure_id: "S1" amount_before_cents: 9
                         amount_after_cents: 2 } })",
                      "S1"),
            Entries({"D1, attribution 1 | attribution réduite : essai | -7"}));
}

TEST(StructureActsOf, AnEntryHasTheAssumedFieldsOfItsChange) {
  const auto entries = StructureActsOf(
      EventOf(7, Text<v1::Act>(std::string("deliberation_amended { ") + kChanges + R"( }
          assumed_fields: "deliberation_amended.date"
          assumed_fields: "deliberation_amended.changes[2].amount_after_cents")")),
      "S1");
  ASSERT_EQ(entries.size(), 2u);
  ASSERT_EQ(entries[0].assumed_fields_size(), 1);
  EXPECT_EQ(entries[0].assumed_fields(0), "deliberation_amended.date");
  ASSERT_EQ(entries[1].assumed_fields_size(), 2);
  EXPECT_EQ(entries[1].assumed_fields(1), "deliberation_amended.changes.amount_after_cents");
}

TEST(StructureActsOf, TellsTerminationsAndMergers) {
  EXPECT_EQ(HistoryOf(R"(convention_terminated { convention_number: "C1" structure_id: "S1"
                amount_before_cents: 170 amount_after_cents: 80 reason: "essai" })",
                      "S1"),
            Entries({"C1 | résiliation : essai | -90"}));
  for (const char* id : {"S1", "S2"}) {
    EXPECT_EQ(HistoryOf(R"(structures_merged { absorbed_structure_id: "S1" structure_id: "S2"
                  deed: "Traité d'essai" })",
                        id),
              Entries({" | S1 absorbée par S2 : Traité d'essai | 0"}));
  }
}

TEST(AddThematicTotals, CountsWhatIsAllottedNow) {
  v1::GetDeliberationResponse response;
  AddThematicTotals(
      Text<v1::Deliberation>(R"pb(
        allotments {
          allotment { allotment_id: "1" thematic: "1" structure_id: "S1" amount_cents: 400 }
          amount_cents: 350
        }
        allotments {
          allotment { allotment_id: "2" thematic: "1" amount_cents: 60 }
          amount_cents: 70
        })pb"),
      nullptr, &response);
  EXPECT_EQ(response.allotted_cents(), 420);
  EXPECT_EQ(response.without_name_cents(), 70);
  ASSERT_EQ(response.thematics_size(), 1);
  EXPECT_EQ(response.thematics(0).allotted_cents(), 420);
}

}  // namespace
}  // namespace registre::testing::reports_test

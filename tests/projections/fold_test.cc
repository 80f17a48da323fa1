// Folds as a whole: keys, exact reverts over random histories, a reference computed otherwise, and
// histories with holes.
#include "projections/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "tests/projections/fold_cases.h"
#include "tests/support/fake_view.h"
#include "tests/support/random_acts.h"
#include "tests/support/row_map.h"
#include "tests/support/test_seed.h"

namespace registre::testing::fold_test {
namespace {

using Rows = std::map<std::string, std::string>;

Rows BytesOf(const RowMap& map) {
  Rows rows;
  for (const auto& [key, row] : map.rows()) rows[key] = Bytes(row);
  return rows;
}

std::vector<v1::Event> History(uint64_t seed, size_t size, RowMap* rows) {
  RandomActs acts(seed, *rows);
  std::vector<v1::Event> events;
  while (events.size() < size) {
    events.push_back(EventOf(events.size(), acts.Next()));
    rows->Fold(Direction::kApply, events.back());
  }
  return events;
}

TEST(RowKeysOf, AreTheTagsAndTheLookups) {
  EXPECT_EQ(RowKeysOf(EventOf(0, Text<v1::Act>("ledger_opened { currency: 'EUR' }"))),
            std::vector<std::string>({"ledger"}));
  EXPECT_EQ(RowKeysOf(EventOf(0, Text<v1::Act>("opening_closed {}"))),
            std::vector<std::string>({"ledger"}));
  EXPECT_EQ(RowKeysOf(EventOf(0, Text<v1::Act>("structure_registered { structure_id: 'S1' "
                                               "identity { siret: '00000000000018' } }"))),
            std::vector<std::string>({"structure:S1", "siret:00000000000018", "siren:000000000"}));
  EXPECT_EQ(RowKeysOf(EventOf(0, Text<v1::Act>("structure_updated { structure_id: 'S1' "
                                               "before { siret: '00000000000018' } after {} }"))),
            std::vector<std::string>({"structure:S1"}));
  EXPECT_EQ(RowKeysOf(EventOf(0, Text<v1::Act>("deliberation_published { number: 'D1' }"))),
            std::vector<std::string>({"deliberation:D1"}));
}

TEST(Fold, PassesOverAKeyOfNoKind) {
  v1::Row row;
  for (const char* key : {"", ":", "nothing:1", "ledgers", "structure"}) {
    Fold(Direction::kApply, EventOf(0, Text<v1::Act>("deliberation_published { number: 'D1' }")),
         key, &row);
    EXPECT_EQ(row.row_case(), v1::Row::ROW_NOT_SET) << key;
  }
}

TEST(Fold, PassesOverAnUnsetAct) {
  v1::Row row;
  for (const char* key : {"ledger", "structure:1", "call:1", "application:1", "session:1",
                          "deliberation:1", "budget_line:1", "convention:1", "payment:1-1",
                          "siret:00000000000018", "siren:000000000"}) {
    Fold(Direction::kApply, v1::Event(), key, &row);
    Fold(Direction::kRevert, v1::Event(), key, &row);
    EXPECT_EQ(row.row_case(), v1::Row::ROW_NOT_SET) << key;
  }
}

TEST(FoldRandom, RevertIsTheExactInverse) {
  const uint64_t seed = TestSeed();
  RowMap rows;
  RandomActs acts(seed, rows);
  std::mt19937_64 rng(seed + 1);
  std::vector<v1::Event> events;
  std::vector<Rows> before;  // each event
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 60; ++i) {
      before.push_back(BytesOf(rows));
      events.push_back(EventOf(events.size(), acts.Next()));
      rows.Fold(Direction::kApply, events.back());
    }
    // Back over a suffix of any length, all of it in the last round, and forth again.
    const Rows after = BytesOf(rows);
    const size_t length = round == 11 ? events.size() : rng() % (events.size() + 1);
    const size_t start = events.size() - length;
    for (size_t i = events.size(); i-- > start;) {
      rows.Fold(Direction::kRevert, events[i]);
      ASSERT_EQ(BytesOf(rows), before[i]) << "event " << i << ": " << events[i].ShortDebugString();
    }
    for (size_t i = start; i < events.size(); ++i) rows.Fold(Direction::kApply, events[i]);
    ASSERT_EQ(BytesOf(rows), after);
  }
}

TEST(FoldRandom, HistoriesHoldEveryAct) {
  const uint64_t seed = TestSeed();
  std::map<v1::Act::ActCase, int> counts;
  std::set<v1::Act::ActCase> setters;
  for (uint64_t history = 0; history < 8; ++history) {
    RowMap rows;
    for (const v1::Event& event : History(seed + history, 1'000, &rows)) {
      ++counts[event.act().act_case()];
      const std::vector<RowValue> values = ValuesSetBy(event.act());
      if (values.empty()) continue;
      setters.insert(event.act().act_case());
      const std::vector<std::string> keys = RowKeysOf(event);
      for (const RowValue& value : values) {
        EXPECT_THAT(keys, ::testing::Contains(value.key));
        EXPECT_THAT(value.key,
                    ::testing::StartsWith(std::string(KindSetBy(event.act().act_case()))));
      }
    }
  }
  const auto* descriptor = v1::Act::descriptor()->FindOneofByName("act");
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto act_case = static_cast<v1::Act::ActCase>(descriptor->field(i)->number());
    if (act_case > v1::Act::kFiscalYearClosed) continue;  // correction_random_test.cc
    EXPECT_GT(counts[act_case], 0) << descriptor->field(i)->name();
    EXPECT_EQ(!KindSetBy(act_case).empty(), setters.count(act_case) > 0)
        << descriptor->field(i)->name();
  }
}

TEST(FoldRandom, HolesNeverHurt) {
  const uint64_t seed = TestSeed();
  RowMap whole;
  const std::vector<v1::Event> events = History(seed, 1'500, &whole);
  std::mt19937_64 rng(seed + 2);
  for (int percent : {5, 30, 70}) {
    RowMap rows;
    std::vector<const v1::Event*> folded;
    for (const v1::Event& event : events) {
      if (rng() % 100 < static_cast<uint64_t>(percent)) continue;
      rows.Fold(Direction::kApply, event);
      folded.push_back(&event);
    }
    // Not an exact inverse, where values before were not seen; what is added up is.
    for (auto event = folded.rbegin(); event != folded.rend(); ++event) {
      rows.Fold(Direction::kRevert, **event);
    }
    for (const auto& [key, row] : rows.rows()) {
      if (!row.has_budget_line()) continue;
      ADD_FAILURE() << key << " is left: " << row.ShortDebugString();
    }
  }
}

TEST(FoldRandom, EffectiveDatesCutAnywhere) {
  RowMap whole;
  const std::vector<v1::Event> events = History(TestSeed(), 1'500, &whole);
  for (size_t cut = 50; cut < events.size(); cut += 97) {
    const Days date = EffectiveDateOf(events[cut].act());
    RowMap rows;
    for (const v1::Event& event : events) {
      if (EffectiveDateOf(event.act()) <= date) rows.Fold(Direction::kApply, event);
    }
    EXPECT_LE(rows.rows().size(), whole.rows().size());
  }
}

// ---- The same sums, from where each thing ends up instead of from each act

struct Reference {
  std::map<std::string, v1::Tranche> tranches;  // as amended, by convention/tranche
  std::map<std::string, bool> opening;          // by convention
  std::map<std::string, std::string> structure_of;
  std::map<std::string, int64_t> net, paid;        // of an order
  std::map<std::string, int64_t> asked, received;  // back, of an order
  std::map<std::string, v1::PaymentOrdered> orders;
  std::vector<v1::OpeningPaymentRecorded> opening_payments;
  std::map<std::string, v1::Allotment> allotments;  // as changed, by deliberation/allotment
  std::map<std::string, int64_t> released;          // by deliberation/allotment
  std::map<std::string, int64_t> authorised, opening_commitment;
};

template <typename A>
void ReadContract(const A& act, Reference* all) {
  all->structure_of[act.number()] = act.structure_id();
  for (const v1::Tranche& tranche : act.tranches()) {
    all->tranches[act.number() + "/" + tranche.tranche_id()] = tranche;
  }
}

std::string KeyOf(const v1::OrderRef& order) {
  return std::to_string(order.fiscal_year()) + "-" + order.mandat();
}

// An allotment as it stands, whatever it was before.
void ReadChange(const std::string& number, const v1::AllotmentChange& change, Reference* all) {
  all->allotments.at(number + "/" + change.allotment_id())
      .set_amount_cents(change.amount_after_cents());
}

template <typename A>
void ReadChanges(const A& act, Reference* all) {
  for (const v1::AllotmentChange& change : act.changes()) {
    ReadChange(act.deliberation_number(), change, all);
  }
}

void Read(const v1::Act& act, Reference* all) {
  if (act.has_opening_convention_recorded()) {
    all->opening[act.opening_convention_recorded().number()] = true;
    ReadContract(act.opening_convention_recorded(), all);
  } else if (act.has_convention_signed()) {
    ReadContract(act.convention_signed(), all);
  } else if (act.has_avenant_signed()) {
    const v1::AvenantSigned& avenant = act.avenant_signed();
    for (const v1::Tranche& tranche : avenant.tranches()) {
      all->tranches[avenant.convention_number() + "/" + tranche.tranche_id()] = tranche;
    }
  } else if (act.has_deliberation_voted()) {
    const v1::DeliberationVoted& voted = act.deliberation_voted();
    if (voted.result() != v1::VOTE_RESULT_ADOPTED) return;
    for (const v1::Allotment& allotment : voted.allotments()) {
      all->allotments[voted.number() + "/" + allotment.allotment_id()] = allotment;
    }
  } else if (act.has_deliberation_amended()) {
    ReadChanges(act.deliberation_amended(), all);
  } else if (act.has_deliberation_withdrawn()) {
    ReadChanges(act.deliberation_withdrawn(), all);
  } else if (act.has_deliberation_annulled()) {
    ReadChanges(act.deliberation_annulled(), all);
  } else if (act.has_allotment_reduced()) {
    const v1::AllotmentReduced& reduced = act.allotment_reduced();
    ReadChange(reduced.deliberation_number(), reduced.change(), all);
  } else if (act.has_convention_terminated()) {
    for (const v1::Tranche& tranche : act.convention_terminated().tranches()) {
      all->tranches[act.convention_terminated().convention_number() + "/" + tranche.tranche_id()] =
          tranche;
    }
  } else if (act.has_commitment_released()) {
    const v1::CommitmentReleased& released = act.commitment_released();
    all->released[released.deliberation_number() + "/" + released.allotment_id()] +=
        released.amount_cents();
  } else if (act.has_payment_ordered()) {
    const v1::PaymentOrdered& order = act.payment_ordered();
    const std::string key = std::to_string(order.fiscal_year()) + "-" + order.mandat();
    all->orders[key] = order;
    all->net[key] = order.amount_cents();
  } else if (act.has_payment_reduced()) {
    all->net[KeyOf(act.payment_reduced().order())] -= act.payment_reduced().reduction_cents();
  } else if (act.has_payment_rejected()) {
    all->net[KeyOf(act.payment_rejected().order())] = 0;
  } else if (act.has_payment_settled()) {
    const std::string key = KeyOf(act.payment_settled().order());
    all->paid[key] = all->net[key];
  } else if (act.has_payment_reimputed()) {
    v1::PaymentOrdered& order = all->orders[KeyOf(act.payment_reimputed().order())];
    *order.mutable_basis() = act.payment_reimputed().basis();
    order.set_budget_code(act.payment_reimputed().budget_code());
  } else if (act.has_recovery_ordered()) {
    all->asked[KeyOf(act.recovery_ordered().order())] += act.recovery_ordered().amount_cents();
  } else if (act.has_recovery_received()) {
    all->received[KeyOf(act.recovery_received().order())] += act.recovery_received().amount_cents();
  } else if (act.has_opening_payment_recorded()) {
    all->opening_payments.push_back(act.opening_payment_recorded());
  } else if (act.has_budget_line_opened()) {
    all->authorised[act.budget_line_opened().code()] = act.budget_line_opened().authorised_cents();
  } else if (act.has_budget_line_adjusted()) {
    all->authorised[act.budget_line_adjusted().code()] =
        act.budget_line_adjusted().authorised_after_cents();
  } else if (act.has_opening_commitment_recorded()) {
    all->opening_commitment[act.opening_commitment_recorded().code()] =
        act.opening_commitment_recorded().amount_cents();
  }
}

int64_t Drawn(const v1::Tranche& tranche) {
  int64_t sum = 0;
  for (const v1::Draw& draw : tranche.draws()) sum += draw.amount_cents();
  return sum;
}

int64_t At(const std::map<std::string, int64_t>& sums, const std::string& key) {
  const auto it = sums.find(key);
  return it == sums.end() ? 0 : it->second;
}

// Orders of the year on the line, on which the accountant has not spoken.
int Unanswered(const RowMap& rows, const std::string& code, int fiscal_year) {
  int count = 0;
  for (const auto& [key, row] : rows.rows()) {
    const v1::Payment& payment = row.payment();
    if (payment.budget_code() != code || payment.fiscal_year() != fiscal_year) continue;
    const v1::PaymentStatus status = payment.steps(payment.steps_size() - 1).status();
    if (status == v1::PAYMENT_STATUS_ORDERED || status == v1::PAYMENT_STATUS_SUSPENDED) ++count;
  }
  return count;
}

void CheckLines(const Reference& all, const RowMap& rows) {
  std::map<std::string, v1::BudgetLine> lines;
  for (const auto& [code, cents] : all.authorised) lines[code].set_authorised_cents(cents);
  for (const auto& [code, cents] : all.opening_commitment) {
    lines[code].set_opening_commitment_cents(cents);
  }
  for (const auto& [key, allotment] : all.allotments) {
    v1::BudgetLine& line = lines[allotment.budget_code()];
    line.set_voted_cents(line.voted_cents() + allotment.amount_cents());
  }
  for (const auto& [key, cents] : all.released) {
    v1::BudgetLine& line = lines[all.allotments.at(key).budget_code()];
    line.set_released_cents(line.released_cents() + cents);
  }
  for (const auto& [key, tranche] : all.tranches) {
    v1::BudgetLine& line = lines[tranche.budget_code()];
    line.set_contracted_cents(line.contracted_cents() + Drawn(tranche));
    line.set_opening_contracted_cents(line.opening_contracted_cents() + tranche.ceiling_cents() -
                                      Drawn(tranche));
  }
  for (const auto& [key, order] : all.orders) {
    v1::BudgetLine& line = lines[order.budget_code()];
    line.set_ordered_cents(line.ordered_cents() + all.net.at(key));
    if (all.paid.contains(key)) line.set_paid_cents(line.paid_cents() + all.paid.at(key));
    line.set_recovery_ordered_cents(line.recovery_ordered_cents() + At(all.asked, key));
    line.set_recovered_cents(line.recovered_cents() + At(all.received, key));
  }
  for (const v1::OpeningPaymentRecorded& payment : all.opening_payments) {
    v1::BudgetLine& line = lines[payment.budget_code()];
    line.set_ordered_cents(line.ordered_cents() + payment.amount_cents());
    line.set_paid_cents(line.paid_cents() + payment.amount_cents());
  }
  for (const auto& [code, expected] : lines) {
    const v1::BudgetLine* line = rows.BudgetLine(code);
    ASSERT_NE(line, nullptr) << code;
    EXPECT_EQ(line->authorised_cents(), expected.authorised_cents()) << code;
    EXPECT_EQ(line->opening_commitment_cents(), expected.opening_commitment_cents()) << code;
    EXPECT_EQ(line->voted_cents(), expected.voted_cents()) << code;
    EXPECT_EQ(line->released_cents(), expected.released_cents()) << code;
    EXPECT_EQ(line->contracted_cents(), expected.contracted_cents()) << code;
    EXPECT_EQ(line->opening_contracted_cents(), expected.opening_contracted_cents()) << code;
    EXPECT_EQ(line->ordered_cents(), expected.ordered_cents()) << code;
    EXPECT_EQ(line->paid_cents(), expected.paid_cents()) << code;
    EXPECT_EQ(line->available_cents(), line->authorised_cents() - line->opening_commitment_cents() -
                                           line->voted_cents() + line->released_cents());
    EXPECT_EQ(line->recovery_ordered_cents(), expected.recovery_ordered_cents()) << code;
    EXPECT_EQ(line->recovered_cents(), expected.recovered_cents()) << code;
    int64_t by_year = 0, paid_by_year = 0;
    for (const v1::FiscalYearCredits& year : line->fiscal_years()) {
      by_year += year.ordered_cents();
      paid_by_year += year.paid_cents();
      EXPECT_EQ(year.unanswered_orders(), Unanswered(rows, code, year.fiscal_year())) << code;
    }
    EXPECT_EQ(by_year, line->ordered_cents()) << code;
    EXPECT_EQ(paid_by_year, line->paid_cents()) << code;
  }
}

void CheckConventions(const Reference& all, const RowMap& rows) {
  std::map<std::string, int64_t> ordered, paid, drawn, asked, received, direct;
  for (const auto& [key, order] : all.orders) {
    const v1::PaymentBasis& basis = order.basis();
    if (basis.convention_number().empty()) {
      direct[basis.deliberation_number() + "/" + basis.allotment_id()] += all.net.at(key);
      continue;
    }
    const std::string tranche = basis.convention_number() + "/" + basis.tranche_id();
    ordered[tranche] += all.net.at(key);
    if (all.paid.contains(key)) paid[tranche] += all.paid.at(key);
    asked[tranche] += At(all.asked, key);
    received[tranche] += At(all.received, key);
  }
  for (const v1::OpeningPaymentRecorded& payment : all.opening_payments) {
    ordered[payment.convention_number() + "/" + payment.tranche_id()] += payment.amount_cents();
    paid[payment.convention_number() + "/" + payment.tranche_id()] += payment.amount_cents();
  }
  for (const auto& [key, tranche] : all.tranches) {
    for (const v1::Draw& draw : tranche.draws()) {
      drawn[draw.deliberation_number() + "/" + draw.allotment_id()] += draw.amount_cents();
    }
  }
  for (const auto& [number, structure] : all.structure_of) {
    const v1::Convention* convention = rows.Convention(number);
    ASSERT_NE(convention, nullptr) << number;
    int64_t ceilings = 0;
    for (const v1::TrancheState& state : convention->tranches()) {
      const std::string key = number + "/" + state.tranche().tranche_id();
      EXPECT_EQ(state.tranche().SerializeAsString(), all.tranches.at(key).SerializeAsString());
      EXPECT_EQ(state.ordered_cents(), ordered[key]) << key;
      EXPECT_EQ(state.paid_cents(), paid[key]) << key;
      EXPECT_EQ(state.recovery_ordered_cents(), asked[key]) << key;
      EXPECT_EQ(state.recovered_cents(), received[key]) << key;
      ceilings += state.tranche().ceiling_cents();
      int64_t by_line = 0;
      for (const v1::ScheduleLineState& line : state.lines()) by_line += line.ordered_cents();
      EXPECT_EQ(by_line, state.ordered_cents()) << key;
    }
    EXPECT_EQ(convention->amount_cents(), ceilings) << number;
    EXPECT_EQ(convention->opening(), all.opening.contains(number)) << number;
  }
  for (const auto& [key, allotment] : all.allotments) {
    const size_t slash = key.find('/');
    const v1::Deliberation* deliberation = rows.Deliberation(key.substr(0, slash));
    ASSERT_NE(deliberation, nullptr) << key;
    for (const v1::AllotmentState& state : deliberation->allotments()) {
      if (state.allotment().allotment_id() != key.substr(slash + 1)) continue;
      EXPECT_EQ(state.drawn_cents(), drawn[key]) << key;
      EXPECT_EQ(state.amount_cents(), allotment.amount_cents()) << key;
      EXPECT_EQ(state.ordered_cents(), direct[key]) << key;
    }
  }
}

void CheckStructures(const Reference& all, const RowMap& rows) {
  std::map<std::string, v1::Structure> structures;
  for (const auto& [number, structure] : all.structure_of) {
    structures[structure].set_conventions(structures[structure].conventions() + 1);
    structures[structure].set_contracted_cents(structures[structure].contracted_cents() +
                                               rows.Convention(number)->amount_cents());
  }
  for (const auto& [key, allotment] : all.allotments) {
    if (allotment.structure_id().empty()) continue;
    v1::Structure& structure = structures[allotment.structure_id()];
    structure.set_allotted_cents(structure.allotted_cents() + allotment.amount_cents());
  }
  for (const auto& [key, order] : all.orders) {
    v1::Structure& structure = structures[order.structure_id()];
    structure.set_ordered_cents(structure.ordered_cents() + all.net.at(key));
    structure.set_recovery_ordered_cents(structure.recovery_ordered_cents() + At(all.asked, key));
    structure.set_recovered_cents(structure.recovered_cents() + At(all.received, key));
  }
  for (const v1::OpeningPaymentRecorded& payment : all.opening_payments) {
    v1::Structure& structure = structures[payment.structure_id()];
    structure.set_ordered_cents(structure.ordered_cents() + payment.amount_cents());
  }
  for (const auto& [id, expected] : structures) {
    const v1::Structure* structure = rows.Structure(id);
    ASSERT_NE(structure, nullptr) << id;
    EXPECT_EQ(structure->conventions(), expected.conventions()) << id;
    EXPECT_EQ(structure->contracted_cents(), expected.contracted_cents()) << id;
    EXPECT_EQ(structure->allotted_cents(), expected.allotted_cents()) << id;
    EXPECT_EQ(structure->ordered_cents(), expected.ordered_cents()) << id;
    EXPECT_EQ(structure->recovery_ordered_cents(), expected.recovery_ordered_cents()) << id;
    EXPECT_EQ(structure->recovered_cents(), expected.recovered_cents()) << id;
    int64_t by_year = 0;
    for (const v1::YearAmount& year : structure->ordered_by_year()) by_year += year.amount_cents();
    EXPECT_EQ(by_year, structure->ordered_cents()) << id;
  }
}

TEST(FoldRandom, AgreesWithANaiveReference) {
  RowMap rows;
  Reference all;
  for (const v1::Event& event : History(TestSeed(), 4'000, &rows)) Read(event.act(), &all);
  CheckLines(all, rows);
  CheckConventions(all, rows);
  CheckStructures(all, rows);
}

}  // namespace
}  // namespace registre::testing::fold_test

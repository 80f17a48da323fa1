// Random corrections of a random ledger: whatever is corrected, in whatever order, the ledger is
// then what the acts that stand add up to, at every point.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "projections/standing.h"
#include "tests/support/application_acts.h"
#include "tests/support/corrected_ledger.h"
#include "tests/support/error_info.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"
#include "tests/support/random_acts.h"
#include "tests/support/test_seed.h"

namespace registre::testing::correction_random_test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A field that a mistake may be in.
struct Leaf {
  Message* message;
  const FieldDescriptor* field;
};

void CollectLeaves(Message* message, std::vector<Leaf>* leaves) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == v1::Date::descriptor() ||
        (!field->is_repeated() && (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
                                   field->cpp_type() == FieldDescriptor::CPPTYPE_STRING))) {
      leaves->push_back({message, field});
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      CollectLeaves(reflection->MutableMessage(message, field), leaves);
    } else {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        CollectLeaves(reflection->MutableRepeatedMessage(message, field, i), leaves);
      }
    }
  }
}

bool IsReference(const Leaf& leaf) {
  const std::string& name = leaf.field->name();
  return name == "structure_id" || name == "budget_code" || name == "convention_number" ||
         name == "application_number";
}

// Corrects from the day on; where that is refused as too early, from the date that the refusal
// names, and counts it.
absl::StatusOr<PlannedCorrection> CorrectFrom(const v1::Date& day, uint64_t target,
                                              const std::vector<v1::Act>& replacements,
                                              CorrectedLedger* ledger, int* later) {
  auto corrected = ledger->Correct(target, replacements, FormatIsoDate(day));
  if (ReasonOf(corrected.status()) != "CORRECTION_EFFECTIVE_DATE") return corrected;
  ++*later;
  const std::string earliest = InfoOf(corrected.status()).metadata().at("earliest");
  corrected = ledger->Correct(target, replacements, earliest);
  EXPECT_NE(ReasonOf(corrected.status()), "CORRECTION_EFFECTIVE_DATE") << corrected.status();
  return corrected;
}

class RandomCorrections {
 public:
  explicit RandomCorrections(uint64_t seed) : rng_(seed), acts_(seed, view_) {}

  void Run(int rounds) {
    RecordSome(120);
    for (int round = 0; round < rounds; ++round) {
      RecordSome(static_cast<int>(rng_() % 30));
      CorrectOne();
      if (::testing::Test::HasFailure()) return;
    }
  }

  // Goes back, newest first, and finds the rows before each event. Lists may have another order:
  // what was taken out of the middle of one comes back at its end.
  void GoBack() {
    const std::vector<v1::Event> events = ledger_.Events();
    std::vector<RowTexts> before;
    RowMap rows;
    for (const v1::Event& event : events) {
      before.push_back(TextsOf(rows.rows()));
      rows.Fold(Direction::kApply, event);
      ++counts_[std::string(ActType(event.act()))];
    }
    for (size_t i = events.size(); i-- > 0;) {
      rows.Fold(Direction::kRevert, events[i]);
      ASSERT_EQ(TextsOf(rows.rows()), before[i]) << events[i].ShortDebugString();
    }
    EXPECT_TRUE(rows.rows().empty());
  }

  // How often each thing happened.
  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  void Follow() {
    for (; followed_ < ledger_.recorder.log.size(); ++followed_) {
      view_.Fold(Direction::kApply, ledger_.recorder.EventAt(followed_));
    }
  }

  // An act that the generator believes in may be refused: what it remembers may be gone.
  void RecordSome(int count) {
    for (int i = 0; i < count; ++i) {
      v1::Act act = acts_.Next();
      ClearFilled(&act);
      if (!ledger_.Record(act).ok()) ++counts_["act refused"];
      Follow();
    }
  }

  std::string AnotherId(const std::string& prefix) {
    std::vector<std::string> ids;
    view_.ForEachKey(prefix, [&](std::string_view key) {
      ids.emplace_back(key.substr(prefix.size()));
      return true;
    });
    return ids.empty() ? "" : ids[rng_() % ids.size()];
  }

  void MakeMistake(v1::Act* act) {
    std::vector<Leaf> leaves;
    CollectLeaves(act, &leaves);
    if (leaves.empty()) return;
    // What an act is about is mistaken more often than its texts.
    if (rng_() % 2 == 0) {
      std::stable_partition(leaves.begin(), leaves.end(), IsReference);
      const auto end = std::find_if_not(leaves.begin(), leaves.end(), IsReference);
      if (end != leaves.begin()) leaves.erase(end, leaves.end());
    }
    const Leaf& leaf = leaves[rng_() % leaves.size()];
    const auto* reflection = leaf.message->GetReflection();
    const std::string& name = leaf.field->name();
    if (leaf.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (leaf.field->is_repeated()) return;
      auto* date = static_cast<v1::Date*>(reflection->MutableMessage(leaf.message, leaf.field));
      const Days day = ToDays(*date) + static_cast<Days>(rng_() % 21) - 10;
      *date = FromDays(day);
    } else if (leaf.field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      const int64_t cents = reflection->GetInt64(*leaf.message, leaf.field);
      const int64_t change = static_cast<int64_t>(rng_() % 2001) - 1000;
      reflection->SetInt64(leaf.message, leaf.field, std::max<int64_t>(1, cents + change));
    } else if (name == "structure_id") {
      reflection->SetString(leaf.message, leaf.field, AnotherId("structure:"));
    } else if (name == "budget_code") {
      reflection->SetString(leaf.message, leaf.field, AnotherId("budget_line:"));
    } else if (name == "convention_number") {
      reflection->SetString(leaf.message, leaf.field, AnotherId("convention:"));
    } else if (name == "application_number") {
      reflection->SetString(leaf.message, leaf.field, AnotherId("application:"));
    } else if (name == "mandat" || name == "title" || name == "label" || name == "object" ||
               name == "reason" || name == "name" || name == "text" || name == "bordereau") {
      reflection->SetString(leaf.message, leaf.field,
                            reflection->GetString(*leaf.message, leaf.field) + "b");
    } else if (name == "number") {
      std::string number = reflection->GetString(*leaf.message, leaf.field);
      if (!number.empty()) number.back() = static_cast<char>('0' + rng_() % 10);
      reflection->SetString(leaf.message, leaf.field, number);
    } else {
      act->add_remarks("essai");
    }
  }

  std::vector<v1::Act> Replacements(uint64_t target) {
    const StateReader reader(ledger_.recorder.log, *ledger_.recorder.index, RegistreProjection());
    const auto standing =
        StandingAt(ledger_.recorder.log, reader, {.size = ledger_.recorder.log.size()}, target);
    if (!standing.ok() || !standing->has_value() || rng_() % 5 == 0) return {};
    std::vector<v1::Act> acts = {(*standing)->act};
    ClearFilled(&acts[0]);
    MakeMistake(&acts[0]);
    if (rng_() % 12 == 0)
      acts.push_back(RegisterStructure(fmt::format("new-{}", counts_["new"]++)));
    return acts;
  }

  void TurnDownOne(uint64_t target, const std::vector<v1::Act>& replacements) {
    const auto number = ledger_.Propose(target, replacements);
    if (!number.ok()) return;
    EXPECT_TRUE(ledger_.TurnDown(*number).ok());
    EXPECT_EQ(ReasonOf(ledger_.TurnDown(*number)), "CORRECTION_DECIDED");
    Follow();
  }

  void CorrectOne() {
    const uint64_t size = ledger_.recorder.log.size();
    // What was corrected is often corrected again.
    const bool again = !corrected_.empty() && rng_() % 3 == 0;
    const uint64_t target = again ? corrected_[rng_() % corrected_.size()] : rng_() % size;
    const std::vector<v1::Act> replacements = Replacements(target);
    const Days first = ToDays(On("2024-01-01"));
    const v1::Date effective_on = FromDays(first + static_cast<Days>(rng_() % 500));
    if (rng_() % 8 == 0) {
      TurnDownOne(target, replacements);
      return;
    }
    const auto corrected = CorrectFrom(effective_on, target, replacements, &ledger_,
                                       &counts_["CORRECTION_EFFECTIVE_DATE"]);
    std::vector<Point> points;
    for (int i = 0; i < 4; ++i) {
      points.push_back({.size = 1 + rng_() % ledger_.recorder.log.size(),
                        .effective_on = first + static_cast<Days>(rng_() % 500),
                        .as_recorded = rng_() % 4 == 0});
      if (rng_() % 2 == 0) points.back().size = ledger_.recorder.log.size();
    }
    Follow();
    if (!corrected.ok()) {
      ++counts_[ReasonOf(corrected.status())];
      EXPECT_NE(ReasonOf(corrected.status()), "") << corrected.status();
      return;
    }
    ++counts_[v1::CorrectionKind_Name(corrected->plan.kind())];
    for (const v1::CorrectedAct& act : corrected->plan.affected()) {
      corrected_.push_back(act.position());
    }
    counts_["affected"] += corrected->plan.affected_size();
    SCOPED_TRACE(fmt::format("{} -> {}\n{}", corrected->target.ShortDebugString(),
                             replacements.empty() ? "" : replacements[0].ShortDebugString(),
                             corrected->plan.ShortDebugString()));
    ledger_.Audit(points);
  }

  std::mt19937_64 rng_;
  CorrectedLedger ledger_;
  RowMap view_;
  RandomActs acts_;
  uint64_t followed_ = 0;
  std::vector<uint64_t> corrected_;
  std::map<std::string, int> counts_;
};

// Ledgers one after the other, at least three, until everything happened often enough: what happens
// to one is chance.
TEST(CorrectionRandom, LeavesWhatTheStandingActsAddUpTo) {
  const uint64_t seed = TestSeed();
  const std::map<std::string, int> wanted = {{"CORRECTION_KIND_RECTIFICATION", 6},
                                             {"CORRECTION_KIND_REVERSAL", 6},
                                             {"correction_proposed", 1},
                                             {"correction_approved", 1},
                                             {"correction_rejected", 1},
                                             {"act_reversed", 1},
                                             {"act_rectified", 1}};
  std::map<std::string, int> counts;
  const auto happened = [&] {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const auto& one) { return counts[one.first] >= one.second; });
  };
  for (uint64_t i = 0; i < 3 || (i < 10 && !happened()); ++i) {
    SCOPED_TRACE(fmt::format("ledger {}", i));
    RandomCorrections corrections(seed + i);
    corrections.Run(30);
    corrections.GoBack();
    if (HasFailure()) return;
    for (const auto& [what, count] : corrections.counts()) counts[what] += count;
  }
  for (const auto& [what, least] : wanted) EXPECT_GE(counts[what], least) << what;
}

// One application and its structure, on which acts of any date set the same values again and again,
// are reversed, replaced and recorded anew: on every day both are what the acts that stand there
// say.
class OneSubject {
 public:
  explicit OneSubject(uint64_t seed) : rng_(seed) {
    for (const v1::Act& act : PaymentFounding(1)) ledger_.Must(act);
    ledger_.Must(OpenCall());
  }

  void Run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      if (positions_.empty() || rng_() % 5 < 2) {
        const auto recorded = ledger_.Record(AnyAct());
        if (recorded.ok()) positions_.push_back(*recorded);
      } else {
        CorrectOne();
      }
    }
  }

  int corrected() const { return corrected_; }
  int later() const { return later_; }

 private:
  // At times a year too late.
  v1::Date AnyDay() {
    const Days day = kFirst + static_cast<Days>(rng_() % kDays);
    return FromDays(rng_() % 20 == 0 ? day + 365 : day);
  }

  v1::Act AnyAct() {
    switch (rng_() % 4) {
      case 0:
        return Submit(Cents(), AnyDay());
      case 1: {
        v1::Act act;
        v1::StructureUpdated* updated = act.mutable_structure_updated();
        updated->set_structure_id("st-a");
        updated->mutable_after()->set_name(fmt::format("Structure {} (essai)", rng_() % 1'000));
        updated->set_reason("Essai");
        *updated->mutable_date() = AnyDay();
        return act;
      }
      default:
        return Instruct(Cents(), AnyDay());
    }
  }

  // A replacement of the same type as what stands, where chance gives one.
  std::vector<v1::Act> Replacements(uint64_t target) {
    if (rng_() % 3 == 0) return {};
    const StateReader reader(ledger_.recorder.log, *ledger_.recorder.index, RegistreProjection());
    const auto standing =
        StandingAt(ledger_.recorder.log, reader, {.size = ledger_.recorder.log.size()}, target);
    if (!standing.ok() || !standing->has_value()) return {};
    v1::Act act = AnyAct();
    while (act.act_case() != (*standing)->act.act_case()) act = AnyAct();
    return {act};
  }

  void CorrectOne() {
    const uint64_t target = positions_[rng_() % positions_.size()];
    const std::vector<v1::Act> replacements = Replacements(target);
    const auto corrected = CorrectFrom(AnyDay(), target, replacements, &ledger_, &later_);
    if (!corrected.ok()) return;
    ++corrected_;
    CheckEveryDay();
  }

  void CheckEveryDay() {
    const std::vector<v1::Event> events = ledger_.Events();
    for (Days day = kFirst - 1; day <= kFirst + kDays; ++day) {
      const Point point{.size = events.size(), .effective_on = day};
      const RowTexts expected = TextsOf(StandingRows(events, point).rows());
      const RowTexts is = TextsOf(ledger_.RowsAt(point));
      for (const char* key : {"application:D1", "structure:st-a", "call:AAP"}) {
        const auto text = [&](const RowTexts& rows) {
          const auto at = rows.find(key);
          return at == rows.end() ? std::string("none") : at->second;
        };
        EXPECT_EQ(text(is), text(expected)) << key << " on " << FormatIsoDate(FromDays(day));
      }
    }
  }

  int64_t Cents() { return 100 + static_cast<int64_t>(rng_() % 100'000); }

  static constexpr Days kFirst = 19'363;  // 6 January 2023
  static constexpr Days kDays = 30;

  std::mt19937_64 rng_;
  CorrectedLedger ledger_;
  std::vector<uint64_t> positions_;
  int corrected_ = 0;
  int later_ = 0;
};

TEST(CorrectionRandom, ValuesThatAreSetAgainHoldOnEveryDay) {
  const uint64_t seed = TestSeed();
  int corrected = 0;
  int later = 0;
  for (uint64_t i = 0; i < 40; ++i) {
    SCOPED_TRACE(fmt::format("REGISTRE_TEST_SEED={}", seed + i));
    OneSubject subject(seed + i);
    subject.Run(25);
    if (HasFailure()) return;
    corrected += subject.corrected();
    later += subject.later();
  }
  EXPECT_GT(corrected, 100);
  EXPECT_GT(later, 20) << "as of a later date than asked";
  std::printf("%d corrected, %d from a later date than asked\n", corrected, later);
}

}  // namespace
}  // namespace registre::testing::correction_random_test

#include "tests/support/corrected_ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/command.h"
#include "projections/figures.h"
#include "projections/fold.h"
#include "tests/support/fake_view.h"
#include "tests/support/subjects.h"

namespace registre::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string TextOf(const Message& message, const FieldDescriptor* field, int index) {
  const auto* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return reflection->GetRepeatedMessage(message, field, index).ShortDebugString();
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetRepeatedString(message, field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return fmt::format("{:10}", reflection->GetRepeatedUInt32(message, field, index));
    default:
      std::abort();  // no such list in a row
  }
}

// Corrections may change the order of lists: they are compared as sets.
void SortLists(Message* message) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool of_messages = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!field->is_repeated()) {
      if (of_messages) SortLists(reflection->MutableMessage(message, field));
      continue;
    }
    std::vector<std::string> texts;
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      if (of_messages) SortLists(reflection->MutableRepeatedMessage(message, field, i));
      texts.push_back(TextOf(*message, field, i));
      for (int j = i; j > 0 && texts[j] < texts[j - 1]; --j) {
        std::swap(texts[j], texts[j - 1]);
        reflection->SwapElements(message, field, j, j - 1);
      }
    }
  }
}

template <typename M>
void ExpectSame(const M& is, const M& expected, const std::string& what) {
  M differing_is;
  M differing_expected;
  for (const auto& [key, value] : is) {
    const auto at = expected.find(key);
    if (at == expected.end() || at->second != value) differing_is[key] = value;
  }
  for (const auto& [key, value] : expected) {
    const auto at = is.find(key);
    if (at == is.end() || at->second != value) differing_expected[key] = value;
  }
  EXPECT_EQ(differing_is, differing_expected) << what;
}

// Of acts alone: not the ledger's count of corrections, not what became of them.
bool IsOfActs(const std::string& key) {
  return key != "ledger" && !key.starts_with("correction:") && !key.starts_with("corrected:");
}

using Figures = std::map<std::string, std::map<std::string, int64_t>>;

Figures FiguresOfAll(const std::map<std::string, v1::Row, std::less<>>& rows) {
  Figures figures;
  for (const auto& [key, row] : rows) {
    if (!IsOfActs(key)) continue;
    for (const auto& [name, cents] : FiguresOf(row)) {
      if (cents != 0) figures[key][name] = cents;
    }
  }
  return figures;
}

// Each change of a figure: before and after.
using Changes = std::map<std::pair<std::string, std::string>, std::pair<int64_t, int64_t>>;

Changes ChangesOf(Figures before, Figures after) {
  Changes changes;
  for (const auto& [key, figures] : before) {
    for (const auto& [name, cents] : figures) after[key].try_emplace(name, 0);
  }
  for (const auto& [key, figures] : after) {
    for (const auto& [name, cents] : figures) {
      const int64_t was = before[key][name];
      if (was != cents) changes[{key, name}] = {was, cents};
    }
  }
  return changes;
}

Outcome RecordAs(TestRecorder* recorder, const std::string& subject, const std::string& id,
                 const std::vector<v1::Act>& acts, const PlannedCorrection* planned,
                 const std::string& number) {
  Command command;
  command.subject = subject;
  command.request = UnitOf(id, acts);
  command.roles.assign(acts.size(), subject);
  command.fingerprint = FingerprintOf(command.request);
  command.bytes = command.request.ByteSizeLong();
  command.correction_number = number;
  if (planned != nullptr) {
    command.untouched_keys = planned->keys;
    command.untouched_since = planned->size;
  }
  PendingOutcome pending;
  recorder->recorder->Submit(std::move(command),
                             [&](Outcome outcome) { pending.Set(std::move(outcome)); });
  return pending.Get();
}

}  // namespace

RowTexts TextsOf(const std::map<std::string, v1::Row, std::less<>>& rows) {
  RowTexts texts;
  for (const auto& [key, row] : rows) {
    if (!IsOfActs(key)) continue;
    v1::Row sorted = row;
    SortLists(&sorted);
    texts[key] = sorted.ShortDebugString();
  }
  return texts;
}

RowMap StandingRows(const std::vector<v1::Event>& events, const Point& point) {
  struct Act {
    std::string subject;
    std::optional<v1::Act> act;
  };
  std::map<uint64_t, Act> standing;
  for (const v1::Event& event : events) {
    if (event.position() >= point.size) break;
    if (EffectiveDateOf(event.act()) > point.effective_on) continue;
    if (point.as_recorded && !event.correction_number().empty()) continue;
    if (event.act().has_act_reversed()) {
      standing[event.act().act_reversed().target_position()].act.reset();
    } else if (event.act().has_act_rectified()) {
      const v1::ActRectified& rectified = event.act().act_rectified();
      standing[rectified.target_position()] = {rectified.recorded_by(), rectified.act()};
    } else {
      standing[event.position()] = {event.actor().subject(), event.act()};
    }
  }
  RowMap rows;
  for (const auto& [position, act] : standing) {
    if (!act.act) continue;
    v1::Event event = EventOf(position, *act.act);
    event.mutable_actor()->set_subject(act.subject);
    rows.Fold(Direction::kApply, event);
  }
  return rows;
}

std::string CorrectedLedger::NextId() { return fmt::format("c{}", commands_++); }

absl::StatusOr<uint64_t> CorrectedLedger::Record(const v1::Act& act) {
  recorder.clock.Advance(absl::Minutes(1));
  Outcome outcome = recorder.Record(UnitOf(NextId(), {act}));
  if (!outcome.ok()) return outcome.status();
  return outcome->receipts(0).position();
}

uint64_t CorrectedLedger::Must(const v1::Act& act) {
  auto position = Record(act);
  if (position.ok()) return *position;
  std::fprintf(stderr, "%s: %s\n", position.status().ToString().c_str(),
               act.ShortDebugString().c_str());
  std::abort();
}

absl::StatusOr<PlannedCorrection> CorrectedLedger::Plan(uint64_t target,
                                                        const std::vector<v1::Act>& replacements,
                                                        const std::string& effective_on,
                                                        const std::string& number) const {
  return PlanCorrection(recorder.log, *recorder.index,
                        {.correction_number = number,
                         .target_position = target,
                         .effective_on = On(effective_on),
                         .replacements = replacements,
                         .subject = "approver",
                         .now = recorder.clock.Now()});
}

absl::StatusOr<std::string> CorrectedLedger::Propose(uint64_t target,
                                                     const std::vector<v1::Act>& replacements,
                                                     const std::string& effective_on) {
  const auto planned = Plan(target, replacements, effective_on);
  if (!planned.ok()) return planned.status();
  v1::Act act;
  v1::CorrectionProposed* proposal = act.mutable_correction_proposed();
  proposal->set_target_position(target);
  *proposal->mutable_target() = planned->target;
  proposal->set_reason("Erreur de saisie (essai)");
  proposal->set_authority("Note d'essai");
  *proposal->mutable_effective_on() = On(effective_on);
  proposal->mutable_replacements()->Add(replacements.begin(), replacements.end());
  Outcome proposed = RecordAs(&recorder, "admin", NextId(), {act}, nullptr, "");
  if (!proposed.ok()) return proposed.status();
  return recorder.EventAt(proposed->receipts(0).position())
      .act()
      .correction_proposed()
      .correction_number();
}

absl::Status CorrectedLedger::TurnDown(const std::string& number) {
  v1::Act act;
  act.mutable_correction_rejected()->set_correction_number(number);
  act.mutable_correction_rejected()->set_reason("Sans suite (essai)");
  return RecordAs(&recorder, "approver", NextId(), {act}, nullptr, "").status();
}

absl::StatusOr<PlannedCorrection> CorrectedLedger::Correct(uint64_t target,
                                                           const std::vector<v1::Act>& replacements,
                                                           const std::string& effective_on) {
  const auto proposed = Propose(target, replacements, effective_on);
  if (!proposed.ok()) return proposed.status();
  const std::string& number = *proposed;
  const Point before{.size = recorder.log.size()};
  const auto rows_before = RowsAt(before);
  auto planned = Plan(target, replacements, effective_on, number);
  if (!planned.ok()) return planned.status();
  v1::Act approved;
  approved.mutable_correction_approved()->set_correction_number(number);
  std::vector<v1::Act> unit = {approved};
  unit.insert(unit.end(), planned->unit.begin(), planned->unit.end());
  Outcome done =
      RecordAs(&recorder, "approver", NextId(), unit, &*planned, planned->correction_number);
  if (!done.ok()) return done.status();

  const auto rows_after = RowsAt({.size = recorder.log.size()});
  Changes predicted;
  for (const v1::CorrectedBalance& balance : planned->plan.balances()) {
    predicted[{balance.key(), balance.figure()}] = {balance.before_cents(), balance.after_cents()};
  }
  EXPECT_EQ(predicted, ChangesOf(FiguresOfAll(rows_before), FiguresOfAll(rows_after)))
      << "what was shown to the approver is not what happened";
  const RowTexts texts_before = TextsOf(rows_before);
  const RowTexts texts_after = TextsOf(rows_after);
  for (const auto& [key, text] : texts_after) {
    const auto was = texts_before.find(key);
    if (was != texts_before.end() && was->second == text) continue;
    EXPECT_THAT(planned->keys, ::testing::Contains(key)) << "changed without being named";
  }
  return planned;
}

std::vector<v1::Event> CorrectedLedger::Events() const {
  std::vector<v1::Event> events;
  for (uint64_t i = 0; i < recorder.log.size(); ++i) events.push_back(recorder.EventAt(i));
  return events;
}

v1::Row CorrectedLedger::RowAt(const std::string& key, const Point& point) const {
  const StateReader reader(recorder.log, *recorder.index, RegistreProjection());
  const auto row = reader.RowAt(key, point);
  EXPECT_TRUE(row.ok()) << row.status();
  return row.ok() && *row != nullptr ? **row : v1::Row();
}

std::map<std::string, v1::Row, std::less<>> CorrectedLedger::RowsAt(const Point& point) const {
  std::map<std::string, v1::Row, std::less<>> rows;
  const StateReader reader(recorder.log, *recorder.index, RegistreProjection());
  for (const char* kind : {"application:", "budget_line:", "call:", "convention:", "deliberation:",
                           "payment:", "session:", "siren:", "siret:", "structure:"}) {
    const absl::Status read =
        reader.ForEachRow(kind, "", point, [&](std::string_view key, const v1::Row* row) {
          if (row != nullptr) rows[std::string(key)] = *row;
          return true;
        });
    EXPECT_TRUE(read.ok()) << read;
  }
  return rows;
}

void CorrectedLedger::Audit(const std::vector<Point>& points) const {
  const std::vector<v1::Event> events = Events();
  const Point now{.size = events.size()};
  RowMap folded;  // as a rebuild folds
  for (const v1::Event& event : events) folded.Fold(Direction::kApply, event);
  for (const auto& [key, row] : folded.rows()) {
    EXPECT_EQ(recorder.RowOf(key).ShortDebugString(), row.ShortDebugString()) << key;
  }
  ExpectSame(TextsOf(RowsAt(now)), TextsOf(StandingRows(events, now).rows()), "at present");
  const Point recorded{.size = events.size(), .as_recorded = true};
  ExpectSame(TextsOf(RowsAt(recorded)), TextsOf(StandingRows(events, recorded).rows()),
             "as recorded");
  for (const Point& point : points) {
    ExpectSame(FiguresOfAll(RowsAt(point)), FiguresOfAll(StandingRows(events, point).rows()),
               fmt::format("{} events, on {}{}", point.size, point.effective_on,
                           point.as_recorded ? ", as recorded" : ""));
  }
}

}  // namespace registre::testing

#include "projections/correction_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/acts/checks.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/layers.h"
#include "ledger/view.h"
#include "projections/figures.h"
#include "projections/fold.h"
#include "projections/replay.h"
#include "registre/v1/money.pb.h"

namespace registre {
namespace {

absl::Status NoTarget(absl::StatusCode code, uint64_t position, std::string_view why) {
  return Error(code, "CORRECTION_TARGET", fmt::format("the act at position {} {}", position, why),
               {{"position", fmt::format("{}", position)}});
}

// Acts that no correction touches: the opening and its end are what all the rest stands on, and
// what controls is not corrected but done again.
absl::Status CheckCorrectable(const StandingAct& target) {
  const auto refused = [&](std::string_view why) {
    return NoTarget(absl::StatusCode::kFailedPrecondition, target.position,
                    fmt::format("is {} and cannot be corrected: {}", ActType(target.act), why));
  };
  if (target.act.has_ledger_opened() || target.act.has_opening_closed()) {
    return refused("all that was recorded after it stands on it");
  }
  if (target.act.has_fiscal_year_closed()) return refused("a closed year stays closed");
  if (target.act.has_directory_sealed() || target.act.has_ledger_restored()) {
    return refused("it says what the log was, and proofs rest on it");
  }
  if (IsControl(target.act.act_case())) {
    return refused("a correction is not corrected, it is made again on the act that it corrects");
  }
  return absl::OkStatus();
}

// The row key of the order that an act is about; empty for acts of no order.
std::string OrderKeyIn(const v1::Act& act) {
  for (std::string& tag : TagsOf(act)) {
    if (tag.starts_with("payment:")) return std::move(tag);
  }
  return "";
}

// The fiscal year whose budget the act moves; 0 for acts of none.
int FiscalYearOf(const v1::Act& act) {
  if (act.has_recovery_ordered()) return act.recovery_ordered().fiscal_year();
  if (act.has_payment_credits_voted()) return act.payment_credits_voted().fiscal_year();
  if (act.has_opening_payment_recorded()) return act.opening_payment_recorded().fiscal_year();
  const std::string key = OrderKeyIn(act);
  return key.empty() ? 0 : std::atoi(key.c_str() + std::string_view("payment:").size());
}

// What the accountant has taken in charge, and the cash that moved on it. A reduction or a titre
// that was recorded wrongly is not: it may be reversed, where nothing rests on it.
bool IsOfAcceptedPayment(const v1::Act& act) {
  return !OrderKeyIn(act).empty() && !act.has_payment_reduced() && !act.has_recovery_ordered();
}

bool IsAccepted(const v1::Payment& payment) {
  return std::any_of(payment.steps().begin(), payment.steps().end(), [](const auto& step) {
    return step.status() == v1::PAYMENT_STATUS_ACCEPTED ||
           step.status() == v1::PAYMENT_STATUS_SETTLED;
  });
}

class Planner {
 public:
  Planner(const EventStore& log, const Index& index, const CorrectionRequest& request)
      : request_(request), size_(index.Read()->size()), replay_(log, index, size_) {}

  absl::StatusOr<PlannedCorrection> Plan() {
    REGISTRE_RETURN_IF_ERROR(FindTarget());
    REGISTRE_RETURN_IF_ERROR(ReplayTarget());
    REGISTRE_RETURN_IF_ERROR(CheckMoney());
    REGISTRE_RETURN_IF_ERROR(CheckDate());
    REGISTRE_RETURN_IF_ERROR(MakeUnit());
    REGISTRE_RETURN_IF_ERROR(CompareFigures());
    planned_.size = size_;
    for (const auto& [key, row] : replay_.rows()) planned_.keys.push_back(key);
    planned_.keys.insert(planned_.keys.end(), replay_.watched().begin(), replay_.watched().end());
    // Another correction may change what acts of before were judged on; a year may be closed.
    planned_.keys.insert(planned_.keys.end(), {kCorrectionsKey, kLedgerKey});
    planned_.target = target_.act;
    if (planned_.plan.kind() != v1::CORRECTION_KIND_CONSEQUENCE) {
      planned_.correction_number = request_.correction_number;
    }
    return std::move(planned_);
  }

 private:
  absl::Status FindTarget() {
    if (request_.target_position >= size_) {
      return NoTarget(absl::StatusCode::kNotFound, request_.target_position,
                      fmt::format("is not there: the ledger holds {} events; look the position up "
                                  "with 'registre events'",
                                  size_));
    }
    auto standing = replay_.Standing(request_.target_position);
    if (!standing.ok()) return standing.status();
    if (!standing->has_value()) {
      return NoTarget(absl::StatusCode::kFailedPrecondition, request_.target_position,
                      "was reversed already; record what should have been as an act of its own");
    }
    target_ = **std::move(standing);
    return CheckCorrectable(target_);
  }

  // In the target's place when nothing stands against it; else without the target; else with what
  // follows it.
  absl::Status ReplayTarget() {
    const auto& replacements = request_.replacements;
    auto follows = OnlyFollow();
    if (!follows.ok()) return follows.status();
    if (*follows) {
      planned_.plan.set_kind(v1::CORRECTION_KIND_CONSEQUENCE);
      replay_.GoToPresent();
      return absl::OkStatus();
    }
    bool in_place =
        replacements.size() == 1 && replacements[0].act_case() == target_.act.act_case();
    if (in_place) REGISTRE_RETURN_IF_ERROR(ReplayInPlace(&in_place));
    if (in_place) {
      planned_.plan.set_kind(v1::CORRECTION_KIND_RECTIFICATION);
      return absl::OkStatus();
    }
    planned_.plan.set_kind(v1::CORRECTION_KIND_REVERSAL);
    return replay_.Run(target_, std::nullopt, &touched_);
  }

  // Whether the target is about an accepted payment, and the replacements make it good without
  // reversing it: at least one act on that very order, and the orders that should have been.
  absl::StatusOr<bool> OnlyFollow() const {
    const std::string key = OrderKeyIn(target_.act);
    if (key.empty()) return false;
    auto row = replay_.Present(key);
    if (!row.ok()) return row.status();
    if (*row == nullptr || !IsAccepted((*row)->payment())) return false;
    bool on_the_order = false;
    for (const v1::Act& act : request_.replacements) {
      if (act.has_payment_ordered()) continue;
      const bool makes_good =
          act.has_payment_reduced() || act.has_payment_reimputed() || act.has_recovery_ordered();
      if (!makes_good || OrderKeyIn(act) != key) return false;
      on_the_order = true;
    }
    return on_the_order;
  }

  // Clears `*in_place` and says why when it cannot be.
  absl::Status ReplayInPlace(bool* in_place) {
    const absl::Status run = replay_.Run(target_, request_.replacements[0], &touched_);
    if (absl::IsDataLoss(run) || absl::IsInternal(run) || absl::IsResourceExhausted(run))
      return run;
    if (!run.ok()) {
      *in_place = false;
      planned_.plan.set_because("the replacement itself would be refused there: " +
                                WhyRefused(run));
      return absl::OkStatus();
    }
    if (touched_[0].after->SerializeAsString() == target_.act.SerializeAsString()) {
      return ShapeError({{"replacements[0]", "FIELD_INVALID",
                          fmt::format("it says what the act at position {} says; change what is "
                                      "wrong in it",
                                      target_.position)}});
    }
    for (const ReplayedAct& act : touched_) {
      if (act.effect != v1::CORRECTION_EFFECT_REVERSED) continue;
      *in_place = false;
      planned_.plan.set_because(fmt::format("the {} at position {} would be refused: {}",
                                            ActType(act.before.act), act.before.position,
                                            act.because));
      return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  // An accepted payment is never reversed; a closed year is only read.
  absl::Status CheckMoney() {
    for (const ReplayedAct& act : touched_) {
      REGISTRE_RETURN_IF_ERROR(CheckYear(FiscalYearOf(act.before.act), act.before.position));
      REGISTRE_RETURN_IF_ERROR(CheckAccepted(act.before));
      if (!act.after) continue;
      REGISTRE_RETURN_IF_ERROR(CheckYear(FiscalYearOf(*act.after), act.before.position));
      REGISTRE_RETURN_IF_ERROR(CheckImputation(act));
    }
    return absl::OkStatus();
  }

  absl::Status CheckAccepted(const StandingAct& act) {
    if (!IsOfAcceptedPayment(act.act)) return absl::OkStatus();
    const std::string key = OrderKeyIn(act.act);
    auto row = replay_.Present(key);
    if (!row.ok()) return row.status();
    if (*row == nullptr || !IsAccepted((*row)->payment())) return absl::OkStatus();
    const std::string mandat = key.substr(std::string_view("payment:").size());
    return Refused(
        "CORRECTION_ACCEPTED_PAYMENT",
        fmt::format("the correction would undo the {} at position {}: mandat {} is accepted by the "
                    "accountant and never reversed; propose payment_reduced, payment_reimputed or, "
                    "for a closed year, recovery_ordered on it as what replaces it",
                    ActType(act.act), act.position, mandat),
        {{"position", fmt::format("{}", act.position)}, {"payment", mandat}});
  }

  // 0 when none is closed.
  absl::StatusOr<int> LastClosed() const {
    auto row = replay_.Present(kLedgerKey);
    if (!row.ok()) return row.status();
    return *row == nullptr ? 0 : LastClosedYear((*row)->ledger()).fiscal_year();
  }

  absl::Status ClosedYear(uint64_t position, int fiscal_year) const {
    return Refused("BUDGET_CLOSED_YEAR",
                   fmt::format("the correction would change the act at position {} of fiscal year "
                               "{}, which is closed and only read",
                               position, fiscal_year),
                   {{"position", fmt::format("{}", position)},
                    {"fiscal_year", fmt::format("{}", fiscal_year)}});
  }

  absl::Status CheckYear(int fiscal_year, uint64_t position) const {
    if (fiscal_year == 0) return absl::OkStatus();
    const auto closed = LastClosed();
    if (!closed.ok()) return closed.status();
    return fiscal_year > *closed ? absl::OkStatus() : ClosedYear(position, fiscal_year);
  }

  // A line that a closed year moved keeps its imputation.
  absl::Status CheckImputation(const ReplayedAct& act) const {
    if (!act.before.act.has_budget_line_opened()) return absl::OkStatus();
    const v1::BudgetLineOpened& before = act.before.act.budget_line_opened();
    const v1::BudgetLineOpened& after = act.after->budget_line_opened();
    if (before.nature() == after.nature() && before.function() == after.function()) {
      return absl::OkStatus();
    }
    const auto closed = LastClosed();
    if (!closed.ok()) return closed.status();
    auto row = replay_.Present(BudgetLineKey(before.code()));
    if (!row.ok()) return row.status();
    if (*row == nullptr) return absl::OkStatus();
    for (const v1::FiscalYearCredits& year : (*row)->budget_line().fiscal_years()) {
      if (year.fiscal_year() <= *closed) return ClosedYear(act.before.position, year.fiscal_year());
    }
    return absl::OkStatus();
  }

  // All of a correction counts from one date, on which it finds what it corrects.
  absl::Status CheckDate() const {
    const auto earliest = replay_.Earliest(touched_);
    if (!earliest.ok()) return earliest.status();
    if (earliest->from <= ToDays(request_.effective_on)) return absl::OkStatus();
    const std::string from = FormatIsoDate(FromDays(earliest->from));
    const std::string asked = FormatIsoDate(request_.effective_on);
    const std::string position = fmt::format("{}", earliest->position);
    const std::string because =
        earliest->is_correction
            ? fmt::format("an earlier correction of the act at position {} counts from", position)
            : fmt::format("the act at position {}, recorded before what it undoes, is dated",
                          position);
    return Refused("CORRECTION_EFFECTIVE_DATE",
                   fmt::format("the correction cannot count from {}: {} {}; propose it from {} on",
                               asked, because, from, from),
                   {{"effective_on", asked}, {"earliest", from}, {"position", position}});
  }

  // What replaces is in the competence of what it replaces: a correction is no way around a role.
  absl::Status CheckReplacements() const {
    for (size_t i = 0; i < request_.replacements.size(); ++i) {
      const v1::Act& act = request_.replacements[i];
      const bool own = std::any_of(touched_.begin(), touched_.end(), [&](const ReplayedAct& one) {
        return RecordedBy(one.before.act.act_case()) == RecordedBy(act.act_case());
      });
      if (own) continue;
      return Refused("CORRECTION_REPLACEMENT",
                     fmt::format("replacements[{}]: {} is recorded in another role than the acts "
                                 "that the correction undoes; record it as an act of its own",
                                 i, ActType(act)),
                     {{"type", std::string(ActType(act))}});
    }
    return absl::OkStatus();
  }

  absl::Status MakeUnit() {
    std::sort(touched_.begin(), touched_.end(), [](const ReplayedAct& a, const ReplayedAct& b) {
      return a.before.position > b.before.position;
    });
    for (const ReplayedAct& act : touched_) AddReversed(act);
    for (auto it = touched_.rbegin(); it != touched_.rend(); ++it) {
      if (it->after) AddRectified(*it);
    }
    if (planned_.plan.kind() == v1::CORRECTION_KIND_REVERSAL) {
      REGISTRE_RETURN_IF_ERROR(CheckReplacements());
    }
    if (planned_.plan.kind() != v1::CORRECTION_KIND_RECTIFICATION) {
      REGISTRE_RETURN_IF_ERROR(AddReplacements());
    }
    return CheckSize();
  }

  void AddReversed(const ReplayedAct& act) {
    v1::CorrectedAct* affected = planned_.plan.add_affected();
    affected->set_position(act.before.position);
    affected->set_type(std::string(ActType(act.before.act)));
    affected->set_effect(act.effect);
    affected->set_because(act.because);
    v1::ActReversed* reversed = planned_.unit.emplace_back().mutable_act_reversed();
    Describe(act.before, act.before.act, reversed);
    reversed->set_replaced(act.after.has_value());
    if (act.before.standing_position)
      reversed->set_standing_position(*act.before.standing_position);
  }

  void AddRectified(const ReplayedAct& act) {
    v1::ActRectified* rectified = planned_.unit.emplace_back().mutable_act_rectified();
    Describe(act.before, *act.after, rectified);
    rectified->mutable_flags()->Add(act.flags.begin(), act.flags.end());
    if (act.effect != v1::CORRECTION_EFFECT_REPLACED) return;
    for (const v1::Flag& flag : act.flags) {
      const bool known = std::any_of(
          act.before.flags.begin(), act.before.flags.end(),
          [&](const v1::Flag& old) { return old.SerializeAsString() == flag.SerializeAsString(); });
      if (!known) *planned_.plan.add_flags() = flag;
    }
  }

  template <typename A>
  void Describe(const StandingAct& of, const v1::Act& content, A* act) const {
    act->set_correction_number(request_.correction_number);
    act->set_target_position(of.position);
    act->set_recorded_by(of.subject);
    *act->mutable_act() = content;
    *act->mutable_effective_on() = request_.effective_on;
  }

  // Judged now, over what the reversals leave.
  absl::Status AddReplacements() {
    for (size_t i = 0; i < request_.replacements.size(); ++i) {
      v1::Act act = request_.replacements[i];
      std::vector<v1::Flag> flags;
      const absl::Status recorded = replay_.Record(request_.subject, request_.now, &act, &flags);
      if (!recorded.ok()) return Annotate(recorded, fmt::format("replacements[{}]: ", i));
      planned_.plan.mutable_flags()->Add(flags.begin(), flags.end());
      planned_.unit.push_back(request_.replacements[i]);
    }
    return absl::OkStatus();
  }

  absl::Status CheckSize() const {
    size_t bytes = 0;
    for (const v1::Act& act : planned_.unit) bytes += act.ByteSizeLong();
    // One act more: the approval.
    if (planned_.unit.size() < kMaxUnitActs && bytes <= kMaxUnitBytes) return absl::OkStatus();
    return Error(absl::StatusCode::kResourceExhausted, "CORRECTION_TOO_WIDE",
                 fmt::format("the correction would record {} acts of {} bytes, at most {} of {} "
                             "are recorded together; correct the acts that rest on it first, the "
                             "newest first",
                             planned_.unit.size() + 1, bytes, kMaxUnitActs, kMaxUnitBytes));
  }

  absl::Status CompareFigures() {
    for (const auto& [key, after_row] : replay_.rows()) {
      auto before_row = replay_.Present(key);
      if (!before_row.ok()) return before_row.status();
      std::map<std::string, int64_t> changes = FiguresOf(after_row);
      const auto before =
          *before_row == nullptr ? std::map<std::string, int64_t>() : FiguresOf(**before_row);
      for (const auto& [figure, cents] : before) changes.try_emplace(figure, 0);
      for (const auto& [figure, cents] : changes) {
        const auto at = before.find(figure);
        const int64_t was = at == before.end() ? 0 : at->second;
        if (was == cents) continue;
        v1::CorrectedBalance* balance = planned_.plan.add_balances();
        balance->set_key(key);
        balance->set_figure(figure);
        balance->set_before_cents(was);
        balance->set_after_cents(cents);
      }
    }
    return absl::OkStatus();
  }

  const CorrectionRequest& request_;
  const uint64_t size_;
  Replay replay_;
  StandingAct target_;
  std::vector<ReplayedAct> touched_;
  PlannedCorrection planned_;
};

}  // namespace

absl::StatusOr<PlannedCorrection> PlanCorrection(const EventStore& log, const Index& index,
                                                 const CorrectionRequest& request) {
  return Planner(log, index, request).Plan();
}

}  // namespace registre

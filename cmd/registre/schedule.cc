#include "cmd/registre/schedule.h"

#include <fmt/format.h>

#include "cmd/registre/format.h"

namespace registre::cli {
namespace {

void SetTrigger(const v1::Convention& convention, DueLine* out) {
  const v1::ScheduleLine& line = *out->line;
  switch (line.trigger()) {
    case v1::TRIGGER_KIND_CONVENTION_SIGNED:
      out->trigger = "signature de la convention";
      out->triggered = convention.has_signed_on();
      out->due_on = convention.signed_on();
      out->trigger_assumed =
          IsAssumed(convention.assumed_fields(),
                    {"convention_signed.signatures.authority_signed_on",
                     "opening_convention_recorded.signatures.authority_signed_on"});
      return;
    case v1::TRIGGER_KIND_AVENANT_SIGNED:
      out->trigger = fmt::format("signature de l'avenant n° {}", line.trigger_avenant());
      for (const v1::AvenantState& avenant : convention.avenants()) {
        if (avenant.avenant_number() != line.trigger_avenant()) continue;
        out->triggered = true;
        out->due_on = avenant.signed_on();
        out->trigger_assumed =
            IsAssumed(avenant.assumed_fields(), {"avenant_signed.signatures.authority_signed_on"});
      }
      return;
    case v1::TRIGGER_KIND_DATE:
      out->trigger = fmt::format("le {}", DateText(line.due_on()));
      out->due_on = line.due_on();
      return;
    case v1::TRIGGER_KIND_REPORT_ACCEPTED:
      out->trigger = "bilan accepté";
      out->triggered = out->tranche->has_report_accepted_on();
      out->due_on = out->tranche->report_accepted_on();
      out->trigger_assumed = IsAssumed(out->tranche->assumed_fields(), {"report_accepted.date"});
      return;
    case v1::TRIGGER_KIND_STATEMENT_CHECKED:
      out->trigger = "service fait certifié";
      out->triggered = out->tranche->certified_cents() > 0;
      out->trigger_assumed = IsAssumed(out->tranche->assumed_fields(), {"service_certified.date"});
      return;
    default:
      out->trigger = "non précisé";
      return;
  }
}

}  // namespace

std::vector<DueLine> ScheduleOf(const v1::Convention& convention) {
  std::vector<DueLine> lines;
  for (const v1::TrancheState& tranche : convention.tranches()) {
    for (int i = 0; i < tranche.tranche().schedule_size(); ++i) {
      DueLine due;
      due.tranche = &tranche;
      due.line = &tranche.tranche().schedule(i);
      due.index = i;
      for (const v1::ScheduleLineState& state : tranche.lines()) {
        if (state.line_id() != due.line->line_id()) continue;
        due.ordered = {state.ordered_cents(), IsAssumed(state.assumed_fields(), kOrderedPaths)};
      }
      due.left_cents = due.line->amount_cents() - due.ordered.cents;
      SetTrigger(convention, &due);
      lines.push_back(std::move(due));
    }
  }
  return lines;
}

std::string DueText(const DueLine& line) {
  if (line.left_cents <= 0) return Starred("mandatée", line.ordered.assumed);
  const std::string day = Starred(DateText(line.due_on), line.trigger_assumed);
  if (line.triggered) {
    return day.empty() ? Starred("due", line.trigger_assumed)
                       : fmt::format("due depuis le {}", day);
  }
  if (!day.empty()) return fmt::format("due le {}", day);
  return line.line->trigger() == v1::TRIGGER_KIND_UNSPECIFIED ? "à mandater" : "en attente";
}

const DueLine* NextDue(const std::vector<DueLine>& lines) {
  const DueLine* next = nullptr;
  for (const DueLine& line : lines) {
    if (line.left_cents <= 0) continue;
    if (line.triggered) return &line;
    if (next == nullptr) next = &line;
  }
  return next;
}

}  // namespace registre::cli

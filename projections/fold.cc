#include "projections/fold.h"

#include <algorithm>

#include "ledger/view.h"
#include "projections/fold_rows.h"

namespace registre {
namespace {

constexpr size_t kSiretDigits = 14;
constexpr size_t kSirenDigits = 9;

// The SIRET that the act gives a structure; empty for any other act.
std::string_view SiretGivenBy(const v1::Act& act) {
  if (act.has_act_reversed()) return SiretGivenBy(act.act_reversed().act());
  if (act.has_act_rectified()) return SiretGivenBy(act.act_rectified().act());
  if (act.has_structure_registered()) return act.structure_registered().identity().siret();
  if (act.has_structure_updated()) return act.structure_updated().after().siret();
  return {};
}

// The terms of tranches, those that it replaces or brings in.
template <typename A>
void AddTranches(const A& act, const std::string& key, std::vector<RowValue>* values) {
  for (const v1::Tranche& tranche : act.tranches()) {
    values->push_back({key, "tranche " + tranche.tranche_id()});
  }
}

// Folds into one kind of row. `exists` is the field that is never empty once the row's opening act
// is known: it spares measuring the row. A row that holds nothing is no row.
template <typename R, typename FoldRow, typename Exists>
void FoldInto(v1::Row* row, R* (v1::Row::*mutable_row)(), FoldRow fold, Exists exists) {
  R* inner = (row->*mutable_row)();
  fold(inner);
  if (!exists(*inner) && inner->ByteSizeLong() == 0) row->clear_row();
}

}  // namespace

std::vector<std::string> RowKeysOf(const v1::Event& event) {
  std::vector<std::string> keys;
  keys.reserve(event.tags_size() + 2);
  for (const v1::TagLink& link : event.tags()) keys.push_back(link.tag());
  const v1::Act& act = event.act();
  if (act.has_ledger_opened() || act.has_opening_closed() || act.has_fiscal_year_closed() ||
      act.has_correction_proposed() || act.has_ledger_restored()) {
    keys.emplace_back(kLedgerKey);
  }
  if (act.has_act_reversed()) keys.push_back(CorrectedKey(act.act_reversed().target_position()));
  if (act.has_act_rectified()) keys.push_back(CorrectedKey(act.act_rectified().target_position()));
  const std::string_view siret = SiretGivenBy(act);
  if (siret.size() == kSiretDigits) {
    keys.push_back(SiretKey(siret));
    keys.push_back(SirenKey(siret.substr(0, kSirenDigits)));
  }
  return keys;
}

std::vector<RowValue> ValuesSetBy(const v1::Act& act) {
  std::vector<RowValue> values;
  const auto set = [&](std::string key, std::string part = {}) {
    values.push_back({std::move(key), std::move(part)});
  };
  switch (act.act_case()) {
    case v1::Act::kStructureRegistered:
      set(StructureKey(act.structure_registered().structure_id()));
      break;
    case v1::Act::kStructureUpdated:
      set(StructureKey(act.structure_updated().structure_id()));
      break;
    case v1::Act::kStructuresMerged:
      set(StructureKey(act.structures_merged().absorbed_structure_id()), "merger");
      break;
    case v1::Act::kBudgetLineOpened:
      set(BudgetLineKey(act.budget_line_opened().code()));
      break;
    case v1::Act::kCallForProjectsOpened:
      set(CallKey(act.call_for_projects_opened().call_id()));
      break;
    case v1::Act::kApplicationSubmitted:
      set(ApplicationKey(act.application_submitted().number()));
      break;
    case v1::Act::kApplicationWithdrawn:
      set(ApplicationKey(act.application_withdrawn().number()), "withdrawal");
      break;
    case v1::Act::kApplicationInstructed:
      set(ApplicationKey(act.application_instructed().number()), "instruction");
      break;
    case v1::Act::kSessionHeld:
      set(SessionKey(act.session_held().session_id()));
      if (!act.session_held().second_meeting_of().empty()) {
        set(SessionKey(act.session_held().second_meeting_of()), "second meeting");
      }
      break;
    case v1::Act::kReportTabled:
      set(SessionKey(act.report_tabled().session_id()),
          "report " + act.report_tabled().report_number());
      break;
    case v1::Act::kDeliberationVoted:
      set(DeliberationKey(act.deliberation_voted().number()));
      break;
    case v1::Act::kDeliberationTransmitted:
      set(DeliberationKey(act.deliberation_transmitted().number()), "transmission");
      break;
    case v1::Act::kDeliberationPublished:
      set(DeliberationKey(act.deliberation_published().number()), "publication");
      break;
    case v1::Act::kDeliberationWithdrawn:
      set(DeliberationKey(act.deliberation_withdrawn().deliberation_number()), "withdrawal");
      break;
    case v1::Act::kDeliberationAnnulled:
      set(DeliberationKey(act.deliberation_annulled().deliberation_number()), "annulment");
      break;
    case v1::Act::kOpeningConventionRecorded: {
      const auto& recorded = act.opening_convention_recorded();
      set(ConventionKey(recorded.number()));
      AddTranches(recorded, ConventionKey(recorded.number()), &values);
      break;
    }
    case v1::Act::kConventionSigned:
      set(ConventionKey(act.convention_signed().number()));
      AddTranches(act.convention_signed(), ConventionKey(act.convention_signed().number()),
                  &values);
      break;
    case v1::Act::kAvenantSigned:
      AddTranches(act.avenant_signed(), ConventionKey(act.avenant_signed().convention_number()),
                  &values);
      break;
    case v1::Act::kReportReceived:
      set(ConventionKey(act.report_received().convention_number()),
          "report received " + act.report_received().tranche_id());
      break;
    case v1::Act::kReportAccepted:
      set(ConventionKey(act.report_accepted().convention_number()),
          "report accepted " + act.report_accepted().tranche_id());
      break;
    case v1::Act::kConventionTerminated: {
      const v1::ConventionTerminated& terminated = act.convention_terminated();
      set(ConventionKey(terminated.convention_number()), "termination");
      AddTranches(terminated, ConventionKey(terminated.convention_number()), &values);
      break;
    }
    case v1::Act::kConventionClosed:
      set(ConventionKey(act.convention_closed().number()), "closing");
      break;
    case v1::Act::kPaymentOrdered:
      set(PaymentKey(act.payment_ordered().fiscal_year(), act.payment_ordered().mandat()));
      break;
    case v1::Act::kRecoveryOrdered: {
      const v1::OrderRef& order = act.recovery_ordered().order();
      set(PaymentKey(order.fiscal_year(), order.mandat()),
          "recovery " + act.recovery_ordered().recovery_number());
      break;
    }
    default:  // adds up; or is never undone, as what an accepted payment is charged to
      break;
  }
  return values;
}

std::string_view KindSetBy(v1::Act::ActCase type) {
  switch (type) {
    case v1::Act::kStructureRegistered:
    case v1::Act::kStructureUpdated:
    case v1::Act::kStructuresMerged:
      return "structure:";
    case v1::Act::kBudgetLineOpened:
      return "budget_line:";
    case v1::Act::kCallForProjectsOpened:
      return "call:";
    case v1::Act::kApplicationSubmitted:
    case v1::Act::kApplicationWithdrawn:
    case v1::Act::kApplicationInstructed:
      return "application:";
    case v1::Act::kSessionHeld:
    case v1::Act::kReportTabled:
      return "session:";
    case v1::Act::kDeliberationVoted:
    case v1::Act::kDeliberationTransmitted:
    case v1::Act::kDeliberationPublished:
    case v1::Act::kDeliberationWithdrawn:
    case v1::Act::kDeliberationAnnulled:
      return "deliberation:";
    case v1::Act::kOpeningConventionRecorded:
    case v1::Act::kConventionSigned:
    case v1::Act::kAvenantSigned:
    case v1::Act::kReportReceived:
    case v1::Act::kReportAccepted:
    case v1::Act::kConventionTerminated:
    case v1::Act::kConventionClosed:
      return "convention:";
    case v1::Act::kPaymentOrdered:
    case v1::Act::kRecoveryOrdered:
      return "payment:";
    default:
      return "";
  }
}

Compensation CompensationOf(const v1::Event& event) {
  Compensation compensation;
  const auto set = [&](Direction direction, const auto& act) {
    compensation.direction = direction;
    compensation.event.set_position(act.target_position());
    compensation.event.mutable_actor()->set_subject(act.recorded_by());
    *compensation.event.mutable_act() = act.act();
  };
  if (event.act().has_act_reversed()) {
    set(Direction::kRevert, event.act().act_reversed());
  } else {
    set(Direction::kApply, event.act().act_rectified());
  }
  return compensation;
}

void Fold(Direction direction, const v1::Event& event, std::string_view key, v1::Row* row) {
  const size_t colon = key.find(':');
  const std::string_view kind = key.substr(0, colon);
  const std::string_view id =
      colon == std::string_view::npos ? std::string_view() : key.substr(colon + 1);
  if (kind == "correction") {
    FoldInto(
        row, &v1::Row::mutable_correction,
        [&](v1::Correction* correction) { FoldCorrection(direction, event, correction); },
        [](const v1::Correction& correction) { return correction.has_proposal(); });
    return;
  }
  if (kind == "corrected") {
    FoldInto(
        row, &v1::Row::mutable_corrected_position,
        [&](v1::CorrectedPosition* corrected) { FoldCorrected(direction, event, corrected); },
        [](const v1::CorrectedPosition& corrected) {
          return corrected.correction_numbers_size() > 0;
        });
    return;
  }
  if (IsCorrection(event.act())) {
    const Compensation compensation = CompensationOf(event);
    Fold(Compose(direction, compensation.direction), compensation.event, key, row);
    return;
  }
  const auto by_id = [&](auto fold) {
    return [=, &event](auto* inner) { fold(direction, event, id, inner); };
  };
  if (kind == "budget_line") {
    FoldInto(row, &v1::Row::mutable_budget_line, by_id(FoldBudgetLine),
             [](const v1::BudgetLine& line) { return !line.code().empty(); });
  } else if (kind == "structure") {
    FoldInto(row, &v1::Row::mutable_structure, by_id(FoldStructure),
             [](const v1::Structure& structure) { return !structure.structure_id().empty(); });
  } else if (kind == "convention") {
    FoldInto(row, &v1::Row::mutable_convention, by_id(FoldConvention),
             [](const v1::Convention& convention) { return !convention.number().empty(); });
  } else if (kind == "payment") {
    FoldInto(row, &v1::Row::mutable_payment, by_id(FoldPayment),
             [](const v1::Payment& payment) { return !payment.mandat().empty(); });
  } else if (kind == "deliberation") {
    FoldInto(row, &v1::Row::mutable_deliberation, by_id(FoldDeliberation),
             [](const v1::Deliberation& act) { return !act.number().empty(); });
  } else if (kind == "application") {
    FoldInto(row, &v1::Row::mutable_application, by_id(FoldApplication),
             [](const v1::Application& application) { return !application.number().empty(); });
  } else if (kind == "call") {
    FoldInto(row, &v1::Row::mutable_call, by_id(FoldCall),
             [](const v1::Call& call) { return !call.call_id().empty(); });
  } else if (kind == "session") {
    FoldInto(row, &v1::Row::mutable_session, by_id(FoldSession),
             [](const v1::Session& session) { return session.has_held(); });
  } else if (kind == "siret" || kind == "siren") {
    FoldInto(row, &v1::Row::mutable_structure_ids, by_id(FoldStructureIds),
             [](const v1::StructureIds& ids) { return ids.structure_ids_size() > 0; });
  } else if (key == kLedgerKey) {
    FoldInto(
        row, &v1::Row::mutable_ledger,
        [&](v1::Ledger* ledger) { FoldLedger(direction, event, ledger); },
        [](const v1::Ledger& ledger) { return ledger.has_opened(); });
  }
}

}  // namespace registre

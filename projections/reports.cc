#include "projections/reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "ledger/view.h"
#include "projections/fold_rows.h"
#include "projections/standing.h"

namespace registre {
namespace {

// What a deliberation allots on a budget line.
struct LineSum {
  std::string code;
  int64_t cents = 0;
  std::set<std::string> assumed_fields;
};

// Budget lines of the allotments, in order of first mention.
std::vector<LineSum> SumsByLine(const v1::Deliberation& deliberation) {
  std::vector<LineSum> sums;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    const v1::Allotment& allotment = state.allotment();
    auto it = std::find_if(sums.begin(), sums.end(),
                           [&](const LineSum& sum) { return sum.code == allotment.budget_code(); });
    if (it == sums.end())
      it = sums.insert(sums.end(),
                       {.code = allotment.budget_code(), .cents = 0, .assumed_fields = {}});
    it->cents += allotment.amount_cents();
    for (const std::string& field : state.assumed_fields()) {
      if (field.starts_with("deliberation_voted")) it->assumed_fields.insert(field);
    }
  }
  return sums;
}

// The budget table of the deliberation's report, as tabled before a position; empty where it is not
// known, or not what a document says.
absl::StatusOr<google::protobuf::RepeatedPtrField<v1::ReportBudgetLine>> TabledBudget(
    const CorrectedPast& past, uint64_t before, const v1::Deliberation& deliberation) {
  google::protobuf::RepeatedPtrField<v1::ReportBudgetLine> lines;
  auto row = past.RowBefore(SessionKey(deliberation.session_id()), before);
  if (!row.ok()) return row.status();
  if (*row == nullptr) return lines;
  const v1::Session& session = (*row)->session();
  for (const std::string& field : session.assumed_fields()) {
    const bool of_budget = field == "report_tabled" || field.starts_with("report_tabled.budget");
    if (of_budget) return lines;
  }
  for (const v1::Report& report : session.reports()) {
    if (report.report_number() == deliberation.report_number()) lines = report.budget();
  }
  return lines;
}

void AddTo(const v1::DeliberationBudgetLine& line, v1::DeliberationBudgetLine* total) {
  total->set_authorised_cents(total->authorised_cents() + line.authorised_cents());
  total->set_available_before_cents(total->available_before_cents() +
                                    line.available_before_cents());
  total->set_proposed_cents(total->proposed_cents() + line.proposed_cents());
  total->set_available_after_cents(total->available_after_cents() + line.available_after_cents());
}

v1::StructureAct EntryOf(const v1::Event& event) {
  v1::StructureAct entry;
  entry.set_position(event.position());
  entry.set_type(std::string(ActType(event.act())));
  if (const Days effective = EffectiveDateOf(event.act()); effective != kAlways) {
    *entry.mutable_effective_date() = FromDays(effective);
  }
  *entry.mutable_assumed_fields() = event.act().assumed_fields();
  return entry;
}

std::string MandatOf(int fiscal_year, const std::string& mandat) {
  return fmt::format("mandat {}-{}", fiscal_year, mandat);
}

// What an order pays.
std::string PaidText(const v1::PaymentBasis& basis) {
  if (basis.convention_number().empty()) {
    return fmt::format("sur l'attribution {} de {}", basis.allotment_id(),
                       basis.deliberation_number());
  }
  return fmt::format("convention {}, tranche {}", basis.convention_number(), basis.tranche_id());
}

// The name of the structure as the document of the act has it; empty where it is not said.
std::string NameAsWritten(const v1::Act& act) {
  if (act.has_opening_convention_recorded()) {
    return act.opening_convention_recorded().structure_name_as_written();
  }
  if (act.has_application_submitted()) {
    return act.application_submitted().structure_name_as_written();
  }
  if (act.has_convention_signed()) return act.convention_signed().structure_name_as_written();
  return act.avenant_signed().structure_name_as_written();
}

// What an act other than a deliberation says of its structure.
void Describe(const v1::Act& act, v1::StructureAct* entry) {
  const auto say = [entry](std::string reference, std::string label, int64_t cents) {
    entry->set_reference(std::move(reference));
    entry->set_label(std::move(label));
    entry->set_amount_cents(cents);
  };
  const auto of_order = [&](const v1::OrderRef& order, std::string_view label, int64_t cents) {
    say(MandatOf(order.fiscal_year(), order.mandat()), std::string(label), cents);
  };
  switch (act.act_case()) {
    case v1::Act::kStructureRegistered:
      say("", act.structure_registered().identity().name(), 0);
      return;
    case v1::Act::kStructureUpdated:
      say("",
          fmt::format("{} ({})", act.structure_updated().after().name(),
                      act.structure_updated().reason()),
          0);
      return;
    case v1::Act::kOpeningConventionRecorded: {
      const auto& convention = act.opening_convention_recorded();
      say(convention.number(), convention.object(), convention.amount_cents());
      return;
    }
    case v1::Act::kOpeningPaymentRecorded: {
      const auto& payment = act.opening_payment_recorded();
      say(payment.convention_number(),
          fmt::format("payé avant l'ouverture, tranche {}", payment.tranche_id()),
          payment.amount_cents());
      return;
    }
    case v1::Act::kApplicationSubmitted:
      say(act.application_submitted().number(), "demande",
          act.application_submitted().requested_cents());
      return;
    case v1::Act::kApplicationWithdrawn:
      say(act.application_withdrawn().number(), act.application_withdrawn().reason(), 0);
      return;
    case v1::Act::kApplicationInstructed:
      say(act.application_instructed().number(), "proposition de l'instruction",
          act.application_instructed().instruction().proposed_cents());
      return;
    case v1::Act::kConventionSigned:
      say(act.convention_signed().number(), act.convention_signed().object(),
          act.convention_signed().amount_cents());
      return;
    case v1::Act::kAvenantSigned: {
      const auto& avenant = act.avenant_signed();
      say(avenant.convention_number(), fmt::format("avenant n° {}", avenant.avenant_number()),
          avenant.delta_cents());
      return;
    }
    case v1::Act::kReportReceived:
      say(act.report_received().convention_number(),
          fmt::format("bilan reçu, tranche {}", act.report_received().tranche_id()), 0);
      return;
    case v1::Act::kReportAccepted:
      say(act.report_accepted().convention_number(),
          fmt::format("bilan accepté, tranche {}", act.report_accepted().tranche_id()), 0);
      return;
    case v1::Act::kConventionClosed:
      say(act.convention_closed().number(), act.convention_closed().reason(), 0);
      return;
    case v1::Act::kServiceCertified:
      say(act.service_certified().convention_number(),
          fmt::format("service fait, tranche {}", act.service_certified().tranche_id()),
          act.service_certified().amount_cents());
      return;
    case v1::Act::kPaymentOrdered: {
      const auto& order = act.payment_ordered();
      say(MandatOf(order.fiscal_year(), order.mandat()), PaidText(order.basis()),
          order.amount_cents());
      return;
    }
    case v1::Act::kPaymentAccepted:
      of_order(act.payment_accepted().order(), "pris en charge",
               act.payment_accepted().order().amount_cents());
      return;
    case v1::Act::kPaymentSuspended:
      of_order(act.payment_suspended().order(), act.payment_suspended().reason(), 0);
      return;
    case v1::Act::kPaymentRejected:
      of_order(act.payment_rejected().order(), act.payment_rejected().reason(),
               -act.payment_rejected().order().amount_cents());
      return;
    case v1::Act::kPaymentSettled:
      of_order(act.payment_settled().order(), "payé", act.payment_settled().order().amount_cents());
      return;
    case v1::Act::kPaymentReduced:
      of_order(act.payment_reduced().order(), act.payment_reduced().reason(),
               -act.payment_reduced().reduction_cents());
      return;
    case v1::Act::kRecoveryOrdered: {
      const auto& recovery = act.recovery_ordered();
      of_order(recovery.order(),
               fmt::format("titre de recettes {}-{} : {}", recovery.fiscal_year(),
                           recovery.recovery_number(), recovery.reason()),
               -recovery.amount_cents());
      return;
    }
    case v1::Act::kRecoveryReceived:
      of_order(act.recovery_received().order(),
               fmt::format("reçu sur le titre de recettes {}",
                           act.recovery_received().recovery_number()),
               -act.recovery_received().amount_cents());
      return;
    case v1::Act::kPaymentReimputed:
      of_order(act.payment_reimputed().order(),
               fmt::format("réimputé : {} ({})", PaidText(act.payment_reimputed().basis()),
                           act.payment_reimputed().reason()),
               0);
      return;
    case v1::Act::kCommitmentReleased: {
      const auto& released = act.commitment_released();
      say(released.deliberation_number(),
          fmt::format("dégagement, attribution {}", released.allotment_id()),
          -released.amount_cents());
      return;
    }
    case v1::Act::kCorrectionProposed: {
      const auto& proposed = act.correction_proposed();
      say(fmt::format("#{}", proposed.target_position()),
          fmt::format("rectification {} proposée : {}", proposed.correction_number(),
                      proposed.reason()),
          0);
      return;
    }
    case v1::Act::kConventionTerminated: {
      const auto& terminated = act.convention_terminated();
      say(terminated.convention_number(), fmt::format("résiliation : {}", terminated.reason()),
          terminated.amount_after_cents() - terminated.amount_before_cents());
      return;
    }
    case v1::Act::kStructuresMerged: {
      const auto& merged = act.structures_merged();
      say("",
          fmt::format("{} absorbée par {} : {}", merged.absorbed_structure_id(),
                      merged.structure_id(), merged.deed()),
          0);
      return;
    }
    // Acts without a structure, and those that have an entry for each allotment.
    default:
      return;
  }
}

// What an act after a vote says of a deliberation: its number, and what happens to it.
struct AfterVote {
  std::string number;
  std::string what;
};

template <typename A>
AfterVote AfterVoteOf(const A& act, std::string_view what) {
  return {act.deliberation_number(), fmt::format("{} : {}", what, act.reason())};
}

AfterVote AfterVoteOf(const v1::Act& act) {
  if (act.has_deliberation_amended()) {
    return AfterVoteOf(act.deliberation_amended(), "attribution modifiée");
  }
  if (act.has_deliberation_withdrawn()) {
    return AfterVoteOf(act.deliberation_withdrawn(), "délibération retirée");
  }
  if (act.has_deliberation_annulled()) {
    return AfterVoteOf(act.deliberation_annulled(), "délibération annulée");
  }
  return AfterVoteOf(act.allotment_reduced(), "attribution réduite");
}

// One entry for each allotment of the structure that the act changes.
std::vector<v1::StructureAct> EntriesOfChanges(const v1::Event& event,
                                               std::string_view structure_id) {
  std::vector<v1::StructureAct> entries;
  const auto changes = ChangesOf(event.act());
  const AfterVote after = AfterVoteOf(event.act());
  for (int i = 0; i < changes.size(); ++i) {
    if (changes[i].structure_id() != structure_id) continue;
    v1::StructureAct entry = EntryOf(event);
    entry.clear_assumed_fields();
    for (const std::string& field : event.act().assumed_fields()) {
      if (std::string seen = OfChange(field, i); !seen.empty()) {
        entry.add_assumed_fields(std::move(seen));
      }
    }
    entry.set_reference(fmt::format("{}, attribution {}", after.number, changes[i].allotment_id()));
    entry.set_label(after.what);
    entry.set_amount_cents(AddedBy(changes[i]));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

absl::StatusOr<v1::GetDeliberationBudgetResponse> DeliberationBudget(
    const EventStore& log, const Index& index, const StateReader& state, const Point& point,
    const v1::Deliberation& present) {
  v1::GetDeliberationBudgetResponse response;
  const bool known = present.voted_position() < point.size &&
                     (!present.has_date() || ToDays(present.date()) <= point.effective_on);
  response.set_voted(known && present.result() == v1::VOTE_RESULT_ADOPTED);
  const uint64_t before = known ? present.voted_position() : point.size;
  const auto past = CorrectedPast::Load(log, index, state, point, before);
  if (!past.ok()) return past.status();
  auto tabled = TabledBudget(*past, before, present);
  if (!tabled.ok()) return tabled.status();
  for (const LineSum& sum : SumsByLine(present)) {
    auto row = past->RowBefore(BudgetLineKey(sum.code), before);
    if (!row.ok()) return row.status();
    const v1::BudgetLine& line =
        *row == nullptr ? v1::BudgetLine::default_instance() : (*row)->budget_line();
    v1::DeliberationBudgetLine* out = response.add_lines();
    out->set_code(sum.code);
    out->set_nature(line.nature());
    out->set_function(line.function());
    out->set_label(line.label());
    out->set_authorised_cents(line.authorised_cents());
    out->set_available_before_cents(line.available_cents());
    out->set_proposed_cents(response.voted() ? sum.cents : 0);
    out->set_available_after_cents(line.available_cents() - out->proposed_cents());
    *out->mutable_assumed_fields() = line.assumed_fields();
    if (response.voted()) {
      for (const std::string& field : sum.assumed_fields) out->add_assumed_fields(field);
    }
    out->set_as_reported(
        std::any_of(tabled->begin(), tabled->end(), [&](const v1::ReportBudgetLine& printed) {
          return printed.code() == sum.code &&
                 printed.authorised_cents() == line.authorised_cents() &&
                 printed.available_cents() == line.available_cents();
        }));
    AddTo(*out, response.mutable_total());
  }
  return response;
}

void AddThematicTotals(const v1::Deliberation& deliberation, const v1::Call* call,
                       v1::GetDeliberationResponse* response) {
  std::set<std::pair<std::string, std::string>> operations;
  for (const v1::AllotmentState& state : deliberation.allotments()) {
    const v1::Allotment& allotment = state.allotment();
    auto* thematics = response->mutable_thematics();
    auto it = std::find_if(thematics->begin(), thematics->end(), [&](const auto& total) {
      return total.thematic() == allotment.thematic();
    });
    v1::ThematicTotal* total = it == thematics->end() ? thematics->Add() : &*it;
    total->set_thematic(allotment.thematic());
    if (operations.emplace(allotment.thematic(), allotment.operation()).second) {
      total->set_operations(total->operations() + 1);
    }
    const int64_t cents = state.amount_cents();
    const int64_t without_name = allotment.structure_id().empty() ? cents : 0;
    total->set_allotted_cents(total->allotted_cents() + cents);
    total->set_without_name_cents(total->without_name_cents() + without_name);
    response->set_allotted_cents(response->allotted_cents() + cents);
    response->set_without_name_cents(response->without_name_cents() + without_name);
  }
  if (call == nullptr) return;
  for (v1::ThematicTotal& total : *response->mutable_thematics()) {
    for (const v1::Thematic& thematic : call->thematics()) {
      if (thematic.code() == total.thematic()) total.set_title(thematic.title());
    }
  }
}

namespace {

// What a correction does to an act: the act's own entries, said to be undone or put in place.
std::vector<v1::StructureAct> CorrectionEntries(const v1::Event& event,
                                                std::string_view structure_id) {
  const Compensation compensation = CompensationOf(event);
  const bool undone = compensation.direction == Direction::kRevert;
  std::vector<v1::StructureAct> entries = StructureActsOf(compensation.event, structure_id);
  const v1::StructureAct own = EntryOf(event);
  for (v1::StructureAct& entry : entries) {
    entry.set_label(fmt::format("rectification {}, {} de #{}{}{}", event.correction_number(),
                                undone ? "annulation" : "remplacement",
                                compensation.event.position(), entry.label().empty() ? "" : " : ",
                                entry.label()));
    if (undone) entry.set_amount_cents(-entry.amount_cents());
    entry.set_position(own.position());
    entry.set_type(own.type());
    *entry.mutable_effective_date() = own.effective_date();
  }
  return entries;
}

}  // namespace

std::vector<v1::StructureAct> StructureActsOf(const v1::Event& event,
                                              std::string_view structure_id) {
  if (IsCorrection(event.act())) return CorrectionEntries(event, structure_id);
  std::vector<v1::StructureAct> entries;
  if (!ChangesOf(event.act()).empty()) return EntriesOfChanges(event, structure_id);
  if (event.act().act_case() != v1::Act::kDeliberationVoted) {
    entries.push_back(EntryOf(event));
    Describe(event.act(), &entries.back());
    entries.back().set_name_as_written(NameAsWritten(event.act()));
    return entries;
  }
  const v1::DeliberationVoted& vote = event.act().deliberation_voted();
  const bool adopted = vote.result() == v1::VOTE_RESULT_ADOPTED;
  for (int i = 0; i < vote.allotments_size(); ++i) {
    const v1::Allotment& allotment = vote.allotments(i);
    const auto& named = allotment.named_structure_ids();
    const bool by_name = allotment.structure_id() == structure_id;
    if (!by_name && std::find(named.begin(), named.end(), structure_id) == named.end()) continue;
    v1::StructureAct entry = EntryOf(event);
    entry.clear_assumed_fields();
    for (const std::string& field : event.act().assumed_fields()) {
      if (std::string seen = OfElement(field, "allotments", i); !seen.empty()) {
        entry.add_assumed_fields(std::move(seen));
      }
    }
    if (by_name) entry.set_name_as_written(allotment.structure_name_as_written());
    entry.set_reference(fmt::format("{}, attribution {}", vote.number(), allotment.allotment_id()));
    entry.set_label(by_name ? allotment.label()
                            : fmt::format("{} (nommée sans montant)", allotment.label()));
    if (by_name && adopted) entry.set_amount_cents(allotment.amount_cents());
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace registre

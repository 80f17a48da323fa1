// Conventions, avenants, reports, service done.
#include <fmt/format.h>

#include <algorithm>

#include "tests/support/random_acts.h"

namespace registre::testing {
namespace {

constexpr int kTries = 12;

}  // namespace

int64_t OrderedOn(const v1::TrancheState& state, const std::string& line_id) {
  for (const v1::ScheduleLineState& line : state.lines()) {
    if (line.line_id() == line_id) return line.ordered_cents();
  }
  return 0;
}

const v1::Convention* RandomActs::PickOpenConvention() {
  if (conventions_.empty()) return nullptr;
  const v1::Convention* convention = view_.Convention(Pick(conventions_));
  const bool open =
      convention != nullptr && !convention->has_closed_on() && !convention->has_terminated_on();
  return open ? convention : nullptr;
}

bool RandomActs::FindSource(const std::string& structure_id, const std::string& budget_code,
                            Source* source) {
  for (int i = 0; i < kTries && !deliberations_.empty(); ++i) {
    const v1::Deliberation* deliberation = view_.Deliberation(Pick(deliberations_));
    if (deliberation == nullptr || deliberation->allotments_size() == 0) continue;
    if (!Stands(*deliberation)) continue;
    const v1::AllotmentState& state =
        deliberation->allotments(static_cast<int>(Below(deliberation->allotments_size())));
    const v1::Allotment& allotment = state.allotment();
    source->left_cents =
        state.amount_cents() - state.drawn_cents() - state.ordered_cents() - state.released_cents();
    source->structure_id = allotment.structure_id();
    source->named = !source->structure_id.empty();
    if (!source->named) {
      source->structure_id = allotment.named_structure_ids(
          static_cast<int>(Below(allotment.named_structure_ids_size())));
    }
    if (source->left_cents < 10) continue;
    if (!structure_id.empty() && source->structure_id != structure_id) continue;
    if (!budget_code.empty() && allotment.budget_code() != budget_code) continue;
    source->deliberation = deliberation->number();
    source->allotment = allotment.allotment_id();
    source->budget_code = allotment.budget_code();
    source->voted_on = ToDays(deliberation->date());
    return true;
  }
  return false;
}

void RandomActs::AddSchedule(int64_t cents, v1::Tranche* tranche) {
  const auto add = [&](const char* id, v1::PaymentKind kind, v1::TriggerKind trigger,
                       int64_t amount) {
    v1::ScheduleLine* line = tranche->add_schedule();
    line->set_line_id(id);
    line->set_kind(kind);
    line->set_trigger(trigger);
    line->set_amount_cents(std::max<int64_t>(1, amount));
  };
  const int64_t advance = cents * 6 / 10;
  if (Chance(80)) {
    add("avance", v1::PAYMENT_KIND_ADVANCE, v1::TRIGGER_KIND_CONVENTION_SIGNED, advance);
    add("solde", v1::PAYMENT_KIND_BALANCE, v1::TRIGGER_KIND_REPORT_ACCEPTED, cents - advance);
  } else {
    add("acompte", v1::PAYMENT_KIND_INSTALMENT, v1::TRIGGER_KIND_STATEMENT_CHECKED, advance);
  }
}

v1::Tranche RandomActs::NewTranche(const std::string& id, const Source& source, int64_t cents) {
  v1::Tranche tranche;
  tranche.set_tranche_id(id);
  tranche.add_schemes("Dispositif d'essai");
  *tranche.mutable_period()->mutable_start() = FromDays(today_ - 20);
  *tranche.mutable_period()->mutable_end() = FromDays(today_ + 340);
  tranche.set_ceiling_cents(cents);
  tranche.set_budget_code(source.budget_code);
  if (!source.deliberation.empty()) {
    v1::Draw* draw = tranche.add_draws();
    draw->set_deliberation_number(source.deliberation);
    draw->set_allotment_id(source.allotment);
    draw->set_amount_cents(cents);
  }
  AddSchedule(cents, &tranche);
  if (Chance(50)) *tranche.mutable_report_due() = FromDays(today_ + 400);
  return tranche;
}

bool RandomActs::SignConvention(v1::Act* act) {
  Source source;
  if (!FindSource("", "", &source)) return false;
  v1::ConventionSigned* signed_act = act->mutable_convention_signed();
  signed_act->set_number(fmt::format("{}-{:05}", Year(), ++serial_));
  signed_act->set_object("Action d'essai");
  // Recorded some time after it is signed: acts are not recorded in the order of their dates.
  *signed_act->mutable_signatures()->mutable_authority_signed_on() =
      FromDays(source.voted_on + static_cast<Days>(Below(static_cast<uint64_t>(
                                     std::max<Days>(1, today_ - source.voted_on + 1)))));
  signed_act->set_structure_id(
      SuccessorOf(source.structure_id, ToDays(signed_act->signatures().authority_signed_on())));
  signed_act->set_previous_convention(
      view_.Structure(signed_act->structure_id())->last_convention());
  const int64_t first = 4 + Amount(source.left_cents - 5);
  *signed_act->add_tranches() = NewTranche("T0", source, first);
  signed_act->set_amount_cents(first);
  Source more;
  if (Chance(30) && FindSource(source.structure_id, "", &more) &&
      (more.deliberation != source.deliberation || more.allotment != source.allotment) &&
      more.voted_on <= ToDays(signed_act->signatures().authority_signed_on())) {
    const int64_t second = 4 + Amount(more.left_cents - 5);
    *signed_act->add_tranches() = NewTranche("T1", more, second);
    signed_act->set_amount_cents(first + second);
  }
  conventions_.push_back(signed_act->number());
  return true;
}

// More money on a tranche, on its line.
bool RandomActs::Raise(const v1::Convention& convention, v1::AvenantSigned* act, Source* source) {
  const v1::Tranche& before =
      convention.tranches(static_cast<int>(Below(convention.tranches_size()))).tranche();
  if (!FindSource(convention.structure_id(), before.budget_code(), source)) return false;
  const int64_t cents = 4 + Amount(source->left_cents - 5);
  *act->add_tranches_before() = before;
  v1::Tranche* after = act->add_tranches();
  *after = before;
  after->set_ceiling_cents(before.ceiling_cents() + cents);
  v1::Draw* draw = after->add_draws();
  draw->set_deliberation_number(source->deliberation);
  draw->set_allotment_id(source->allotment);
  draw->set_amount_cents(cents);
  v1::ScheduleLine* line = after->add_schedule();
  line->set_line_id(fmt::format("avenant-{}", act->avenant_number()));
  line->set_kind(v1::PAYMENT_KIND_ADVANCE);
  line->set_trigger(v1::TRIGGER_KIND_AVENANT_SIGNED);
  line->set_trigger_avenant(act->avenant_number());
  line->set_amount_cents(cents);
  act->set_delta_cents(cents);
  return true;
}

bool RandomActs::AddTranche(const v1::Convention& convention, v1::AvenantSigned* act,
                            Source* source) {
  if (!FindSource(convention.structure_id(), "", source)) return false;
  const int64_t cents = 4 + Amount(source->left_cents - 5);
  *act->add_tranches() = NewTranche(fmt::format("A{}", act->avenant_number()), *source, cents);
  act->set_delta_cents(cents);
  return true;
}

// Less money on what a tranche draws last; what is ordered stays.
bool RandomActs::Reduce(const v1::Convention& convention, v1::AvenantSigned* act) {
  const v1::TrancheState& state =
      convention.tranches(static_cast<int>(Below(convention.tranches_size())));
  const v1::Tranche& before = state.tranche();
  if (before.draws_size() == 0) return false;
  const v1::Draw& last = before.draws(before.draws_size() - 1);
  const int64_t most =
      std::min(last.amount_cents(), before.ceiling_cents() - state.ordered_cents()) - 1;
  if (most < 1) return false;
  const int64_t cents = Amount(most);
  *act->add_tranches_before() = before;
  v1::Tranche* after = act->add_tranches();
  *after = before;
  after->set_ceiling_cents(before.ceiling_cents() - cents);
  after->mutable_draws(before.draws_size() - 1)->set_amount_cents(last.amount_cents() - cents);
  after->clear_schedule();
  for (const v1::ScheduleLine& line : before.schedule()) {
    const int64_t ordered = OrderedOn(state, line.line_id());
    if (ordered <= 0) continue;
    v1::ScheduleLine* kept = after->add_schedule();
    *kept = line;
    kept->set_amount_cents(ordered);
  }
  act->set_delta_cents(-cents);
  return true;
}

void RandomActs::Extend(const v1::Convention& convention, v1::AvenantSigned* act) {
  const v1::Tranche& before =
      convention.tranches(static_cast<int>(Below(convention.tranches_size()))).tranche();
  *act->add_tranches_before() = before;
  v1::Tranche* after = act->add_tranches();
  *after = before;
  *after->mutable_period()->mutable_end() = FromDays(ToDays(before.period().end()) + 90);
}

bool RandomActs::SignAvenant(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  v1::AvenantSigned* avenant = act->mutable_avenant_signed();
  avenant->set_convention_number(convention->number());
  avenant->set_avenant_number(convention->avenants_size() + 1);
  avenant->set_structure_id(convention->structure_id());
  Source source;
  const uint64_t kind = Below(4);
  if (kind == 0) {
    if (!Raise(*convention, avenant, &source)) return false;
  } else if (kind == 1) {
    if (!AddTranche(*convention, avenant, &source)) return false;
  } else if (kind == 2) {
    if (!Reduce(*convention, avenant)) return false;
  } else {
    Extend(*convention, avenant);
  }
  if (source.deliberation.empty()) {
    *avenant->mutable_authorised_by() = Conseil();
  } else {
    avenant->mutable_authorised_by()->set_number(source.deliberation);
  }
  *avenant->mutable_signatures()->mutable_authority_signed_on() = Today();
  avenant->set_amount_before_cents(convention->amount_cents());
  avenant->set_amount_after_cents(convention->amount_cents() + avenant->delta_cents());
  return true;
}

bool RandomActs::ReceiveReport(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  const v1::TrancheState& state =
      convention->tranches(static_cast<int>(Below(convention->tranches_size())));
  if (state.has_report_received_on()) return false;
  v1::ReportReceived* received = act->mutable_report_received();
  received->set_convention_number(convention->number());
  received->set_tranche_id(state.tranche().tranche_id());
  received->set_structure_id(convention->structure_id());
  *received->mutable_date() = Today();
  return true;
}

bool RandomActs::AcceptReport(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  const v1::TrancheState& state =
      convention->tranches(static_cast<int>(Below(convention->tranches_size())));
  if (!state.has_report_received_on() || state.has_report_accepted_on()) return false;
  v1::ReportAccepted* accepted = act->mutable_report_accepted();
  accepted->set_convention_number(convention->number());
  accepted->set_tranche_id(state.tranche().tranche_id());
  accepted->set_structure_id(convention->structure_id());
  *accepted->mutable_date() = Today();
  return true;
}

bool RandomActs::CloseConvention(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  v1::ConventionClosed* closed = act->mutable_convention_closed();
  closed->set_number(convention->number());
  closed->set_structure_id(convention->structure_id());
  *closed->mutable_date() = Today();
  closed->set_reason("essai");
  return true;
}

bool RandomActs::CertifyService(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr) return false;
  const v1::TrancheState& state =
      convention->tranches(static_cast<int>(Below(convention->tranches_size())));
  const int64_t left = state.tranche().ceiling_cents() - state.certified_cents();
  if (left <= 0) return false;
  v1::ServiceCertified* certified = act->mutable_service_certified();
  certified->set_convention_number(convention->number());
  certified->set_tranche_id(state.tranche().tranche_id());
  certified->set_structure_id(convention->structure_id());
  certified->set_amount_cents(Chance(50) ? left : Amount(left));
  *certified->mutable_date() = Today();
  return true;
}

}  // namespace registre::testing

#include "ledger/acts/act.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ledger/view.h"

namespace registre {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;
using google::protobuf::RepeatedPtrField;

const OneofDescriptor* ActOneof() { return v1::Act::descriptor()->FindOneofByName("act"); }

// Names by case number; the gaps are empty.
std::vector<std::string_view> ReadActNames() {
  std::vector<std::string_view> names;
  for (int i = 0; i < ActOneof()->field_count(); ++i) {
    const FieldDescriptor* field = ActOneof()->field(i);
    if (names.size() <= static_cast<size_t>(field->number())) names.resize(field->number() + 1);
    names[field->number()] = field->name();
  }
  return names;
}

// Tags in order of first mention, each once. An empty id is no reference.
class Tags {
 public:
  void Structure(std::string_view id) { Add(id, StructureKey(id)); }
  void Call(std::string_view id) { Add(id, CallKey(id)); }
  void Application(std::string_view number) { Add(number, ApplicationKey(number)); }
  void Session(std::string_view id) { Add(id, SessionKey(id)); }
  void Deliberation(std::string_view number) { Add(number, DeliberationKey(number)); }
  void BudgetLine(std::string_view code) { Add(code, BudgetLineKey(code)); }
  void Convention(std::string_view number) { Add(number, ConventionKey(number)); }
  void Payment(int fiscal_year, std::string_view mandat) {
    Add(mandat, PaymentKey(fiscal_year, mandat));
  }

  void Correction(std::string_view number) { Add(number, CorrectionKey(number)); }

  // A deliberation before the ledger has no tag.
  void Ref(const v1::DeliberationRef& ref) { Deliberation(ref.number()); }

  void Basis(const v1::PaymentBasis& basis) {
    Convention(basis.convention_number());
    Deliberation(basis.deliberation_number());
  }

  void Order(const v1::OrderRef& order) {
    Payment(order.fiscal_year(), order.mandat());
    Basis(order.basis());
    Structure(order.structure_id());
    BudgetLine(order.budget_code());
  }

  void Tranches(const RepeatedPtrField<v1::Tranche>& tranches) {
    for (const v1::Tranche& tranche : tranches) {
      BudgetLine(tranche.budget_code());
      for (const v1::Draw& draw : tranche.draws()) Deliberation(draw.deliberation_number());
    }
  }

  void Allotments(const RepeatedPtrField<v1::Allotment>& allotments) {
    for (const v1::Allotment& allotment : allotments) {
      BudgetLine(allotment.budget_code());
      Structure(allotment.structure_id());
      for (const std::string& id : allotment.named_structure_ids()) Structure(id);
      Application(allotment.application_number());
    }
  }

  void Changes(const RepeatedPtrField<v1::AllotmentChange>& changes) {
    for (const v1::AllotmentChange& change : changes) Change(change);
  }
  void Change(const v1::AllotmentChange& change) {
    BudgetLine(change.budget_code());
    Structure(change.structure_id());
    Application(change.application_number());
  }

  // Every tag of another act.
  void Act(const v1::Act& act) {
    for (std::string& tag : TagsOf(act)) AddTag(std::move(tag));
  }

  std::vector<std::string> Take() { return std::move(tags_); }

 private:
  // Most acts have a handful of tags, where looking through them beats hashing them.
  static constexpr size_t kFew = 16;

  void Add(std::string_view id, std::string tag) {
    if (!id.empty()) AddTag(std::move(tag));
  }

  void AddTag(std::string tag) {
    if (tags_.size() < kFew) {
      if (std::find(tags_.begin(), tags_.end(), tag) != tags_.end()) return;
    } else {
      if (seen_.empty()) seen_.insert(tags_.begin(), tags_.end());
      if (!seen_.insert(tag).second) return;
    }
    tags_.push_back(std::move(tag));
  }

  std::vector<std::string> tags_;
  absl::flat_hash_set<std::string> seen_;  // of all tags, once there are more than a few
};

}  // namespace

std::string_view ActType(v1::Act::ActCase act_case) {
  static const auto* names = new std::vector<std::string_view>(ReadActNames());
  const auto number = static_cast<size_t>(act_case);
  return number < names->size() ? (*names)[number] : std::string_view();
}

std::string_view ActType(const v1::Act& act) { return ActType(act.act_case()); }

v1::Act::ActCase ActCaseOf(std::string_view type) {
  const FieldDescriptor* field = v1::Act::descriptor()->FindFieldByName(std::string(type));
  if (field == nullptr || field->containing_oneof() != ActOneof()) return v1::Act::ACT_NOT_SET;
  return static_cast<v1::Act::ActCase>(field->number());
}

v1::Role RecordedBy(v1::Act::ActCase act_case) {
  const FieldDescriptor* field =
      v1::Act::descriptor()->FindFieldByNumber(static_cast<int>(act_case));
  if (field == nullptr || field->containing_oneof() == nullptr) return v1::ROLE_UNSPECIFIED;
  return field->options().GetExtension(v1::recorded_by);
}

std::vector<std::string> TagsOf(const v1::Act& act, uint32_t /*schema_version*/) {
  Tags tags;
  switch (act.act_case()) {
    case v1::Act::kLedgerOpened:
    case v1::Act::kOpeningClosed:
    case v1::Act::kFiscalYearClosed:
    case v1::Act::kDirectorySealed:
    case v1::Act::kLedgerRestored:
    case v1::Act::ACT_NOT_SET:
      break;
    case v1::Act::kStructureRegistered:
      tags.Structure(act.structure_registered().structure_id());
      break;
    case v1::Act::kStructureUpdated:
      tags.Structure(act.structure_updated().structure_id());
      break;
    case v1::Act::kBudgetLineOpened:
      tags.BudgetLine(act.budget_line_opened().code());
      tags.Ref(act.budget_line_opened().opened_by());
      break;
    case v1::Act::kBudgetLineAdjusted:
      tags.BudgetLine(act.budget_line_adjusted().code());
      tags.BudgetLine(act.budget_line_adjusted().transfer_with_code());
      tags.Ref(act.budget_line_adjusted().adjusted_by());
      break;
    case v1::Act::kPaymentCreditsVoted:
      tags.BudgetLine(act.payment_credits_voted().code());
      tags.Ref(act.payment_credits_voted().voted_by());
      break;
    case v1::Act::kOpeningCommitmentRecorded:
      tags.BudgetLine(act.opening_commitment_recorded().code());
      break;
    case v1::Act::kOpeningConventionRecorded:
      tags.Convention(act.opening_convention_recorded().number());
      tags.Structure(act.opening_convention_recorded().structure_id());
      tags.Tranches(act.opening_convention_recorded().tranches());
      break;
    case v1::Act::kOpeningPaymentRecorded:
      tags.Convention(act.opening_payment_recorded().convention_number());
      tags.Structure(act.opening_payment_recorded().structure_id());
      tags.BudgetLine(act.opening_payment_recorded().budget_code());
      break;
    case v1::Act::kCallForProjectsOpened:
      tags.Call(act.call_for_projects_opened().call_id());
      break;
    case v1::Act::kApplicationSubmitted:
      tags.Application(act.application_submitted().number());
      tags.Call(act.application_submitted().call_id());
      tags.Structure(act.application_submitted().structure_id());
      break;
    case v1::Act::kApplicationWithdrawn:
      tags.Application(act.application_withdrawn().number());
      tags.Call(act.application_withdrawn().call_id());
      tags.Structure(act.application_withdrawn().structure_id());
      break;
    case v1::Act::kApplicationInstructed:
      tags.Application(act.application_instructed().number());
      tags.Call(act.application_instructed().call_id());
      tags.Structure(act.application_instructed().structure_id());
      break;
    case v1::Act::kSessionHeld:
      tags.Session(act.session_held().session_id());
      tags.Session(act.session_held().second_meeting_of());
      break;
    case v1::Act::kReportTabled:
      tags.Session(act.report_tabled().session_id());
      break;
    case v1::Act::kOpinionGiven:
      tags.Session(act.opinion_given().session_id());
      break;
    case v1::Act::kDeliberationVoted:
      tags.Deliberation(act.deliberation_voted().number());
      tags.Session(act.deliberation_voted().session_id());
      tags.Call(act.deliberation_voted().call_id());
      tags.Allotments(act.deliberation_voted().allotments());
      break;
    case v1::Act::kDeliberationTransmitted:
      tags.Deliberation(act.deliberation_transmitted().number());
      break;
    case v1::Act::kDeliberationPublished:
      tags.Deliberation(act.deliberation_published().number());
      break;
    case v1::Act::kConventionSigned:
      tags.Convention(act.convention_signed().number());
      tags.Structure(act.convention_signed().structure_id());
      tags.Tranches(act.convention_signed().tranches());
      break;
    case v1::Act::kAvenantSigned:
      tags.Convention(act.avenant_signed().convention_number());
      tags.Structure(act.avenant_signed().structure_id());
      tags.Ref(act.avenant_signed().authorised_by());
      tags.Tranches(act.avenant_signed().tranches());
      tags.Tranches(act.avenant_signed().tranches_before());
      break;
    case v1::Act::kReportReceived:
      tags.Convention(act.report_received().convention_number());
      tags.Structure(act.report_received().structure_id());
      break;
    case v1::Act::kReportAccepted:
      tags.Convention(act.report_accepted().convention_number());
      tags.Structure(act.report_accepted().structure_id());
      break;
    case v1::Act::kConventionClosed:
      tags.Convention(act.convention_closed().number());
      tags.Structure(act.convention_closed().structure_id());
      break;
    case v1::Act::kServiceCertified:
      tags.Convention(act.service_certified().convention_number());
      tags.Structure(act.service_certified().structure_id());
      break;
    case v1::Act::kPaymentOrdered:
      tags.Payment(act.payment_ordered().fiscal_year(), act.payment_ordered().mandat());
      tags.Basis(act.payment_ordered().basis());
      tags.Structure(act.payment_ordered().structure_id());
      tags.BudgetLine(act.payment_ordered().budget_code());
      break;
    case v1::Act::kPaymentAccepted:
      tags.Order(act.payment_accepted().order());
      break;
    case v1::Act::kPaymentSuspended:
      tags.Order(act.payment_suspended().order());
      break;
    case v1::Act::kPaymentRejected:
      tags.Order(act.payment_rejected().order());
      break;
    case v1::Act::kPaymentSettled:
      tags.Order(act.payment_settled().order());
      break;
    case v1::Act::kPaymentReduced:
      tags.Order(act.payment_reduced().order());
      break;
    case v1::Act::kCommitmentReleased:
      tags.Deliberation(act.commitment_released().deliberation_number());
      tags.BudgetLine(act.commitment_released().budget_code());
      tags.Structure(act.commitment_released().structure_id());
      break;
    case v1::Act::kDeliberationAmended:
      tags.Deliberation(act.deliberation_amended().deliberation_number());
      tags.Call(act.deliberation_amended().call_id());
      tags.Ref(act.deliberation_amended().amended_by());
      tags.Changes(act.deliberation_amended().changes());
      break;
    case v1::Act::kDeliberationWithdrawn:
      tags.Deliberation(act.deliberation_withdrawn().deliberation_number());
      tags.Call(act.deliberation_withdrawn().call_id());
      tags.Ref(act.deliberation_withdrawn().withdrawn_by());
      tags.Changes(act.deliberation_withdrawn().changes());
      break;
    case v1::Act::kDeliberationAnnulled:
      tags.Deliberation(act.deliberation_annulled().deliberation_number());
      tags.Call(act.deliberation_annulled().call_id());
      tags.Changes(act.deliberation_annulled().changes());
      break;
    case v1::Act::kAllotmentReduced:
      tags.Deliberation(act.allotment_reduced().deliberation_number());
      tags.Call(act.allotment_reduced().call_id());
      tags.Change(act.allotment_reduced().change());
      break;
    case v1::Act::kConventionTerminated:
      tags.Convention(act.convention_terminated().convention_number());
      tags.Structure(act.convention_terminated().structure_id());
      tags.Tranches(act.convention_terminated().tranches_before());
      break;
    case v1::Act::kStructuresMerged:
      tags.Structure(act.structures_merged().absorbed_structure_id());
      tags.Structure(act.structures_merged().structure_id());
      break;
    case v1::Act::kRecoveryOrdered:
      tags.Order(act.recovery_ordered().order());
      break;
    case v1::Act::kRecoveryReceived:
      tags.Order(act.recovery_received().order());
      break;
    case v1::Act::kPaymentReimputed:
      tags.Order(act.payment_reimputed().order());
      tags.Basis(act.payment_reimputed().basis());
      tags.BudgetLine(act.payment_reimputed().budget_code());
      break;
    case v1::Act::kCorrectionProposed:
      tags.Correction(act.correction_proposed().correction_number());
      tags.Act(act.correction_proposed().target());
      break;
    case v1::Act::kCorrectionApproved:
      tags.Correction(act.correction_approved().correction_number());
      break;
    case v1::Act::kCorrectionRejected:
      tags.Correction(act.correction_rejected().correction_number());
      break;
    case v1::Act::kActReversed:
      tags.Correction(act.act_reversed().correction_number());
      tags.Act(act.act_reversed().act());
      break;
    case v1::Act::kActRectified:
      tags.Correction(act.act_rectified().correction_number());
      tags.Act(act.act_rectified().act());
      break;
  }
  return tags.Take();
}

}  // namespace registre

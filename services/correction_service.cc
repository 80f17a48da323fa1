#include "services/correction_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/date.h"
#include "ledger/base/limits.h"
#include "ledger/base/shape.h"
#include "ledger/command.h"
#include "ledger/event_query.h"
#include "ledger/view.h"
#include "projections/correction_plan.h"
#include "projections/fold.h"
#include "projections/standing.h"
#include "registre/v1/correction_service.grpc.pb.h"
#include "services/recording.h"
#include "services/rights.h"

namespace registre {
namespace {

// How often a unit is worked out again because something was recorded meanwhile.
constexpr int kMaxAttempts = 5;

// ---- Shape

// Checks the fields that a request shares with the act that it becomes, by their names in the
// request.
void CheckFields(const google::protobuf::Message& act, std::vector<Violation>* violations) {
  constexpr std::string_view kRoot = "request";
  std::vector<Violation> found;
  CheckShape(act, std::string(kRoot), &found);
  for (Violation& violation : found) {
    violation.field.erase(0, kRoot.size() + 1);
    violations->push_back(std::move(violation));
  }
}

// A correction says why, under which authority and from when: these have a rule of their own.
std::vector<Violation> CheckProposal(const v1::ProposeCorrectionRequest& request,
                                     const v1::CorrectionProposed& proposal) {
  std::vector<Violation> violations;
  if (!request.GetReflection()->GetUnknownFields(request).empty()) {
    violations.push_back({"request", "UNKNOWN_FIELD",
                          "a field that this version does not know; use the server's contract"});
  }
  CheckCommandId(request.command_id(), &violations);
  if (!request.has_target_position()) {
    violations.push_back({"target_position", "FIELD_INVALID",
                          "missing; name the position of the act that is wrong"});
  }
  CheckFields(proposal, &violations);
  for (Violation& violation : violations) {
    const bool why = violation.field == "reason" || violation.field == "authority" ||
                     violation.field == "effective_on";
    if (why) violation.reason = "CORRECTION_REASON";
  }
  for (int i = 0; i < proposal.replacements_size(); ++i) {
    const v1::Act& act = proposal.replacements(i);
    if (!IsControl(act.act_case()) && !act.has_ledger_opened()) continue;
    violations.push_back({fmt::format("replacements[{}]", i), "FIELD_INVALID",
                          "an act of control, or the ledger's opening, replaces nothing"});
  }
  return violations;
}

v1::CorrectionProposed ProposalOf(const v1::ProposeCorrectionRequest& request) {
  v1::CorrectionProposed proposal;
  proposal.set_target_position(request.target_position());
  proposal.set_reason(request.reason());
  proposal.set_authority(request.authority());
  if (request.has_effective_on()) *proposal.mutable_effective_on() = request.effective_on();
  *proposal.mutable_replacements() = request.replacements();
  return proposal;
}

// ---- Planning

absl::StatusOr<PlannedCorrection> Plan(const Reading& reading, const Clock& clock,
                                       const v1::CorrectionProposed& proposal,
                                       const std::string& number, const std::string& subject) {
  CorrectionRequest request{
      .correction_number = number,
      .target_position = proposal.target_position(),
      .effective_on = proposal.effective_on(),
      .replacements = {proposal.replacements().begin(), proposal.replacements().end()},
      .subject = subject,
      .now = clock.Now()};
  return PlanCorrection(reading.log, *reading.index, request);
}

absl::Status Stale(const std::string& number, std::string_view why) {
  return Refused("CORRECTION_STALE",
                 fmt::format("correction {} would no longer do what was proposed: {}; propose it "
                             "again",
                             number, why),
                 {{"correction_number", number}});
}

// Why the target is no longer what the proposal was about: something was recorded on its order
// since, other than another proposal. Empty when it is. Acts of no order are compared whole.
absl::StatusOr<std::string> TouchedSince(const Reading& reading, const v1::Correction& correction) {
  for (const std::string& tag : TagsOf(correction.proposal().target())) {
    if (!tag.starts_with("payment:")) continue;
    std::optional<uint64_t> touched;
    const absl::Status read =
        VisitPostingsFrom(*reading.index, tag, correction.proposed().position() + 1,
                          [&](uint64_t, const Posting& posting) {
                            const auto type = static_cast<v1::Act::ActCase>(posting.act);
                            if (type != v1::Act::kCorrectionProposed) touched = posting.position;
                            return !touched.has_value();
                          });
    if (!read.ok()) return read;
    if (touched) return fmt::format("{} was touched at position {}", tag, *touched);
  }
  return std::string();
}

// Why the plan is not what was proposed; empty when it is.
std::string StaleBecause(const v1::CorrectionProposed& proposal, const PlannedCorrection& planned) {
  if (proposal.target().SerializeAsString() != planned.target.SerializeAsString()) {
    return "the act was corrected meanwhile";
  }
  if (proposal.kind() != planned.plan.kind()) {
    return planned.plan.because().empty()
               ? "it could now be made in the act's place"
               : fmt::format("it can no longer be made in the act's place: {}",
                             planned.plan.because());
  }
  const auto same = [](const v1::CorrectedAct& a, const v1::CorrectedAct& b) {
    return a.position() == b.position() && a.effect() == b.effect();
  };
  const auto& was = proposal.affected();
  const auto& is = planned.plan.affected();
  if (std::equal(was.begin(), was.end(), is.begin(), is.end(), same)) return "";
  return fmt::format("it would touch {} acts where {} were proposed", is.size(), was.size());
}

// ---- Recording

// Whether the caller's command id was used: the recorder then answers as it did, or refuses other
// content, whatever the acts.
absl::StatusOr<bool> IsKnown(const Reading& reading, const Caller& caller,
                             const std::string& command_id) {
  auto record = reading.index->Read()->GetCommand(CommandKey(caller.subject, command_id));
  if (!record.ok()) return record.status();
  return record->has_value();
}

// ---- The methods

absl::Status Propose(const ServiceContext& context, const Clock& clock, const Caller& caller,
                     const v1::ProposeCorrectionRequest& request,
                     v1::ProposeCorrectionResponse* response) {
  v1::CorrectionProposed proposal = ProposalOf(request);
  if (const auto violations = CheckProposal(request, proposal); !violations.empty()) {
    return ShapeError(violations);
  }
  v1::ProposeCorrectionRequest remembered = request;
  remembered.clear_command_id();
  remembered.clear_validate_only();
  absl::StatusOr<v1::RecordResponse> recorded = absl::UnknownError("not recorded");
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    auto reading = BeginReading(*context.ledger, {});
    if (!reading.ok()) return reading.status();
    auto known = IsKnown(*reading, caller, request.command_id());
    if (!known.ok()) return known.status();
    std::vector<std::string> keys;
    uint64_t size = 0;
    if (!*known) {
      auto planned = Plan(*reading, clock, proposal, "", caller.subject);
      if (!planned.ok()) return planned.status();
      *proposal.mutable_target() = planned->target;
      proposal.set_kind(planned->plan.kind());
      *proposal.mutable_affected() = planned->plan.affected();
      proposal.set_because(planned->plan.because());
      keys = std::move(planned->keys);
      size = planned->size;
      *response->mutable_plan() = std::move(planned->plan);
      if (request.validate_only()) return absl::OkStatus();
    }
    v1::Act act;
    *act.mutable_correction_proposed() = proposal;
    Command command =
        CommandOf(caller, v1::ROLE_ADMIN, request.command_id(), remembered, {std::move(act)});
    command.untouched_keys = std::move(keys);
    command.untouched_since = size;
    recorded = RecordNow(context.ledger, std::move(command));
    if (!absl::IsAborted(recorded.status())) break;
  }
  if (!recorded.ok()) return recorded.status();
  const uint64_t position = recorded->receipts(0).position();
  auto event = ReadEvent(context.ledger->log(), position);
  if (!event.ok()) return event.status();
  response->set_correction_number(event->act().correction_proposed().correction_number());
  response->set_position(position);
  response->set_already_recorded(recorded->already_recorded());
  if (recorded->already_recorded()) response->clear_plan();
  return absl::OkStatus();
}

absl::StatusOr<v1::Correction> FindCorrection(const Reading& reading, const std::string& number) {
  auto row = reading.state.RowAt(CorrectionKey(number), reading.point);
  if (!row.ok()) return row.status();
  if (*row == nullptr || !(*row)->correction().has_proposal()) {
    return NotThere("correction", number, reading.point, reading.point_asked);
  }
  return (*row)->correction();
}

// The acts of an approval: without those that follow it when they will not be recorded anyhow,
// since the correction is decided or the approver proposed it. The recorder says so.
absl::StatusOr<Command> Approval(const Reading& reading, const Clock& clock, const Caller& caller,
                                 const v1::ApproveCorrectionRequest& request) {
  v1::ApproveCorrectionRequest remembered = request;
  remembered.clear_command_id();
  const std::string& number = request.correction_number();
  std::vector<v1::Act> acts(1);
  acts[0].mutable_correction_approved()->set_correction_number(number);
  std::optional<PlannedCorrection> planned;
  auto known = IsKnown(reading, caller, request.command_id());
  if (!known.ok()) return known.status();
  if (!*known) {
    auto correction = FindCorrection(reading, number);
    if (!correction.ok()) return correction.status();
    if (correction->status() == v1::CORRECTION_STATUS_PROPOSED &&
        correction->proposed().subject() != caller.subject) {
      auto plan = Plan(reading, clock, correction->proposal(), number, caller.subject);
      if (absl::IsFailedPrecondition(plan.status()) &&
          ReasonOf(plan.status()) != "ORDERER_ACCOUNTANT") {
        return Stale(number, std::string(plan.status().message()));
      }
      if (!plan.ok()) return plan.status();
      if (const std::string why = StaleBecause(correction->proposal(), *plan); !why.empty()) {
        return Stale(number, why);
      }
      auto touched = TouchedSince(reading, *correction);
      if (!touched.ok()) return touched.status();
      if (!touched->empty()) return Stale(number, *touched);
      acts.insert(acts.end(), plan->unit.begin(), plan->unit.end());
      planned = *std::move(plan);
    }
  }
  Command command =
      CommandOf(caller, v1::ROLE_APPROVER, request.command_id(), remembered, std::move(acts));
  if (planned) {
    command.correction_number = std::move(planned->correction_number);
    command.untouched_keys = std::move(planned->keys);
    command.untouched_since = planned->size;
  }
  return command;
}

absl::Status CheckDecision(const std::string& command_id, const google::protobuf::Message& act) {
  std::vector<Violation> violations;
  CheckCommandId(command_id, &violations);
  CheckFields(act, &violations);
  return violations.empty() ? absl::OkStatus() : ShapeError(violations);
}

absl::Status Approve(const ServiceContext& context, const Clock& clock, const Caller& caller,
                     const v1::ApproveCorrectionRequest& request,
                     v1::ApproveCorrectionResponse* response) {
  v1::CorrectionApproved shape;
  shape.set_correction_number(request.correction_number());
  REGISTRE_RETURN_IF_ERROR(CheckDecision(request.command_id(), shape));
  absl::StatusOr<v1::RecordResponse> recorded = absl::UnknownError("not recorded");
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    auto reading = BeginReading(*context.ledger, {});
    if (!reading.ok()) return reading.status();
    auto command = Approval(*reading, clock, caller, request);
    if (!command.ok()) return command.status();
    recorded = RecordNow(context.ledger, *std::move(command));
    if (!absl::IsAborted(recorded.status())) break;
  }
  if (!recorded.ok()) return recorded.status();
  response->set_first_position(recorded->receipts(0).position());
  response->set_acts(static_cast<uint32_t>(recorded->receipts_size()));
  response->set_already_recorded(recorded->already_recorded());
  return absl::OkStatus();
}

absl::Status Reject(const ServiceContext& context, const Caller& caller,
                    const v1::RejectCorrectionRequest& request,
                    v1::RejectCorrectionResponse* response) {
  v1::Act act;
  v1::CorrectionRejected* rejected = act.mutable_correction_rejected();
  rejected->set_correction_number(request.correction_number());
  rejected->set_reason(request.reason());
  REGISTRE_RETURN_IF_ERROR(CheckDecision(request.command_id(), *rejected));
  v1::RejectCorrectionRequest remembered = request;
  remembered.clear_command_id();
  const bool approver = (caller.roles & RoleBit(v1::ROLE_APPROVER)) != 0;
  auto recorded =
      RecordNow(context.ledger, CommandOf(caller, approver ? v1::ROLE_APPROVER : v1::ROLE_ADMIN,
                                          request.command_id(), remembered, {std::move(act)}));
  if (!recorded.ok()) return recorded.status();
  response->set_position(recorded->receipts(0).position());
  response->set_already_recorded(recorded->already_recorded());
  return absl::OkStatus();
}

absl::Status GetStanding(const ServiceContext& context, const v1::GetStandingActRequest& request,
                         v1::GetStandingActResponse* response) {
  auto reading = BeginReading(*context.ledger, {});
  if (!reading.ok()) return reading.status();
  const Point& point = reading->point;
  if (request.position() >= point.size) {
    return NotThere("event", fmt::format("#{}", request.position()), point);
  }
  auto event = ReadEvent(reading->log, request.position());
  if (!event.ok()) return event.status();
  if (IsCorrection(event->act())) {
    const uint64_t target = CompensationOf(*event).event.position();
    return Refused(
        "CORRECTION_TARGET",
        fmt::format("the act at position {} is part of correction {}, which corrects the "
                    "act at position {}: that is the one to correct again",
                    request.position(), event->correction_number(), target),
        {{"position", fmt::format("{}", target)}});
  }
  auto standing = StandingAt(reading->log, reading->state, point, request.position());
  if (!standing.ok()) return standing.status();
  auto row = reading->state.RowAt(CorrectedKey(request.position()), point);
  if (!row.ok()) return row.status();
  if (*row != nullptr) {
    *response->mutable_correction_numbers() = (*row)->corrected_position().correction_numbers();
  }
  if (!standing->has_value()) return absl::OkStatus();
  *response->mutable_act() = std::move((*standing)->act);
  ClearFilled(response->mutable_act());
  return absl::OkStatus();
}

absl::Status GetOneCorrection(const ServiceContext& context, const Clock& clock,
                              const v1::GetCorrectionRequest& request,
                              v1::GetCorrectionResponse* response) {
  v1::ReadOptions options = request.options();
  options.clear_as_recorded();
  auto reading = BeginReading(*context.ledger, options);
  if (!reading.ok()) return reading.status();
  auto correction = FindCorrection(*reading, request.correction_number());
  if (!correction.ok()) return correction.status();
  SetPosition(reading->point, response);
  if (correction->status() == v1::CORRECTION_STATUS_PROPOSED && !reading->point_asked) {
    auto planned = Plan(*reading, clock, correction->proposal(), request.correction_number(),
                        correction->proposed().subject());
    if (absl::IsDataLoss(planned.status()) || absl::IsInternal(planned.status())) {
      return planned.status();
    }
    auto touched = TouchedSince(*reading, *correction);
    if (!touched.ok()) return touched.status();
    if (planned.ok()) {
      const std::string why = StaleBecause(correction->proposal(), *planned);
      response->set_stale_because(why.empty() ? *touched : why);
      *response->mutable_plan() = std::move(planned->plan);
    } else {
      response->set_stale_because(std::string(planned.status().message()));
    }
  }
  *response->mutable_correction() = *std::move(correction);
  return absl::OkStatus();
}

// Numbers are counted: from the newest, or the one after which the last page ended, downwards.
absl::Status ListSomeCorrections(const ServiceContext& context,
                                 const v1::ListCorrectionsRequest& request,
                                 v1::ListCorrectionsResponse* response) {
  v1::ReadOptions options = request.options();
  options.clear_as_recorded();
  auto listing = BeginListing(*context.ledger, options, request.page_size(), request.page_token());
  if (!listing.ok()) return listing.status();
  const Reading& reading = listing->reading;
  SetPosition(reading.point, response);
  auto ledger = reading.state.RowAt(kLedgerKey, reading.point);
  if (!ledger.ok()) return ledger.status();
  const uint64_t count = *ledger == nullptr ? 0 : (*ledger)->ledger().corrections();
  uint64_t next = request.page_token().empty() ? count : std::min(count, listing->token.next);
  size_t bytes = 0;
  size_t looked_at = 0;
  for (; next > 0; --next, ++looked_at) {
    const auto found = static_cast<size_t>(response->corrections_size());
    if (found == listing->page_size || bytes > kMaxPageBytes || looked_at == kMaxPageScan) {
      response->set_next_page_token(
          EncodePageToken({.size = reading.point.size, .next = next, .after = ""}));
      return absl::OkStatus();
    }
    auto row = reading.state.RowAt(CorrectionKey(fmt::format("{}", next)), reading.point);
    if (!row.ok()) return row.status();
    if (*row == nullptr) continue;
    const v1::Correction& correction = (*row)->correction();
    if (request.proposed_only() && correction.status() != v1::CORRECTION_STATUS_PROPOSED) continue;
    v1::Correction* out = response->add_corrections();
    *out = correction;
    out->mutable_proposal()->clear_target();
    out->mutable_proposal()->clear_replacements();
    bytes += out->ByteSizeLong();
  }
  return absl::OkStatus();
}

class CorrectionService final : public v1::CorrectionService::CallbackService {
 public:
  CorrectionService(const ServiceContext& context, const Clock* clock)
      : context_(context), clock_(*clock) {}

  grpc::ServerUnaryReactor* ProposeCorrection(grpc::CallbackServerContext* call,
                                              const v1::ProposeCorrectionRequest* request,
                                              v1::ProposeCorrectionResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response](const Caller& caller) {
      return Propose(context_, clock_, caller, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ApproveCorrection(grpc::CallbackServerContext* call,
                                              const v1::ApproveCorrectionRequest* request,
                                              v1::ApproveCorrectionResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response](const Caller& caller) {
      return Approve(context_, clock_, caller, *request, response);
    });
  }

  grpc::ServerUnaryReactor* RejectCorrection(grpc::CallbackServerContext* call,
                                             const v1::RejectCorrectionRequest* request,
                                             v1::RejectCorrectionResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response](const Caller& caller) {
      return Reject(context_, caller, *request, response);
    });
  }

  grpc::ServerUnaryReactor* GetStandingAct(grpc::CallbackServerContext* call,
                                           const v1::GetStandingActRequest* request,
                                           v1::GetStandingActResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetStanding(context_, *request, response);
    });
  }

  grpc::ServerUnaryReactor* GetCorrection(grpc::CallbackServerContext* call,
                                          const v1::GetCorrectionRequest* request,
                                          v1::GetCorrectionResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return GetOneCorrection(context_, clock_, *request, response);
    });
  }

  grpc::ServerUnaryReactor* ListCorrections(grpc::CallbackServerContext* call,
                                            const v1::ListCorrectionsRequest* request,
                                            v1::ListCorrectionsResponse* response) override {
    return ServeRead(context_, call, *request, [this, request, response] {
      return ListSomeCorrections(context_, *request, response);
    });
  }

 private:
  const ServiceContext context_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCorrectionService(const ServiceContext& context,
                                                     const Clock* clock) {
  return std::make_unique<CorrectionService>(context, clock);
}

}  // namespace registre

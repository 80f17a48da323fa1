#include "cmd/registre/command.h"

#include <fmt/format.h>

#include "cmd/registre/args_audit.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/output.h"
#include "services/status.h"

namespace registre::cli {
namespace {

int RunOffline(const Args& args, Console& console) {
  switch (args.command) {
    case Command::kVerifyBundle:
      return RunVerifyBundle(args, console);
    case Command::kVerifyProof:
    case Command::kVerifyCheckpoint:
      return RunVerifyProof(args, console);
    case Command::kVerifyLedger:
      return RunVerifyLedger(args, console);
    case Command::kWitness:
      return RunWitness(args, console);
    case Command::kAdminRestore:
      return RunRestore(args, console);
    default:
      return kExitUsage;
  }
}

int Dispatch(const Args& args, Client& client, Console& console) {
  switch (args.command) {
    case Command::kRecord:
      return RunRecord(args, client, console);
    case Command::kBudgetList:
    case Command::kBudgetLine:
    case Command::kBudgetOfDeliberation:
    case Command::kBudgetOfYear:
      return RunBudget(args, client, console);
    case Command::kStructureList:
    case Command::kStructure:
      return RunStructure(args, client, console);
    case Command::kConventionList:
    case Command::kConvention:
      return RunConvention(args, client, console);
    case Command::kDeliberationList:
    case Command::kDeliberation:
      return RunDeliberation(args, client, console);
    case Command::kAnomalies:
      return RunAnomalies(args, client, console);
    case Command::kEvents:
      return RunEvents(args, client, console);
    case Command::kAdminStatus:
    case Command::kAdminRebuild:
    case Command::kAdminClockAccept:
      return RunAdmin(args, client, console);
    case Command::kPaymentsList:
    case Command::kPaymentsShow:
    case Command::kPaymentsStatement:
    case Command::kPaymentsFollow:
      return RunPayments(args, client, console);
    case Command::kConsumersList:
    case Command::kConsumersShow:
    case Command::kConsumersCreate:
    case Command::kConsumersPause:
    case Command::kConsumersResume:
    case Command::kConsumersRewind:
    case Command::kConsumersRetry:
    case Command::kConsumersSkip:
    case Command::kConsumersDelete:
      return RunConsumers(args, client, console);
    case Command::kCorrectDraft:
    case Command::kCorrectPropose:
    case Command::kCorrectApprove:
    case Command::kCorrectReject:
    case Command::kCorrectList:
    case Command::kCorrectShow:
      return RunCorrect(args, client, console);
    case Command::kWhoAmI:
      return RunWhoAmI(args, client, console);
    case Command::kKeys:
    case Command::kKeysRotate:
      return RunKeys(args, client, console);
    case Command::kCheckpointShow:
    case Command::kCheckpointList:
    case Command::kCheckpointWatch:
      return RunCheckpoint(args, client, console);
    case Command::kCheckpointSeal:
      return RunSeal(args, client, console);
    case Command::kCheckpointStamp:
      return RunStamp(args, client, console);
    case Command::kProofInclusion:
    case Command::kProofConsistency:
      return RunProof(args, client, console);
    case Command::kProofTag:
      return RunProofOfTag(args, client, console);
    case Command::kBundle:
      return RunBundle(args, client, console);
    case Command::kConventionReplay:
      return RunReplay(args, client, console);
    case Command::kAdminBackup:
      return RunBackup(args, client, console);
    case Command::kVerifyBundle:
    case Command::kVerifyProof:
    case Command::kVerifyCheckpoint:
    case Command::kVerifyLedger:
    case Command::kWitness:
    case Command::kAdminRestore:
      break;
  }
  return RunOffline(args, console);
}

int RunOnline(const Args& args, Console& console) {
  for (const std::string& file : {args.audit.out, args.audit.event_out}) {
    if (const absl::Status is_new = CheckIsNew(file); !is_new.ok()) {
      return Fail(is_new, args, console);
    }
  }
  const auto client = Client::Make(args.server, args.identity);
  if (!client.ok()) return Fail(client.status(), args, console);
  return Dispatch(args, **client, console);
}

// What to look at when no server answered.
std::string_view UnreachedHint(const absl::Status& status, const Args& args) {
  if (IsTlsFailure(status)) {
    return "TLS with it failed. Is it a server with TLS, is its certificate valid and of a CA in "
           "--tls-ca, does it bear the name in --server?";
  }
  if (!args.identity.has_tls()) {
    return "Is registred running there? Its address is given with --server or REGISTRE_SERVER. One "
           "with TLS wants --tls-ca, --tls-cert and --tls-key.";
  }
  return "Is registred running there? Its address is given with --server or REGISTRE_SERVER.";
}

}  // namespace

int Run(std::vector<std::string> arguments, Console& console) {
  const auto parsed = ParseArgs(std::move(arguments), console.out, console.err);
  if (const int* exit = std::get_if<int>(&parsed)) return *exit;
  const Args& args = std::get<Args>(parsed);
  const int exit = IsOffline(args.command) ? RunOffline(args, console) : RunOnline(args, console);
  console.out.flush();
  if (console.out.good()) return exit;
  console.err << "registre: the output could not be written whole: is the disk full?\n";
  return exit == kExitDone ? kExitRefused : exit;
}

int Fail(const absl::Status& status, const Args& args, Console& console) {
  if (args.json) PrintJsonError(console.out, ToRpcStatus(status));
  if (!IsUnreached(status)) {
    console.err << fmt::format("registre: {}\n", ErrorText(status));
    return IsStopping(status) ? kExitUnreached : kExitRefused;
  }
  console.err << fmt::format("registre: server {} not reached: {}\n  {}\n", args.server,
                             std::string(status.message()), UnreachedHint(status, args));
  return kExitUnreached;
}

int FailRead(const absl::Status& status, const char* listing, const Args& args, Console& console) {
  const int exit = Fail(status, args, console);
  if (status.code() == absl::StatusCode::kNotFound) {
    console.err << fmt::format("  `{}` shows those that there are.\n", listing);
  }
  return exit;
}

v1::ReadOptions OptionsOf(const Args& args) {
  v1::ReadOptions options;
  const bool as_of_given =
      args.as_of.has_effective_on() || args.as_of.known_at_case() != v1::AsOf::KNOWN_AT_NOT_SET;
  if (as_of_given) *options.mutable_as_of() = args.as_of;
  options.set_as_recorded(args.as_recorded);
  return options;
}

v1::ReadOptions PinnedAt(const v1::ReadOptions& options, std::optional<uint64_t> position) {
  v1::ReadOptions pinned = options;
  if (position) pinned.mutable_as_of()->set_position(*position);
  return pinned;
}

void PrintEnd(const Args& args, std::optional<uint64_t> position, const Footnote& footnote,
              Client& client, Console& console) {
  console.out << '\n';
  footnote.Print(console.out, console.width);
  std::string instant;
  if (args.as_of.has_instant()) instant = LedgerTime(client).Text(args.as_of.instant());
  console.out << PositionText(position, args.as_of, instant)
              << (args.as_recorded ? ", tel qu'enregistré, sans les rectifications" : "") << '\n';
}

}  // namespace registre::cli

// registre verify ledger: a whole data folder, with no server.
#include "ledger/verify/verify_ledger.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/progress.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/trust.h"
#include "google/protobuf/struct.pb.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "projections/state_reader.h"

namespace registre::cli {
namespace {

// What it is about, as a person reads it.
std::string SubjectOf(const LedgerFinding& finding) {
  return finding.position ? fmt::format("#{}", *finding.position) : finding.subject;
}

google::protobuf::Value StringValue(std::string text) {
  google::protobuf::Value value;
  value.set_string_value(std::move(text));
  return value;
}

google::protobuf::Value JsonOf(const LedgerFinding& finding) {
  google::protobuf::Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  if (finding.position) {
    fields["position"] = StringValue(fmt::format("{}", *finding.position));
  } else {
    fields["subject"] = StringValue(finding.subject);
  }
  fields["what"] = StringValue(finding.what);
  return value;
}

// How much of the log is signed, and by whom; nobody has signed what stands behind it.
std::string SignedText(const LedgerVerification& verification, bool trusted) {
  const auto& signed_head = verification.signed_head;
  if (!signed_head) return "nothing";
  std::vector<std::string> signers;
  for (const VerifierKey& key : signed_head->signers) signers.push_back(FormatVerifierKey(key));
  return fmt::format("first {} of {} events, by {}{}", signed_head->size, verification.events,
                     fmt::join(signers, ", "),
                     trusted ? "" : " of the folder itself: no key from elsewhere was given");
}

std::string StampsText(const LedgerVerification& verification, bool judged) {
  if (verification.time_stamps == 0) return "0";
  return fmt::format("{}, of authorities {}", verification.time_stamps,
                     judged ? "of --tsa-ca" : "that were not judged (--tsa-ca)");
}

// `trusted`: keys from elsewhere were given.
void PrintVerificationJson(const LedgerVerification& verification, bool trusted, Console& console) {
  google::protobuf::Struct json;
  auto& fields = *json.mutable_fields();
  fields["intact"].set_bool_value(verification.intact());
  const auto number = [&fields](const char* name, uint64_t value) {
    fields[name] = StringValue(fmt::format("{}", value));
  };
  number("events", verification.events);
  fields["root"] = StringValue(Base64Of(verification.root));
  fields["origin"] = StringValue(verification.origin);
  fields["signature_trusted"].set_bool_value(trusted);
  if (verification.signed_head) {
    number("signed_events", verification.signed_head->size);
    auto* signed_by = fields["signed_by"].mutable_list_value();
    for (const VerifierKey& key : verification.signed_head->signers) {
      *signed_by->add_values() = StringValue(FormatVerifierKey(key));
    }
  }
  number("checkpoints", verification.checkpoints);
  number("time_stamps", verification.time_stamps);
  number("consumers", verification.consumers);
  number("seals", verification.seals);
  if (verification.rows) number("index_rows", *verification.rows);
  if (verification.first_event) fields["first_bad_event"] = JsonOf(*verification.first_event);
  auto* findings = fields["findings"].mutable_list_value();
  for (const LedgerFinding& finding : verification.findings) {
    *findings->add_values() = JsonOf(finding);
  }
  number("more_findings", verification.more_findings);
  auto* notes = fields["notes"].mutable_list_value();
  for (const std::string& note : verification.notes) *notes->add_values() = StringValue(note);
  PrintJson(console.out, json);
}

void PrintVerification(const LedgerVerification& verification, const AuditArgs& args, bool trusted,
                       Console& console) {
  const std::string& directory = args.directory;
  std::ostream& out = console.out;
  if (verification.intact()) {
    out << fmt::format("Verified: the ledger in {} is intact.{}\n\n", directory,
                       !args.checkpoint.empty() ? " It continues the checkpoint given." : "");
  } else {
    out << fmt::format("Not intact: the ledger in {}.\n\n", directory);
    if (verification.first_event) {
      out << fmt::format("First bad position: {}: {}\n\n", SubjectOf(*verification.first_event),
                         OneLine(verification.first_event->what));
    }
    for (const LedgerFinding& finding : verification.findings) {
      out << fmt::format("  {}: {}\n", SubjectOf(finding), OneLine(finding.what));
    }
    if (verification.more_findings > 0) {
      out << fmt::format("  and {} more\n", verification.more_findings);
    }
    out << '\n';
  }
  PrintPairs(out, console.width,
             {{"Origin", verification.origin},
              {"Events", fmt::format("{}", verification.events)},
              {"Root", Base64Of(verification.root)},
              {"Signed", SignedText(verification, trusted)},
              {"Checkpoints", fmt::format("{}", verification.checkpoints)},
              {"Time stamps", StampsText(verification, !args.tsa_ca.empty())},
              {"Seals", fmt::format("{}", verification.seals)},
              {"Consumers", fmt::format("{}", verification.consumers)},
              {"Index", verification.rows
                            ? fmt::format("{} rows, as the log gives them", *verification.rows)
                            : std::string("not compared")}});
  for (const std::string& note : verification.notes) {
    out << fmt::format("\nNote: {}{}\n", OneLine(note), note.ends_with('.') ? "" : ".");
  }
}

// The checkpoint of --checkpoint, accepted by the policy; nothing where none is given.
absl::StatusOr<std::optional<TrustedCheckpoint>> OlderCheckpoint(const AuditArgs& args,
                                                                 const TrustPolicy& policy) {
  if (args.checkpoint.empty()) return std::optional<TrustedCheckpoint>();
  auto trusted = ReadKeptCheckpoint(args.checkpoint, policy);
  if (!trusted.ok()) return trusted.status();
  return std::optional<TrustedCheckpoint>(*std::move(trusted));
}

// The CAs of --tsa-ca; nothing where none are given.
absl::StatusOr<std::optional<std::string>> TimeStampAuthorities(const AuditArgs& args) {
  if (args.tsa_ca.empty()) return std::optional<std::string>();
  auto pem = ReadWholeFile(args.tsa_ca, kMaxTsaCaBytes);
  if (!pem.ok()) return pem.status();
  const absl::Status usable = CheckTimeStampAuthorities(*pem);
  if (!usable.ok()) return Annotate(usable, args.tsa_ca + ": ");
  return std::optional<std::string>(*std::move(pem));
}

}  // namespace

int RunVerifyLedger(const Args& args, Console& console) {
  const auto policy = ReadTrust(args.audit);
  if (!policy.ok()) return Fail(policy.status(), args, console);
  const auto older = OlderCheckpoint(args.audit, *policy);
  if (!older.ok()) return Fail(older.status(), args, console);
  const auto tsa_ca = TimeStampAuthorities(args.audit);
  if (!tsa_ca.ok()) return Fail(tsa_ca.status(), args, console);

  // An interrupt ends the run in order, so that its working folder goes with it.
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) console.on_interrupt([&interrupted] { interrupted = true; });
  const auto give_back = absl::MakeCleanup([&console] {
    if (console.on_interrupt) console.on_interrupt(nullptr);
  });
  Progress progress(console.err, console.progress);
  const auto verification = VerifyLedger(
      {.directory = args.audit.directory,
       .projection = RegistreProjection(),
       .fold = !args.audit.no_fold,
       .work = args.audit.work,
       .older = *older,
       .policy = *policy,
       .tsa_ca = *tsa_ca,
       .on_progress = [&](const FoldProgress& at) {
         progress.Update(at.events, at.total, fmt::format("{} / {} events", at.events, at.total));
         return !interrupted;
       }});
  progress.Clear();
  if (!verification.ok()) return Fail(verification.status(), args, console);
  if (args.json) {
    PrintVerificationJson(*verification, !policy->logs.empty(), console);
  } else {
    PrintVerification(*verification, args.audit, !policy->logs.empty(), console);
  }
  if (verification->intact()) return kExitDone;
  console.err << fmt::format("registre: the ledger in {} is not intact\n", args.audit.directory);
  return kExitRefused;
}

}  // namespace registre::cli

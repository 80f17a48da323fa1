// registre admin backup, registre admin restore.
#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "cmd/registre/command.h"
#include "cmd/registre/event_progress.h"
#include "cmd/registre/json.h"
#include "cmd/registre/progress.h"
#include "cmd/registre/table.h"
#include "cmd/registre/text.h"
#include "cmd/registre/trust.h"
#include "google/protobuf/struct.pb.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/restore.h"

namespace registre::cli {
namespace {

std::string EventsText(uint64_t count) {
  return count == 1 ? "1 event" : fmt::format("{} events", count);
}

// The last checkpoint that anyone saw, verified with the keys given; nothing when none is.
absl::StatusOr<std::optional<Checkpoint>> ReadLastSeen(const AuditArgs& args) {
  if (args.checkpoint.empty()) return std::nullopt;
  const auto keys = ReadLogKeys(args.keys);
  if (!keys.ok()) return keys.status();
  const auto trusted = ReadKeptCheckpoint(args.checkpoint, TrustPolicy::OfKeys(*keys));
  if (!trusted.ok()) return trusted.status();
  return trusted->checkpoint;
}

void PrintRestoredJson(const Restored& restored, const std::string& data, Console& console) {
  google::protobuf::Struct json;
  auto& fields = *json.mutable_fields();
  fields["data"].set_string_value(data);
  fields["events"].set_string_value(fmt::format("{}", restored.backup.head.size));
  fields["root"].set_string_value(Base64Of(restored.backup.head.root));
  fields["made_at"].set_string_value(RfcInstant(restored.backup.made_at));
  fields["previous_origin"].set_string_value(restored.backup.origin);
  fields["origin"].set_string_value(restored.origin);
  fields["lost_events"].set_string_value(fmt::format("{}", restored.lost));
  PrintJson(console.out, json);
}

std::string WhatIsLost(const Restored& restored) {
  if (restored.origin == restored.backup.origin) {
    return "none: the checkpoint given is of exactly these events";
  }
  if (restored.lost > 0) {
    return fmt::format("at least {}: the checkpoint given is of {}", EventsText(restored.lost),
                       EventsText(restored.backup.head.size + restored.lost));
  }
  return "not known: whatever was recorded after the backup is missing";
}

void PrintRestored(const Restored& restored, const std::string& data, Console& console) {
  console.out << fmt::format("Restored: {}, made of the backup and verified.\n\n", data);
  PrintPairs(console.out, console.width,
             {{"Events", fmt::format("{}", restored.backup.head.size)},
              {"Root", Base64Of(restored.backup.head.root)},
              {"Backup of", InstantText(restored.backup.made_at)},
              {"Lost", WhatIsLost(restored)},
              {"Origin", OneLine(restored.origin)}});
  if (restored.origin == restored.backup.origin) return;
  console.out << "\nThe next start of registred records the restoration, before anything else. "
                 "From then on the\nlog has the new origin, and another verifier key: give it to "
                 "witnesses and auditors.\n";
}

}  // namespace

int RunBackup(const Args& args, Client& client, Console& console) {
  v1::BackupRequest request;
  request.set_directory(args.audit.directory);
  // No deadline: copying a long log takes what it takes, and the server says how far it is.
  grpc::ClientContext context;
  const auto stream = client.admin->Backup(&context, request);
  v1::BackupResponse response;
  const absl::Status status = ReadEventProgress(stream.get(), args.json, console, &response);
  if (!status.ok()) return Fail(status, args, console);
  if (!response.done()) {
    console.err << "registre: the backup ended before it was done; look at the server's log and "
                   "make another\n";
    return kExitRefused;
  }
  if (args.json) return kExitDone;
  v1::GetStatusResponse ledger;
  const absl::Status told =
      Call(*client.admin, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest(), &ledger);
  if (!told.ok()) return Fail(told, args, console);
  console.out << fmt::format("sauvegarde faite et vérifiée : {}\n\n", args.audit.directory);
  PrintPairs(console.out, console.width,
             {{"Origine", OneLine(ledger.origin())},
              {"Événements", fmt::format("{}", response.events())},
              {"Racine", Hex(response.root())}});
  return kExitDone;
}

int RunRestore(const Args& args, Console& console) {
  const auto last_seen = ReadLastSeen(args.audit);
  if (!last_seen.ok()) return Fail(last_seen.status(), args, console);
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) console.on_interrupt([&] { interrupted = true; });
  const auto give_back = absl::MakeCleanup([&] {
    if (console.on_interrupt) console.on_interrupt(nullptr);
  });
  absl::StatusOr<Restored> restored = absl::UnknownError("not restored");
  {
    Progress progress(console.err, console.progress);
    restored = Restore({.backup = args.audit.directory,
                        .data = args.audit.data,
                        .reason = args.audit.reason,
                        .last_seen = *last_seen},
                       absl::Now(), [&](const FoldProgress& at) {
                         progress.Update(at.events, at.total,
                                         fmt::format("{} / {} events", at.events, at.total));
                         return !interrupted;
                       });
  }
  if (absl::IsCancelled(restored.status())) {
    console.err << "registre: interrupted; nothing was restored\n";
    return kExitRefused;
  }
  if (!restored.ok()) return Fail(restored.status(), args, console);
  if (args.json) {
    PrintRestoredJson(*restored, args.audit.data, console);
  } else {
    PrintRestored(*restored, args.audit.data, console);
  }
  return kExitDone;
}

}  // namespace registre::cli

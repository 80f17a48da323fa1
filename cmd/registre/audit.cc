// registre keys, checkpoint, proof: what an auditor takes home, as the standards write it.
#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <string>

#include "cmd/registre/command.h"
#include "cmd/registre/format.h"
#include "cmd/registre/json.h"
#include "cmd/registre/ledger_time.h"
#include "cmd/registre/output.h"
#include "cmd/registre/table.h"
#include "cmd/registre/tag_proof.h"
#include "cmd/registre/text.h"
#include "cmd/registre/trust.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"

namespace registre::cli {
namespace {

constexpr int kPageCheckpoints = 1'000;

int ListKeys(const Args& args, Client& client, Console& console) {
  v1::ListKeysResponse response;
  const absl::Status status =
      Call(*client.audit, &v1::AuditService::Stub::ListKeys, v1::ListKeysRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
    return kExitDone;
  }
  for (const std::string& key : response.verifier_keys()) console.out << OneLine(key) << '\n';
  return kExitDone;
}

int RotateKey(const Args& args, Client& client, Console& console) {
  v1::RotateKeyResponse response;
  const absl::Status status =
      Call(*client.admin, &v1::AdminService::Stub::RotateKey, v1::RotateKeyRequest(), &response);
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) {
    PrintJson(console.out, response);
  } else {
    console.out << OneLine(response.verifier_key()) << '\n';
  }
  return kExitDone;
}

// The checkpoint of a size; without, of the head of now, or the newest cosigned one.
absl::StatusOr<v1::StoredCheckpoint> Fetch(Client& client, std::optional<uint64_t> size,
                                           bool cosigned = false) {
  v1::GetCheckpointRequest request;
  if (size) request.set_size(*size);
  request.set_cosigned(cosigned);
  v1::GetCheckpointResponse response;
  const absl::Status status =
      Call(*client.audit, &v1::AuditService::Stub::GetCheckpoint, request, &response);
  if (!status.ok()) return status;
  return std::move(*response.mutable_checkpoint());
}

// Its time stamps, as --stamps asks: each token in a file, as verify checkpoint --stamp takes it.
absl::Status WriteStamps(const Args& args, const v1::StoredCheckpoint& checkpoint,
                         Console& console) {
  if (args.audit.stamps_out.empty()) return absl::OkStatus();
  if (checkpoint.timestamps().empty()) {
    return Error(
        absl::StatusCode::kNotFound, "NOT_STAMPED",
        fmt::format("the checkpoint of {} events bears no time stamp; `registre checkpoint "
                    "list` shows which do, `registre checkpoint stamp` has one made",
                    checkpoint.size()));
  }
  int number = 0;
  for (const std::string& token : checkpoint.timestamps()) {
    const std::string file = fmt::format("{}-{}.tsr", args.audit.stamps_out, ++number);
    REGISTRE_RETURN_IF_ERROR(WriteOut(file, token, console));
  }
  return absl::OkStatus();
}

int ShowCheckpoint(const Args& args, Client& client, Console& console) {
  const auto checkpoint = Fetch(client, args.audit.size, args.audit.cosigned);
  if (!checkpoint.ok()) {
    return FailRead(checkpoint.status(), "registre checkpoint list", args, console);
  }
  const absl::Status stamps = WriteStamps(args, *checkpoint, console);
  if (!stamps.ok()) return Fail(stamps, args, console);
  if (args.json) PrintJson(console.out, *checkpoint);
  // Under --output json the note is for the file alone.
  if (args.json && args.audit.out.empty()) return kExitDone;
  const absl::Status written = WriteOut(args.audit.out, checkpoint->note(), console);
  return written.ok() ? kExitDone : Fail(written, args, console);
}

std::string RootText(const v1::StoredCheckpoint& checkpoint) {
  const auto note = ParseNote(checkpoint.note());
  if (!note.ok()) return "";
  const auto parsed = ParseCheckpoint(note->text);
  return parsed.ok() ? Base64Of(parsed->root) : "";
}

std::string MarksOf(const v1::StoredCheckpoint& checkpoint) {
  std::string marks = checkpoint.sealed() ? "répertoire scellé" : "";
  if (checkpoint.rotated()) marks += marks.empty() ? "clé changée" : ", clé changée";
  return marks;
}

int ListCheckpoints(const Args& args, Client& client, Console& console) {
  Table table({{"Événements", Align::kRight},
               {"Signé le"},
               {"Témoins", Align::kRight},
               {"Horodatages", Align::kRight},
               {"Particularité", Align::kLeft, Fit::kWrap},
               {"Racine"}});
  LedgerTime time(client);
  v1::ListCheckpointsRequest request;
  request.set_page_size(kPageCheckpoints);
  const absl::Status status = ForEachPage(
      *client.audit, &v1::AuditService::Stub::ListCheckpoints, request,
      [&](const v1::ListCheckpointsResponse& page) {
        for (const v1::StoredCheckpoint& checkpoint : page.checkpoints()) {
          if (args.json) {
            PrintJson(console.out, checkpoint);
            continue;
          }
          const auto note = ParseNote(checkpoint.note());
          table.AddRow({fmt::format("{}", checkpoint.size()), time.Text(checkpoint.signed_at()),
                        fmt::format("{}", note.ok() ? CosignaturesIn(*note) : 0),
                        fmt::format("{}", checkpoint.timestamps_size()), MarksOf(checkpoint),
                        RootText(checkpoint)});
        }
        return console.out.good();
      });
  if (!status.ok()) return Fail(status, args, console);
  if (args.json) return kExitDone;
  if (table.empty()) {
    console.out << "aucun point de contrôle\n";
  } else {
    table.Print(console.out, console.width);
  }
  return kExitDone;
}

int WatchCheckpoints(const Args& args, Client& client, Console& console) {
  // No deadline: it lasts until the reader has enough.
  grpc::ClientContext context;
  std::atomic<bool> interrupted = false;
  if (console.on_interrupt) {
    console.on_interrupt([&] {
      interrupted = true;
      context.TryCancel();
    });
  }
  const auto stream = client.audit->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
  LedgerTime time(client);
  v1::WatchCheckpointsResponse message;
  while (console.out.good() && stream->Read(&message)) {
    const v1::StoredCheckpoint& checkpoint = message.checkpoint();
    if (args.json) {
      PrintJson(console.out, checkpoint);
    } else {
      console.out << fmt::format("{}  {}  {}\n", time.Text(checkpoint.signed_at()),
                                 Count(static_cast<int64_t>(checkpoint.size()), "événement"),
                                 RootText(checkpoint));
    }
    console.out.flush();
  }
  const bool enough = !console.out.good();
  if (enough) context.TryCancel();
  const absl::Status status = FromGrpc(stream->Finish());
  if (console.on_interrupt) console.on_interrupt(nullptr);
  if (enough || interrupted || status.ok()) return kExitDone;
  return Fail(status, args, console);
}

// Writes the stored bytes of the event, once they are those that the proof is about.
absl::Status WriteEvent(const Args& args, Client& client, const std::string& leaf_hash,
                        Console& console) {
  v1::GetEventRequest request;
  request.set_position(args.audit.position);
  v1::GetEventResponse response;
  REGISTRE_RETURN_IF_ERROR(
      Call(*client.ledger, &v1::LedgerService::Stub::GetEvent, request, &response));
  const std::string& event = response.event().event();
  if (BytesOf(LeafHash(event)) != leaf_hash) {
    return Error(absl::StatusCode::kDataLoss, "EVENT_DAMAGED",
                 fmt::format("the event that the server gives for position {} is not the one that "
                             "its log proves",
                             args.audit.position));
  }
  return WriteOut(args.audit.event_out, event, console);
}

int ProveInclusion(const Args& args, Client& client, Console& console) {
  const auto checkpoint = Fetch(client, args.audit.size);
  if (!checkpoint.ok()) {
    return FailRead(checkpoint.status(), "registre checkpoint list", args, console);
  }
  v1::GetInclusionProofRequest request;
  request.set_position(args.audit.position);
  request.set_size(checkpoint->size());
  v1::GetInclusionProofResponse response;
  const absl::Status status =
      Call(*client.audit, &v1::AuditService::Stub::GetInclusionProof, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  const auto hashes = ProofOf(response.hashes());
  if (!hashes.ok()) return Fail(hashes.status(), args, console);
  if (!args.audit.event_out.empty()) {
    const absl::Status written = WriteEvent(args, client, response.leaf_hash(), console);
    if (!written.ok()) return Fail(written, args, console);
  }
  if (args.json) {
    PrintJson(console.out, *checkpoint);
    PrintJson(console.out, response);
    if (args.audit.out.empty()) return kExitDone;
  }
  const absl::Status written = WriteOut(
      args.audit.out,
      FormatTlogProof(
          {.index = args.audit.position, .hashes = *hashes, .checkpoint = checkpoint->note()}),
      console);
  return written.ok() ? kExitDone : Fail(written, args, console);
}

int ProveConsistency(const Args& args, Client& client, Console& console) {
  v1::GetConsistencyProofRequest request;
  request.set_from_size(args.audit.from);
  request.set_to_size(args.audit.to);
  v1::GetConsistencyProofResponse response;
  const absl::Status status =
      Call(*client.audit, &v1::AuditService::Stub::GetConsistencyProof, request, &response);
  if (!status.ok()) return Fail(status, args, console);
  const auto hashes = ProofOf(response.hashes());
  if (!hashes.ok()) return Fail(hashes.status(), args, console);
  if (args.json) {
    PrintJson(console.out, response);
    if (args.audit.out.empty()) return kExitDone;
  }
  std::string lines;
  for (const Hash& hash : *hashes) lines += Base64Of(hash) + "\n";
  const absl::Status written = WriteOut(args.audit.out, lines, console);
  return written.ok() ? kExitDone : Fail(written, args, console);
}

}  // namespace

int RunKeys(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kKeysRotate) return RotateKey(args, client, console);
  return ListKeys(args, client, console);
}

int RunCheckpoint(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kCheckpointShow) return ShowCheckpoint(args, client, console);
  if (args.command == Command::kCheckpointWatch) return WatchCheckpoints(args, client, console);
  return ListCheckpoints(args, client, console);
}

int RunProof(const Args& args, Client& client, Console& console) {
  if (args.command == Command::kProofInclusion) return ProveInclusion(args, client, console);
  return ProveConsistency(args, client, console);
}

}  // namespace registre::cli

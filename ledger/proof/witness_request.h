// What a log asks of a witness, and what the witness may answer (C2SP tlog-witness,
// "add-checkpoint"). Pure; any thread.
//
//   old <size>            of the checkpoint that the witness cosigned last
//   <hash>                the consistency proof from it, in base64; up to 63 lines
//                         an empty line
//   <note>                the new checkpoint
#ifndef REGISTRE_LEDGER_PROOF_WITNESS_REQUEST_H_
#define REGISTRE_LEDGER_PROOF_WITNESS_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/note.h"
#include "ledger/proof/tree_proof.h"

namespace registre {

// Largest request that is read: a note and the lines before it.
inline constexpr size_t kMaxWitnessRequestBytes = kMaxNoteBytes + 4 * 1024;

struct WitnessRequest {
  uint64_t old_size = 0;
  Proof proof;
  Note note;
  Checkpoint checkpoint;  // what the note says
};

std::string FormatWitnessRequest(uint64_t old_size, const Proof& proof, std::string_view note);
// INVALID_ARGUMENT (WITNESS_REQUEST_INVALID, NOTE_INVALID, CHECKPOINT_INVALID) when malformed.
absl::StatusOr<WitnessRequest> ParseWitnessRequest(std::string_view body);

// The body of a 409: the size of the checkpoint cosigned last. Nothing when it is none.
std::string FormatWitnessSize(uint64_t size);
std::optional<uint64_t> ParseWitnessSize(std::string_view body);
inline constexpr char kWitnessSizeType[] = "text/x.tlog.size";

// The size and root that a witness cosigned last for an origin; of an empty tree when it never did.
struct CosignedHead {
  uint64_t size = 0;
  Hash root = EmptyRoot();
};

// What a witness answers.
struct WitnessVerdict {
  // 200: `cosigned` is to be cosigned, and is the latest from then on, once that is durable.
  // Otherwise why not: 403, 404, 409, 422 (and 400, an old size over that of the checkpoint).
  int status = 200;
  std::string content_type;
  std::string body;
  // Of a 200: the text, with the signatures that are of known keys and verify.
  Note cosigned;
  // A known key of the log signed it, and it is not shown to continue the latest: the log was
  // forked or cut off, or who asked gave a wrong proof. With the same size and another root only
  // the first is possible.
  bool contradicts = false;
};

// Judges a request by the keys of logs that the witness knows, and the latest it cosigned for the
// request's origin.
WitnessVerdict JudgeWitnessRequest(const WitnessRequest& request,
                                   absl::Span<const VerifierKey> log_keys,
                                   const CosignedHead& latest);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_WITNESS_REQUEST_H_

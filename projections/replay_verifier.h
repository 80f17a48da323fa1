// Verifies a replayed history of a tag (AuditService.Replay), event by event, from its first one:
// nothing that the server says is believed. No storage behind it.
#ifndef REGISTRE_PROJECTIONS_REPLAY_VERIFIER_H_
#define REGISTRE_PROJECTIONS_REPLAY_VERIFIER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/timestamp.pb.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/tree_proof.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre {

// One thread. Errors are INVALID_ARGUMENT (REPLAY_INVALID), saying at which position what is wrong;
// after one, nothing more is to be asked.
class ReplayVerifier {
 public:
  // What a seal says of the tag: so many events up to `through_position`.
  struct Sealed {
    uint64_t through_position = 0;
    uint64_t events = 0;
    uint64_t last_position = 0;  // of the last of them, where there are any
  };
  // The checkpoint's signature, and what a seal says, are verified by the caller.
  ReplayVerifier(std::string tag, Checkpoint checkpoint, std::optional<Sealed> sealed)
      : tag_(std::move(tag)), checkpoint_(std::move(checkpoint)), sealed_(sealed) {}

  // The next event of the tag: that its stored bytes stand at the position in the log of the
  // checkpoint, that they follow the event before in the tag's chain, that their tags are those of
  // the act, and that their time does not go back.
  absl::Status Add(uint64_t position, const std::string& bytes, const Proof& proof);

  // Folds that event into the row, and compares it with what the server says it then is.
  absl::Status CheckState(const v1::Row& state);

  // After the last: that none of the events is missing that the seal counts. OK without a seal.
  absl::Status CheckComplete() const;

  // The event added last, and the row that CheckState made of all.
  const v1::Event& event() const { return event_; }
  const v1::Row& row() const { return row_; }
  // Events added.
  uint64_t events() const { return events_; }

 private:
  absl::Status CheckChain() const;
  absl::Status CheckTime() const;

  const std::string tag_;
  const Checkpoint checkpoint_;
  const std::optional<Sealed> sealed_;
  v1::Event event_;
  v1::Row row_;
  uint64_t events_ = 0;
  Sealed seen_;                       // up to the seal's through_position
  std::optional<uint64_t> previous_;  // position
  google::protobuf::Timestamp previous_time_;
};

}  // namespace registre

#endif  // REGISTRE_PROJECTIONS_REPLAY_VERIFIER_H_

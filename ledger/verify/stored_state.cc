#include "ledger/verify/stored_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/feed/consumer.h"
#include "ledger/proof/time_stamp.h"
#include "registre/v1/checkpoint.pb.h"
#include "registre/v1/consumer.pb.h"

namespace registre {
namespace {

template <class Range, class PositionOf>
bool Ascends(const Range& range, PositionOf position_of) {
  return std::adjacent_find(range.begin(), range.end(), [&](const auto& a, const auto& b) {
           return position_of(a) > position_of(b);
         }) == range.end();
}

// What is wrong with a consumer's state; empty when nothing is.
std::string WrongWithConsumer(const v1::ConsumerState& state, uint64_t size) {
  const auto itself = [](uint64_t position) { return position; };
  const auto position_of = [](const auto& entry) { return entry.position(); };
  if (state.low_water() > size) {
    return fmt::format("it has answered for everything below #{}, but the log holds {} events",
                       state.low_water(), size);
  }
  if (!Ascends(state.acknowledged(), itself) || !Ascends(state.held(), itself) ||
      !Ascends(state.tried(), position_of) || !Ascends(state.parked(), position_of)) {
    return "its positions are not in order";
  }
  const auto past = [size](const auto& entry) { return entry.position() >= size; };
  const auto beyond = [size](uint64_t position) { return position >= size; };
  if (std::any_of(state.acknowledged().begin(), state.acknowledged().end(), beyond) ||
      std::any_of(state.held().begin(), state.held().end(), beyond) ||
      std::any_of(state.tried().begin(), state.tried().end(), past) ||
      std::any_of(state.parked().begin(), state.parked().end(), past) ||
      std::any_of(state.skipped().begin(), state.skipped().end(), past)) {
    return fmt::format("a position of it lies past the log of {} events", size);
  }
  if (state.held_size() > static_cast<int>(kMaxHeld) ||
      state.parked_size() > static_cast<int>(kMaxParked) || state.skipped_size() > kMaxSkipped) {
    return "it holds more than a consumer may";
  }
  return "";
}

// The keys of the folder that signed the note under its origin; no known key's line is spoilt.
absl::StatusOr<std::vector<VerifierKey>> SignersInFolder(const Note& note,
                                                         const std::string& origin,
                                                         const std::vector<VerifierKey>& keys) {
  std::vector<VerifierKey> signers;
  for (const VerifierKey& key : keys) {
    if (key.name != origin) continue;
    const absl::StatusOr<bool> by_key = IsSignedBy(note, key);
    if (!by_key.ok()) return by_key.status();
    if (*by_key) signers.push_back(key);
  }
  if (!signers.empty()) return signers;
  return Error(absl::StatusCode::kInvalidArgument, "LOG_UNKNOWN",
               fmt::format("no key of the folder signed it as {}", origin));
}

absl::Status CheckTimeStamps(const v1::StoredCheckpoint& stored,
                             const std::optional<std::string>& tsa_ca) {
  if (stored.timestamps_size() > static_cast<int>(kMaxTimeStamps)) {
    return Error(absl::StatusCode::kInvalidArgument, "TIMESTAMP_INVALID",
                 fmt::format("it has {} time stamps", stored.timestamps_size()));
  }
  const auto text = StampedText(stored.note());
  if (!text.ok()) return text.status();
  for (const std::string& token : stored.timestamps()) {
    const absl::StatusOr<absl::Time> at =
        tsa_ca ? VerifyTimeStamp(token, *text, *tsa_ca) : TimeStampedAt(token, *text);
    if (!at.ok()) return at.status();
  }
  return absl::OkStatus();
}

struct ReadCheckpoint {
  Checkpoint checkpoint;
  std::vector<VerifierKey> signers;  // of the folder
};

absl::StatusOr<ReadCheckpoint> ReadStored(uint64_t size, const v1::StoredCheckpoint& stored,
                                          const CheckpointTrust& trust) {
  const auto note = ParseNote(stored.note());
  if (!note.ok()) return note.status();
  auto checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint.status();
  if (checkpoint->size != size) {
    return Error(absl::StatusCode::kInvalidArgument, "CHECKPOINT_INVALID",
                 fmt::format("its note is of {} events", checkpoint->size));
  }
  auto signers = SignersInFolder(*note, checkpoint->origin, trust.verifiers);
  if (!signers.ok()) return signers.status();
  for (const TrustPolicy::Witness& witness : trust.policy.witnesses) {
    REGISTRE_RETURN_IF_ERROR(CosignedAt(*note, witness.key).status());
  }
  REGISTRE_RETURN_IF_ERROR(CheckTimeStamps(stored, trust.tsa_ca));
  return ReadCheckpoint{*std::move(checkpoint), *std::move(signers)};
}

// Reads the stored checkpoints, the newest first.
class CheckpointReader {
 public:
  CheckpointReader(const CheckpointTrust& trust, Findings* findings)
      : trust_(trust), findings_(findings) {}

  void Add(uint64_t size, std::string_view bytes) {
    const std::string subject = fmt::format("checkpoint of {} events", size);
    v1::StoredCheckpoint stored;
    if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        stored.size() != size) {
      findings_->Of(subject, "its stored bytes are damaged");
      return;
    }
    auto read = ReadStored(size, stored, trust_);
    if (!read.ok()) findings_->Of(subject, std::string(read.status().message()));
    result_.time_stamps += static_cast<uint64_t>(stored.timestamps_size());
    HoldAgainstPolicy(stored, subject);
    if (!read.ok()) return;
    if (trust_.policy.logs.empty() && !result_.trusted) {
      result_.trusted = {size, std::move(read->signers)};
    }
    result_.claimed.push_back({std::move(read->checkpoint), subject, stored.sealed()});
  }

  StoredCheckpoints End() {
    // Not accepted, and no older one either: all that the policy is shown is its.
    if (uncosigned_ && !result_.trusted) findings_->Of(uncosigned_->subject, uncosigned_->what);
    if (uncosigned_ && result_.trusted) {
      result_.notes.push_back(
          fmt::format("the {} is signed, but: {}", uncosigned_->subject, uncosigned_->what));
    }
    return std::move(result_);
  }

 private:
  // The newest is signed by a log of the policy; only the quorum may come later.
  void HoldAgainstPolicy(const v1::StoredCheckpoint& stored, const std::string& subject) {
    if (trust_.policy.logs.empty() || result_.trusted) return;
    const auto trusted = VerifyCheckpoint(stored.note(), trust_.policy);
    if (trusted.ok()) {
      result_.trusted = {stored.size(), SignersOf(*trusted, trust_.policy)};
    } else if (std::exchange(newest_, false)) {
      LedgerFinding wrong = {std::nullopt, subject, std::string(trusted.status().message())};
      if (ReasonOf(trusted.status()) == "QUORUM_MISSING") {
        uncosigned_ = std::move(wrong);
      } else {
        findings_->Of(subject, std::move(wrong.what));
      }
    }
  }

  const CheckpointTrust& trust_;
  Findings* const findings_;
  StoredCheckpoints result_;
  bool newest_ = true;  // none was held against the policy yet
  std::optional<LedgerFinding> uncosigned_;
};

}  // namespace

absl::StatusOr<uint64_t> CheckConsumers(const EventStore& log, Findings* findings) {
  const auto consumers = log.ReadConsumers();
  if (!consumers.ok()) return consumers.status();
  for (const ConsumerWrite& write : *consumers) {
    v1::ConsumerState state;
    const bool read = state.ParseFromString(write.state) && state.name() == write.name;
    std::string wrong = read ? WrongWithConsumer(state, log.size()) : "it cannot be read";
    if (!wrong.empty()) findings->Of("consumer " + write.name, std::move(wrong));
  }
  return consumers->size();
}

absl::StatusOr<StoredCheckpoints> CheckCheckpoints(const EventStore& log,
                                                   const CheckpointTrust& trust,
                                                   Findings* findings) {
  CheckpointReader reader(trust, findings);
  const absl::Status read = log.ReadCheckpoints(std::numeric_limits<uint64_t>::max(),
                                                [&](uint64_t size, std::string_view bytes) {
                                                  reader.Add(size, bytes);
                                                  return true;
                                                });
  REGISTRE_RETURN_IF_ERROR(read);
  return reader.End();
}

}  // namespace registre

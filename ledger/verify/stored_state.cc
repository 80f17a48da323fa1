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

std::string SubjectOfCheckpoint(uint64_t size) {
  return fmt::format("checkpoint of {} events", size);
}

// That a key of the folder signed the note under its origin, and no known key's line is spoilt.
absl::Status CheckSigned(const Note& note, const std::string& origin,
                         const std::vector<VerifierKey>& keys) {
  bool is_signed = false;
  for (const VerifierKey& key : keys) {
    if (key.name != origin) continue;
    const absl::StatusOr<bool> by_key = IsSignedBy(note, key);
    if (!by_key.ok()) return by_key.status();
    is_signed = is_signed || *by_key;
  }
  if (is_signed) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "LOG_UNKNOWN",
               fmt::format("no key of the folder signed it as {}", origin));
}

absl::StatusOr<Checkpoint> ReadStored(uint64_t size, const v1::StoredCheckpoint& stored,
                                      const std::vector<VerifierKey>& keys,
                                      const TrustPolicy& policy) {
  const auto note = ParseNote(stored.note());
  if (!note.ok()) return note.status();
  auto checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok()) return checkpoint;
  if (checkpoint->size != size) {
    return Error(absl::StatusCode::kInvalidArgument, "CHECKPOINT_INVALID",
                 fmt::format("its note is of {} events", checkpoint->size));
  }
  REGISTRE_RETURN_IF_ERROR(CheckSigned(*note, checkpoint->origin, keys));
  for (const TrustPolicy::Witness& witness : policy.witnesses) {
    REGISTRE_RETURN_IF_ERROR(CosignedAt(*note, witness.key).status());
  }
  if (stored.timestamps_size() > static_cast<int>(kMaxTimeStamps)) {
    return Error(absl::StatusCode::kInvalidArgument, "TIMESTAMP_INVALID",
                 fmt::format("it has {} time stamps", stored.timestamps_size()));
  }
  const auto text = StampedText(stored.note());
  if (!text.ok()) return text.status();
  for (const std::string& token : stored.timestamps()) {
    REGISTRE_RETURN_IF_ERROR(TimeStampedAt(token, *text).status());
  }
  return checkpoint;
}

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

absl::StatusOr<std::vector<ClaimedHead>> CheckCheckpoints(const EventStore& log,
                                                          const std::vector<VerifierKey>& keys,
                                                          const TrustPolicy& policy,
                                                          Findings* findings) {
  std::vector<ClaimedHead> claimed;
  bool newest = true;
  const absl::Status read = log.ReadCheckpoints(
      std::numeric_limits<uint64_t>::max(), [&](uint64_t size, std::string_view bytes) {
        const std::string subject = SubjectOfCheckpoint(size);
        v1::StoredCheckpoint stored;
        if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
            stored.size() != size) {
          findings->Of(subject, "its stored bytes are damaged");
          return true;
        }
        const auto checkpoint = ReadStored(size, stored, keys, policy);
        if (checkpoint.ok()) {
          claimed.push_back({*checkpoint, subject, stored.sealed()});
        } else {
          findings->Of(subject, std::string(checkpoint.status().message()));
        }
        if (std::exchange(newest, false) && !policy.logs.empty()) {
          const auto trusted = VerifyCheckpoint(stored.note(), policy);
          if (!trusted.ok()) findings->Of(subject, std::string(trusted.status().message()));
        }
        return true;
      });
  REGISTRE_RETURN_IF_ERROR(read);
  return claimed;
}

}  // namespace registre

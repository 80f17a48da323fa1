#include "projections/replay_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "ledger/acts/act.h"
#include "ledger/base/errors.h"
#include "projections/fold.h"

namespace registre {
namespace {

absl::Status ReplayInvalid(uint64_t position, const std::string& why) {
  return Error(absl::StatusCode::kInvalidArgument, "REPLAY_INVALID",
               fmt::format("position {}: {}", position, why),
               {{"position", fmt::format("{}", position)}});
}

// A row as an error says it.
std::string RowText(const v1::Row& row) {
  constexpr size_t kMaxText = 200;
  const std::string text = row.ShortDebugString();
  return text.empty()             ? "nothing"
         : text.size() > kMaxText ? text.substr(0, kMaxText) + "..."
                                  : text;
}

}  // namespace

absl::Status ReplayVerifier::Add(uint64_t position, const std::string& bytes, const Proof& proof) {
  const absl::Status included =
      VerifyInclusion(LeafHash(bytes), position, checkpoint_.size, proof, checkpoint_.root);
  if (!included.ok()) {
    return ReplayInvalid(position, "its bytes do not stand there in the log of the checkpoint: " +
                                       std::string(included.message()));
  }
  if (!event_.ParseFromString(bytes)) {
    return ReplayInvalid(position,
                         "its bytes are no event: is this program older than the server?");
  }
  if (event_.position() != position) {
    return ReplayInvalid(position, fmt::format("it says that it is at {}", event_.position()));
  }
  REGISTRE_RETURN_IF_ERROR(CheckChain());
  REGISTRE_RETURN_IF_ERROR(CheckTime());
  previous_ = position;
  previous_time_ = event_.recorded_at();
  ++events_;
  if (sealed_ && position <= sealed_->through_position) {
    seen_.events = events_;
    seen_.last_position = position;
  }
  return absl::OkStatus();
}

absl::Status ReplayVerifier::CheckChain() const {
  const uint64_t position = event_.position();
  if (event_.schema_version() != kSchemaVersion) {
    return ReplayInvalid(position, fmt::format("schema version {} is of another program than this "
                                               "one: verify with that",
                                               event_.schema_version()));
  }
  const std::vector<std::string> tags = TagsOf(event_.act(), event_.schema_version());
  const auto& links = event_.tags();
  const bool same =
      std::equal(tags.begin(), tags.end(), links.begin(), links.end(),
                 [](const std::string& tag, const v1::TagLink& link) { return tag == link.tag(); });
  if (!same) return ReplayInvalid(position, "its tags are not those of its act");
  const auto link = std::find_if(links.begin(), links.end(),
                                 [&](const v1::TagLink& one) { return one.tag() == tag_; });
  if (link == links.end()) return ReplayInvalid(position, "it is not of " + tag_);
  const bool follows = link->sequence() == events_ + 1 &&
                       link->has_previous_position() == previous_.has_value() &&
                       (!previous_ || link->previous_position() == *previous_);
  if (follows) return absl::OkStatus();
  return ReplayInvalid(
      position,
      fmt::format(
          "it is event {} of {}, after {}; the server gives it as event {}, after {}: "
          "events are missing, or out of place",
          link->sequence(), tag_,
          link->has_previous_position() ? fmt::format("#{}", link->previous_position()) : "none",
          events_ + 1, previous_ ? fmt::format("#{}", *previous_) : "none"));
}

absl::Status ReplayVerifier::CheckTime() const {
  const auto instant = [](const google::protobuf::Timestamp& time) {
    return std::pair(time.seconds(), time.nanos());
  };
  const bool goes_on = event_.has_recorded_at() &&
                       (!previous_ || instant(event_.recorded_at()) >= instant(previous_time_));
  if (goes_on) return absl::OkStatus();
  return ReplayInvalid(event_.position(),
                       "its time is missing, or before that of an earlier event");
}

absl::Status ReplayVerifier::CheckState(const v1::Row& state) {
  Fold(Direction::kApply, event_, tag_, &row_);
  if (row_.SerializeAsString() == state.SerializeAsString()) return absl::OkStatus();
  return ReplayInvalid(event_.position(),
                       fmt::format("the state after it is not what the events add up to, {}, but "
                                   "{}; or this program folds otherwise than the server's",
                                   RowText(row_), RowText(state)));
}

absl::Status ReplayVerifier::CheckComplete() const {
  if (!sealed_) return absl::OkStatus();
  const bool complete = seen_.events == sealed_->events &&
                        (sealed_->events == 0 || seen_.last_position == sealed_->last_position);
  if (complete) return absl::OkStatus();
  return ReplayInvalid(
      sealed_->through_position,
      fmt::format("{} has {} events up to there as sealed, the last at {}; the server gave {}, the "
                  "last at {}",
                  tag_, sealed_->events, sealed_->last_position, seen_.events,
                  seen_.last_position));
}

}  // namespace registre

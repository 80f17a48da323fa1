#include "ledger/checkpoints.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/time_stamp.h"
#include "ledger/view.h"

namespace registre {
namespace {

absl::Status NotOpened() {
  return Error(absl::StatusCode::kFailedPrecondition, "LEDGER_NOT_OPENED",
               "the ledger has no origin to sign under before its first act, ledger_opened");
}

absl::Status CheckpointUnknown(uint64_t size) {
  return Error(absl::StatusCode::kNotFound, "CHECKPOINT_UNKNOWN",
               fmt::format("no checkpoint of {} events is kept; `registre checkpoint list` shows "
                           "those that are",
                           size),
               {{"size", fmt::format("{}", size)}});
}

absl::Status NoneCosigned() {
  return Error(absl::StatusCode::kNotFound, "CHECKPOINT_UNKNOWN",
               "no checkpoint is kept that the witnesses cosigned; `registre admin status` shows "
               "how they answer");
}

absl::Status CheckpointDamaged(uint64_t size, absl::string_view why) {
  return Error(absl::StatusCode::kDataLoss, "CHECKPOINT_DAMAGED",
               fmt::format("the stored checkpoint of {} events cannot be trusted: {}. Nothing more "
                           "is signed. Keep a copy of the folder and restore the ledger from a "
                           "backup.",
                           size, std::string(why)),
               {{"size", fmt::format("{}", size)}});
}

absl::Status LogDifferent(const Checkpoint& signed_before, std::string_view found) {
  return Error(
      absl::StatusCode::kDataLoss, "LOG_DIFFERENT",
      fmt::format("The log contradicts the checkpoint of {} events that it signed as {}: "
                  "the checkpoint's root is {}, but {}. It is not the log that was "
                  "written here. Record nothing more. Keep a copy of the folder and "
                  "restore the ledger from a backup.",
                  signed_before.size, signed_before.origin, Base64Of(signed_before.root), found),
      {{"checkpoint_size", fmt::format("{}", signed_before.size)},
       {"checkpoint_root", Base64Of(signed_before.root)}});
}

// The origin of the log when it held `size` events: a restoration counts from its own event on,
// which stands right behind the log that it found.
const std::string& OriginAt(const v1::Ledger& ledger, uint64_t size) {
  const auto& restorations = ledger.restorations();
  for (auto restored = restorations.rbegin(); restored != restorations.rend(); ++restored) {
    if (restored->log_size() < size) return restored->origin();
  }
  return ledger.opened().origin();
}

absl::StatusOr<v1::StoredCheckpoint> Parse(uint64_t size, std::string_view bytes) {
  v1::StoredCheckpoint stored;
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      stored.size() != size) {
    return CheckpointDamaged(size, "its bytes are damaged");
  }
  return stored;
}

std::string_view OriginOfNote(std::string_view note) { return note.substr(0, note.find('\n')); }

// Whether others than the log signed.
bool HasOtherSignatures(const Note& note, std::string_view origin) {
  return std::any_of(note.signatures.begin(), note.signatures.end(),
                     [&](const NoteSignature& line) { return line.name != origin; });
}

// Whether it may not be replaced by the next one.
bool IsKept(const v1::StoredCheckpoint& stored, const std::string& origin) {
  if (stored.sealed() || stored.rotated() || !stored.timestamps().empty()) return true;
  const auto note = ParseNote(stored.note());
  return !note.ok() || HasOtherSignatures(*note, origin);
}

// The note with the signatures of these keys alone, each once.
Note OnlySignedBy(const Note& note, const std::vector<VerifierKey>& keys) {
  Note ours{.text = note.text, .signatures = {}};
  for (const NoteSignature& line : note.signatures) {
    const bool is_ours = std::any_of(keys.begin(), keys.end(), [&](const VerifierKey& key) {
      return key.name == line.name && key.id() == line.key_id;
    });
    const auto& taken = ours.signatures;
    if (is_ours && line.name == OriginOfNote(note.text) &&
        std::find(taken.begin(), taken.end(), line) == taken.end()) {
      ours.signatures.push_back(line);
    }
  }
  return ours;
}

absl::StatusOr<Checkpoint> CheckpointOf(const v1::StoredCheckpoint& stored, const Note& note) {
  auto checkpoint = ParseCheckpoint(note.text);
  if (!checkpoint.ok()) return checkpoint.status();
  if (checkpoint->size == stored.size()) return checkpoint;
  return CheckpointDamaged(stored.size(), "its note is of another size");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoints>> Checkpoints::Open(Ledger* ledger, const Clock* clock) {
  auto keyring = Keyring::Open(ledger->directory());
  if (!keyring.ok()) return keyring.status();
  auto checkpoints = std::unique_ptr<Checkpoints>(new Checkpoints(ledger, clock));
  checkpoints->keyring_ = *std::move(keyring);
  REGISTRE_RETURN_IF_ERROR(checkpoints->Load());
  checkpoints->thread_ = std::thread([raw = checkpoints.get()] { raw->Run(); });
  return checkpoints;
}

Checkpoints::~Checkpoints() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status Checkpoints::Load() {
  std::optional<v1::StoredCheckpoint> newest;
  REGISTRE_RETURN_IF_ERROR(
      ForEach(std::numeric_limits<uint64_t>::max(), [&newest](const v1::StoredCheckpoint& stored) {
        newest = stored;
        return false;
      }));
  if (!newest) return absl::OkStatus();
  REGISTRE_RETURN_IF_ERROR(Verify(*newest));
  {
    absl::MutexLock lock(&mutex_);
    latest_ = std::move(newest);
  }
  return FindCosigned();
}

absl::Status Checkpoints::SetWitnesses(TrustPolicy policy) {
  if (policy.asks_nobody()) return absl::OkStatus();
  {
    absl::MutexLock lock(&mutex_);
    witnesses_ = std::move(policy);
    cosigned_.reset();
  }
  return FindCosigned();
}

absl::Status Checkpoints::FindCosigned() {
  const std::optional<v1::StoredCheckpoint> newest = latest();
  if (!newest) return absl::OkStatus();
  int looked_at = 0;
  return ForEach(std::numeric_limits<uint64_t>::max(), [&](const v1::StoredCheckpoint& stored) {
    if (OriginOfNote(stored.note()) != OriginOfNote(newest->note())) return false;
    absl::MutexLock lock(&mutex_);
    NoteCosigned(stored);
    return !cosigned_ && ++looked_at < kMaxCosignedLookedAt;
  });
}

bool Checkpoints::IsCosigned(const v1::StoredCheckpoint& checkpoint) const {
  if (!witnesses_) {
    const auto note = ParseNote(checkpoint.note());
    return note.ok() && HasOtherSignatures(*note, OriginOfNote(checkpoint.note()));
  }
  // Which of its keys the log used is not what is asked here, and the policy may be behind.
  TrustPolicy policy = *witnesses_;
  policy.logs = TrustPolicy::OfKeys(keyring_->verifiers()).logs;
  return VerifyCheckpoint(checkpoint.note(), policy).ok();
}

void Checkpoints::NoteCosigned(const v1::StoredCheckpoint& checkpoint) {
  if (cosigned_ && cosigned_->size() > checkpoint.size()) return;
  if (IsCosigned(checkpoint)) cosigned_ = checkpoint;
}

absl::Status Checkpoints::Verify(const v1::StoredCheckpoint& stored) const {
  const auto note = ParseNote(stored.note());
  if (!note.ok()) return CheckpointDamaged(stored.size(), note.status().message());
  const auto checkpoint = CheckpointOf(stored, *note);
  if (!checkpoint.ok()) return CheckpointDamaged(stored.size(), checkpoint.status().message());
  bool is_signed = false;
  for (const VerifierKey& key : keyring_->verifiers()) {
    if (key.name != checkpoint->origin) continue;
    const auto by_key = IsSignedBy(*note, key);
    if (!by_key.ok()) return CheckpointDamaged(stored.size(), by_key.status().message());
    is_signed = is_signed || *by_key;
  }
  if (!is_signed) {
    return CheckpointDamaged(stored.size(),
                             fmt::format("no key of {}/keys signed it", ledger_->directory()));
  }
  return VerifyRoot(*checkpoint);
}

absl::Status Checkpoints::VerifyRoot(const Checkpoint& checkpoint) const {
  const uint64_t log_size = ledger_->log().size();
  if (checkpoint.size > log_size) {
    return LogDifferent(checkpoint, fmt::format("the log holds {} events", log_size));
  }
  const auto root = RootOfFirst(checkpoint.size, ledger_->tiles().HashesAt(checkpoint.size));
  if (!root.ok()) return root.status();
  if (*root == checkpoint.root) return absl::OkStatus();
  return LogDifferent(checkpoint, fmt::format("that of the log's first {} events is {}",
                                              checkpoint.size, Base64Of(*root)));
}

void Checkpoints::Run() {
  bool stopping = false;
  while (true) {
    // A failure is in status(), and in the server's log.
    if (ledger_->recorder().status().head.size > 0) Sign().IgnoreError();
    if (stopping) return;
    absl::MutexLock lock(&mutex_);
    stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kCheckpointInterval);
  }
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::Sign(bool sealed) {
  absl::MutexLock signing(&signing_mutex_);
  auto checkpoint = SignHead(sealed);
  if (ReasonOf(checkpoint.status()) != "LEDGER_NOT_OPENED") SetStatus(checkpoint.status());
  return checkpoint;
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::SignHead(bool sealed) {
  const LogHead head = ledger_->recorder().status().head;
  std::optional<v1::StoredCheckpoint> known = latest();
  if (!known || known->size() != head.size) return SignNew(head, sealed);
  if (!sealed || known->sealed()) return *std::move(known);
  known->set_sealed(true);
  REGISTRE_RETURN_IF_ERROR(Replace(*known));
  return *std::move(known);
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::SignNew(const LogHead& head, bool sealed) {
  const auto ledger = ledger_->Row();
  if (!ledger.ok()) return ledger.status();
  if (head.size == 0 || !ledger->has_opened()) return NotOpened();
  const std::string& origin = OriginAt(*ledger, head.size);
  const auto keys = keyring_->ToSignFor(origin);
  if (!keys.ok()) return keys.status();

  Note note{.text = FormatCheckpoint({.origin = origin, .size = head.size, .root = head.root}),
            .signatures = {}};
  for (const SigningKey& key : *keys) {
    note.signatures.push_back(SignNote(note.text, origin, key));
  }
  v1::StoredCheckpoint checkpoint;
  checkpoint.set_size(head.size);
  checkpoint.set_note(FormatNote(note));
  *checkpoint.mutable_signed_at() = ToTimestamp(clock_->Now());
  checkpoint.set_sealed(sealed);
  checkpoint.set_rotated(keys->size() > 1);

  std::vector<CheckpointWrite> writes = {{head.size, checkpoint.SerializeAsString()}};
  const std::optional<v1::StoredCheckpoint> before = latest();
  if (before && !IsKept(*before, OriginAt(*ledger, before->size()))) {
    writes.push_back({before->size(), ""});
  }
  REGISTRE_RETURN_IF_ERROR(ledger_->WriteCheckpoints(writes));
  Publish(checkpoint);
  if (checkpoint.rotated()) REGISTRE_RETURN_IF_ERROR(keyring_->Signed());
  return checkpoint;
}

absl::Status Checkpoints::Replace(const v1::StoredCheckpoint& checkpoint) {
  REGISTRE_RETURN_IF_ERROR(
      ledger_->WriteCheckpoints({{checkpoint.size(), checkpoint.SerializeAsString()}}));
  const std::optional<v1::StoredCheckpoint> known = latest();
  if (known && known->size() == checkpoint.size()) Publish(checkpoint);
  absl::MutexLock lock(&mutex_);
  NoteCosigned(checkpoint);
  return absl::OkStatus();
}

void Checkpoints::Publish(const v1::StoredCheckpoint& checkpoint) {
  {
    absl::MutexLock lock(&mutex_);
    latest_ = checkpoint;
  }
  waiters_.Wake();
}

void Checkpoints::SetStatus(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (status == status_) return;
  status_ = status;
  if (!status.ok()) spdlog::error("no checkpoint was signed: {}", std::string(status.message()));
}

absl::StatusOr<std::string> Checkpoints::origin() const {
  const auto ledger = ledger_->Row();
  if (!ledger.ok()) return ledger.status();
  if (!ledger->has_opened()) return NotOpened();
  return OriginOf(*ledger);
}

std::optional<v1::StoredCheckpoint> Checkpoints::latest() const {
  absl::MutexLock lock(&mutex_);
  return latest_;
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::latest_cosigned() const {
  absl::MutexLock lock(&mutex_);
  // One of before a restoration is of another origin.
  if (cosigned_ && OriginOfNote(cosigned_->note()) == OriginOfNote(latest_->note())) {
    return *cosigned_;
  }
  return NoneCosigned();
}

std::optional<v1::StoredCheckpoint> Checkpoints::shown() const {
  bool under_quorum = false;
  {
    absl::MutexLock lock(&mutex_);
    under_quorum = witnesses_.has_value();
  }
  if (under_quorum) {
    if (auto cosigned = latest_cosigned(); cosigned.ok()) return *std::move(cosigned);
  }
  return latest();
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::Get(uint64_t size) const {
  std::optional<v1::StoredCheckpoint> found;
  REGISTRE_RETURN_IF_ERROR(ForEach(size + 1, [&](const v1::StoredCheckpoint& stored) {
    if (stored.size() == size) found = stored;
    return false;
  }));
  if (!found) return CheckpointUnknown(size);
  return *std::move(found);
}

absl::Status Checkpoints::ForEach(
    uint64_t before, const std::function<bool(const v1::StoredCheckpoint&)>& visit) const {
  absl::Status damaged;
  REGISTRE_RETURN_IF_ERROR(
      ledger_->log().ReadCheckpoints(before, [&](uint64_t size, std::string_view bytes) {
        const auto stored = Parse(size, bytes);
        damaged = stored.status();
        return stored.ok() && visit(*stored);
      }));
  return damaged;
}

absl::Status Checkpoints::AddCosignatures(const v1::StoredCheckpoint& published,
                                          const std::vector<NoteSignature>& cosignatures) {
  absl::MutexLock signing(&signing_mutex_);
  const uint64_t size = published.size();
  auto checkpoint = Get(size);
  if (ReasonOf(checkpoint.status()) == "CHECKPOINT_UNKNOWN") checkpoint = published;
  if (!checkpoint.ok()) return checkpoint.status();
  auto note = ParseNote(checkpoint->note());
  if (!note.ok()) return CheckpointDamaged(size, note.status().message());
  const size_t before = note->signatures.size();
  for (const NoteSignature& cosignature : cosignatures) {
    const bool known = std::any_of(
        note->signatures.begin(), note->signatures.end(), [&](const NoteSignature& line) {
          return line.name == cosignature.name && line.key_id == cosignature.key_id;
        });
    if (!known) note->signatures.push_back(cosignature);
  }
  if (note->signatures.size() == before) return absl::OkStatus();
  std::string text = FormatNote(*note);
  if (note->signatures.size() > kMaxNoteSignatures || text.size() > kMaxNoteBytes) {
    return Error(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_SIGNATURES",
        fmt::format("the checkpoint of {} events would have {} signatures, {} bytes; it "
                    "may have {}, {} bytes",
                    size, note->signatures.size(), text.size(), kMaxNoteSignatures, kMaxNoteBytes));
  }
  checkpoint->set_note(std::move(text));
  return Replace(*checkpoint);
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::Stamped(const std::string& note,
                                                          const std::string& token) {
  const std::vector<VerifierKey> keys = keyring_->verifiers();
  const auto trusted = VerifyCheckpoint(note, TrustPolicy::OfKeys(keys));
  if (!trusted.ok()) return trusted.status();
  REGISTRE_RETURN_IF_ERROR(VerifyRoot(trusted->checkpoint));
  const uint64_t size = trusted->checkpoint.size;
  auto checkpoint = Get(size);
  const bool is_gone = ReasonOf(checkpoint.status()) == "CHECKPOINT_UNKNOWN";
  if (is_gone) {
    checkpoint = v1::StoredCheckpoint();
    checkpoint->set_size(size);
    // Of what the witnesses said nothing was verified here.
    checkpoint->set_note(FormatNote(OnlySignedBy(trusted->note, keys)));
  }
  if (!checkpoint.ok()) return checkpoint.status();
  const auto text = StampedText(checkpoint->note());
  if (!text.ok()) return CheckpointDamaged(size, text.status().message());
  const auto stamped_at = TimeStampedAt(token, *text);
  if (!stamped_at.ok()) return stamped_at.status();
  if (is_gone) {
    *checkpoint->mutable_signed_at() = ToTimestamp(std::min(*stamped_at, clock_->Now()));
  }
  return checkpoint;
}

absl::StatusOr<v1::StoredCheckpoint> Checkpoints::AddTimestamp(const std::string& note,
                                                               const std::string& token) {
  absl::MutexLock signing(&signing_mutex_);
  auto checkpoint = Stamped(note, token);
  if (!checkpoint.ok()) return checkpoint.status();
  const auto& known = checkpoint->timestamps();
  if (std::find(known.begin(), known.end(), token) != known.end()) return checkpoint;
  if (static_cast<size_t>(known.size()) >= kMaxTimeStamps) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_TIMESTAMPS",
                 fmt::format("the checkpoint of {} events has {} time stamps, as many as it may; "
                             "stamp a later one",
                             checkpoint->size(), known.size()));
  }
  checkpoint->add_timestamps(token);
  REGISTRE_RETURN_IF_ERROR(Replace(*checkpoint));
  return checkpoint;
}

absl::Status Checkpoints::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

}  // namespace registre

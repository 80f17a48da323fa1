#include "services/witness_collector.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/witness_request.h"

namespace registre {
namespace {

constexpr char kAddCheckpoint[] = "/add-checkpoint";
constexpr char kRequestType[] = "text/plain; charset=utf-8";
constexpr size_t kMaxShownBytes = 300;

absl::Status WitnessRefused(int status, const std::string& body) {
  std::string words(FirstBytes(body, kMaxShownBytes));
  std::replace_if(
      words.begin(), words.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  std::string remedy;
  if (status == 403) remedy = "; give it the key that signs now (`registre keys`)";
  if (status == 404) remedy = "; give it the key of this log (`registre keys`)";
  return Error(absl::StatusCode::kFailedPrecondition, "WITNESS_REFUSED",
               fmt::format("it answers {}: {}{}", status, words, remedy));
}

absl::Status Fork(std::string why) {
  return Error(absl::StatusCode::kDataLoss, "LOG_FORKED", std::move(why));
}

// The log is not the one that the witness saw, by its answer 422.
absl::Status ForkedAt(uint64_t known_size, uint64_t size) {
  return Fork(fmt::format(
      "it refuses the checkpoint of {} events: this log is not the continuation of the one of {} "
      "events that it cosigned under the same origin; it is asked again after a restart",
      size, known_size));
}

}  // namespace

absl::StatusOr<std::unique_ptr<WitnessCollector>> WitnessCollector::Start(Options options) {
  auto collector = std::unique_ptr<WitnessCollector>(new WitnessCollector(std::move(options)));
  for (const TrustPolicy::Witness& witness : collector->options_.policy.witnesses) {
    auto asked = std::make_unique<Asked>();
    asked->key = witness.key;
    asked->status.set_name(witness.name);
    asked->status.set_url(witness.url);
    if (witness.url.empty()) {
      asked->status.set_message("it has no URL in the policy, and is not asked");
    } else {
      auto client = HttpClient::Make(witness.url);
      if (!client.ok()) {
        return Annotate(client.status(), fmt::format("witness {}: ", witness.name));
      }
      asked->client = *std::move(client);
    }
    collector->asked_.push_back(std::move(asked));
  }
  for (const auto& asked : collector->asked_) {
    if (asked->client == nullptr) continue;
    asked->thread = std::thread([raw = collector.get(), one = asked.get()] { raw->Ask(one); });
  }
  collector->choosing_ = std::thread([raw = collector.get()] { raw->ChooseCandidates(); });
  return collector;
}

WitnessCollector::~WitnessCollector() { Stop(); }

void WitnessCollector::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (const auto& asked : asked_) {
    if (asked->client != nullptr) asked->client->Stop();
  }
  if (choosing_.joinable()) choosing_.join();
  for (const auto& asked : asked_) {
    if (asked->thread.joinable()) asked->thread.join();
  }
}

bool WitnessCollector::Sleep(absl::Duration time) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), time);
}

void WitnessCollector::ChooseCandidates() {
  uint64_t size = 0;
  while (AwaitOtherThan(size)) {
    auto latest = options_.checkpoints->latest();
    size = latest->size();
    {
      absl::MutexLock lock(&mutex_);
      candidate_ = *std::move(latest);
    }
    if (!Sleep(options_.interval)) return;
  }
}

bool WitnessCollector::AwaitOtherThan(uint64_t size) {
  WaitList& waiters = options_.checkpoints->waiters();
  while (true) {
    const uint64_t seen = waiters.changes();
    const auto latest = options_.checkpoints->latest();
    if (latest && latest->size() != size) return true;
    {
      absl::MutexLock lock(&mutex_);
      moved_ = false;
    }
    const WaitList::Id wait = waiters.Wait(seen, [this] {
      absl::MutexLock lock(&mutex_);
      moved_ = true;
    });
    bool stopping = false;
    {
      absl::MutexLock lock(&mutex_);
      const auto woken = [this]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return moved_ || stopping_; };
      mutex_.Await(absl::Condition(&woken));
      stopping = stopping_;
    }
    waiters.Cancel(wait);
    if (stopping) return false;
  }
}

void WitnessCollector::Ask(Asked* asked) {
  absl::Duration pause = options_.retry;
  uint64_t from = 1;  // size of the next checkpoint to send, at least
  while (true) {
    v1::StoredCheckpoint candidate;
    {
      absl::MutexLock lock(&mutex_);
      const auto has_work = [this, &from]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || (candidate_ && candidate_->size() >= from);
      };
      mutex_.Await(absl::Condition(&has_work));
      if (stopping_) return;
      candidate = *candidate_;
    }
    const absl::Status status = AskOnce(candidate, asked);
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    Tell(status, candidate.size(), asked);
    if (ReasonOf(status) == "LOG_FORKED") {
      // It refused the checkpoint, and kept it where it keeps what it refuses.
      if (asked->known_size <= candidate.size()) return;
      // It was only asked what it knows. It is to judge the first checkpoint that it can.
      from = asked->known_size;
      continue;
    }
    if (status.ok()) {
      from = candidate.size() + 1;
      pause = options_.retry;
      continue;
    }
    if (!Sleep(pause)) return;
    pause = std::min(2 * pause, kWitnessRetryMost);
  }
}

absl::Status WitnessCollector::AskOnce(const v1::StoredCheckpoint& candidate, Asked* asked) {
  const uint64_t size = candidate.size();
  // A second time when the witness says that it cosigned another size last.
  for (int tries = 0; tries < 2; ++tries) {
    const uint64_t old_size = std::min(asked->known_size, size);
    Proof proof;
    if (old_size > 0) {
      auto proven = ConsistencyProof(old_size, size, options_.ledger->tiles().HashesAt(size));
      if (!proven.ok()) return proven.status();
      proof = *std::move(proven);
    }
    const auto reply =
        asked->client->Post(kAddCheckpoint, kRequestType,
                            FormatWitnessRequest(old_size, proof, candidate.note()), kMaxNoteBytes);
    if (!reply.ok()) return reply.status();
    if (reply->status == 200) {
      asked->known_size = size;
      return Keep(candidate, reply->body, asked->key);
    }
    if (reply->status == 422) return ForkedAt(old_size, size);
    const auto named = ParseWitnessSize(reply->body);
    if (reply->status != 409 || !named) return WitnessRefused(reply->status, reply->body);
    asked->known_size = *named;
    const uint64_t log_size = options_.ledger->log().size();
    if (*named > log_size) {
      return Fork(
          fmt::format("it has cosigned a checkpoint of {} events under this origin, and this "
                      "log holds {}: events were lost, or another log goes on elsewhere; it is "
                      "asked again once this log is as long",
                      *named, log_size));
    }
    if (*named > size) {
      return Error(absl::StatusCode::kUnavailable, "WITNESS_AHEAD",
                   fmt::format("it has cosigned {} events already; it is asked for the next "
                               "checkpoint",
                               *named));
    }
  }
  return Error(absl::StatusCode::kUnavailable, "WITNESS_BUSY",
               "it cosigned for another who asked at the same time; does another server run with "
               "the keys of this log?");
}

absl::Status WitnessCollector::Keep(const v1::StoredCheckpoint& candidate, const std::string& lines,
                                    const VerifierKey& key) const {
  auto signatures = ParseSignatureLines(lines);
  if (!signatures.ok()) return signatures.status();
  std::erase_if(*signatures, [&key](const NoteSignature& line) {
    return line.name != key.name || line.key_id != key.id();
  });
  auto note = ParseNote(candidate.note());
  if (!note.ok()) return note.status();
  note->signatures = *signatures;
  const auto time = CosignedAt(*note, key);
  if (!time.ok()) return time.status();
  if (!time->has_value()) {
    return Error(
        absl::StatusCode::kInvalidArgument, "SIGNATURE_INVALID",
        fmt::format("its answer bears no cosignature of the policy's key {}; compare it with "
                    "the key that the witness prints as it starts",
                    FormatVerifierKey(key)));
  }
  return options_.checkpoints->AddCosignatures(candidate, *signatures);
}

void WitnessCollector::Tell(const absl::Status& asked_status, uint64_t size, Asked* asked) {
  const std::string message(asked_status.message());
  const bool fork = ReasonOf(asked_status) == "LOG_FORKED";
  std::string name;
  bool news = false;
  {
    absl::MutexLock lock(&mutex_);
    name = asked->status.name();
    news = asked->status.message() != message;
    asked->status.set_message(message);
    if (asked_status.ok()) asked->status.set_cosigned_size(size);
    if (asked_status.ok() || fork) asked->status.set_fork(fork);
  }
  if (fork) {
    spdlog::critical(
        "FORK: witness {}: {}. Record nothing more, keep the folder, and find out which log is the "
        "true one (deploy/WITNESS.md)",
        name, message);
  } else if (!asked_status.ok() && news) {
    spdlog::warn("witness {}: {}", name, message);
  } else if (news) {
    spdlog::info("witness {} cosigns again", name);
  }
}

std::vector<v1::WitnessStatus> WitnessCollector::Status() const {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::WitnessStatus> all;
  for (const auto& asked : asked_) all.push_back(asked->status);
  return all;
}

}  // namespace registre

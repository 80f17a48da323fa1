#include "ledger/verify/verify_ledger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/chunk_reader.h"
#include "ledger/keyring.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/restore.h"
#include "ledger/store/data_folder.h"
#include "ledger/store/disk.h"
#include "ledger/store/index_inspection.h"
#include "ledger/store/log_inspection.h"
#include "ledger/verify/event_checks.h"
#include "ledger/verify/fold_thread.h"
#include "ledger/verify/stored_hashes.h"
#include "ledger/verify/stored_state.h"

namespace registre {
namespace {

// A folder for what memory does not hold, gone at the end.
class WorkFolder {
 public:
  static absl::StatusOr<std::unique_ptr<WorkFolder>> Make(const std::string& parent) {
    std::error_code error;
    std::string path =
        parent.empty() ? std::filesystem::temp_directory_path(error).native() : parent;
    if (error) return ErrnoError(error.value(), "TMPDIR");
    path += "/registre-verify-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return ErrnoError(errno, path);
    return std::unique_ptr<WorkFolder>(new WorkFolder(std::move(path)));
  }
  ~WorkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

constexpr char kHeadSubject[] = "HEAD";
constexpr char kLogSubject[] = "log";
constexpr char kIndexSubject[] = "index";
constexpr char kKeysSubject[] = "keys";
constexpr char kRestoredSubject[] = "RESTORED";

class LedgerVerifier {
 public:
  LedgerVerifier(const VerifyLedgerOptions& options, std::string work)
      : options_(options),
        work_(std::move(work)),
        findings_(options.stop_at_first ? 1 : options.max_findings) {}

  absl::StatusOr<LedgerVerification> Run() {
    const absl::Status read = Read();
    if (!read.ok()) return read;
    result_.findings = findings_.all();
    result_.more_findings = findings_.more();
    result_.first_event = findings_.first_event();
    return std::move(result_);
  }

 private:
  // What is wrong with the ledger is found; an error is one of this run.
  absl::Status Read();
  void OpenLog();
  void CheckHeadFile();
  void CheckStoredState();
  std::vector<VerifierKey> CheckKeys();
  void CheckStoredCheckpoints(const std::vector<VerifierKey>& verifiers);
  void CheckSigned(std::optional<SignedHead> stored);
  void CheckRestoreMark();
  void OpenIndex();
  absl::Status ReadEvents();
  absl::Status ReadPart(uint64_t to);
  absl::Status CheckChunk(const Chunk& chunk);
  void Reached(uint64_t size);
  absl::Status CompareIndex();

  void Found(const char* subject, const absl::Status& status) {
    if (!status.ok()) findings_.Of(subject, std::string(status.message()));
  }
  bool enough() const { return options_.stop_at_first && !findings_.empty(); }

  const VerifyLedgerOptions& options_;
  const std::string work_;
  Findings findings_;
  LedgerVerification result_;
  std::unique_ptr<LogInspection> log_;
  std::vector<ClaimedHead> claimed_;  // by size
  size_t next_claimed_ = 0;
  std::unique_ptr<IndexInspection> index_;  // null: nothing is compared
  MerkleTree tree_;                         // of the events read so far
  std::unique_ptr<StoredHashes> hashes_;
  std::unique_ptr<EventChecks> checks_;
  std::unique_ptr<FoldThread> fold_;
};

absl::Status LedgerVerifier::Read() {
  OpenLog();
  if (log_ == nullptr || enough()) return absl::OkStatus();
  CheckStoredState();
  CheckHeadFile();
  CheckRestoreMark();
  if (options_.older) {
    claimed_.push_back({options_.older->checkpoint, "the checkpoint given", false});
  }
  std::stable_sort(claimed_.begin(), claimed_.end(),
                   [](const ClaimedHead& a, const ClaimedHead& b) {
                     return a.checkpoint.size < b.checkpoint.size;
                   });
  if (options_.fold && !enough()) OpenIndex();
  if (enough()) return absl::OkStatus();
  return ReadEvents();
}

void LedgerVerifier::OpenLog() {
  auto log = LogInspection::Open(options_.directory + "/log");
  Found(kLogSubject, log.status());
  if (!log.ok()) return;
  log_ = *std::move(log);
  if (!log_->Tail().ok()) {
    findings_.Of(kLogSubject,
                 fmt::format("{}. A crash leaves that, and the next start goes on before it; what "
                             "stood there beyond HEAD is lost",
                             std::string(log_->Tail().message())));
  }
  Found(kLogSubject, log_->CheckTables());
  Found(kLogSubject, log_->CheckCounts());
  for (const std::string& table : log_->DeadTables()) {
    result_.notes.push_back(fmt::format("log/{} is no part of the log: a crash left it", table));
  }
}

void LedgerVerifier::CheckHeadFile() {
  const auto head = ReadHeadOf(options_.directory);
  Found(kHeadSubject, head.status());
  if (!head.ok()) return;
  if (!head->has_value()) {
    findings_.Of(kHeadSubject, "it is missing: nothing says how long the log was");
    return;
  }
  const SavedHead& saved = **head;
  claimed_.push_back({{.origin = "", .size = saved.size, .root = saved.root}, kHeadSubject, false});
  if (!saved.state_digest) {
    result_.notes.push_back(
        "the server was not stopped cleanly: what it stored of consumers and checkpoints since "
        "HEAD was written is not covered by it");
    return;
  }
  if (saved.size < log_->log().size()) {
    findings_.AtEvent(saved.size, fmt::format("the log ended before it at the last clean stop, "
                                              "with {} events",
                                              saved.size));
  }
  const auto digest = StateDigest(log_->log());
  Found(kHeadSubject, digest.status());
  if (digest.ok() && *digest != *saved.state_digest) {
    findings_.Of(kHeadSubject, fmt::format("what is stored of consumers and checkpoints has the "
                                           "digest {}, but had {} at the last clean stop",
                                           HexOf(*digest), HexOf(*saved.state_digest)));
  }
}

void LedgerVerifier::CheckStoredState() {
  const std::vector<VerifierKey> verifiers = CheckKeys();
  const auto consumers = CheckConsumers(log_->log(), &findings_);
  Found("consumers", consumers.status());
  if (consumers.ok()) result_.consumers = *consumers;
  CheckStoredCheckpoints(verifiers);
}

// The verifiers of the folder: they verify what was signed whatever the private keys are.
std::vector<VerifierKey> LedgerVerifier::CheckKeys() {
  auto verifiers = ReadVerifiers(options_.directory);
  Found(kKeysSubject, verifiers.status());
  if (!verifiers.ok()) return {};
  Found(kKeysSubject, InspectPrivateKeys(options_.directory, *verifiers, &result_.notes));
  return *std::move(verifiers);
}

void LedgerVerifier::CheckStoredCheckpoints(const std::vector<VerifierKey>& verifiers) {
  auto checkpoints = CheckCheckpoints(
      log_->log(), {.verifiers = verifiers, .policy = options_.policy, .tsa_ca = options_.tsa_ca},
      &findings_);
  Found("checkpoints", checkpoints.status());
  if (!checkpoints.ok()) return;
  claimed_ = std::move(checkpoints->claimed);
  result_.checkpoints = claimed_.size();
  result_.time_stamps = checkpoints->time_stamps;
  for (std::string& note : checkpoints->notes) result_.notes.push_back(std::move(note));
  if (options_.tsa_ca && result_.time_stamps == 0) {
    result_.notes.push_back("no time stamp is stored that the CAs given could be held against");
  }
  CheckSigned(std::move(checkpoints->trusted));
}

// What is signed by who is trusted, of what is stored and what was given.
void LedgerVerifier::CheckSigned(std::optional<SignedHead> stored) {
  result_.signed_head = std::move(stored);
  const auto& older = options_.older;
  if (older && (!result_.signed_head || result_.signed_head->size < older->checkpoint.size)) {
    result_.signed_head = {older->checkpoint.size, SignersOf(*older, options_.policy)};
  }
  if (options_.policy.logs.empty()) {
    result_.notes.push_back(
        "no signature was held against a key from elsewhere (--key, --policy): whoever made this "
        "folder may have made its keys");
  } else if (!result_.signed_head) {
    findings_.Of("checkpoints",
                 "none is stored that the keys given accept: nobody who holds one has said that "
                 "this is the log");
  }
}

void LedgerVerifier::CheckRestoreMark() {
  const auto mark = ReadRestoreMark(options_.directory);
  Found(kRestoredSubject, mark.status());
  if (!mark.ok() || !mark->has_value()) return;
  const RestoreMark& restored = **mark;
  if (restored.head.size > 0) {
    claimed_.push_back({{.origin = restored.previous_origin,
                         .size = restored.head.size,
                         .root = restored.head.root},
                        kRestoredSubject,
                        false});
  }
  result_.notes.push_back(
      fmt::format("the folder was made from a backup that may lack events: the next start records "
                  "ledger_restored, and the log goes on as {}",
                  restored.origin));
}

void LedgerVerifier::OpenIndex() {
  auto index = IndexInspection::Open(LiveIndexOf(options_.directory), options_.projection.version);
  if (absl::IsNotFound(index.status()) || absl::IsFailedPrecondition(index.status())) {
    result_.notes.push_back(
        fmt::format("the index is not compared, and is rebuilt at the next "
                    "start: {}",
                    std::string(index.status().message())));
    return;
  }
  Found(kIndexSubject, index.status());
  if (!index.ok()) return;
  const LogHead head = (*index)->head();
  if (head.size > log_->log().size()) {
    findings_.Of(kIndexSubject, fmt::format("it is true at {} events, and the log holds {}",
                                            head.size, log_->log().size()));
    return;
  }
  if (head.size > 0) {
    claimed_.push_back(
        {{.origin = "", .size = head.size, .root = head.root}, kIndexSubject, false});
    std::stable_sort(claimed_.begin(), claimed_.end(),
                     [](const ClaimedHead& a, const ClaimedHead& b) {
                       return a.checkpoint.size < b.checkpoint.size;
                     });
  }
  index_ = *std::move(index);
}

absl::Status LedgerVerifier::ReadEvents() {
  const EventStore& log = log_->log();
  hashes_ = std::make_unique<StoredHashes>(log_.get(), &findings_);
  checks_ = std::make_unique<EventChecks>(&log, &tree_, work_, &findings_);
  if (index_ != nullptr && index_->head().size > 0) {
    auto fold = FoldThread::Start(work_ + "/index", options_.projection);
    if (!fold.ok()) return fold.status();
    fold_ = *std::move(fold);
  }
  if (fold_ != nullptr) REGISTRE_RETURN_IF_ERROR(ReadPart(index_->head().size));
  const bool whole = fold_ != nullptr && tree_.size() == index_->head().size;
  if (whole && !enough()) REGISTRE_RETURN_IF_ERROR(CompareIndex());
  fold_.reset();
  if (!enough() && (index_ == nullptr || tree_.size() >= index_->head().size)) {
    REGISTRE_RETURN_IF_ERROR(ReadPart(log.size()));
  }
  result_.events = tree_.size();
  result_.root = tree_.Root();
  result_.origin = checks_->origin();
  result_.seals = checks_->seals();
  if (enough()) return absl::OkStatus();
  if (tree_.size() == log.size()) {
    Reached(tree_.size());
    for (; next_claimed_ < claimed_.size(); ++next_claimed_) {
      const ClaimedHead& claim = claimed_[next_claimed_];
      findings_.Of(claim.subject, fmt::format("it is of {} events, and the log holds {}: the last "
                                              "ones are lost",
                                              claim.checkpoint.size, log.size()));
    }
    hashes_->End();
  }
  return checks_->End();
}

absl::Status LedgerVerifier::ReadPart(uint64_t to) {
  const uint64_t from = tree_.size();
  if (from >= to) return absl::OkStatus();
  ChunkReader reader(log_->log(), from, to);
  while (std::unique_ptr<Chunk> chunk = reader.Next()) {
    REGISTRE_RETURN_IF_ERROR(CheckChunk(*chunk));
    if (enough()) return absl::OkStatus();
    if (fold_ != nullptr) {
      chunk->head = {tree_.size(), tree_.Root()};
      fold_->Add(std::move(chunk));
    }
    if (options_.on_progress && !options_.on_progress({tree_.size(), log_->log().size()})) {
      return absl::CancelledError("the verification was given up");
    }
  }
  if (!reader.status().ok()) {
    findings_.AtEvent(tree_.size(), fmt::format("it cannot be read, nor what stands behind it: {}",
                                                std::string(reader.status().message())));
  }
  return absl::OkStatus();
}

absl::Status LedgerVerifier::CheckChunk(const Chunk& chunk) {
  std::vector<Tile> tiles;
  for (size_t i = 0; i < chunk.events.size(); ++i) {
    const uint64_t position = chunk.from + i;
    Reached(position);
    hashes_->Compare(position, chunk.leaf_hashes[i]);
    REGISTRE_RETURN_IF_ERROR(checks_->Add(position, chunk.events[i]));
    tree_.Append(chunk.leaf_hashes[i], &tiles);
    for (const Tile& tile : tiles) hashes_->Compare(tile);
    tiles.clear();
  }
  return absl::OkStatus();
}

// The log was read to this size.
void LedgerVerifier::Reached(uint64_t size) {
  for (; next_claimed_ < claimed_.size(); ++next_claimed_) {
    const ClaimedHead& claim = claimed_[next_claimed_];
    if (claim.checkpoint.size != size) return;
    if (const Hash root = tree_.Root(); claim.checkpoint.root != root) {
      findings_.Of(claim.subject,
                   fmt::format("the first {} events have the root {}, but it says {}", size,
                               Base64Of(root), Base64Of(claim.checkpoint.root)));
    }
    const std::string& origin = claim.checkpoint.origin;
    if (!origin.empty() && origin != checks_->origin()) {
      findings_.Of(claim.subject,
                   fmt::format("it is of the log {}, but {} events are of the log {}", origin, size,
                               checks_->origin()));
    }
    if (claim.sealed && checks_->seals() == 0) {
      findings_.Of(claim.subject, "it says that it holds a seal, and no event seals the log");
    }
    if (size > 0 && checks_->within_unit()) {
      findings_.Of(claim.subject, fmt::format("its {} events end within a unit", size));
    }
  }
}

absl::Status LedgerVerifier::CompareIndex() {
  const absl::Status folded = fold_->Finish();
  if (absl::IsDataLoss(folded)) {
    result_.notes.push_back("the index is not compared: an event cannot be folded");
    return absl::OkStatus();
  }
  REGISTRE_RETURN_IF_ERROR(folded);
  const auto differs = [this](std::string what) {
    findings_.Of(kIndexSubject, std::move(what));
    return !findings_.full();
  };
  const auto go_on = [this] {
    return !options_.on_progress ||
           options_.on_progress({checks_ == nullptr ? 0 : index_->head().size, log_->log().size()});
  };
  const auto rows = index_->Compare(work_ + "/index", differs, go_on);
  if (rows.ok()) {
    result_.rows = *rows;
  } else if (absl::IsDataLoss(rows.status())) {
    Found(kIndexSubject, rows.status());
  } else {
    return rows.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LedgerVerification> VerifyLedger(const VerifyLedgerOptions& options) {
  const auto held = HeldFolder::Open(options.directory);
  if (!held.ok()) return held.status();
  const auto work = WorkFolder::Make(options.work);
  if (!work.ok()) return work.status();
  return LedgerVerifier(options, (*work)->path()).Run();
}

}  // namespace registre

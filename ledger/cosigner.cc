#include "ledger/cosigner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/store/disk.h"

namespace registre {
namespace {

constexpr char kKeyFile[] = "key.pem";
constexpr char kEvidenceFolder[] = "evidence";
constexpr char kText[] = "text/plain; charset=utf-8";
constexpr size_t kMaxWitnessKeyBytes = 4096;
// Kinds of evidence; the first proves that the log was forked.
constexpr char kOtherRoot[] = "other-root-";
constexpr char kProofFails[] = "proof-fails-";

absl::Status WitnessDamaged(const std::string& path, std::string_view why) {
  return Error(absl::StatusCode::kDataLoss, "WITNESS_DAMAGED",
               fmt::format("{}: {}. A witness that has forgotten what it cosigned is none: restore "
                           "the folder as it was last, or start a new witness, under another name, "
                           "in an empty folder.",
                           path, why),
               {{"path", path}});
}

absl::Status MakeWitnessFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  return error ? ErrnoError(error.value(), path) : absl::OkStatus();
}

bool HasCheckpoints(const std::string& directory) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".checkpoint") return true;
  }
  return false;
}

absl::StatusOr<SigningKey> OpenWitnessKey(const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, kKeyFile);
  const auto pem = ReadSmallFile(path, kMaxWitnessKeyBytes);
  if (!pem.ok()) return pem.status();
  if (pem->has_value()) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) return ErrnoError(errno, path);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      return Error(absl::StatusCode::kPermissionDenied, "KEYS_READABLE",
                   fmt::format("{0} holds a private key, and others than its owner may use it; "
                               "`chmod 600 {0}`, and start a new witness if anyone may have",
                               path),
                   {{"path", path}});
    }
    auto key = SigningKey::FromPem(**pem);
    return key.ok() ? key : WitnessDamaged(path, "it holds no Ed25519 key");
  }
  if (HasCheckpoints(directory)) return WitnessDamaged(path, "the private key is gone");
  auto key = SigningKey::Generate();
  if (!key.ok()) return key;
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(directory, kKeyFile, key->ToPem(), 0600));
  return key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cosigner>> Cosigner::Open(Options options) {
  if (!IsKeyName(options.name)) {
    return Error(absl::StatusCode::kInvalidArgument, "NAME_INVALID",
                 fmt::format("\"{}\" is no name of a key: it is empty, or holds a space or a plus "
                             "sign; give for example witness.example.org/w1",
                             options.name));
  }
  const std::string directory = options.directory;
  REGISTRE_RETURN_IF_ERROR(MakeWitnessFolder(directory));
  REGISTRE_RETURN_IF_ERROR(MakeWitnessFolder(fmt::format("{}/{}", directory, kEvidenceFolder)));
  const std::string lock_path = directory + "/LOCK";
  FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (lock.get() < 0) return ErrnoError(errno, lock_path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return InUse(directory);
  auto key = OpenWitnessKey(directory);
  if (!key.ok()) return key.status();
  auto cosigner =
      std::unique_ptr<Cosigner>(new Cosigner(std::move(options), lock.Release(), *std::move(key)));
  for (const VerifierKey& log_key : cosigner->options_.log_keys) cosigner->logs_[log_key.name];
  for (auto& [origin, log] : cosigner->logs_) {
    REGISTRE_RETURN_IF_ERROR(cosigner->Load(origin, &log));
  }
  REGISTRE_RETURN_IF_ERROR(cosigner->LoadEvidence());
  return cosigner;
}

Cosigner::Cosigner(Options options, int lock_fd, SigningKey key)
    : options_(std::move(options)),
      lock_fd_(lock_fd),
      signing_key_(std::move(key)),
      verifier_{
          .name = options_.name, .use = KeyUse::kWitness, .public_key = signing_key_.public_key()} {
}

Cosigner::~Cosigner() { ::close(lock_fd_); }

absl::Status Cosigner::Load(const std::string& origin, Log* log) {
  log->file = HexOf(Sha256(origin)) + ".checkpoint";
  const std::string path = fmt::format("{}/{}", options_.directory, log->file);
  const auto text = ReadSmallFile(path, kMaxNoteBytes + 1);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return absl::OkStatus();
  const auto note = ParseNote(**text);
  if (!note.ok()) return WitnessDamaged(path, "it is no signed note");
  const auto checkpoint = ParseCheckpoint(note->text);
  if (!checkpoint.ok() || checkpoint->origin != origin) {
    return WitnessDamaged(path, "it is no checkpoint of " + origin);
  }
  const auto cosigned = CosignedAt(*note, verifier_);
  if (!cosigned.ok() || !cosigned->has_value()) {
    return WitnessDamaged(
        path, fmt::format("{} did not cosign it (does it run under its old name?)", options_.name));
  }
  absl::MutexLock lock(&log->mutex);
  log->latest = {.size = checkpoint->size, .root = checkpoint->root};
  log->note = **text;
  return absl::OkStatus();
}

absl::Status Cosigner::LoadEvidence() {
  const std::string folder = fmt::format("{}/{}", options_.directory, kEvidenceFolder);
  std::error_code error;
  absl::MutexLock lock(&evidence_mutex_);
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    evidence_.insert(it->path().filename());
  }
  return error ? ErrnoError(error.value(), folder) : absl::OkStatus();
}

Cosigner::Answer Cosigner::AddCheckpoint(std::string_view body) {
  const auto request = ParseWitnessRequest(body);
  if (!request.ok()) return {400, kText, std::string(request.status().message()) + "\n"};
  const auto found = logs_.find(request->checkpoint.origin);
  if (found == logs_.end()) {
    WitnessVerdict unknown = JudgeWitnessRequest(*request, {}, {});
    return {unknown.status, std::move(unknown.content_type), std::move(unknown.body)};
  }
  Log* const log = &found->second;
  absl::MutexLock lock(&log->mutex);
  WitnessVerdict verdict = JudgeWitnessRequest(*request, options_.log_keys, log->latest);
  if (verdict.contradicts) KeepEvidence(body, *request, log->latest);
  if (verdict.status != 200) {
    return {verdict.status, std::move(verdict.content_type), std::move(verdict.body)};
  }
  auto line = Cosign(*request, verdict.cosigned, log);
  if (line.ok()) return {200, kText, *std::move(line)};
  spdlog::error("nothing is cosigned: {}", std::string(line.status().message()));
  return {500, kText, "the witness cannot keep what it cosigns\n"};
}

absl::StatusOr<std::string> Cosigner::Cosign(const WitnessRequest& request, const Note& accepted,
                                             Log* log) {
  const NoteSignature cosignature =
      registre::Cosign(accepted.text, options_.name, signing_key_, options_.clock->Now());
  Note note = accepted;
  note.signatures.push_back(cosignature);
  std::string text = FormatNote(note);
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(options_.directory, log->file, text));
  log->latest = {.size = request.checkpoint.size, .root = request.checkpoint.root};
  log->note = std::move(text);
  return FormatSignatureLine(cosignature);
}

void Cosigner::KeepEvidence(std::string_view body, const WitnessRequest& request,
                            const CosignedHead& latest) {
  const Checkpoint& checkpoint = request.checkpoint;
  const char* const kind = checkpoint.size == latest.size ? kOtherRoot : kProofFails;
  const std::string name =
      fmt::format("{}{}.request", kind, HexOf(Sha256(request.note.text)).substr(0, 32));
  absl::MutexLock lock(&evidence_mutex_);
  const auto of_kind = std::count_if(evidence_.begin(), evidence_.end(),
                                     [kind](const auto& kept) { return kept.starts_with(kind); });
  // Whoever has an old checkpoint may send it again and again.
  if (evidence_.count(name) != 0 || static_cast<size_t>(of_kind) >= kMaxEvidence) {
    spdlog::warn("refused again: a checkpoint of {} that does not continue the last",
                 checkpoint.origin);
    return;
  }
  spdlog::critical(
      "REFUSED: the log {} signed a checkpoint of {} entries with root {}, which {} the one of {} "
      "entries with root {} that was cosigned here. {} The request is kept in {}/{}/{}",
      checkpoint.origin, checkpoint.size, Base64Of(checkpoint.root),
      kind == kOtherRoot ? "contradicts" : "is not shown to continue", latest.size,
      Base64Of(latest.root),
      kind == kOtherRoot
          ? "The log was forked: tell its auditors."
          : "The log was forked or cut off, or who asked gave a wrong proof: ask the "
            "log for the proof, and tell its auditors when there is none.",
      options_.directory, kEvidenceFolder, name);
  const absl::Status kept =
      ReplaceFile(fmt::format("{}/{}", options_.directory, kEvidenceFolder), name, body);
  if (kept.ok()) {
    evidence_.insert(name);
  } else {
    spdlog::error("the evidence is not kept: {}", std::string(kept.message()));
  }
}

std::optional<std::string> Cosigner::LatestOf(std::string_view origin_hash) const {
  for (const auto& [origin, log] : logs_) {
    if (HexOf(Sha256(origin)) != origin_hash) continue;
    absl::MutexLock lock(&log.mutex);
    if (!log.note.empty()) return log.note;
  }
  return std::nullopt;
}

}  // namespace registre

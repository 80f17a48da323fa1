#include "ledger/keyring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "ledger/base/errors.h"
#include "ledger/store/disk.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

constexpr char kVerifiersFile[] = "verifiers";
constexpr char kNewSuffix[] = ".new";  // of a key that a rotation makes
constexpr int kPrivate = 0600;
constexpr mode_t kPrivateFolder = 0700;
constexpr size_t kMaxKeyFileBytes = 4096;
constexpr size_t kMaxVerifiersBytes = 1024 * 1024;

std::string KeyFileName(uint64_t number) { return fmt::format("{}.pem", number); }

// The number of a key's file; 0 when the name is of none.
uint64_t NumberOf(const std::string& name) {
  uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number > 0 && KeyFileName(number) == name ? number : 0;
}

absl::Status KeysDamaged(const std::string& path, std::string_view why) {
  return Error(absl::StatusCode::kDataLoss, "KEYS_DAMAGED",
               fmt::format("{}: {}. Restore the folder of the keys from a backup; nothing is "
                           "signed without them.",
                           path, why),
               {{"path", path}});
}

absl::Status CheckPrivate(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return ErrnoError(errno, path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, "KEYS_READABLE",
               fmt::format("{0} holds a private key and its mode is {1:04o}: others than its owner "
                           "may use it. Who may have read it? Then `chmod 600 {0}`, and `registre "
                           "keys rotate` if anyone may have.",
                           path, status.st_mode & 07777),
               {{"path", path}});
}

// The numbers of the keys, or of those that a rotation makes.
absl::StatusOr<std::vector<uint64_t>> KeyNumbers(const std::string& folder,
                                                 std::string_view suffix = "") {
  std::vector<uint64_t> numbers;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    std::string name = it->path().filename();
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    if (const uint64_t number = NumberOf(name)) numbers.push_back(number);
  }
  if (error) return ErrnoError(error.value(), folder);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string KeyPath(const std::string& folder, uint64_t number) {
  return fmt::format("{}/{}", folder, KeyFileName(number));
}

// Strictly: byte for byte as it was written.
absl::StatusOr<SigningKey> ReadKey(const std::string& path) {
  const auto pem = ReadSmallFile(path, kMaxKeyFileBytes);
  if (!pem.ok()) return pem.status();
  if (!pem->has_value()) return KeysDamaged(path, "it is gone");
  auto key = SigningKey::FromPem(**pem);
  if (!key.ok()) return KeysDamaged(path, "it holds no Ed25519 key");
  if (key->ToPem() != **pem) return KeysDamaged(path, "it is not as it was written");
  return key;
}

bool IsOf(const SigningKey& key, const VerifierKey& verifier) {
  return verifier.public_key == key.public_key();
}

// That the keys, newest first, are those that the verifiers announce. With no verifier yet there is
// the first key alone: nothing was signed with it.
absl::Status CheckAnnounced(const std::string& folder, const std::vector<uint64_t>& numbers,
                            const std::vector<SigningKey>& keys,
                            const std::vector<VerifierKey>& verifiers) {
  if (verifiers.empty() && keys.size() == 1) return absl::OkStatus();
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool known = std::any_of(verifiers.begin(), verifiers.end(),
                                   [&](const auto& verifier) { return IsOf(keys[i], verifier); });
    if (known) continue;
    return KeysDamaged(
        KeyPath(folder, numbers[numbers.size() - 1 - i]),
        fmt::format("its public key is not in {}, so no rotation made it", kVerifiersFile));
  }
  if (IsOf(keys.front(), verifiers.back())) return absl::OkStatus();
  return KeysDamaged(folder, "the private key of the last verifier is gone");
}

absl::StatusOr<std::vector<VerifierKey>> VerifiersIn(const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, kVerifiersFile);
  const auto text = ReadSmallFile(path, kMaxVerifiersBytes);
  if (!text.ok()) return text.status();
  std::vector<VerifierKey> verifiers;
  if (!text->has_value()) return verifiers;
  std::string_view rest = **text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    auto key = ParseVerifierKey(rest.substr(0, end));
    if (end == std::string_view::npos || !key.ok()) {
      return KeysDamaged(path, fmt::format("line {} is no verifier key", verifiers.size() + 1));
    }
    verifiers.push_back(*std::move(key));
    rest.remove_prefix(end + 1);
  }
  return verifiers;
}

absl::Status TooManyPrivateKeys(const std::string& folder) {
  return KeysDamaged(folder, "there are more than two private keys");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Keyring>> Keyring::Open(const std::string& directory) {
  const std::string folder = directory + "/keys";
  std::error_code error;
  if (fs::create_directory(folder, error)) {
    if (::chmod(folder.c_str(), kPrivateFolder) != 0) return ErrnoError(errno, folder);
    REGISTRE_RETURN_IF_ERROR(SyncFolder(directory));
  }
  if (error) return ErrnoError(error.value(), folder);
  auto keyring = std::unique_ptr<Keyring>(new Keyring(folder));
  absl::MutexLock lock(&keyring->mutex_);
  REGISTRE_RETURN_IF_ERROR(keyring->Load());
  return keyring;
}

absl::StatusOr<std::vector<VerifierKey>> ReadVerifiers(const std::string& directory) {
  return VerifiersIn(directory + "/keys");
}

absl::Status InspectPrivateKeys(const std::string& directory,
                                const std::vector<VerifierKey>& verifiers,
                                std::vector<std::string>* notes) {
  const std::string folder = directory + "/keys";
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return absl::OkStatus();
  auto numbers = KeyNumbers(folder);
  if (!numbers.ok()) return numbers.status();
  if (numbers->size() > 2) return TooManyPrivateKeys(folder);
  std::vector<SigningKey> keys;  // newest first
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    const std::string path = KeyPath(folder, *number);
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
      notes->push_back(fmt::format("{} was not looked at: only its owner may read it", path));
      return absl::OkStatus();
    }
    if (const absl::Status is_private = CheckPrivate(path); !is_private.ok()) {
      if (!absl::IsPermissionDenied(is_private)) return is_private;
      notes->push_back(
          fmt::format("{} is a private key that others than its owner may read, and a "
                      "server does not start with it; a copy for an auditor needs "
                      "none",
                      path));
    }
    auto key = ReadKey(path);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  // What a crash left of a rotation, which the next start ends.
  const auto made = KeyNumbers(folder, kNewSuffix);
  if (!made.ok()) return made.status();
  for (const uint64_t number : *made) {
    auto key = ReadKey(KeyPath(folder, number) + kNewSuffix);
    const bool announced = key.ok() && !verifiers.empty() && IsOf(*key, verifiers.back());
    notes->push_back(fmt::format(
        "keys/{}{} is of a rotation that was cut off{}", KeyFileName(number), kNewSuffix,
        announced ? ": its key is the last verifier's, and signs from the next start on" : ""));
    if (!announced) continue;
    keys.insert(keys.begin(), *std::move(key));
    numbers->push_back(number);
  }
  if (!keys.empty()) return CheckAnnounced(folder, *numbers, keys, verifiers);
  if (!verifiers.empty()) {
    notes->push_back(
        "keys/ holds no private key: what is signed is verified without, but no server starts on "
        "this folder");
  }
  return absl::OkStatus();
}

absl::Status Keyring::Load() {
  auto verifiers = VerifiersIn(folder_);
  if (!verifiers.ok()) return verifiers.status();
  verifiers_ = *std::move(verifiers);
  REGISTRE_RETURN_IF_ERROR(EndRotations());
  const auto numbers = KeyNumbers(folder_);
  if (!numbers.ok()) return numbers.status();
  if (numbers->empty() && verifiers_.empty()) return MakeFirstKey();
  if (numbers->empty()) return KeysDamaged(folder_, "the private key is gone");
  if (numbers->size() > 2) return TooManyPrivateKeys(folder_);
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    const std::string path = KeyPath(folder_, *number);
    REGISTRE_RETURN_IF_ERROR(CheckPrivate(path));
    auto key = ReadKey(path);
    if (!key.ok()) return key.status();
    signing_.push_back(*std::move(key));
  }
  newest_ = numbers->back();
  return CheckAnnounced(folder_, *numbers, signing_, verifiers_);
}

absl::Status Keyring::EndRotations() const {
  const auto numbers = KeyNumbers(folder_, kNewSuffix);
  if (!numbers.ok()) return numbers.status();
  for (const uint64_t number : *numbers) {
    const std::string path = KeyPath(folder_, number);
    const std::string made = path + kNewSuffix;
    const auto key = ReadKey(made);
    if (!key.ok() && !absl::IsDataLoss(key.status())) return key.status();
    std::error_code error;
    if (key.ok() && !verifiers_.empty() && IsOf(*key, verifiers_.back())) {
      spdlog::warn("the rotation that made {} was cut off: the key is in {}, and signs from now on",
                   path, kVerifiersFile);
      fs::rename(made, path, error);
    } else {
      spdlog::warn(
          "{} is removed: the rotation that made it was cut off, and nobody was told of it", made);
      fs::remove(made, error);
    }
    if (error) return ErrnoError(error.value(), made);
    REGISTRE_RETURN_IF_ERROR(SyncFolder(folder_));
  }
  return absl::OkStatus();
}

absl::Status Keyring::MakeFirstKey() {
  auto key = SigningKey::Generate();
  if (!key.ok()) return key.status();
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(folder_, KeyFileName(1), key->ToPem(), kPrivate));
  newest_ = 1;
  signing_.push_back(*std::move(key));
  return absl::OkStatus();
}

std::vector<const SigningKey*> Keyring::OldestFirst() const {
  std::vector<const SigningKey*> keys;
  for (auto key = signing_.rbegin(); key != signing_.rend(); ++key) keys.push_back(&*key);
  return keys;
}

absl::Status Keyring::AddVerifiers(const std::string& origin,
                                   const std::vector<const SigningKey*>& oldest_first) {
  std::vector<VerifierKey> all = verifiers_;
  for (const SigningKey* key : oldest_first) {
    const VerifierKey verifier{
        .name = origin, .use = KeyUse::kLog, .public_key = key->public_key()};
    if (std::find(all.begin(), all.end(), verifier) == all.end()) all.push_back(verifier);
  }
  if (all.size() == verifiers_.size()) return absl::OkStatus();
  std::string text;
  for (const VerifierKey& verifier : all) text += FormatVerifierKey(verifier) + "\n";
  if (all.size() > kMaxVerifierKeys || text.size() > kMaxVerifiersBytes) {
    return Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_KEYS",
                 fmt::format("the ledger would have {} verifier keys, and may have {}", all.size(),
                             kMaxVerifierKeys));
  }
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(folder_, kVerifiersFile, text));
  for (size_t i = verifiers_.size(); i < all.size(); ++i) {
    spdlog::warn("a verifier key is added to {}/{}: {}", folder_, kVerifiersFile,
                 FormatVerifierKey(all[i]));
  }
  verifiers_ = std::move(all);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SigningKey>> Keyring::ToSignFor(const std::string& origin) {
  absl::MutexLock lock(&mutex_);
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin, OldestFirst()));
  return signing_;
}

absl::Status Keyring::Signed() {
  absl::MutexLock lock(&mutex_);
  const auto numbers = KeyNumbers(folder_);
  if (!numbers.ok()) return numbers.status();
  std::error_code error;
  for (const uint64_t number : *numbers) {
    if (number == newest_) continue;
    const std::string path = KeyPath(folder_, number);
    if (!fs::remove(path, error) && error) return ErrnoError(error.value(), path);
    spdlog::warn(
        "the private key {} is deleted: {} signs now, and a checkpoint signed with both is "
        "stored",
        path, KeyFileName(newest_));
  }
  signing_.erase(signing_.begin() + 1, signing_.end());
  return SyncFolder(folder_);
}

std::vector<VerifierKey> Keyring::verifiers() const {
  absl::MutexLock lock(&mutex_);
  return verifiers_;
}

absl::StatusOr<VerifierKey> Keyring::Rotate(const std::string& origin) {
  absl::MutexLock lock(&mutex_);
  if (signing_.size() > 1) {
    return Error(absl::StatusCode::kFailedPrecondition, "KEY_JUST_ROTATED",
                 "the key was rotated, and no checkpoint has been signed with both since: it is "
                 "when the next act is recorded; rotate again then");
  }
  // The old key's verifier first, should nothing have been signed yet.
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin, OldestFirst()));
  if (verifiers_.size() >= kMaxVerifierKeys) {
    return Error(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_KEYS",
        fmt::format("the ledger has {} verifier keys, as many as it may", verifiers_.size()));
  }
  auto key = SigningKey::Generate();
  if (!key.ok()) return key.status();
  const std::string name = KeyFileName(newest_ + 1);
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(folder_, name + kNewSuffix, key->ToPem(), kPrivate));
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin, {&*key}));
  const std::string path = KeyPath(folder_, newest_ + 1);
  std::error_code error;
  fs::rename(path + kNewSuffix, path, error);
  if (error) return ErrnoError(error.value(), path);
  REGISTRE_RETURN_IF_ERROR(SyncFolder(folder_));
  ++newest_;
  signing_.insert(signing_.begin(), *std::move(key));
  return verifiers_.back();
}

}  // namespace registre

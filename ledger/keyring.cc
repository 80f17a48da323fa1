#include "ledger/keyring.h"

#include <fmt/format.h>
#include <sys/stat.h>

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

absl::StatusOr<std::vector<uint64_t>> KeyNumbers(const std::string& folder) {
  std::vector<uint64_t> numbers;
  std::error_code error;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (const uint64_t number = NumberOf(it->path().filename())) numbers.push_back(number);
  }
  if (error) return ErrnoError(error.value(), folder);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

absl::StatusOr<SigningKey> ReadKey(const std::string& path) {
  REGISTRE_RETURN_IF_ERROR(CheckPrivate(path));
  const auto pem = ReadSmallFile(path, kMaxKeyFileBytes);
  if (!pem.ok()) return pem.status();
  if (!pem->has_value()) return KeysDamaged(path, "it is gone");
  auto key = SigningKey::FromPem(**pem);
  if (!key.ok()) return KeysDamaged(path, "it holds no Ed25519 key");
  return key;
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

absl::StatusOr<std::vector<VerifierKey>> InspectKeys(const std::string& directory) {
  const std::string folder = directory + "/keys";
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return std::vector<VerifierKey>();
  Keyring keyring(folder);
  absl::MutexLock lock(&keyring.mutex_);
  REGISTRE_RETURN_IF_ERROR(keyring.LoadVerifiers());
  const auto numbers = KeyNumbers(folder);
  if (!numbers.ok()) return numbers.status();
  if (numbers->empty() && keyring.verifiers_.empty()) return keyring.verifiers_;
  if (numbers->empty()) return KeysDamaged(folder, "the private key is gone");
  REGISTRE_RETURN_IF_ERROR(keyring.LoadKeys(*numbers));
  // LoadKeys has read them, newest first.
  for (size_t i = 0; i < numbers->size(); ++i) {
    const std::string path = fmt::format("{}/{}", folder, KeyFileName((*numbers)[i]));
    const auto pem = ReadSmallFile(path, kMaxKeyFileBytes);
    if (!pem.ok()) return pem.status();
    const SigningKey& key = keyring.signing_[numbers->size() - 1 - i];
    if (!pem->has_value() || **pem != key.ToPem()) {
      return KeysDamaged(path, "it is not as it was written");
    }
  }
  const bool signs =
      keyring.verifiers_.empty() ||
      std::any_of(keyring.signing_.begin(), keyring.signing_.end(), [&](const SigningKey& key) {
        return key.public_key() == keyring.verifiers_.back().public_key;
      });
  if (!signs) return KeysDamaged(folder, "the private key of the last verifier is gone");
  return keyring.verifiers_;
}

absl::Status Keyring::Load() {
  REGISTRE_RETURN_IF_ERROR(LoadVerifiers());
  const auto numbers = KeyNumbers(folder_);
  if (!numbers.ok()) return numbers.status();
  if (!numbers->empty()) return LoadKeys(*numbers);
  if (verifiers_.empty()) return MakeKey();
  return KeysDamaged(folder_, "the private key is gone");
}

absl::Status Keyring::LoadVerifiers() {
  const std::string path = fmt::format("{}/{}", folder_, kVerifiersFile);
  const auto text = ReadSmallFile(path, kMaxVerifiersBytes);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return absl::OkStatus();
  std::string_view rest = **text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    auto key = ParseVerifierKey(rest.substr(0, end));
    if (end == std::string_view::npos || !key.ok()) {
      return KeysDamaged(path, fmt::format("line {} is no verifier key", verifiers_.size() + 1));
    }
    verifiers_.push_back(*std::move(key));
    rest.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

// A key that is not among the verifiers was put there by someone else, unless it has just been
// made: the first one, before anything was signed, or the newer of a rotation that a crash cut off.
absl::Status Keyring::LoadKeys(const std::vector<uint64_t>& numbers) {
  if (numbers.size() > 2) return KeysDamaged(folder_, "there are more than two private keys");
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const std::string path = fmt::format("{}/{}", folder_, KeyFileName(*number));
    auto key = ReadKey(path);
    if (!key.ok()) return key.status();
    const bool just_made = verifiers_.empty() || (signing_.empty() && numbers.size() == 2);
    if (!just_made && !IsVerified(*key)) {
      return KeysDamaged(path, fmt::format("its public key is not in {}", kVerifiersFile));
    }
    signing_.push_back(*std::move(key));
  }
  newest_ = numbers.back();
  return absl::OkStatus();
}

bool Keyring::IsVerified(const SigningKey& key) const {
  return std::any_of(verifiers_.begin(), verifiers_.end(), [&key](const VerifierKey& verifier) {
    return verifier.public_key == key.public_key();
  });
}

absl::Status Keyring::MakeKey() {
  auto key = SigningKey::Generate();
  if (!key.ok()) return key.status();
  REGISTRE_RETURN_IF_ERROR(ReplaceFile(folder_, KeyFileName(newest_ + 1), key->ToPem(), kPrivate));
  ++newest_;
  signing_.insert(signing_.begin(), *std::move(key));
  return absl::OkStatus();
}

absl::Status Keyring::AddVerifiers(const std::string& origin) {
  std::vector<VerifierKey> all = verifiers_;
  for (auto key = signing_.rbegin(); key != signing_.rend(); ++key) {
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
  verifiers_ = std::move(all);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SigningKey>> Keyring::ToSignFor(const std::string& origin) {
  absl::MutexLock lock(&mutex_);
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin));
  return signing_;
}

absl::Status Keyring::Signed() {
  absl::MutexLock lock(&mutex_);
  const auto numbers = KeyNumbers(folder_);
  if (!numbers.ok()) return numbers.status();
  std::error_code error;
  for (const uint64_t number : *numbers) {
    const std::string path = fmt::format("{}/{}", folder_, KeyFileName(number));
    if (number != newest_ && !fs::remove(path, error) && error) {
      return ErrnoError(error.value(), path);
    }
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
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin));
  if (verifiers_.size() >= kMaxVerifierKeys) {
    return Error(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_KEYS",
        fmt::format("the ledger has {} verifier keys, as many as it may", verifiers_.size()));
  }
  REGISTRE_RETURN_IF_ERROR(MakeKey());
  REGISTRE_RETURN_IF_ERROR(AddVerifiers(origin));
  return verifiers_.back();
}

}  // namespace registre

#include "cmd/registre/trust.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <utility>

#include "cmd/registre/text.h"
#include "ledger/backup_file.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/bundle.h"
#include "ledger/proof/checkpoint.h"

namespace registre::cli {
namespace {

absl::Status NotALogKey(const VerifierKey& key) {
  return Error(
      absl::StatusCode::kInvalidArgument, "KEY_INVALID",
      fmt::format("{} is the key of a witness; give keys of logs, and witnesses in a policy",
                  FormatVerifierKey(key)));
}

absl::StatusOr<VerifierKey> ParseLogKey(std::string_view text) {
  absl::StatusOr<VerifierKey> key = ParseVerifierKey(text);
  if (key.ok() && key->use != KeyUse::kLog) return NotALogKey(*key);
  return key;
}

// What a key looks like, also a damaged one; a file's name may not.
bool LooksLikeKey(const std::string& text) {
  return std::count(text.begin(), text.end(), '+') >= 2 && !std::ifstream(text).is_open();
}

absl::Status AppendKeysOfFile(const std::string& path, std::vector<VerifierKey>* keys) {
  const absl::StatusOr<std::string> text = ReadWholeFile(path, kMaxKeysFileBytes);
  if (!text.ok()) return text.status();
  std::string_view rest = *text;
  size_t found = 0;
  for (int number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    absl::StatusOr<VerifierKey> key = ParseLogKey(line);
    if (!key.ok()) return Annotate(key.status(), fmt::format("{}: line {}: ", path, number));
    keys->push_back(*std::move(key));
    ++found;
  }
  if (found != 0) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, "KEY_INVALID",
               fmt::format("{}: there is no verifier key in it", path));
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  std::array<char, 64 * 1024> buffer;
  while (file.good() && bytes.size() <= max_bytes) {
    file.read(buffer.data(), buffer.size());
    bytes.append(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  // A folder opens, but gives nothing.
  if (!file.is_open() || file.bad()) {
    return Error(absl::StatusCode::kNotFound, "FILE_UNREADABLE",
                 fmt::format("{}: it cannot be read; is it a file, and yours to read?", path));
  }
  if (bytes.size() <= max_bytes) return bytes;
  return Error(
      absl::StatusCode::kInvalidArgument, "FILE_TOO_LARGE",
      fmt::format("{}: it has more than {} bytes; is it the right file?", path, max_bytes));
}

absl::StatusOr<std::vector<VerifierKey>> ReadLogKeys(const std::vector<std::string>& keys) {
  std::vector<VerifierKey> read;
  for (const std::string& text : keys) {
    absl::StatusOr<VerifierKey> key = ParseLogKey(text);
    if (key.ok()) {
      read.push_back(*std::move(key));
    } else if (LooksLikeKey(text)) {
      return Annotate(key.status(), fmt::format("{}: ", text));
    } else {
      REGISTRE_RETURN_IF_ERROR(AppendKeysOfFile(text, &read));
    }
  }
  return read;
}

absl::StatusOr<TrustPolicy> ReadTrust(const AuditArgs& args) {
  if (!args.policy.empty()) {
    const absl::StatusOr<std::string> text = ReadWholeFile(args.policy, kMaxTrustPolicyBytes);
    if (!text.ok()) return text.status();
    absl::StatusOr<TrustPolicy> policy = ParseTrustPolicy(*text);
    if (!policy.ok()) return Annotate(policy.status(), args.policy + ": ");
    return policy;
  }
  absl::StatusOr<std::vector<VerifierKey>> keys = ReadLogKeys(args.keys);
  if (!keys.ok()) return keys.status();
  return TrustPolicy::OfKeys(*std::move(keys));
}

std::vector<Hash> SchemasOf(const AuditArgs& args) {
  std::vector<Hash> schemas;
  for (const std::string& digest : args.schema_digests) {
    if (const std::optional<Hash> hash = HashFromHex(digest)) schemas.push_back(*hash);
  }
  return schemas;
}

absl::StatusOr<TrustedCheckpoint> ReadKeptCheckpoint(const std::string& path,
                                                     const TrustPolicy& policy) {
  absl::StatusOr<std::string> note = ReadWholeFile(path, kMaxBundleBytes);
  if (!note.ok()) return note.status();
  // No note starts so: the name of a log holds no space.
  if (note->starts_with("registre-bundle ")) {
    absl::StatusOr<Bundle> bundle = ParseBundle(*note);
    if (!bundle.ok()) return Annotate(bundle.status(), path + ": ");
    *note = std::move(bundle->checkpoint);
  }
  absl::StatusOr<TrustedCheckpoint> trusted = VerifyCheckpoint(*note, policy);
  if (!trusted.ok()) return Annotate(trusted.status(), path + ": ");
  return trusted;
}

size_t CosignaturesIn(const Note& note) {
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note.text);
  if (!checkpoint.ok()) return 0;
  return static_cast<size_t>(
      std::count_if(note.signatures.begin(), note.signatures.end(),
                    [&](const NoteSignature& line) { return line.name != checkpoint->origin; }));
}

std::string InstantText(absl::Time time) {
  return absl::FormatTime("%d/%m/%Y %H:%M:%S UTC", time, absl::UTCTimeZone());
}

std::string RfcInstant(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::vector<std::pair<std::string, std::string>> DescribeCheckpoint(
    const TrustedCheckpoint& trusted, const TrustPolicy& policy) {
  std::vector<std::pair<std::string, std::string>> pairs = {
      {"Log", OneLine(trusted.checkpoint.origin)},
      {"Events", fmt::format("{}", trusted.checkpoint.size)},
      {"Root", Base64Of(trusted.checkpoint.root)}};
  for (const VerifierKey& key : SignersOf(trusted, policy)) {
    pairs.emplace_back("Signed by", FormatVerifierKey(key));
  }
  for (const TrustedCheckpoint::Cosigned& cosigned : trusted.cosigned) {
    pairs.emplace_back("Cosigned by",
                       fmt::format("{}, {}", Utf8Of(cosigned.witness), InstantText(cosigned.time)));
  }
  if (trusted.cosigned.empty()) {
    pairs.emplace_back("Cosigned by", policy.witnesses.empty()
                                          ? "not asked: a policy (--policy) names witnesses"
                                          : "none of the policy's witnesses");
  }
  return pairs;
}

void DescribeCheckpoint(const TrustedCheckpoint& trusted, const TrustPolicy& policy,
                        google::protobuf::Struct* json) {
  auto& fields = *json->mutable_fields();
  fields["origin"].set_string_value(trusted.checkpoint.origin);
  fields["size"].set_string_value(fmt::format("{}", trusted.checkpoint.size));
  fields["root"].set_string_value(Base64Of(trusted.checkpoint.root));
  auto& signed_by = *fields["signed_by"].mutable_list_value();
  for (const VerifierKey& key : SignersOf(trusted, policy)) {
    signed_by.add_values()->set_string_value(FormatVerifierKey(key));
  }
  auto& cosigned_by = *fields["cosigned"].mutable_list_value();
  for (const TrustedCheckpoint::Cosigned& cosigned : trusted.cosigned) {
    auto& witness = *cosigned_by.add_values()->mutable_struct_value()->mutable_fields();
    witness["witness"].set_string_value(Utf8Of(cosigned.witness));
    witness["time"].set_string_value(RfcInstant(cosigned.time));
  }
}

}  // namespace registre::cli

#include "ledger/proof/bundle.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/encoding.h"
#include "ledger/proof/note.h"
#include "ledger/proof/time_stamp.h"

namespace registre {
namespace {

constexpr std::string_view kBundleHeader = "registre-bundle 1\n";
constexpr std::string_view kDigestWord = "sha256 ";
constexpr size_t kDigestLineBytes = kDigestWord.size() + 64 + 1;
constexpr size_t kMaxBundleTagBytes = 128;
constexpr size_t kMaxEntryBytes = 4'096;
constexpr size_t kIntegerBytes = 8;

// Parts in the order of the file, each with how often it stands there and how large it may be.
struct PartRule {
  std::string_view name;
  size_t at_least;
  size_t at_most;
  size_t max_bytes;
};
constexpr PartRule kPartRules[] = {
    {"tag", 1, 1, kMaxBundleTagBytes},
    {"summary", 1, 1, kMaxBundleBytes},
    {"checkpoint", 1, 1, kMaxNoteBytes},
    {"stamp", 0, kMaxTimeStamps, kMaxTimeStampBytes},
    {"seal", 1, 1, kMaxBundleEventBytes},
    {"entry", 1, 2, kMaxEntryBytes},
    {"event", 0, kMaxBundleEvents, kMaxBundleEventBytes},
    {"proof", 1, 1, kMaxBundleBytes},
    {"schema", 1, 1, kMaxPackedSchemaBytes},
};

std::string BigEndian64(uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return bytes;
}

// The first 8 bytes, which are taken away; there are as many.
uint64_t TakeInteger(std::string_view* bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < kIntegerBytes; ++i) {
    number = number << 8 | static_cast<uint8_t>((*bytes)[i]);
  }
  bytes->remove_prefix(kIntegerBytes);
  return number;
}

std::optional<std::vector<Hash>> ParseHashes(std::string_view bytes) {
  std::vector<Hash> hashes;
  if (bytes.size() % Hash().size() != 0) return std::nullopt;
  for (; !bytes.empty(); bytes.remove_prefix(Hash().size())) {
    hashes.push_back(*HashFromBytes(bytes.substr(0, Hash().size())));
  }
  return hashes;
}

std::string FormatHashes(const std::vector<Hash>& hashes) {
  std::string bytes;
  for (const Hash& hash : hashes) bytes += BytesOf(hash);
  return bytes;
}

std::string FormatEntry(const ProvenEntry& proven) {
  return BigEndian64(proven.index) + proven.entry.tag + std::string(1, '\0') +
         BigEndian64(proven.entry.events) + BigEndian64(proven.entry.last_position) +
         FormatHashes(proven.proof);
}

std::optional<ProvenEntry> ParseEntry(std::string_view bytes) {
  ProvenEntry proven;
  if (bytes.size() < kIntegerBytes) return std::nullopt;
  proven.index = TakeInteger(&bytes);
  const size_t end = bytes.find('\0');
  if (end == std::string_view::npos || end == 0 || end > kMaxBundleTagBytes) return std::nullopt;
  proven.entry.tag = std::string(bytes.substr(0, end));
  bytes.remove_prefix(end + 1);
  if (bytes.size() < 2 * kIntegerBytes) return std::nullopt;
  proven.entry.events = TakeInteger(&bytes);
  proven.entry.last_position = TakeInteger(&bytes);
  std::optional<Proof> hashes = ParseHashes(bytes);
  if (!hashes || hashes->size() > kMaxProofHashes || proven.entry.events == 0) return std::nullopt;
  proven.proof = *std::move(hashes);
  return proven;
}

// The next part when it has that name; it is taken away.
absl::StatusOr<std::optional<std::string_view>> TakePart(const PartRule& rule,
                                                         std::string_view* bytes) {
  const size_t name = rule.name.size();
  if (bytes->substr(0, name) != rule.name || bytes->substr(name, 1) != " ") return std::nullopt;
  std::string_view rest = bytes->substr(name + 1);
  const std::optional<std::string_view> line = TakeLine(&rest);
  const std::optional<uint64_t> length = line ? ParseDecimal(*line) : std::nullopt;
  if (!length || *length >= rest.size() || rest[*length] != '\n') {
    return BundleInvalid(rule.name, "its length is not that of its bytes: it was cut, or changed");
  }
  if (*length > rule.max_bytes) {
    return BundleInvalid(rule.name,
                         fmt::format("{} bytes are more than {}", *length, rule.max_bytes));
  }
  *bytes = rest.substr(*length + 1);
  return rest.substr(0, *length);
}

// Puts a part where it belongs; false when its layout is not that of the part.
bool StorePart(std::string_view name, std::string_view bytes, Bundle* bundle) {
  if (name == "tag") {
    bundle->tag = std::string(bytes);
    return IsTag(bytes);
  }
  if (name == "entry") {
    std::optional<ProvenEntry> entry = ParseEntry(bytes);
    if (entry) bundle->entries.push_back(*std::move(entry));
    return entry.has_value();
  }
  if (name == "proof") {
    std::optional<SharedProof> hashes = ParseHashes(bytes);
    if (hashes) bundle->proof = *std::move(hashes);
    return hashes.has_value();
  }
  if (name == "stamp") {
    bundle->stamps.emplace_back(bytes);
  } else if (name == "event") {
    bundle->events.emplace_back(bytes);
  } else {
    std::string& whole = name == "summary"      ? bundle->summary
                         : name == "checkpoint" ? bundle->checkpoint
                         : name == "seal"       ? bundle->seal
                                                : bundle->schema;
    whole = std::string(bytes);
  }
  return true;
}

// The parts of one rule.
absl::Status TakeParts(const PartRule& rule, std::string_view* bytes, Bundle* bundle) {
  size_t count = 0;
  while (true) {
    const auto part = TakePart(rule, bytes);
    if (!part.ok()) return part.status();
    if (!part->has_value()) break;
    if (++count > rule.at_most) {
      return BundleInvalid(rule.name,
                           fmt::format("it stands there more than {} times", rule.at_most));
    }
    if (!StorePart(rule.name, **part, bundle)) {
      return BundleInvalid(rule.name, "its bytes are not laid out as they should be");
    }
  }
  if (count >= rule.at_least) return absl::OkStatus();
  return BundleInvalid(rule.name, "it is missing, or not where it should be");
}

std::string DigestLine(std::string_view before) {
  return fmt::format("{}{}\n", kDigestWord, HexOf(Sha256(before)));
}

void AppendPart(std::string_view name, std::string_view bytes, std::string* file) {
  *file += fmt::format("{} {}\n", name, bytes.size());
  file->append(bytes);
  *file += '\n';
}

absl::Status BundleTooLarge(std::string_view what, size_t count, size_t limit) {
  return Error(absl::StatusCode::kResourceExhausted, "BUNDLE_TOO_LARGE",
               fmt::format("the bundle would have {} {}, more than {}: replay the history from the "
                           "server with its proofs (--replay --verify)",
                           count, what, limit));
}

}  // namespace

absl::Status BundleInvalid(std::string_view part, std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "BUNDLE_INVALID",
               fmt::format("the bundle is not to be believed: {}: {}", part, why),
               {{"part", std::string(part)}});
}

absl::StatusOr<Bundle> ParseBundle(std::string_view bytes) {
  if (bytes.size() > kMaxBundleBytes) {
    return BundleInvalid("file",
                         fmt::format("{} bytes are more than {}", bytes.size(), kMaxBundleBytes));
  }
  if (bytes.substr(0, kBundleHeader.size()) != kBundleHeader) {
    return BundleInvalid("file", "it does not start as a bundle of version 1 does");
  }
  if (bytes.size() < kBundleHeader.size() + kDigestLineBytes) {
    return BundleInvalid("file", "it was cut");
  }
  const std::string_view before = bytes.substr(0, bytes.size() - kDigestLineBytes);
  if (bytes.substr(before.size()) != DigestLine(before)) {
    return BundleInvalid("sha256",
                         "the digest of the last line is not that of the bytes before: "
                         "the file was damaged or changed");
  }
  Bundle bundle;
  std::string_view rest = before.substr(kBundleHeader.size());
  for (const PartRule& rule : kPartRules) {
    REGISTRE_RETURN_IF_ERROR(TakeParts(rule, &rest, &bundle));
  }
  if (!rest.empty()) return BundleInvalid("file", "there is something after its parts");
  return bundle;
}

absl::StatusOr<std::string> FormatBundle(const Bundle& bundle) {
  if (bundle.events.size() > kMaxBundleEvents) {
    return BundleTooLarge("events", bundle.events.size(), kMaxBundleEvents);
  }
  std::string file(kBundleHeader);
  AppendPart("tag", bundle.tag, &file);
  AppendPart("summary", bundle.summary, &file);
  AppendPart("checkpoint", bundle.checkpoint, &file);
  for (const std::string& stamp : bundle.stamps) AppendPart("stamp", stamp, &file);
  AppendPart("seal", bundle.seal, &file);
  for (const ProvenEntry& entry : bundle.entries) AppendPart("entry", FormatEntry(entry), &file);
  for (const std::string& event : bundle.events) AppendPart("event", event, &file);
  AppendPart("proof", FormatHashes(bundle.proof), &file);
  AppendPart("schema", bundle.schema, &file);
  file += DigestLine(file);
  if (file.size() > kMaxBundleBytes) return BundleTooLarge("bytes", file.size(), kMaxBundleBytes);
  return file;
}

std::string PackSchema(std::string_view schema) {
  uLongf size = compressBound(schema.size());
  std::string packed(size, '\0');
  // It fails only where the buffer is too small or memory is out.
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                reinterpret_cast<const Bytef*>(schema.data()), schema.size(),
                Z_BEST_COMPRESSION) != Z_OK) {
    return "";
  }
  packed.resize(size);
  return packed;
}

absl::StatusOr<std::string> UnpackSchema(std::string_view packed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return BundleInvalid("schema", "zlib has no memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<Bytef> buffer(64 * 1024);
  std::string schema;
  int result = Z_OK;
  while (result == Z_OK && schema.size() <= kMaxSchemaBytes) {
    stream.next_out = buffer.data();
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&stream, Z_NO_FLUSH);
    schema.append(reinterpret_cast<char*>(buffer.data()), buffer.size() - stream.avail_out);
  }
  const size_t left = stream.avail_in;
  inflateEnd(&stream);
  if (result == Z_STREAM_END && left == 0 && schema.size() <= kMaxSchemaBytes) return schema;
  return BundleInvalid("schema", result == Z_STREAM_END && left > 0
                                     ? "there is something after its end"
                                     : "it does not unpack (zlib), or to too much");
}

}  // namespace registre

#include "ledger/verify/stored_hashes.h"

#include <fmt/format.h>

#include <array>

#include "ledger/proof/checkpoint.h"

namespace registre {
namespace {

using NumberKey = std::array<char, sizeof(uint64_t)>;

NumberKey BigEndianKey(uint64_t number) {
  NumberKey key;
  for (size_t i = key.size(); i-- > 0; number >>= 8) key[i] = static_cast<char>(number & 0xff);
  return key;
}

std::string_view View(const NumberKey& key) { return {key.data(), key.size()}; }

std::string_view View(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string HexText(std::string_view bytes) {
  const std::optional<Hash> hash = HashFromBytes(bytes);
  return hash ? HexOf(*hash) : fmt::format("{} bytes that are no hash", bytes.size());
}

// Passes over what stands before the key; whether there was any.
bool SkipTo(std::string_view key, StoredEntries* entries) {
  bool skipped = false;
  for (; entries->valid() && entries->key() < key; entries->Next()) skipped = true;
  return skipped;
}

}  // namespace

void StoredHashes::Compare(uint64_t position, const Hash& leaf_hash) {
  const NumberKey number = BigEndianKey(position);
  const std::string_view key = View(number);
  if (SkipTo(key, leaves_.get())) {
    findings_->AtEvent(position, "a leaf hash is stored before its own, of no event");
  }
  if (!leaves_->valid() || leaves_->key() != key) {
    const absl::Status read = leaves_->status();
    findings_->AtEvent(position,
                       read.ok() ? "its leaf hash is missing"
                                 : "its leaf hash cannot be read: " + std::string(read.message()));
    return;
  }
  if (leaves_->value() != View(leaf_hash)) {
    findings_->AtEvent(position, fmt::format("its bytes have the leaf hash {}, but {} is stored",
                                             HexOf(leaf_hash), HexText(leaves_->value())));
  }
  leaves_->Next();
}

void StoredHashes::Compare(const Tile& tile) {
  std::unique_ptr<StoredEntries>& entries = tiles_[tile.level];
  if (entries == nullptr) entries = log_->Tiles(tile.level);
  std::string key(1, static_cast<char>(tile.level));
  key += View(BigEndianKey(tile.index));
  const std::string subject = fmt::format("tile {} of level {}", tile.index, tile.level);
  if (SkipTo(key, entries.get())) {
    findings_->Of(subject, "something is stored before it that is no tile");
  }
  if (!entries->valid() || entries->key() != key) {
    const absl::Status read = entries->status();
    findings_->Of(
        subject, read.ok() ? "it is missing" : "it cannot be read: " + std::string(read.message()));
    return;
  }
  if (entries->value() != tile.hashes) {
    findings_->Of(subject, "its hashes are not those of the events");
  }
  entries->Next();
}

void StoredHashes::End() {
  if (leaves_->valid()) findings_->Of("log", "leaf hashes are stored beyond the last event");
  if (!leaves_->status().ok()) {
    findings_->Of("log", std::string(leaves_->status().message()));
  }
  for (const auto& [level, entries] : tiles_) {
    if (entries->valid() && static_cast<uint8_t>(entries->key().front()) == level) {
      findings_->Of("log", fmt::format("a tile of level {} is stored beyond the events", level));
    }
  }
}

}  // namespace registre

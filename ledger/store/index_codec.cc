#include "ledger/store/index_codec.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace registre {
namespace {

constexpr size_t kSequenceBytes = 8;

void PutVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

bool GetVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

template <typename T>
bool GetBounded(std::string_view* bytes, T* value) {
  uint64_t wide = 0;
  if (!GetVarint(bytes, &wide) || wide > std::numeric_limits<T>::max()) return false;
  *value = static_cast<T>(wide);
  return true;
}

void PutDays(Days days, std::string* out) {
  if (days == kAlways) return PutVarint(0, out);
  const int64_t wide = days;
  PutVarint((static_cast<uint64_t>(wide) << 1 ^ static_cast<uint64_t>(wide >> 63)) + 1, out);
}

bool GetDays(std::string_view* bytes, Days* days) {
  uint32_t value = 0;
  if (!GetBounded(bytes, &value)) return false;
  if (value == 0) {
    *days = kAlways;
    return true;
  }
  const uint32_t zigzag = value - 1;
  *days = static_cast<Days>(zigzag >> 1 ^ (0 - (zigzag & 1)));
  return true;
}

}  // namespace

std::string HistoryKey(std::string_view key, uint64_t sequence) {
  std::string out;
  out.reserve(key.size() + 1 + kSequenceBytes);
  out.append(key).append(1 + kSequenceBytes, '\0');
  SetSequence(sequence, &out);
  return out;
}

void SetSequence(uint64_t sequence, std::string* history_key) {
  char* last = history_key->data() + history_key->size() - 1;
  for (size_t i = 0; i < kSequenceBytes; ++i) {
    *(last - i) = static_cast<char>(sequence >> (8 * i));
  }
}

bool SequenceOf(std::string_view history_key, std::string_view key, uint64_t* sequence) {
  if (history_key.size() != key.size() + 1 + kSequenceBytes || !history_key.starts_with(key) ||
      history_key[key.size()] != '\0') {
    return false;
  }
  *sequence = 0;
  for (const char c : history_key.substr(key.size() + 1)) {
    *sequence = *sequence << 8 | static_cast<uint8_t>(c);
  }
  return true;
}

void EncodeKeyState(const KeyState& state, std::string* out) {
  out->clear();
  PutVarint(state.count, out);
  PutVarint(state.last_position, out);
  PutDays(state.max_effective, out);
  PutDays(state.block_min_effective, out);
  if (state.row != nullptr) state.row->AppendToString(out);
}

bool DecodeKeyState(std::string_view bytes, KeyState* state) {
  if (!GetVarint(&bytes, &state->count) || !GetVarint(&bytes, &state->last_position) ||
      !GetDays(&bytes, &state->max_effective) || !GetDays(&bytes, &state->block_min_effective) ||
      bytes.size() > std::numeric_limits<int>::max()) {
    return false;
  }
  auto row = std::make_shared<v1::Row>();
  if (!row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  state->row = std::move(row);
  return true;
}

bool DecodeKeyHead(std::string_view bytes, KeyState* state) {
  return GetVarint(&bytes, &state->count) && GetVarint(&bytes, &state->last_position);
}

void EncodePosting(const Posting& posting, std::string* out) {
  out->clear();
  PutVarint(posting.position, out);
  PutDays(posting.effective, out);
  PutVarint(static_cast<uint64_t>(posting.act) << 1 | (posting.flagged ? 1 : 0), out);
}

bool DecodePosting(std::string_view bytes, Posting* posting) {
  uint64_t act = 0;
  if (!GetVarint(&bytes, &posting->position) || !GetDays(&bytes, &posting->effective) ||
      !GetVarint(&bytes, &act) || act >> 1 > std::numeric_limits<uint16_t>::max()) {
    return false;
  }
  posting->act = static_cast<uint16_t>(act >> 1);
  posting->flagged = (act & 1) != 0;
  return bytes.empty();
}

void EncodeSnapshot(const Snapshot& snapshot, std::string* out) {
  out->clear();
  PutDays(snapshot.max_effective, out);
  PutDays(snapshot.block_min_effective, out);
  out->append(snapshot.row);
}

bool DecodeSnapshot(std::string_view bytes, Snapshot* snapshot) {
  if (!GetDays(&bytes, &snapshot->max_effective) ||
      !GetDays(&bytes, &snapshot->block_min_effective)) {
    return false;
  }
  snapshot->row.assign(bytes);
  return true;
}

bool DecodeBlockDate(std::string_view bytes, Days* block_min_effective) {
  Days max_effective = kAlways;
  return GetDays(&bytes, &max_effective) && GetDays(&bytes, block_min_effective);
}

void EncodeCommand(const CommandRecord& command, std::string* out) {
  out->clear();
  PutVarint(command.first_position, out);
  out->append(command.fingerprint);
}

bool DecodeCommand(std::string_view bytes, CommandRecord* command) {
  if (!GetVarint(&bytes, &command->first_position)) return false;
  command->fingerprint.assign(bytes);
  return true;
}

void EncodeMeta(const IndexMeta& meta, std::string* out) {
  out->clear();
  PutVarint(meta.format_version, out);
  PutVarint(meta.fold_version, out);
  PutVarint(meta.head.size, out);
  out->append(meta.head.root.begin(), meta.head.root.end());
}

bool DecodeMeta(std::string_view bytes, IndexMeta* meta) {
  if (!GetBounded(&bytes, &meta->format_version)) return false;
  if (meta->format_version != kIndexFormatVersion) return true;
  if (!GetBounded(&bytes, &meta->fold_version) || !GetVarint(&bytes, &meta->head.size) ||
      bytes.size() != meta->head.root.size()) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), meta->head.root.begin());
  return true;
}

}  // namespace registre

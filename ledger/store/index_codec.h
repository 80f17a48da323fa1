// Bytes of the index on disk. Numbers are varints, little end first; a date is 0 for kAlways, or
// its zigzag number plus one; a row is the serialized v1::Row, zero bytes when it does not exist.
//
//   keys        count, last position, latest date, earliest date of the block, row
//   postings    position, date, act * 2 + flagged
//   snapshots   latest date, earliest date of the block, row
//   commands    first position, fingerprint (the rest)
//   meta        format version, fold version, size, root (32 bytes)
#ifndef REGISTRE_LEDGER_STORE_INDEX_CODEC_H_
#define REGISTRE_LEDGER_STORE_INDEX_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/store/index.h"

namespace registre {

// Version of these bytes. An index of another version is discarded and rebuilt.
inline constexpr uint32_t kIndexFormatVersion = 1;

// The one key of meta.
inline constexpr char kHeadKey[] = "head";

// What the index on disk is true at, and who can read it.
struct IndexMeta {
  uint32_t format_version = kIndexFormatVersion;
  uint32_t fold_version = 0;
  LogHead head;
};

// Key of a posting or a snapshot: key, 0x00, sequence (8 bytes, big end first).
// Keys hold no 0x00, so that order of (key, sequence) is order of bytes.
std::string HistoryKey(std::string_view key, uint64_t sequence);

// Replaces the sequence that ends a history key.
void SetSequence(uint64_t sequence, std::string* history_key);

// The sequence that ends a history key of `key`; false when it is not one.
[[nodiscard]] bool SequenceOf(std::string_view history_key, std::string_view key,
                              uint64_t* sequence);

// Encoders replace `*out`.
void EncodeKeyState(const KeyState& state, std::string* out);
void EncodePosting(const Posting& posting, std::string* out);
void EncodeSnapshot(const Snapshot& snapshot, std::string* out);
void EncodeCommand(const CommandRecord& command, std::string* out);
void EncodeMeta(const IndexMeta& meta, std::string* out);

// Decoders are false when the bytes are not what an encoder wrote. The sequence
// of a snapshot stands in its key. Of a meta of another format version only
// that version is read.
[[nodiscard]] bool DecodeKeyState(std::string_view bytes, KeyState* state);
// Of a state, the count and the last position only.
[[nodiscard]] bool DecodeKeyHead(std::string_view bytes, KeyState* state);
[[nodiscard]] bool DecodePosting(std::string_view bytes, Posting* posting);
[[nodiscard]] bool DecodeSnapshot(std::string_view bytes, Snapshot* snapshot);
// Of a snapshot, the earliest date of its block only.
[[nodiscard]] bool DecodeBlockDate(std::string_view bytes, Days* block_min_effective);
[[nodiscard]] bool DecodeCommand(std::string_view bytes, CommandRecord* command);
[[nodiscard]] bool DecodeMeta(std::string_view bytes, IndexMeta* meta);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_CODEC_H_

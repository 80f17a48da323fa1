// The files of a sealed directory of tags (ledger/directory.h): two sorted files in a folder, each
// written once, from its first key to its last, and never changed.
//
//   file        key                                           value
//   tags.sst    tag                                           events, position of the last, index
//                                                             (8 bytes each, big-endian)
//   tiles.sst   last leaf below a full tile of that place     its hashes, 32 bytes each: 256, or
//               (8 bytes, big-endian), level (1 byte)         less at the right edge
//
// Tiles are keyed by the last leaf that fills them, so that they are complete in the order of their
// keys: none waits in memory for those of a lower level.
#ifndef REGISTRE_LEDGER_STORE_DIRECTORY_STORE_H_
#define REGISTRE_LEDGER_STORE_DIRECTORY_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/directory.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile_hashes.h"

namespace registre {

// Writes a directory; memory is flat however many tags there are. One thread. Errors are those of
// the disk (disk.h); after one nothing more is written.
class DirectoryWriter {
 public:
  // Makes the folder, in the place of what stands there.
  static absl::StatusOr<std::unique_ptr<DirectoryWriter>> Create(const std::string& path);
  ~DirectoryWriter();
  DirectoryWriter(const DirectoryWriter&) = delete;
  DirectoryWriter& operator=(const DirectoryWriter&) = delete;

  // The next tag: in order of its bytes.
  absl::Status AddTag(const TagEntry& entry, uint64_t index);
  // The next tile: a full one after the leaf that fills it (MerkleTree::Append); those that are not
  // full at the end (MerkleTree::AppendPartialTiles).
  absl::Status AddTile(const Tile& tile);
  // Ends and syncs the files. One tag at least.
  absl::Status Finish();

 private:
  struct Files;
  explicit DirectoryWriter(std::unique_ptr<Files> files);

  const std::unique_ptr<Files> files_;
};

// Reads a directory. Any thread; blocks on disk. DATA_LOSS (DIRECTORY_DAMAGED) when the bytes are
// not those that were written; the folder may then be thrown away and the directory computed again.
class DirectoryReader {
 public:
  static absl::StatusOr<std::unique_ptr<DirectoryReader>> Open(const std::string& path);
  ~DirectoryReader();
  DirectoryReader(const DirectoryReader&) = delete;
  DirectoryReader& operator=(const DirectoryReader&) = delete;

  struct Placed {
    TagEntry entry;
    uint64_t index = 0;
  };
  // The entry of the tag; when there is none, those before and after where it would stand, as far
  // as there are.
  absl::StatusOr<std::vector<Placed>> Find(std::string_view tag) const;

  // The hashes of a tile, as many as are stored.
  absl::StatusOr<std::string> ReadTile(const TileId& tile) const;

 private:
  struct Files;
  explicit DirectoryReader(std::unique_ptr<Files> files);

  const std::unique_ptr<Files> files_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_DIRECTORY_STORE_H_

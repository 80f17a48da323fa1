// What this project and another implementation hand each other, in a folder (main.go does the
// same):
//
//   interop_exchange make DIR ENTRIES    writes it
//   interop_exchange check DIR           verifies one that the other wrote; exit 1 says what is
//   wrong
//
//   key                 the log's verifier key
//   entries             32 bytes each
//   checkpoint/<size>   signed notes, with a signature that the other does not know
//   inclusion           <index> <size> <hash in base64>..., a line each
//   consistency         <from> <to> <hash in base64>..., a line each
//   tile/...            every tile of the whole log (C2SP tlog-tiles)
//   event, proof        an event, and its proof in the whole log (C2SP tlog-proof)
//
// Every good thing must be accepted, and refused once a byte of it is another.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile_hashes.h"
#include "ledger/proof/tree_proof.h"
#include "ledger/proof/trust_policy.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_seed.h"

namespace registre {
namespace {

namespace fs = std::filesystem;

constexpr char kOrigin[] = "registre.example/interop";

void Require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "interop_exchange: %s\n", what.c_str());
  std::exit(1);
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Require(file.is_open(), path.string() + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void Write(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string EventOf(uint64_t index) { return fmt::format("test event {}", index); }

std::vector<std::string> EntriesOf(const std::string& bytes) {
  std::vector<std::string> entries;
  for (size_t at = 0; at + 32 <= bytes.size(); at += 32) entries.push_back(bytes.substr(at, 32));
  return entries;
}

// Root of a perfect subtree of `count` hashes.
Hash Fold(const std::string& hashes, uint64_t first, uint64_t count) {
  if (count == 1) return *HashFromBytes(std::string_view(hashes).substr(first * 32, 32));
  return NodeHash(Fold(hashes, first, count / 2), Fold(hashes, first + count / 2, count / 2));
}

// The tree of some entries, by tiles.
class Log {
 public:
  explicit Log(const std::vector<std::string>& entries)
      : hashes_([this](const TileId& id) { return Tile(id); }) {
    levels_.emplace_back();
    for (const std::string& entry : entries) {
      leaves_.push_back(Sha256(std::string(1, '\0') + entry));
      levels_[0] += BytesOf(leaves_.back());
    }
    while (levels_.back().size() >= kTileWidth * 32) {
      std::string above;
      for (uint64_t i = 0; (i + 1) * kTileWidth * 32 <= levels_.back().size(); ++i) {
        above += BytesOf(Fold(levels_.back(), i * kTileWidth, kTileWidth));
      }
      levels_.push_back(std::move(above));
    }
  }

  uint64_t size() const { return leaves_.size(); }
  const Hash& leaf(uint64_t index) const { return leaves_.at(index); }
  SubtreeHash Of(uint64_t size) { return hashes_.Of(size); }
  Hash Root(uint64_t size) { return *RootOfFirst(size, hashes_.Of(size)); }
  // Hashes of a level.
  uint64_t Width(uint8_t level) const {
    return level < levels_.size() ? levels_[level].size() / 32 : 0;
  }

  std::string Tile(const TileId& id) const {
    return levels_[id.level].substr(id.index * kTileWidth * 32, static_cast<size_t>(id.width) * 32);
  }

 private:
  std::vector<Hash> leaves_;
  std::vector<std::string> levels_;
  TileHashes hashes_;
};

// Sizes around the ends of tiles, and any others.
std::vector<uint64_t> SizesOf(uint64_t largest, std::mt19937_64& random) {
  std::vector<uint64_t> sizes = {largest};
  for (const uint64_t size : {1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 65'535, 65'536, 65'537}) {
    if (size < largest) sizes.push_back(size);
  }
  for (int i = 0; i < 20; ++i) sizes.push_back(1 + random() % largest);
  return sizes;
}

std::string LineOf(uint64_t first, uint64_t second, const Proof& proof) {
  std::string line = fmt::format("{} {}", first, second);
  for (const Hash& hash : proof) line += " " + Base64Of(hash);
  return line + "\n";
}

void Make(const fs::path& folder, uint64_t size) {
  std::mt19937_64 random(TestSeed());
  std::string entries;
  for (uint64_t i = 0; i < size; ++i) entries += BytesOf(Sha256(EventOf(i)));
  Log log(EntriesOf(entries));
  const SigningKey key = TestKey(1);
  Write(folder / "key", FormatVerifierKey(TestLogKey(kOrigin, key)));
  Write(folder / "entries", entries);

  const auto note_of = [&](uint64_t at) {
    const std::string text = FormatCheckpoint({kOrigin, at, log.Root(at)});
    return FormatNote({text,
                       {SignNote(text, kOrigin, key),
                        Cosign(text, "witness.example", TestKey(2), absl::FromUnixSeconds(1))}});
  };
  const std::vector<uint64_t> sizes = SizesOf(size, random);
  std::string inclusion;
  std::string consistency;
  for (const uint64_t at : sizes) {
    Write(folder / "checkpoint" / std::to_string(at), note_of(at));
    for (const uint64_t index : {uint64_t{0}, at - 1, random() % at, random() % at}) {
      inclusion += LineOf(index, at, *InclusionProof(index, at, log.Of(at)));
    }
    for (const uint64_t from : sizes) {
      if (from <= at) consistency += LineOf(from, at, *ConsistencyProof(from, at, log.Of(at)));
    }
  }
  Write(folder / "inclusion", inclusion);
  Write(folder / "consistency", consistency);
  for (uint8_t level = 0; log.Width(level) > 0; ++level) {
    for (uint64_t index = 0; index * kTileWidth < log.Width(level); ++index) {
      const uint64_t width = std::min<uint64_t>(kTileWidth, log.Width(level) - index * kTileWidth);
      const TileId id{level, index, static_cast<int>(width)};
      Write(folder / FormatTilePath({false, id}), log.Tile(id));
    }
  }
  const uint64_t index = random() % size;
  Write(folder / "event", EventOf(index));
  Write(folder / "proof",
        FormatTlogProof({index, *InclusionProof(index, size, log.Of(size)), note_of(size)}));
}

struct Line {
  uint64_t first;
  uint64_t second;
  Proof proof;
};

std::vector<Line> LinesOf(const fs::path& path) {
  std::vector<Line> lines;
  std::istringstream text(Read(path));
  for (std::string one; std::getline(text, one);) {
    std::istringstream words(one);
    Line line{};
    words >> line.first >> line.second;
    for (std::string hash; words >> hash;) {
      Require(HashFromBase64(hash).has_value(), path.string() + " holds no hash: " + hash);
      line.proof.push_back(*HashFromBase64(hash));
    }
    lines.push_back(std::move(line));
  }
  Require(!lines.empty(), path.string() + " is empty");
  return lines;
}

// Another value for one byte of the proof.
Proof Spoilt(Proof proof, std::mt19937_64& random) {
  proof[random() % proof.size()][random() % 32] ^= static_cast<uint8_t>(1 + random() % 255);
  return proof;
}

// The tiles that the other wrote.
class TilesOfFolder {
 public:
  explicit TilesOfFolder(fs::path folder) : folder_(std::move(folder)) {}
  absl::StatusOr<std::string> operator()(const TileId& id) const {
    const fs::path full = folder_ / FormatTilePath({false, {id.level, id.index, kTileWidth}});
    if (fs::exists(full)) return Read(full);
    // Of the whole log; of a smaller one it holds the first hashes.
    for (int width = id.width; width < kTileWidth; ++width) {
      const fs::path partial = folder_ / FormatTilePath({false, {id.level, id.index, width}});
      if (fs::exists(partial)) return Read(partial);
    }
    return absl::NotFoundError("no tile of that width");
  }

 private:
  const fs::path folder_;
};

void Check(const fs::path& folder) {
  std::mt19937_64 random(TestSeed());
  const auto key = ParseVerifierKey(Read(folder / "key"));
  Require(key.ok(), "the key: " + key.status().ToString());
  const TrustPolicy policy = TrustPolicy::OfKeys({*key});
  Log log(EntriesOf(Read(folder / "entries")));
  TileHashes tiles{TilesOfFolder(folder)};

  size_t checkpoints = 0;
  size_t changes = 0;
  for (const auto& file : fs::directory_iterator(folder / "checkpoint")) {
    const std::string note = Read(file.path());
    const auto trusted = VerifyCheckpoint(note, policy);
    Require(trusted.ok(), file.path().string() + ": " + trusted.status().ToString());
    const Checkpoint& checkpoint = trusted->checkpoint;
    Require(checkpoint.root == log.Root(checkpoint.size), "another root: " + note);
    const auto by_tiles = RootOfFirst(checkpoint.size, tiles.Of(checkpoint.size));
    Require(by_tiles.ok() && *by_tiles == checkpoint.root, "another root of the tiles: " + note);
    for (size_t at = 0; at < note.size(); ++at) {
      std::string changed = note;
      changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
      const auto verdict = VerifyCheckpoint(changed, policy);
      // What may change is the line of a key that is not known.
      Require(!verdict.ok() || verdict->note.text == trusted->note.text, "taken: " + changed);
      changes += !verdict.ok();
    }
    ++checkpoints;
  }
  size_t proofs = 0;
  for (const Line& line : LinesOf(folder / "inclusion")) {
    const Hash root = log.Root(line.second);
    const auto verify = [&](const Proof& proof) {
      return VerifyInclusion(log.leaf(line.first), line.first, line.second, proof, root).ok();
    };
    Require(verify(line.proof), fmt::format("inclusion {} {}", line.first, line.second));
    Require(line.proof.empty() || !verify(Spoilt(line.proof, random)), "a spoilt proof was taken");
    Require(*InclusionProof(line.first, line.second, tiles.Of(line.second)) == line.proof,
            "another proof from the tiles");
    ++proofs;
  }
  for (const Line& line : LinesOf(folder / "consistency")) {
    const Hash from = log.Root(line.first);
    const Hash to = log.Root(line.second);
    const auto verify = [&](const Proof& proof) {
      return VerifyConsistency(line.first, from, line.second, to, proof).ok();
    };
    Require(verify(line.proof), fmt::format("consistency {} {}", line.first, line.second));
    Require(line.proof.empty() || !verify(Spoilt(line.proof, random)), "a spoilt proof was taken");
    Require(*ConsistencyProof(line.first, line.second, tiles.Of(line.second)) == line.proof,
            "another proof from the tiles");
    ++proofs;
  }
  std::printf("%zu checkpoints, %zu proofs accepted; %zu changed notes refused\n", checkpoints,
              proofs, changes);
}

}  // namespace
}  // namespace registre

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 3 && arguments[0] == "make") {
    registre::Make(arguments[1], std::stoull(arguments[2]));
  } else if (arguments.size() == 2 && arguments[0] == "check") {
    registre::Check(arguments[1]);
  } else {
    std::fprintf(stderr, "usage: interop_exchange make DIR ENTRIES | check DIR\n");
    return 2;
  }
  return 0;
}

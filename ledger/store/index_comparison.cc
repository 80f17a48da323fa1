// An index against a fold of the same log: the bytes of every entry of every family, both ways.
#include <fmt/format.h>

#include "ledger/base/errors.h"
#include "ledger/store/entries_ahead.h"
#include "ledger/store/index_codec.h"
#include "ledger/store/index_disk.h"

namespace registre {
namespace {

// Entries compared between two calls of go_on.
constexpr uint64_t kEntriesAtOnce = 65'536;
// Of a row that differs.
constexpr size_t kMostRowText = 200;

// A key as a reader knows it: a NUL stands between its parts, a history key ends in 8 bytes.
std::string NameOf(std::string_view key, bool history) {
  if (history && key.size() > sizeof(uint64_t)) {
    const std::string_view name = key.substr(0, key.size() - sizeof(uint64_t) - 1);
    uint64_t sequence = 0;
    if (SequenceOf(key, name, &sequence)) return fmt::format("{}, its event {}", name, sequence);
  }
  std::string name;
  for (const char c : key) name += static_cast<unsigned char>(c) < ' ' ? '/' : c;
  return name;
}

std::string StateText(std::string_view bytes) {
  KeyState state;
  if (!DecodeKeyState(bytes, &state)) return "bytes that cannot be read";
  return fmt::format("{} events to #{}, {}", state.count, state.last_position,
                     state.row->ShortDebugString().substr(0, kMostRowText));
}

}  // namespace

absl::StatusOr<uint64_t> IndexDisk::Compare(const IndexDisk& fold,
                                            const std::function<bool(std::string)>& differs,
                                            const std::function<bool()>& go_on) const {
  struct Compared {
    Family family;
    const char* what;
    bool history;
  };
  uint64_t keys = 0;
  uint64_t seen = 0;
  for (const Compared& compared :
       {Compared{kKeys, "the row of", false}, Compared{kPostings, "the history of", true},
        Compared{kSnapshots, "the snapshot of", true},
        Compared{kCommands, "the command id", false}}) {
    const auto mine = NewIterator(compared.family, nullptr, nullptr);
    EntriesAhead theirs(fold.NewIterator(compared.family, nullptr, nullptr));
    mine->SeekToFirst();
    while (mine->Valid() || theirs.valid()) {
      if (++seen % kEntriesAtOnce == 0 && !go_on()) return absl::CancelledError("given up");
      const int order = !mine->Valid()    ? 1
                        : !theirs.valid() ? -1
                                          : mine->key().ToStringView().compare(theirs.key());
      if (order == 0 && mine->value() == theirs.value()) {
        keys += compared.family == kKeys ? 1 : 0;
        mine->Next();
        theirs.Next();
        continue;
      }
      const std::string_view key = order <= 0 ? mine->key().ToStringView() : theirs.key();
      std::string what = fmt::format("{} {}: ", compared.what, NameOf(key, compared.history));
      if (order < 0) {
        what += "the log gives none";
      } else if (order > 0) {
        what += "it is missing";
      } else if (compared.family == kKeys) {
        what += fmt::format("it is {}; the log gives {}", StateText(mine->value().ToStringView()),
                            StateText(theirs.value()));
      } else {
        what += "it is not what the log gives";
      }
      if (!differs(std::move(what))) return keys;
      if (order <= 0) mine->Next();
      if (order >= 0) theirs.Next();
    }
    if (!mine->status().ok()) return Damaged(mine->status().ToString());
    if (!theirs.status().ok()) return fold.ErrorOf(theirs.status());
  }
  return keys;
}

}  // namespace registre

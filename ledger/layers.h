// The recorder's state: the unit being decided, over the group being written, over the index.
//
//   unit    what the acts of one request have changed so far      dropped when it is refused
//   group   what the accepted units since the last sync changed   published when they are durable
//   index   what is durable, and what readers see
//
// A replay of the log goes through the same layers, so that there is one way from event to row.
#ifndef REGISTRE_LEDGER_LAYERS_H_
#define REGISTRE_LEDGER_LAYERS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "ledger/projection.h"
#include "ledger/store/index.h"
#include "ledger/view.h"
#include "registre/v1/event.pb.h"

namespace registre {

// Key of the postings of every flagged event; it has no row.
inline constexpr char kFlaggedKey[] = "flagged";
// Key of the postings of every payment event (ledger/feed/consumer.h); it has no row.
inline constexpr char kPaymentsKey[] = "payments";
// Key of the postings of every act_reversed and act_rectified; it has no row.
inline constexpr char kCorrectionsKey[] = "corrections";
// Key of the postings of every directory_sealed; it has no row.
inline constexpr char kSealsKey[] = "seals";

// One thread.
class Layers final : public LedgerView {
 public:
  // Borrows both.
  Layers(Index* index, const Projection& projection) : index_(index), projection_(projection) {}

  // Another index takes the place of the one below; both layers must be empty.
  void Rebase(Index* index);
  Index* index() const { return index_; }

  // LedgerView.
  const v1::Row* Find(std::string_view key) const override;
  void ForEachKey(std::string_view prefix,
                  const std::function<bool(std::string_view key)>& visit) const override;

  // The first read error since the last ResetStatus. What was decided meanwhile is worth nothing.
  const absl::Status& status() const { return status_; }
  void ResetStatus() { status_ = absl::OkStatus(); }

  // Where a key's history ends: count 0 when it has none.
  struct Head {
    uint64_t count = 0;
    uint64_t last_position = 0;
  };
  Head HeadOf(std::string_view key) const;

  // Calls visit from the newest posting of the key downwards until it returns false.
  void PostingsBackward(std::string_view key,
                        const std::function<bool(const Posting&)>& visit) const;

  // What a command id was used for, the group's own units included.
  std::optional<CommandRecord> FindCommand(std::string_view command_key) const;

  // Folds an event into the unit.
  void Apply(const v1::Event& event);
  // The unit becomes part of the group, or is as if it had never been.
  void CommitUnit();
  void DropUnit();

  // The group becomes visible to readers, true at `head`. DropGroup: it never was.
  void PublishGroup(const LogHead& head);
  void DropGroup();

 private:
  // A key in the unit.
  struct UnitKey {
    KeyDelta delta;
    v1::Row* own_row = nullptr;  // delta.state.row, once it is the unit's own and may be written
  };

  // A key in the unit, made from what lies below when needed; and its own row, to be written.
  UnitKey* Touch(const std::string& key);
  static v1::Row* MutableRow(UnitKey* touched);
  // State of a key below the unit, valid until the next call; nullptr when it has none or the read
  // failed.
  const KeyState* Below(std::string_view key) const;
  static void AddPosting(const v1::Event& event, Days effective, KeyDelta* delta);
  void ForgetWhatIsTooMuch();

  Index* index_;
  const Projection projection_;
  absl::flat_hash_map<std::string, UnitKey> unit_;
  absl::flat_hash_map<std::string, CommandRecord> unit_commands_;
  uint64_t unit_events_ = 0;
  IndexDelta group_;
  // What the index says of the keys asked for, kept from group to group: nobody else changes the
  // index. Never given up within a group: rules hold pointers to its rows.
  mutable absl::flat_hash_map<std::string, std::optional<KeyState>> read_;
  mutable size_t read_bytes_ = 0;  // of its rows, serialized, when they were read
  mutable absl::Status status_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_LAYERS_H_

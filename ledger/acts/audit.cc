// Acts that only the ledger records: the seal of its directory, its restoration from a backup. What
// they say was worked out by the program; what is refused here is a mistake of it.
#include <fmt/format.h>

#include <string>

#include "absl/strings/escaping.h"
#include "ledger/acts/rules.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"

namespace registre {
namespace {

bool IsHash(const std::string& bytes) { return bytes.size() == Hash().size(); }

}  // namespace

absl::Status Judge(const RuleContext& context, v1::DirectorySealed* act) {
  if (!IsHash(act->root()) || !IsHash(act->schema_digest()) || act->count() == 0) {
    return Refused("SEAL_INVALID", "a seal has the root of its tags and the digest of the schema");
  }
  if (context.log_head && act->through_position() >= context.log_head().size) {
    return Refused("SEAL_INVALID", fmt::format("a seal through position {} of a log of {} events",
                                               act->through_position(), context.log_head().size));
  }
  return absl::OkStatus();
}

absl::Status Judge(const RuleContext& context, v1::LedgerRestored* act) {
  const std::string& origin = OriginOf(context.view.Ledger());
  if (act->previous_origin() != origin || act->origin() == origin) {
    return Refused("RESTORE_INVALID",
                   fmt::format("a restoration from origin {} to {} of a ledger whose origin is {}",
                               act->previous_origin(), act->origin(), origin));
  }
  if (!context.log_head) return absl::OkStatus();
  const LogHead head = context.log_head();
  if (act->log_size() != head.size ||
      act->log_root() != std::string(head.root.begin(), head.root.end())) {
    return Refused(
        "RESTORE_INVALID",
        fmt::format("a restoration at {} events, root {}, of a log of {}, root {}", act->log_size(),
                    absl::Base64Escape(act->log_root()), head.size, Base64Of(head.root)));
  }
  return absl::OkStatus();
}

}  // namespace registre

// The text of HEAD (data_folder.h). Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_HEAD_FILE_H_
#define REGISTRE_LEDGER_STORE_HEAD_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ledger/store/data_folder.h"

namespace registre {

std::string FormatHead(const SavedHead& head);

// Nothing unless the text is, byte for byte, what FormatHead writes, or wrote in version 1.
std::optional<SavedHead> ParseHead(std::string_view text);

// DATA_LOSS HEAD_DAMAGED.
absl::Status HeadDamaged(const std::string& path, absl::string_view why);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_HEAD_FILE_H_

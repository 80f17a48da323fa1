// What a command writes as it is, bytes and all: to a file, or to the standard output.
#ifndef REGISTRE_CMD_REGISTRE_OUTPUT_H_
#define REGISTRE_CMD_REGISTRE_OUTPUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cmd/registre/console.h"

namespace registre::cli {

// Replaces the file; empty or -: the standard output. INTERNAL (FILE_UNWRITABLE) when it cannot be
// written whole; the message names it.
absl::Status WriteOut(const std::string& file, std::string_view bytes, Console& console);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_OUTPUT_H_

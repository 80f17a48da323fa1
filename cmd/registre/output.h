// What a command writes as it is, bytes and all: to a file, or to the standard output.
#ifndef REGISTRE_CMD_REGISTRE_OUTPUT_H_
#define REGISTRE_CMD_REGISTRE_OUTPUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cmd/registre/console.h"

namespace registre::cli {

// Makes the file; empty or -: the standard output. A file that is there is kept, since it may be
// the evidence of before: ALREADY_EXISTS (FILE_EXISTS); a device or a pipe is written to. INTERNAL
// (FILE_UNWRITABLE) when it cannot be written whole, and no part of it stays. Messages name it.
absl::Status WriteOut(const std::string& file, std::string_view bytes, Console& console);

// What WriteOut would refuse because it is there; asked before a server is.
absl::Status CheckIsNew(const std::string& file);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_OUTPUT_H_

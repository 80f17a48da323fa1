// Messages as JSON for scripts.
#ifndef REGISTRE_CMD_REGISTRE_JSON_H_
#define REGISTRE_CMD_REGISTRE_JSON_H_

#include <ostream>

#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"

namespace registre::cli {

// Prints the message on one line: protobuf JSON with proto field names, defaults printed, int64 as
// strings.
void PrintJson(std::ostream& out, const google::protobuf::Message& message);

// The same without defaults: a line to be edited and sent.
void PrintSparseJson(std::ostream& out, const google::protobuf::Message& message);

// Prints {"error": status} in the same way.
void PrintJsonError(std::ostream& out, const google::rpc::Status& status);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_JSON_H_

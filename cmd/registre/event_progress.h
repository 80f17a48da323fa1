// The answers of a call that works through the log on the server: a rebuild, a backup.
#ifndef REGISTRE_CMD_REGISTRE_EVENT_PROGRESS_H_
#define REGISTRE_CMD_REGISTRE_EVENT_PROGRESS_H_

#include <fmt/format.h>

#include "absl/status/status.h"
#include "cmd/registre/client.h"
#include "cmd/registre/command.h"
#include "cmd/registre/json.h"
#include "cmd/registre/progress.h"
#include "grpcpp/grpcpp.h"

namespace registre::cli {

// Reads the stream to its end: a bar for its `events` of `total`, or each message in JSON. `last`
// is the last message.
template <class Response>
absl::Status ReadEventProgress(grpc::ClientReader<Response>* stream, bool json, Console& console,
                               Response* last) {
  {
    Progress progress(console.err, console.progress);
    while (stream->Read(last)) {
      progress.Update(last->events(), last->total(),
                      fmt::format("{} / {} events", last->events(), last->total()));
      if (json) PrintJson(console.out, *last);
    }
  }
  return FromGrpc(stream->Finish());
}

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_EVENT_PROGRESS_H_

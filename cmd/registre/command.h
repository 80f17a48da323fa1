// The commands. Each calls the server, prints what it is asked for, says errors on `console.err`,
// and returns the exit status.
#ifndef REGISTRE_CMD_REGISTRE_COMMAND_H_
#define REGISTRE_CMD_REGISTRE_COMMAND_H_

#include <optional>
#include <string>
#include <vector>

#include "cmd/registre/args.h"
#include "cmd/registre/client.h"
#include "cmd/registre/console.h"
#include "cmd/registre/format.h"
#include "cmd/registre/marks.h"
#include "registre/v1/query.pb.h"

namespace registre::cli {

int RunRecord(const Args& args, Client& client, Console& console);
int RunBudget(const Args& args, Client& client, Console& console);
int RunStructure(const Args& args, Client& client, Console& console);
int RunConvention(const Args& args, Client& client, Console& console);
int RunDeliberation(const Args& args, Client& client, Console& console);
int RunAnomalies(const Args& args, Client& client, Console& console);
int RunEvents(const Args& args, Client& client, Console& console);
int RunPayments(const Args& args, Client& client, Console& console);
int RunConsumers(const Args& args, Client& client, Console& console);
int RunAdmin(const Args& args, Client& client, Console& console);
int RunCorrect(const Args& args, Client& client, Console& console);
int RunWhoAmI(const Args& args, Client& client, Console& console);
int RunKeys(const Args& args, Client& client, Console& console);
int RunCheckpoint(const Args& args, Client& client, Console& console);
int RunSeal(const Args& args, Client& client, Console& console);
int RunStamp(const Args& args, Client& client, Console& console);
int RunProof(const Args& args, Client& client, Console& console);
int RunProofOfTag(const Args& args, Client& client, Console& console);
int RunBundle(const Args& args, Client& client, Console& console);
int RunReplay(const Args& args, Client& client, Console& console);
int RunBackup(const Args& args, Client& client, Console& console);
// With no server.
int RunVerifyBundle(const Args& args, Console& console);
int RunVerifyProof(const Args& args, Console& console);  // and checkpoints
int RunVerifyLedger(const Args& args, Console& console);
int RunWitness(const Args& args, Console& console);
int RunRestore(const Args& args, Console& console);

// Parses the arguments (without the program's name), runs the command, returns the exit status.
int Run(std::vector<std::string> arguments, Console& console);

// Says the error, under --output json also as {"error": google.rpc.Status}, and returns its exit
// status: kExitUnreached or kExitRefused.
int Fail(const absl::Status& status, const Args& args, Console& console);

// The same for a read of one subject, with what lists those that there are when it is not there.
int FailRead(const absl::Status& status, const char* listing, const Args& args, Console& console);

// Read options of the command line.
v1::ReadOptions OptionsOf(const Args& args);

// The same options held at the position that a first answer was true at, so that what is read next
// belongs to the same state.
v1::ReadOptions PinnedAt(const v1::ReadOptions& options, std::optional<uint64_t> position);

// The end of a read in a table: the footnote, then the position it is true at.
void PrintEnd(const Args& args, std::optional<uint64_t> position, const Footnote& footnote,
              Client& client, Console& console);

// at_position of an answer.
template <class Response>
std::optional<uint64_t> PositionOf(const Response& response) {
  if (!response.has_at_position()) return std::nullopt;
  return response.at_position();
}

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_COMMAND_H_

// The part of the command line that an auditor uses (args.h).
#ifndef REGISTRE_CMD_REGISTRE_ARGS_AUDIT_H_
#define REGISTRE_CMD_REGISTRE_ARGS_AUDIT_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cmd/registre/args.h"

namespace registre::cli {

// Adds a command to a parent; `footer` shows examples. Without a command it is a group.
using AddCommand = std::function<CLI::App*(CLI::App* parent, const char* name, const char* what,
                                           std::string footer, std::optional<Command> command)>;

// keys, checkpoint, proof, bundle, verify, witness.
void BuildAudit(CLI::App* app, const AddCommand& add, Args* args);
// admin backup, admin restore.
void BuildBackup(CLI::App* admin, const AddCommand& add, Args* args);
// convention NUMBER --replay.
void BuildReplay(CLI::App* convention, Args* args);
// What is wrong with the options that go together, or empty.
std::string CheckAudit(const Args& args);

// Whether the command needs no server.
bool IsOffline(Command command);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_ARGS_AUDIT_H_

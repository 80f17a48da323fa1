#include "cmd/registre/args_audit.h"

#include <array>

namespace registre::cli {
namespace {

// CLI11 2.1 takes -1 for the largest number there is.
const CLI::Validator kPosition(
    [](std::string& text) {
      const bool whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
      return whole ? std::string() : text + " is not a whole number";
    },
    "");

const CLI::Validator kDigest(
    [](std::string& text) {
      const bool is_digest =
          text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
      return is_digest ? std::string() : text + ": a digest is 64 digits 0-9a-f";
    },
    "");

void AddSchemaDigest(CLI::App* app, Args* args) {
  app->add_option("--schema-digest", args->audit.schema_digests,
                  "Accept this schema too: its SHA-256, from elsewhere than the bundle")
      ->check(kDigest)
      ->type_name("HEX")
      ->allow_extra_args(false);
}

void AddNumber(CLI::App* app, const char* name, uint64_t* number, const char* what) {
  app->add_option(name, *number, what)->required()->check(kPosition)->type_name("N");
}

void AddOutput(CLI::App* app, Args* args) {
  app->add_option("-o,--out", args->audit.out,
                  "Where to write it: a new file; - is the standard output")
      ->type_name("FILE");
}

// Which logs and witnesses a verifier trusts: the two options.
std::array<CLI::Option*, 2> AddLogTrust(CLI::App* app, Args* args) {
  CLI::Option* key =
      app->add_option("--key", args->audit.keys,
                      "A verifier key of the log (registre keys), or a file of them, one a line")
          ->type_name("KEY|FILE")
          ->allow_extra_args(false);
  CLI::Option* policy =
      app->add_option("--policy", args->audit.policy,
                      "Logs, witnesses and quorum to trust (C2SP tlog-policy), instead of --key")
          ->type_name("FILE")
          ->excludes(key);
  return {key, policy};
}

// Whom a verifier trusts.
void AddTrust(CLI::App* app, Args* args) {
  AddLogTrust(app, args);
  app->add_option("--tsa-ca", args->audit.tsa_ca,
                  "The CAs of the time stamp authorities to trust, PEM")
      ->type_name("FILE");
}

void BuildKeys(CLI::App* app, const AddCommand& add) {
  CLI::App* keys = add(app, "keys", "The keys that the log signs with", R"(Examples:
  registre keys                     verifier keys, oldest first; the last one signs now
  registre keys rotate              a new key, for the next checkpoint on)",
                       Command::kKeys);
  keys->require_subcommand(0, 1);
  add(keys, "rotate", "Make a new key", "Example:\n  registre keys rotate", Command::kKeysRotate);
}

void BuildCheckpoint(CLI::App* app, const AddCommand& add, Args* args) {
  CLI::App* group = add(app, "checkpoint", "Signed checkpoints of the log", R"(Examples:
  registre checkpoint show          the head of now, signed
  registre checkpoint list          those that are kept
  registre checkpoint seal          seals the directory of tags, for proofs of completeness
  registre checkpoint stamp --tsa https://tsa.example.org/)",
                        std::nullopt);
  group->require_subcommand(1);
  CLI::App* show = add(group, "show", "One checkpoint, as a signed note", R"(Examples:
  registre checkpoint show
  registre checkpoint show 64 -o checkpoint.txt
  registre checkpoint show --cosigned
  registre checkpoint show 64 -o stamped.txt --stamps stamp
                                    and its time stamps: stamp-1.tsr, stamp-2.tsr, ...)",
                       Command::kCheckpointShow);
  CLI::Option* size =
      show->add_option("size", args->audit.size, "Its size; the head of now without")
          ->check(kPosition)
          ->type_name("SIZE");
  show->add_flag("--cosigned", args->audit.cosigned,
                 "The newest that the server's witnesses cosigned")
      ->excludes(size);
  show->add_option("--stamps", args->audit.stamps_out,
                   "Write its time stamps (RFC 3161, DER) to PREFIX-1.tsr, ...")
      ->type_name("PREFIX");
  AddOutput(show, args);
  add(group, "list", "Those that are kept, newest first", "Example:\n  registre checkpoint list",
      Command::kCheckpointList);
  add(group, "watch", "Each as it is signed; Ctrl-C ends", "Example:\n  registre checkpoint watch",
      Command::kCheckpointWatch);
  add(group, "seal", "Seal the directory of tags", "Example:\n  registre checkpoint seal",
      Command::kCheckpointSeal);
  CLI::App* stamp =
      add(group, "stamp", "Have a checkpoint stamped by a time stamp authority (RFC 3161)",
          "Example:\n  registre checkpoint stamp --tsa https://tsa.example.org/ --tsa-ca ca.pem",
          Command::kCheckpointStamp);
  stamp->add_option("--tsa", args->audit.tsa_url, "The authority")->required()->type_name("URL");
  stamp->add_option("--size", args->audit.size, "Of this checkpoint; the head of now without")
      ->check(kPosition)
      ->type_name("SIZE");
  stamp
      ->add_option("--tsa-ca", args->audit.tsa_ca,
                   "Its CAs, PEM: the answer is verified against them before it is kept")
      ->type_name("FILE");
}

void BuildProof(CLI::App* app, const AddCommand& add, Args* args) {
  CLI::App* group = add(app, "proof", "Proofs over the log", "", std::nullopt);
  group->require_subcommand(1);
  CLI::App* inclusion = add(group, "inclusion", "That an event stands in the log", R"(Examples:
  registre proof inclusion 52 -o 52.tlog-proof --event 52.event
                      with its checkpoint (C2SP tlog-proof), and the event's bytes
  registre verify proof 52.tlog-proof --event 52.event --key "$KEY")",
                            Command::kProofInclusion);
  AddNumber(inclusion, "position", &args->audit.position, "Position of the event");
  inclusion->add_option("--size", args->audit.size, "In this kept checkpoint; the head without")
      ->check(kPosition)
      ->type_name("SIZE");
  inclusion
      ->add_option("--event", args->audit.event_out, "Where to write the event's bytes: a new file")
      ->type_name("FILE");
  AddOutput(inclusion, args);
  CLI::App* consistency =
      add(group, "consistency", "That a log is the start of another",
          "Example:\n  registre proof consistency 40 64        hashes, base64, one a line",
          Command::kProofConsistency);
  AddNumber(consistency, "from", &args->audit.from, "Size of the smaller log");
  AddNumber(consistency, "to", &args->audit.to, "Size of the larger log");
  AddOutput(consistency, args);
  CLI::App* tag = add(
      group, "tag", "How many events a tag has up to the last seal",
      R"(Without --key it is what the server says, checked against the seal that it gives alone; with it, that the
seal stands in what the key signed. registre bundle writes what is verified with no server.

Examples:
  registre proof tag convention:2023-00963
  registre proof tag convention:2023-00963 --key "$KEY")",
      Command::kProofTag);
  tag->add_option("tag", args->subject, "The tag")->required()->type_name("KIND:ID");
  AddLogTrust(tag, args);
}

void BuildBundle(CLI::App* app, const AddCommand& add, Args* args) {
  CLI::App* bundle =
      add(app, "bundle", "A history with its proofs, in one file that is verified with no server",
          R"(Examples:
  registre bundle convention 2023-00963 -o 2023-00963.bundle
  registre bundle structure st-cheval-bleu -o st-cheval-bleu.bundle
  registre verify bundle 2023-00963.bundle --key "$KEY")",
          Command::kBundle);
  bundle->add_option("kind", args->audit.kind, "convention, structure, deliberation, payment, ...")
      ->required()
      ->type_name("KIND");
  bundle->add_option("id", args->subject, "Which one")->required()->type_name("ID");
  bundle->add_flag("--seal", args->audit.seal, "Seal the directory first: complete up to now");
  AddSchemaDigest(bundle, args);
  AddOutput(bundle, args);
}

void BuildVerify(CLI::App* app, const AddCommand& add, Args* args) {
  CLI::App* group =
      add(app, "verify", "Verify with no server: exit status 0 only when all of it holds", "",
          std::nullopt);
  group->require_subcommand(1);
  const auto add_file = [&](CLI::App* command, const char* what) {
    command->add_option("file", args->audit.file, what)->required()->type_name("FILE");
    AddTrust(command, args);
  };
  CLI::App* bundle = add(group, "bundle", "An evidence bundle",
                         "Example:\n  registre verify bundle 2023-00963.bundle --key \"$KEY\"",
                         Command::kVerifyBundle);
  add_file(bundle, "The bundle");
  AddSchemaDigest(bundle, args);
  CLI::App* proof = add(
      group, "proof", "That an event stands in a checkpointed log (C2SP tlog-proof)",
      R"(Example, with what `registre proof inclusion 52 -o 52.tlog-proof --event 52.event` wrote:
  registre verify proof 52.tlog-proof --event 52.event --key "$KEY")",
      Command::kVerifyProof);
  add_file(proof, "The proof");
  proof->add_option("--event", args->audit.event, "The event's bytes")
      ->required()
      ->type_name("FILE");
  CLI::App* checkpoint =
      add(group, "checkpoint", "A signed checkpoint, alone or as the continuation of an older one",
          R"(Examples:
  registre verify checkpoint new.txt --key "$KEY"
  registre verify checkpoint new.txt --older old.txt --proof consistency.txt --key "$KEY"
  registre verify checkpoint stamped.txt --stamp stamp-1.tsr --tsa-ca ca.pem --key "$KEY")",
          Command::kVerifyCheckpoint);
  add_file(checkpoint, "The checkpoint");
  CLI::Option* older = checkpoint->add_option("--older", args->audit.older,
                                              "The older checkpoint, or an older bundle");
  older->type_name("FILE");
  CLI::Option* consistency = checkpoint->add_option("--proof", args->audit.proof,
                                                    "The consistency proof from it to this one");
  consistency->type_name("FILE");
  older->needs(consistency);
  consistency->needs(older);
  checkpoint->add_option("--stamp", args->audit.stamp, "A time stamp token over it, DER")
      ->type_name("FILE");
  CLI::App* ledger = add(
      group, "ledger", "A whole data folder, which no server uses",
      R"(Reads only, and needs no private key. Names the first bad position and what is wrong with it. With a
key from elsewhere it also says how much of the log that key signed. Each seal costs a pass over all tags.

Examples:
  registre verify ledger /var/lib/registre --key "$KEY"
  registre verify ledger /var/lib/registre --checkpoint old.txt --key "$KEY"
                                    and that the log is the continuation of that checkpoint)",
      Command::kVerifyLedger);
  ledger->add_option("directory", args->audit.directory, "The folder of the ledger")
      ->required()
      ->type_name("DIR");
  ledger
      ->add_option("--checkpoint", args->audit.checkpoint,
                   "A checkpoint of before, or a bundle, kept elsewhere")
      ->type_name("FILE");
  ledger->add_flag("--no-fold", args->audit.no_fold,
                   "The log alone: without folding it and comparing the index");
  ledger->add_option("--work", args->audit.work, "Folder for what is folded; default: TMPDIR")
      ->type_name("DIR");
  AddTrust(ledger, args);
}

void BuildWitness(CLI::App* app, const AddCommand& add, Args* args) {
  CLI::App* witness = add(
      app, "witness", "Serve as a witness of logs (C2SP tlog-witness)",
      R"(Cosigns the checkpoints of the logs that it is given, each only when it continues the last.

Example:
  registre witness --data /var/lib/witness --name witness.example.org/w1 --log "$KEY"
                   --listen 127.0.0.1:7465)",
      Command::kWitness);
  witness->add_option("--data", args->audit.directory, "Its folder; made when it does not exist")
      ->required()
      ->type_name("DIR");
  witness->add_option("--name", args->audit.name, "Its key name")->required()->type_name("NAME");
  witness->add_option("--log", args->audit.keys, "Verifier key of a log, or a file of them")
      ->required()
      ->type_name("KEY|FILE")
      ->allow_extra_args(false);
  witness->add_option("--listen", args->audit.listen, "Address of its HTTP interface")
      ->type_name("HOST:PORT")
      ->capture_default_str();
}

}  // namespace

void BuildAudit(CLI::App* app, const AddCommand& add, Args* args) {
  BuildKeys(app, add);
  BuildCheckpoint(app, add, args);
  BuildProof(app, add, args);
  BuildBundle(app, add, args);
  BuildVerify(app, add, args);
  BuildWitness(app, add, args);
}

void BuildBackup(CLI::App* admin, const AddCommand& add, Args* args) {
  CLI::App* backup =
      add(admin, "backup", "Copy the ledger while it runs, and verify the copy",
          "Example:\n  registre admin backup /srv/backup/2026-11-26", Command::kAdminBackup);
  backup
      ->add_option("directory", args->audit.directory,
                   "A folder of the server's machine, absolute, new or empty")
      ->required()
      ->type_name("DIR");
  CLI::App* restore = add(
      admin, "restore", "Make a data folder from a backup",
      R"(Without --checkpoint, or where it is not of exactly the backup, events may have been lost: the ledger goes
on under another origin, and says so in its log.

Examples:
  registre admin restore /srv/backup/2026-11-26 --data /var/lib/registre --reason 'disk lost'
  registre admin restore /srv/backup/2026-11-26 --data /var/lib/registre --reason 'moved'
      --checkpoint last.txt --key "$KEY"     nothing was recorded after it: the same origin)",
      Command::kAdminRestore);
  restore->add_option("backup", args->audit.directory, "The backup")->required()->type_name("DIR");
  restore->add_option("--data", args->audit.data, "The folder to make; new or empty")
      ->required()
      ->type_name("DIR");
  restore->add_option("--reason", args->audit.reason, "Why")->required()->type_name("TEXT");
  restore
      ->add_option("--checkpoint", args->audit.checkpoint,
                   "The last checkpoint, or bundle, that anyone saw of the log")
      ->type_name("FILE");
  restore->add_option("--key", args->audit.keys, "Verifier key of the log, or a file of them")
      ->type_name("KEY|FILE")
      ->allow_extra_args(false);
}

void BuildReplay(CLI::App* convention, Args* args) {
  CLI::Option* replay = convention->add_flag("--replay", args->audit.replay,
                                             "Every event of it, with the state after each");
  convention->add_option("--from", args->audit.from, "With --replay: from this position on")
      ->check(kPosition)
      ->type_name("POSITION")
      ->needs(replay);
  CLI::Option* verify = convention->add_flag("--verify", args->audit.verify,
                                             "With --replay: verify each proof on the way");
  verify->needs(replay);
  for (CLI::Option* trust : AddLogTrust(convention, args)) trust->needs(verify);
}

std::string CheckAudit(const Args& args) {
  const bool verifies = args.command == Command::kVerifyBundle ||
                        args.command == Command::kVerifyProof ||
                        args.command == Command::kVerifyCheckpoint;
  if (verifies && args.audit.keys.empty() && args.audit.policy.empty()) {
    return "--key or --policy is missing: whose signature is to be trusted? `registre keys` of the "
           "authority's server shows its keys; have them from a second source";
  }
  if (args.command == Command::kVerifyLedger && !args.audit.checkpoint.empty() &&
      args.audit.keys.empty() && args.audit.policy.empty()) {
    return "--checkpoint needs --key or --policy: whose signature on it is to be trusted?";
  }
  // What would not be looked at is not asked for.
  if (args.command == Command::kVerifyProof && !args.audit.tsa_ca.empty()) {
    return "--tsa-ca: a proof bears no time stamp; verify its checkpoint with --stamp";
  }
  if (args.command == Command::kVerifyCheckpoint &&
      args.audit.tsa_ca.empty() != args.audit.stamp.empty()) {
    return "--stamp and --tsa-ca go together: a token, and the CAs of the authorities to trust";
  }
  if (args.audit.verify && args.audit.keys.empty() && args.audit.policy.empty()) {
    return "--key or --policy is missing: whose signature is --verify to trust?";
  }
  const bool restores = args.command == Command::kAdminRestore;
  if (restores && args.audit.checkpoint.empty() != args.audit.keys.empty()) {
    return "--checkpoint and --key go together: the last checkpoint, and whose signature on it is "
           "to be trusted";
  }
  return "";
}

bool IsOffline(Command command) {
  switch (command) {
    case Command::kVerifyBundle:
    case Command::kVerifyProof:
    case Command::kVerifyCheckpoint:
    case Command::kVerifyLedger:
    case Command::kWitness:
    case Command::kAdminRestore:
      return true;
    default:
      return false;
  }
}

}  // namespace registre::cli

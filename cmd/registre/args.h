// The command line: what was asked for, parsed and checked before any call.
#ifndef REGISTRE_CMD_REGISTRE_ARGS_H_
#define REGISTRE_CMD_REGISTRE_ARGS_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "registre/v1/common.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::cli {

// Exit statuses, which scripts rely on.
inline constexpr int kExitDone = 0;
inline constexpr int kExitRefused = 1;    // refused, not found, or not verified
inline constexpr int kExitUsage = 2;      // the command line is wrong
inline constexpr int kExitUnreached = 3;  // the server was not reached, stops, or did not answer

// Units under way on one stream: the server takes no more (ledger_service.proto).
inline constexpr int kMaxPipeline = 256;

enum class Command {
  kRecord,
  kBudgetList,
  kBudgetLine,
  kBudgetOfDeliberation,
  kBudgetOfYear,
  kStructureList,
  kStructure,
  kConventionList,
  kConvention,
  kDeliberationList,
  kDeliberation,
  kAnomalies,
  kEvents,
  kAdminStatus,
  kAdminRebuild,
  kAdminClockAccept,
  kPaymentsList,
  kPaymentsShow,
  kPaymentsStatement,
  kPaymentsFollow,
  kConsumersList,
  kConsumersShow,
  kConsumersCreate,
  kConsumersPause,
  kConsumersResume,
  kConsumersRewind,
  kConsumersRetry,
  kConsumersSkip,
  kConsumersDelete,
  kWhoAmI,
  kCorrectDraft,
  kCorrectPropose,
  kCorrectApprove,
  kCorrectReject,
  kCorrectList,
  kCorrectShow,
  kKeys,
  kKeysRotate,
  kCheckpointShow,
  kCheckpointList,
  kCheckpointWatch,
  kCheckpointSeal,
  kCheckpointStamp,
  kProofInclusion,
  kProofConsistency,
  kProofTag,
  kBundle,
  kConventionReplay,
  kAdminBackup,
  // These need no server.
  kVerifyBundle,
  kVerifyProof,
  kVerifyCheckpoint,
  kVerifyLedger,
  kWitness,
  kAdminRestore,
};

// Who the caller is to the server: a certificate, or, where nobody is authenticated, what it says.
struct Identity {
  // PEM files, all or none: the CAs of the server, the caller's certificate and its key.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string subject;  // of a server in local mode; empty: its own default

  bool has_tls() const { return !tls_ca.empty(); }
};

struct RecordArgs {
  std::string file;  // - is the standard input
  bool atomic = false;
  bool validate_only = false;
  bool keep_going = false;
  bool no_progress = false;
  int pipeline = 1;  // 1 to kMaxPipeline
};

struct EventsArgs {
  std::vector<std::string> types;
  std::optional<uint64_t> from;
  bool backward = false;
  bool follow = false;
  std::string origin;             // empty: not compared
  std::optional<uint64_t> limit;  // unset: all; never 0
};

struct PaymentsArgs {
  std::string convention;
  std::string structure;
  int fiscal_year = 0;  // 0: any
  v1::PaymentStatus status = v1::PAYMENT_STATUS_UNSPECIFIED;
  std::optional<int> unanswered_days;
  std::string consumer;
  std::optional<uint64_t> limit;  // unset: all; never 0
};

// Of admin consumers; the name is Args::subject.
struct ConsumerArgs {
  int max_tries = 0;                  // 0: the server's
  int64_t answer_within_seconds = 0;  // 0: the server's
  bool from_now = false;
  uint64_t position = 0;
  std::string reason;
};

// Of correct; the number of a correction is Args::subject.
struct CorrectionArgs {
  uint64_t position = 0;
  std::string with;  // file of replacements; empty: none; - is the standard input
  std::string reason;
  std::string authority;
  v1::Date effective_on;
  std::string command_id;  // empty: made up
  bool validate_only = false;
  bool proposed_only = false;
};

// Of keys, checkpoint, proof, bundle, verify, witness, backups and replays.
struct AuditArgs {
  uint64_t position = 0;
  std::optional<uint64_t> size;  // of a checkpoint
  bool cosigned = false;         // the newest cosigned checkpoint
  uint64_t from = 0;             // size of the smaller log; first position of a replay
  uint64_t to = 0;               // size of the larger log
  std::string kind;              // of the tag of a bundle, whose id is Args::subject
  std::string out;               // file to write; empty or -: the standard output
  std::string event_out;         // file to write the event's bytes to; empty: none
  std::string stamps_out;        // start of the names of files to write stamps to; empty: none
  std::vector<std::string> schema_digests;  // of schemas to accept; 64 digits each
  std::vector<std::string> keys;            // verifier keys, or files of them
  std::string policy;                       // file; empty: the keys
  std::string tsa_url;
  std::string tsa_ca;  // file; empty: time stamps are not verified
  std::string file;    // what is verified
  std::string event;   // file of the event's bytes
  std::string older;   // file of the older checkpoint, with `proof`
  std::string proof;
  std::string stamp;       // file of a token
  std::string checkpoint;  // file
  std::string directory;   // a data folder, a backup, a witness's folder
  std::string data;        // the data folder to make
  std::string work;        // empty: TMPDIR
  std::string name;        // of the witness
  std::string listen = "127.0.0.1:7465";
  std::string reason;
  bool seal = false;
  bool no_fold = false;
  bool replay = false;
  bool verify = false;
};

struct Args {
  Command command = Command::kBudgetList;
  std::string server = "127.0.0.1:7462";  // address of the server, HOST:PORT
  Identity identity;
  bool json = false;

  // What a read is about: code, number, ledger id or SIRET.
  std::string subject;
  v1::AsOf as_of;
  bool as_recorded = false;
  int fiscal_year = 0;  // budget --year

  RecordArgs record;
  EventsArgs events;
  PaymentsArgs payments;
  ConsumerArgs consumer;
  CorrectionArgs correction;
  AuditArgs audit;
  std::vector<std::string> tags;  // events: all of them; anomalies: at most one
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;  // anomalies
  bool check = false;                                    // admin rebuild
};

// The arguments (without the program's name), or the exit status when there is nothing more to do:
// help was asked for (on `out`) or the line is wrong (said on `err`). What the line does not say is
// taken from the profile, a file that --profile or REGISTRE_PROFILE names, then from the
// environment: REGISTRE_SERVER, REGISTRE_TLS_CA, REGISTRE_TLS_CERT, REGISTRE_TLS_KEY, REGISTRE_AS.
std::variant<Args, int> ParseArgs(std::vector<std::string> arguments, std::ostream& out,
                                  std::ostream& err);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_ARGS_H_

// registred: serves a ledger until SIGTERM or SIGINT; SIGHUP reads the policy again.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "cmd/registred/identities.h"
#include "ledger/base/clock.h"
#include "ledger/base/errors.h"
#include "ledger/base/limits.h"
#include "ledger/checkpoints.h"
#include "ledger/ledger.h"
#include "ledger/proof/trust_policy.h"
#include "ledger/restore.h"
#include "projections/state_reader.h"
#include "services/access_log.h"
#include "services/http_server.h"
#include "services/server.h"
#include "services/tile_server.h"
#include "services/version.h"
#include "services/witness_collector.h"

namespace {

constexpr absl::Duration kDrainTime = absl::Seconds(10);
constexpr int kExitRefused = 1;

int Fail(const absl::Status& status) {
  fmt::print(stderr, "registred: {}: {}\n", registre::ReasonOf(status),
             std::string(status.message()));
  return kExitRefused;
}

// What the command line says.
struct Settings {
  std::string data;
  std::string listen = "127.0.0.1:7462";
  std::string http = "127.0.0.1:7463";  // empty: not served
  registre::IdentityFiles files;
  std::string witness_policy;  // empty: no witness is asked
  uint64_t index_flush_events = registre::kIndexFlushEvents;
};

// Blocks the signals that the server waits for, in this thread and in those it starts: those that
// end it, and SIGHUP where it has a policy to read again.
sigset_t BlockSignals(bool has_policy) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (has_policy) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Whether a signal asks the server to end. They are blocked: one that came stays pending.
bool IsAskedToStop() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

// Takes the policy's file as it is now; a bad one leaves the server as it was.
void ReloadPolicy(const std::string& path, registre::Server* server) {
  auto policy = registre::ReadPolicy(path);
  if (!policy.ok()) {
    spdlog::error("{}: {}; the policy in use stays", registre::ReasonOf(policy.status()),
                  std::string(policy.status().message()));
    return;
  }
  const size_t subjects = policy->size();
  server->SetPolicy(*std::move(policy));
  spdlog::info("the policy {} is in use: {} subjects", path, subjects);
}

// Answers signals until one ends the server.
void AwaitStop(const sigset_t& signals, const Settings& settings, registre::Server* server) {
  while (true) {
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    if (signal_number != SIGHUP) return;
    ReloadPolicy(settings.files.policy, server);
  }
}

// The public side of the log, with the server's own certificate where it has one. Null: none is
// asked for.
absl::StatusOr<std::unique_ptr<registre::HttpServer>> StartHttp(
    const Settings& settings, const std::optional<registre::HttpServer::Tls>& tls,
    registre::Ledger* ledger, const registre::Checkpoints* checkpoints) {
  if (settings.http.empty()) return nullptr;
  return registre::HttpServer::Start(settings.http, tls,
                                     [ledger, checkpoints](const std::string& path) {
                                       return registre::AnswerTilePath(ledger, *checkpoints, path);
                                     });
}

// Has the witnesses of the policy cosign. Null: there is no policy.
absl::StatusOr<std::unique_ptr<registre::WitnessCollector>> StartWitnesses(
    const std::string& path, registre::Ledger* ledger, registre::Checkpoints* checkpoints) {
  if (path.empty()) return nullptr;
  std::ifstream file(path, std::ios::binary);
  std::string text(registre::kMaxTrustPolicyBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return registre::Error(absl::StatusCode::kInvalidArgument, "TRUST_POLICY_INVALID",
                           fmt::format("{}: it cannot be read", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  auto policy = registre::ParseTrustPolicy(text);
  if (!policy.ok()) return registre::Annotate(policy.status(), path + ": ");
  REGISTRE_RETURN_IF_ERROR(checkpoints->SetWitnesses(*policy));
  auto collector = registre::WitnessCollector::Start(
      {.ledger = ledger, .checkpoints = checkpoints, .policy = *std::move(policy)});
  if (!collector.ok()) return registre::Annotate(collector.status(), path + ": ");
  return collector;
}

int Serve(const Settings& settings) {
  std::optional<registre::Server::Tls> tls;
  std::optional<registre::HttpServer::Tls> http_tls;
  if (settings.files.given()) {
    auto read = registre::ReadIdentities(settings.files);
    if (!read.ok()) return Fail(read.status());
    tls = *std::move(read);
    http_tls = registre::HttpServer::Tls{tls->certificate_pem, tls->key_pem};
  }
  const sigset_t signals = BlockSignals(settings.files.given());
  registre::SystemRandom random;
  uint64_t told = 0;
  const auto on_progress = [&told](const registre::FoldProgress& progress) {
    if (progress.events - told >= 100'000) {
      told = progress.events;
      spdlog::info("replaying the log: {} of {} events", progress.events, progress.total);
    }
    return !IsAskedToStop();
  };
  auto ledger = registre::Ledger::Open({.directory = settings.data,
                                        .projection = registre::RegistreProjection(),
                                        .clock = &registre::SystemClock(),
                                        .random = &random,
                                        .on_progress = on_progress,
                                        .index_flush_events = settings.index_flush_events});
  if (absl::IsCancelled(ledger.status())) {
    spdlog::info("stopped while the log was replayed; the next start goes on with it");
    return 0;
  }
  if (!ledger.ok()) return Fail(ledger.status());
  const auto restored = registre::RecordRestoration(ledger->get());
  if (!restored.ok()) return Fail(restored.status());
  if (*restored)
    spdlog::warn(
        "the ledger was restored from a backup: it says so in its log, and goes on under another "
        "origin");
  auto checkpoints = registre::Checkpoints::Open(ledger->get(), &registre::SystemClock());
  if (!checkpoints.ok()) return Fail(checkpoints.status());
  auto access_log =
      registre::AccessLog::Open(settings.data + "/access.log", &registre::SystemClock());
  if (!access_log.ok()) return Fail(access_log.status());
  // Before the line that says it serves, which scripts wait for.
  if (!settings.files.given()) {
    spdlog::warn(
        "local mode: nobody is authenticated, everyone on this machine may do everything; "
        "--tls-cert, --tls-key, --tls-client-ca and --policy change that (deploy/IDENTITIES.md)");
  }
  auto witnesses = StartWitnesses(settings.witness_policy, ledger->get(), checkpoints->get());
  if (!witnesses.ok()) return Fail(witnesses.status());
  auto server = registre::Server::Start({.listen = settings.listen,
                                         .ledger = ledger->get(),
                                         .checkpoints = checkpoints->get(),
                                         .clock = &registre::SystemClock(),
                                         .tls = std::move(tls),
                                         .access_log = access_log->get(),
                                         .witnesses = witnesses->get()});
  if (!server.ok()) return Fail(server.status());
  auto http = StartHttp(settings, http_tls, ledger->get(), checkpoints->get());
  if (!http.ok()) return Fail(http.status());
  spdlog::info("registred {} serves {} on port {}{}: {} events", registre::kVersion, settings.data,
               (*server)->port(),
               *http == nullptr ? "" : fmt::format(", HTTP port {}", (*http)->port()),
               (*ledger)->recorder().status().head.size);

  AwaitStop(signals, settings, server->get());
  spdlog::info("stopping");
  http->reset();
  if (*witnesses != nullptr) (*witnesses)->Stop();
  (*server)->Drain(kDrainTime);
  server->reset();
  witnesses->reset();
  checkpoints->reset();
  ledger->reset();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's absl looks for cycles of locks at each lock, gRPC's too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  Settings settings;
  CLI::App app{"registred: the server of a ledger of public deliberations"};
  app.add_option("--data", settings.data, "Folder of the ledger; made when it does not exist")
      ->required();
  app.add_option("--listen", settings.listen,
                 "Address of the gRPC services; beyond this machine only with TLS")
      ->capture_default_str();
  app.add_option("--http", settings.http,
                 "Address of the checkpoint and the tiles over HTTP, with the same certificate; "
                 "'' serves none")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--tls-cert", settings.files.certificate,
                 "The server's certificate, then the CAs between, PEM")
      ->type_name("FILE");
  app.add_option("--tls-key", settings.files.key, "Its key, PEM, readable by the server alone")
      ->type_name("FILE");
  app.add_option("--tls-client-ca", settings.files.client_ca,
                 "The CAs whose certificates are accepted from clients, PEM")
      ->type_name("FILE");
  app.add_option("--policy", settings.files.policy,
                 "Who the holders of certificates are, JSON; read again at SIGHUP")
      ->type_name("FILE");
  app.add_option("--witness-policy", settings.witness_policy,
                 "Witnesses that are asked to cosign the checkpoints (C2SP tlog-policy)")
      ->type_name("FILE");
  app.set_config("--config", "", "A file with these options, NAME=VALUE a line")->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option(
         "--index-flush-events", settings.index_flush_events,
         "Events the index holds in memory before they go to disk; small for tests and small "
         "machines")
      ->check(CLI::Range(uint64_t{1}, uint64_t{registre::kIndexFlushEvents}))
      ->capture_default_str();
  app.set_version_flag("--version", registre::kVersion);
  app.footer(
      "Examples:\n"
      "  registred --data /var/lib/registre --listen 127.0.0.1:7462\n"
      "  registred --config /etc/registre/registred.conf\n"
      "Without TLS only this machine reaches the server, and nobody is authenticated.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  if (const std::string missing = settings.files.Missing(); !missing.empty()) {
    fmt::print(stderr,
               "registred: {} is missing: --tls-cert, --tls-key, --tls-client-ca and --policy are "
               "given together, or none\nRun with --help for more information.\n",
               missing);
    return 2;
  }
  return Serve(settings);
}

// TLS (RFC 8446, RFC 5246) for connections that are not gRPC's: 1.2 or newer, without certificates
// of clients. It never waits: the caller polls.
#ifndef REGISTRE_LEDGER_PROOF_TLS_H_
#define REGISTRE_LEDGER_PROOF_TLS_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace registre {

// What a step of a connection came to: more than 0, bytes moved (a handshake: 1, it is done); 0,
// the same step again once the socket is ready for `wait_for` (POLLIN, POLLOUT); -1, it is over,
// `ended` when the other side said that nothing follows.
struct IoStep {
  ssize_t bytes;
  short wait_for = 0;
  bool ended = false;
};

// One connection over a socket that does not block, which it borrows. One thread.
class TlsConnection {
 public:
  ~TlsConnection();
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  IoStep Handshake();
  IoStep Read(char* to, size_t size);
  IoStep Write(const char* from, size_t size);
  // Tells the other side that nothing follows, as far as the socket takes it at once. After a
  // handshake, and no step that was over.
  void Close();
  // Whether a handshake was over because of the other side's certificate.
  bool is_certificate_refused() const;

 private:
  friend class TlsServer;
  friend class TlsClient;
  struct Session;
  explicit TlsConnection(std::unique_ptr<Session> session);

  const std::unique_ptr<Session> session_;
};

// Immutable; any thread.
class TlsServer {
 public:
  // INVALID_ARGUMENT (TLS_FILE_INVALID) when the certificate (the server's own first, then the CAs
  // between) or its key cannot be used.
  static absl::StatusOr<std::unique_ptr<TlsServer>> FromPem(std::string_view pem_certificate,
                                                            std::string_view pem_key);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // A connection on the socket, before its handshake. Null when there is no memory for it.
  std::unique_ptr<TlsConnection> Connect(int socket) const;

 private:
  struct Context;
  explicit TlsServer(std::unique_ptr<Context> context);

  const std::unique_ptr<Context> context_;
};

// Immutable; any thread.
class TlsClient {
 public:
  // Servers are verified by the CAs of the system, or those that SSL_CERT_FILE and SSL_CERT_DIR
  // name. Null when there is no memory for it.
  static std::unique_ptr<TlsClient> WithSystemCas();
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A connection on the socket, before its handshake, with a server that has a certificate for that
  // host: a name or an IP address. Null when there is no memory for it.
  std::unique_ptr<TlsConnection> Connect(int socket, const std::string& host) const;

 private:
  struct Context;
  explicit TlsClient(std::unique_ptr<Context> context);

  const std::unique_ptr<Context> context_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_TLS_H_

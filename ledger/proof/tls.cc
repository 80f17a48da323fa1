#include "ledger/proof/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/proof/certificate.h"

namespace registre {
namespace {

int NoTlsPassword(char*, int, int, void*) { return -1; }

int IntSize(size_t size) {
  return static_cast<int>(std::min<size_t>(size, std::numeric_limits<int>::max()));
}

absl::Status TlsUnusable() {
  ERR_clear_error();
  return Error(absl::StatusCode::kInvalidArgument, "TLS_FILE_INVALID",
               "the server's certificate and key cannot be used for TLS: a CA between is damaged, "
               "or the key is too weak; give a chain of PEM certificates and its key");
}

void SetCommonOptions(SSL_CTX* tls) {
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

}  // namespace

struct TlsConnection::Session {
  SSL* ssl = nullptr;
  ~Session() { SSL_free(ssl); }

  IoStep Step(int result) const {
    if (result > 0) return {result};
    switch (SSL_get_error(ssl, result)) {
      case SSL_ERROR_WANT_READ:
        return {0, POLLIN};
      case SSL_ERROR_WANT_WRITE:
        return {0, POLLOUT};
      case SSL_ERROR_ZERO_RETURN:
        return {.bytes = -1, .wait_for = 0, .ended = true};
      default:
        ERR_clear_error();
        return {-1};
    }
  }
};

TlsConnection::TlsConnection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
TlsConnection::~TlsConnection() = default;

IoStep TlsConnection::Handshake() {
  ERR_clear_error();
  return session_->Step(SSL_do_handshake(session_->ssl));
}

IoStep TlsConnection::Read(char* to, size_t size) {
  ERR_clear_error();
  return session_->Step(SSL_read(session_->ssl, to, IntSize(size)));
}

IoStep TlsConnection::Write(const char* from, size_t size) {
  ERR_clear_error();
  return session_->Step(SSL_write(session_->ssl, from, IntSize(size)));
}

void TlsConnection::Close() {
  SSL_shutdown(session_->ssl);
  ERR_clear_error();
}

bool TlsConnection::is_certificate_refused() const {
  return SSL_get_verify_result(session_->ssl) != X509_V_OK;
}

struct TlsServer::Context {
  SSL_CTX* tls = nullptr;
  ~Context() { SSL_CTX_free(tls); }

  bool UseChain(BIO* certificates) const {
    X509* own = PEM_read_bio_X509_AUX(certificates, nullptr, NoTlsPassword, nullptr);
    const bool used = own != nullptr && SSL_CTX_use_certificate(tls, own) == 1;
    X509_free(own);
    if (!used) return false;
    while (X509* ca = PEM_read_bio_X509(certificates, nullptr, NoTlsPassword, nullptr)) {
      // The context owns it once it was added.
      if (SSL_CTX_add0_chain_cert(tls, ca) == 1) continue;
      X509_free(ca);
      return false;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return at_end;
  }

  bool UseKey(BIO* pem) const {
    EVP_PKEY* key = PEM_read_bio_PrivateKey(pem, nullptr, NoTlsPassword, nullptr);
    const bool used = key != nullptr && SSL_CTX_use_PrivateKey(tls, key) == 1;
    EVP_PKEY_free(key);
    return used && SSL_CTX_check_private_key(tls) == 1;
  }
};

TlsServer::TlsServer(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsServer::~TlsServer() = default;

absl::StatusOr<std::unique_ptr<TlsServer>> TlsServer::FromPem(std::string_view pem_certificate,
                                                              std::string_view pem_key) {
  REGISTRE_RETURN_IF_ERROR(CheckKeyPair(pem_certificate, pem_key));
  auto context = std::make_unique<Context>();
  context->tls = SSL_CTX_new(TLS_server_method());
  if (context->tls == nullptr) return TlsUnusable();
  SetCommonOptions(context->tls);
  SSL_CTX_set_verify(context->tls, SSL_VERIFY_NONE, nullptr);
  BIO* certificates = BIO_new_mem_buf(pem_certificate.data(), IntSize(pem_certificate.size()));
  BIO* key = BIO_new_mem_buf(pem_key.data(), IntSize(pem_key.size()));
  const bool usable = context->UseChain(certificates) && context->UseKey(key);
  BIO_free(certificates);
  BIO_free(key);
  if (!usable) return TlsUnusable();
  return std::unique_ptr<TlsServer>(new TlsServer(std::move(context)));
}

std::unique_ptr<TlsConnection> TlsServer::Connect(int socket) const {
  auto session = std::make_unique<TlsConnection::Session>();
  session->ssl = SSL_new(context_->tls);
  if (session->ssl == nullptr || SSL_set_fd(session->ssl, socket) != 1) return nullptr;
  SSL_set_accept_state(session->ssl);
  return std::unique_ptr<TlsConnection>(new TlsConnection(std::move(session)));
}

struct TlsClient::Context {
  SSL_CTX* tls = nullptr;
  ~Context() { SSL_CTX_free(tls); }
};

TlsClient::TlsClient(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsClient::~TlsClient() = default;

std::unique_ptr<TlsClient> TlsClient::WithSystemCas() {
  auto context = std::make_unique<Context>();
  context->tls = SSL_CTX_new(TLS_client_method());
  if (context->tls == nullptr) return nullptr;
  SetCommonOptions(context->tls);
  SSL_CTX_set_verify(context->tls, SSL_VERIFY_PEER, nullptr);
  // Where they cannot be read, no server is verified.
  SSL_CTX_set_default_verify_paths(context->tls);
  ERR_clear_error();
  return std::unique_ptr<TlsClient>(new TlsClient(std::move(context)));
}

std::unique_ptr<TlsConnection> TlsClient::Connect(int socket, const std::string& host) const {
  auto session = std::make_unique<TlsConnection::Session>();
  session->ssl = SSL_new(context_->tls);
  if (session->ssl == nullptr || SSL_set_fd(session->ssl, socket) != 1) return nullptr;
  SSL_set_connect_state(session->ssl);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(session->ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool is_set = X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
  if (!is_set) {
    ERR_clear_error();
    is_set = X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1 &&
             SSL_set_tlsext_host_name(session->ssl, host.c_str()) == 1;
  }
  if (!is_set) return nullptr;
  return std::unique_ptr<TlsConnection>(new TlsConnection(std::move(session)));
}

}  // namespace registre

#include "services/http_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "services/http_connection.h"

namespace registre {

// Of the members of HttpClient::Exchanges, which others see by name.
struct HttpUrl {
  bool is_https = false;
  std::string authority;  // host and port, as they stand
  std::string host;       // without brackets
  std::string port;
  std::string path;
};

namespace {

// What an answer's body may have beside itself, where it comes in chunks.
constexpr size_t kMaxChunkBytes = 16 * 1024;

bool IsPort(const std::string& text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && parsed == end && port > 0;
}

// Splits host and port; false when they are none.
bool SplitAuthority(HttpUrl* url) {
  url->host = url->authority;
  url->port = url->is_https ? "443" : "80";
  const size_t bracket = url->authority.rfind(']');
  const size_t colon = url->authority.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    url->host = url->authority.substr(0, colon);
    url->port = url->authority.substr(colon + 1);
  }
  if (url->host.starts_with('[') && url->host.ends_with(']')) {
    url->host = url->host.substr(1, url->host.size() - 2);
  } else if (url->host.find_first_of("[]:") != std::string::npos) {
    return false;
  }
  return !url->host.empty() && IsPort(url->port);
}

absl::StatusOr<HttpUrl> ParseUrl(const std::string& url) {
  HttpUrl parsed;
  parsed.is_https = url.starts_with("https://");
  const bool is_known = parsed.is_https || url.starts_with("http://");
  const bool is_printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (is_known && is_printable && url.find_first_of("?#@") == std::string::npos) {
    const size_t host = url.find("://") + 3;
    const size_t slash = std::min(url.find('/', host), url.size());
    parsed.authority = url.substr(host, slash - host);
    parsed.path = url.substr(slash);
    if (SplitAuthority(&parsed)) return parsed;
  }
  return Error(absl::StatusCode::kInvalidArgument, "URL_INVALID",
               fmt::format("\"{}\" is no address: give http:// or https://, a host, perhaps a "
                           "port and a path",
                           url),
               {{"url", url}});
}

absl::Status HttpFailed(const std::string& url, std::string_view why) {
  return Error(absl::StatusCode::kUnavailable, "HTTP_FAILED", fmt::format("{}: {}", url, why),
               {{"url", url}});
}

// The library's client, of which only what it writes and reads is used.
class Exchanger final : public httplib::ClientImpl {
 public:
  explicit Exchanger(const std::string& host) : httplib::ClientImpl(host) { set_decompress(false); }

  // False when the answer cannot be read. Its body goes to the request's receiver.
  bool Exchange(HttpConnection* connection, httplib::Request* request, httplib::Response* answer) {
    httplib::Error error = httplib::Error::Success;
    return process_request(*connection, *request, *answer, true, error);
  }
};

// TLS writes as to a file: a connection that broke off must not end the program.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    if (sigismember(&before_, SIGPIPE) == 1) return;
    const timespec at_once = {};
    while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_ = {};
  sigset_t before_ = {};
};

}  // namespace

struct HttpClient::Exchanges {
  Exchanges(HttpUrl where, std::chrono::milliseconds at_most, std::unique_ptr<TlsClient> over)
      : url(std::move(where)), time(at_most), tls(std::move(over)) {}

  const HttpUrl url;
  const std::chrono::milliseconds time;
  const std::unique_ptr<TlsClient> tls;  // null: plain
  absl::Mutex mutex;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
  int socket ABSL_GUARDED_BY(mutex) = -1;  // of the exchange under way

  // A socket of the exchange, which Stop shuts down; -1 when it may not be.
  int OpenSocket(const addrinfo& address) {
    const int opened = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened < 0) return -1;
    const int yes = 1;
    ::setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    absl::MutexLock lock(&mutex);
    if (!stopped) {
      socket = opened;
      return opened;
    }
    ::close(opened);
    return -1;
  }

  void CloseSocket() {
    absl::MutexLock lock(&mutex);
    if (socket >= 0) ::close(socket);
    socket = -1;
  }

  bool IsStopped() {
    absl::MutexLock lock(&mutex);
    return stopped;
  }

  // A socket connected to one of the host's addresses; -1 when none takes it.
  int Connect(HttpTime deadline) {
    addrinfo wanted = {};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* addresses = nullptr;
    if (::getaddrinfo(url.host.c_str(), url.port.c_str(), &wanted, &addresses) != 0) return -1;
    int connected = -1;
    for (const addrinfo* one = addresses; one != nullptr && connected < 0; one = one->ai_next) {
      connected = OpenSocket(*one);
      if (connected < 0 || ConnectTo(*one, connected, deadline)) continue;
      CloseSocket();
      connected = -1;
    }
    ::freeaddrinfo(addresses);
    return connected;
  }

  static bool ConnectTo(const addrinfo& address, int socket, HttpTime deadline) {
    if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS) return false;
    const HttpTime soon = std::min(deadline, HttpTimeIn(kHttpConnectTime));
    int error = 0;
    socklen_t size = sizeof(error);
    return WaitForSocket(socket, POLLOUT, soon) &&
           ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }

  // Why the exchange failed; empty: it did not.
  std::string Exchange(httplib::Request* request, size_t max_answer_bytes, HttpReply* reply) {
    const WithoutSigpipe guard;
    const HttpTime deadline = HttpTimeIn(time);
    const int connected = Connect(deadline);
    if (connected < 0) return "no connection: is the address right, and does it serve?";
    std::string why;
    try {
      auto session = tls == nullptr ? nullptr : tls->Connect(connected, url.host);
      if (tls != nullptr && session == nullptr) throw std::bad_alloc();
      HttpConnection connection(connected, std::move(session));
      connection.set_deadline(deadline);
      why = ExchangeOver(&connection, request, max_answer_bytes, reply);
    } catch (const std::exception& error) {
      // The library throws where memory ends.
      why = error.what();
    }
    CloseSocket();
    return why;
  }

  std::string ExchangeOver(HttpConnection* connection, httplib::Request* request,
                           size_t max_answer_bytes, HttpReply* reply) const {
    if (!connection->Handshake()) return WhyNoTls(*connection);
    connection->set_budget(kMaxHttpAnswerHeadBytes);
    request->response_handler = [&](const httplib::Response& answer) {
      connection->set_budget(max_answer_bytes + kMaxChunkBytes);
      if (!answer.has_header("Content-Length") && !answer.has_header("Transfer-Encoding")) {
        connection->ReadUntilEnd();
      }
      return true;
    };
    bool is_too_large = false;
    request->content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
      is_too_large = size > max_answer_bytes - reply->body.size();
      if (!is_too_large) reply->body.append(bytes, size);
      return !is_too_large;
    };
    httplib::Response answer;
    const bool is_read = Exchanger(url.host).Exchange(connection, request, &answer);
    if (is_too_large || connection->is_over_budget()) return "its answer is too large";
    if (connection->is_late()) return "its answer takes too long";
    if (!is_read) return "the answer did not come, or broke off";
    connection->Close();
    reply->status = answer.status;
    reply->content_type = answer.get_header_value("Content-Type");
    return "";
  }

  static std::string WhyNoTls(const HttpConnection& connection) {
    if (connection.is_late()) return "its answer takes too long";
    if (!connection.is_certificate_refused()) return "no TLS with it";
    return "its certificate is not for this host, or of no CA that this machine trusts "
           "(SSL_CERT_FILE names others)";
  }
};

HttpClient::HttpClient(std::unique_ptr<Exchanges> exchanges) : exchanges_(std::move(exchanges)) {}
HttpClient::~HttpClient() = default;

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(const std::string& url,
                                                             std::chrono::milliseconds time) {
  auto parsed = ParseUrl(url);
  if (!parsed.ok()) return parsed.status();
  auto tls = parsed->is_https ? TlsClient::WithSystemCas() : nullptr;
  if (parsed->is_https && tls == nullptr) return HttpFailed(url, "no TLS on this machine");
  return std::unique_ptr<HttpClient>(
      new HttpClient(std::make_unique<Exchanges>(*std::move(parsed), time, std::move(tls))));
}

absl::StatusOr<HttpReply> HttpClient::Post(const std::string& suffix,
                                           const std::string& content_type, const std::string& body,
                                           size_t max_answer_bytes) {
  const HttpUrl& url = exchanges_->url;
  std::string path = url.path;
  if (!suffix.empty() && path.ends_with('/')) path.pop_back();
  path += suffix;
  HttpReply reply;
  httplib::Request request;
  request.method = "POST";
  request.path = path.empty() ? "/" : path;
  request.headers = {
      {"Host", url.authority}, {"Content-Type", content_type}, {"User-Agent", "registre"}};
  request.body = body;
  const std::string why = exchanges_->Exchange(&request, max_answer_bytes, &reply);
  if (why.empty()) return reply;
  return HttpFailed(fmt::format("{}://{}{}", url.is_https ? "https" : "http", url.authority, path),
                    exchanges_->IsStopped() ? "stopped" : why);
}

void HttpClient::Stop() {
  absl::MutexLock lock(&exchanges_->mutex);
  exchanges_->stopped = true;
  if (exchanges_->socket >= 0) ::shutdown(exchanges_->socket, SHUT_RDWR);
}

}  // namespace registre

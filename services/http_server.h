// A small HTTP/1.1 server (RFC 9112) for what everyone may fetch: GET and HEAD without bodies, and
// POST where it is asked for; nobody asked who they are. Whoever connects holds no more than the
// limits below.
#ifndef REGISTRE_SERVICES_HTTP_SERVER_H_
#define REGISTRE_SERVICES_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace registre {

// A request with all its headers, without a body.
inline constexpr size_t kMaxHttpRequestBytes = 4 * 1024;
// Time for it to arrive, TLS included, and for the answer to be taken.
inline constexpr std::chrono::seconds kHttpRequestTime{10};
// Time between two requests of a connection, and how many it may send: while others wait to be
// served, none after the one under way, and connections between two requests are closed.
inline constexpr std::chrono::seconds kHttpIdleTime{5};
inline constexpr size_t kMaxHttpRequests = 1'000;
// Connections that are served at once; that wait beside them; more are closed unanswered.
inline constexpr int kHttpThreads = 8;
inline constexpr size_t kMaxHttpWaiting = 128;

struct HttpAnswer {
  int status = 404;
  std::string content_type = "text/plain; charset=utf-8";
  std::string cache_control = "no-store";
  std::string body;
};

class HttpServer {
 public:
  struct Tls {
    std::string certificate_pem;  // the server's own, then the CAs between it and the root
    std::string key_pem;
  };
  // Answers a path ("/checkpoint"; percent-encoding is undone, the query left out). Any thread,
  // many at once; may block; does not throw.
  using Handler = std::function<HttpAnswer(const std::string& path)>;

  // Answers a POST in the same way; bodies of more bytes, of an unknown length or encoded are
  // refused unread (413).
  struct Posts {
    size_t max_body_bytes;
    std::function<HttpAnswer(const std::string& path, const std::string& body)> handler;
  };

  // `listen` is HOST:PORT, port 0 a free one. Errors: INVALID_ARGUMENT (ADDRESS_INVALID,
  // TLS_FILE_INVALID), UNAVAILABLE (ADDRESS_IN_USE).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& listen,
                                                           const std::optional<Tls>& tls,
                                                           Handler handler,
                                                           std::optional<Posts> posts = {});

  // Stops: answers what is under way, closes every connection.
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_HTTP_SERVER_H_

// A client of HTTP/1.1 for the few others that are asked for something: witnesses, time stamp
// authorities. Certificates of https are verified by the CAs of the system (or those that
// SSL_CERT_FILE names).
#ifndef REGISTRE_SERVICES_HTTP_CLIENT_H_
#define REGISTRE_SERVICES_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace registre {

// Time to connect to an address, and for all of an exchange: the connection, the request, the
// answer. To find the host's addresses takes what the system's resolver takes, beside it.
inline constexpr std::chrono::seconds kHttpConnectTime{5};
inline constexpr std::chrono::seconds kHttpAnswerTime{30};
// An answer without its body.
inline constexpr size_t kMaxHttpAnswerHeadBytes = 8 * 1024;

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

// One server, with a connection for each request. One thread, but for Stop.
class HttpClient {
 public:
  // `url` is http:// or https://, a host, perhaps a port and a path; `time` is that of an exchange.
  // INVALID_ARGUMENT (URL_INVALID).
  static absl::StatusOr<std::unique_ptr<HttpClient>> Make(
      const std::string& url, std::chrono::milliseconds time = kHttpAnswerTime);

  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Posts to the URL with `suffix` ("/add-checkpoint") behind its path, or as it is when that is
  // empty. Redirections are not followed. UNAVAILABLE (HTTP_FAILED) when there is no whole answer
  // in time, or one of more than `max_answer_bytes`; at most so many are held, whatever comes.
  absl::StatusOr<HttpReply> Post(const std::string& suffix, const std::string& content_type,
                                 const std::string& body, size_t max_answer_bytes);
  // Ends the request under way, and refuses those that follow. Any thread.
  void Stop();

 private:
  struct Exchanges;
  explicit HttpClient(std::unique_ptr<Exchanges> exchanges);
  const std::unique_ptr<Exchanges> exchanges_;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_HTTP_CLIENT_H_

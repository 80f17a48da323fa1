#include "services/http_client.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "ledger/base/errors.h"

namespace registre {
namespace {

struct ParsedUrl {
  std::string origin;  // scheme, host and port
  std::string path;
};

absl::StatusOr<ParsedUrl> ParseUrl(const std::string& url) {
  const size_t host = url.find("://") == std::string::npos ? 0 : url.find("://") + 3;
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  const bool printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  const size_t slash = std::min(url.find('/', host), url.size());
  if (!known || !printable || slash == host || url.find_first_of("?#@") != std::string::npos) {
    return Error(absl::StatusCode::kInvalidArgument, "URL_INVALID",
                 fmt::format("\"{}\" is no address: give http:// or https://, a host, perhaps a "
                             "port and a path",
                             url),
                 {{"url", url}});
  }
  return ParsedUrl{.origin = url.substr(0, slash), .path = url.substr(slash)};
}

absl::Status HttpFailed(const std::string& url, std::string_view why) {
  return Error(absl::StatusCode::kUnavailable, "HTTP_FAILED", fmt::format("{}: {}", url, why),
               {{"url", url}});
}

std::string_view TextOf(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "no connection: is the address right, and does it serve?";
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
      return "no TLS with it";
    case httplib::Error::SSLServerVerification:
      return "its certificate is of no CA that this machine trusts (SSL_CERT_FILE names others)";
    case httplib::Error::Read:
      return "the answer did not come, or broke off";
    case httplib::Error::Write:
      return "the connection broke off";
    default:
      return "no answer";
  }
}

}  // namespace

struct HttpClient::Library {
  Library(const std::string& url_origin, const std::string& url_path)
      : origin(url_origin), path(url_path), client(url_origin) {}
  const std::string origin;  // scheme, host and port
  const std::string path;
  httplib::Client client;
  std::atomic<bool> stopped = false;
};

HttpClient::HttpClient(std::unique_ptr<Library> library) : library_(std::move(library)) {}
HttpClient::~HttpClient() = default;

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Make(const std::string& url) {
  const auto parsed = ParseUrl(url);
  if (!parsed.ok()) return parsed.status();
  auto library = std::make_unique<Library>(parsed->origin, parsed->path);
  if (!library->client.is_valid()) return HttpFailed(url, "it cannot be used");
  library->client.set_connection_timeout(kHttpConnectTime);
  library->client.set_read_timeout(kHttpPieceTime);
  library->client.set_write_timeout(kHttpPieceTime);
  library->client.set_keep_alive(true);
  library->client.set_decompress(false);
  library->client.set_tcp_nodelay(true);
  library->client.enable_server_certificate_verification(true);
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(library)));
}

absl::StatusOr<HttpReply> HttpClient::Post(const std::string& suffix,
                                           const std::string& content_type, const std::string& body,
                                           size_t max_answer_bytes) {
  std::string path = library_->path;
  if (!suffix.empty() && path.ends_with('/')) path.pop_back();
  path += suffix;
  const std::string url = library_->origin + path;
  HttpReply reply;
  std::string_view refused;
  const auto deadline = std::chrono::steady_clock::now() + kHttpAnswerTime;
  httplib::Request request;
  request.method = "POST";
  request.path = path.empty() ? "/" : path;
  request.headers = {{"Content-Type", content_type}, {"User-Agent", "registre"}};
  request.body = body;
  request.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
    if (size > max_answer_bytes - reply.body.size()) refused = "its answer is too large";
    if (std::chrono::steady_clock::now() > deadline) refused = "its answer takes too long";
    if (!refused.empty()) return false;
    reply.body.append(bytes, size);
    return true;
  };
  try {
    if (library_->stopped) return HttpFailed(url, "stopped");
    const httplib::Result result = library_->client.send(request);
    if (!refused.empty()) return HttpFailed(url, refused);
    if (!result) return HttpFailed(url, TextOf(result.error()));
    reply.status = result->status;
    reply.content_type = result->get_header_value("Content-Type");
    return reply;
  } catch (const std::exception& error) {
    // The library throws where memory ends.
    return HttpFailed(url, error.what());
  }
}

void HttpClient::Stop() {
  library_->stopped = true;
  library_->client.stop();
}

}  // namespace registre

#include "services/page_token.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "absl/strings/escaping.h"
#include "ledger/base/errors.h"

namespace registre {
namespace {

bool TakeNumber(std::string_view* text, uint64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc() || end == text->data() + text->size() || *end != '.') return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()) + 1);
  return true;
}

}  // namespace

std::string EncodePageToken(const PageToken& token) {
  return absl::WebSafeBase64Escape(fmt::format("1.{}.{}.{}", token.size, token.next, token.after));
}

absl::StatusOr<PageToken> DecodePageToken(const std::string& text) {
  std::string decoded;
  PageToken token;
  uint64_t version = 0;
  if (text.size() <= 512 && absl::WebSafeBase64Unescape(text, &decoded)) {
    std::string_view rest = decoded;
    if (TakeNumber(&rest, &version) && version == 1 && TakeNumber(&rest, &token.size) &&
        TakeNumber(&rest, &token.next)) {
      token.after = std::string(rest);
      return token;
    }
  }
  return ShapeError({{"page_token", "PAGE_TOKEN_INVALID",
                      "not a token of this server; send next_page_token back as it came"}});
}

}  // namespace registre

// The text forms that the C2SP formats share, each in its canonical form only: what is read is,
// byte for byte, what would be written. Pure; any thread.
#ifndef REGISTRE_LEDGER_PROOF_ENCODING_H_
#define REGISTRE_LEDGER_PROOF_ENCODING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace registre {

// Standard base64 with padding (RFC 4648 section 4). Decoding refuses any other character, missing
// padding and bits that are not used.
std::string Base64OfBytes(std::string_view bytes);
std::optional<std::string> BytesFromBase64(std::string_view text);

// ASCII decimal without leading zeros, below 2^64.
std::optional<uint64_t> ParseDecimal(std::string_view text);

// The text up to the next line feed, which is taken away with it; nothing when there is none.
std::optional<std::string_view> TakeLine(std::string_view* text);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_ENCODING_H_

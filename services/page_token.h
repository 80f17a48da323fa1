// Where a listing goes on. Pure; any thread.
#ifndef REGISTRE_SERVICES_PAGE_TOKEN_H_
#define REGISTRE_SERVICES_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace registre {

// Where a listing goes on: the point of its first page, and what came last.
struct PageToken {
  uint64_t size = 0;  // events known when the first page was read
  uint64_t next = 0;  // position or sequence to go on from
  std::string after;  // key after which to go on
};
std::string EncodePageToken(const PageToken& token);
// INVALID_ARGUMENT (PAGE_TOKEN_INVALID) when it is not one of ours.
absl::StatusOr<PageToken> DecodePageToken(const std::string& text);

}  // namespace registre

#endif  // REGISTRE_SERVICES_PAGE_TOKEN_H_

// What the JSON parser says of a line, in words that help who wrote it.
#ifndef REGISTRE_CMD_REGISTRE_JSON_ERROR_H_
#define REGISTRE_CMD_REGISTRE_JSON_ERROR_H_

#include <string>
#include <string_view>

namespace registre::cli {

// The parser's message with the field's path first, what is accepted there, and what to do. A
// message of a form it does not know is kept, on one line.
std::string ExplainJsonError(std::string_view message);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_JSON_ERROR_H_

// French words for the values of the contract's enums, as tables show them. An unspecified value is
// empty; one that this program does not know is its number.
#ifndef REGISTRE_CMD_REGISTRE_WORDS_H_
#define REGISTRE_CMD_REGISTRE_WORDS_H_

#include <string>

#include "registre/v1/admin_service.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::cli {

std::string Word(v1::Advice value);
std::string Word(v1::ArticleKind value);
std::string Word(v1::Ballot value);
std::string Word(v1::Body value);
std::string Word(v1::CorrectionEffect value);
std::string Word(v1::CorrectionKind value);
std::string Word(v1::CorrectionStatus value);
std::string Word(v1::LegalForm value);
std::string Word(v1::PaymentKind value);
std::string Word(v1::PaymentStatus value);
std::string Word(v1::RecorderState value);
std::string Word(v1::RecusalScope value);
std::string Word(v1::Sector value);
std::string Word(v1::Severity value);
std::string Word(v1::Vote value);
std::string Word(v1::VoteResult value);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_WORDS_H_

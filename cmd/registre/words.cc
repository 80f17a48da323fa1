#include "cmd/registre/words.h"

#include <fmt/format.h>

#include <initializer_list>

namespace registre::cli {
namespace {

// The word of `value`; words are in the order of the enum's numbers, from 1.
std::string Pick(int value, std::initializer_list<const char*> words) {
  if (value == 0) return "";
  if (value < 0 || static_cast<size_t>(value) > words.size()) return fmt::format("? ({})", value);
  return words.begin()[value - 1];
}

}  // namespace

std::string Word(v1::Advice value) {
  return Pick(value, {"favorable", "favorable sous réserve", "défavorable"});
}

std::string Word(v1::ArticleKind value) {
  return Pick(value, {"financement", "autorisation", "imputation"});
}

std::string Word(v1::Ballot value) {
  return Pick(value, {"scrutin ordinaire", "scrutin public", "scrutin secret"});
}

std::string Word(v1::Body value) {
  return Pick(value, {"conseil départemental", "commission permanente", "conseil municipal"});
}

std::string Word(v1::CorrectionEffect value) {
  return Pick(value, {"annulé", "remplacé", "maintenu, valeurs reprises"});
}

std::string Word(v1::CorrectionKind value) {
  return Pick(value, {"remplacement de l'acte, à sa place",
                      "annulation de l'acte et de ce qui en dépend"});
}

std::string Word(v1::CorrectionStatus value) {
  return Pick(value, {"proposée", "approuvée", "rejetée"});
}

std::string Word(v1::LegalForm value) {
  return Pick(
      value, {"association", "société", "GIE", "GIP", "organisme public", "autre organisme privé"});
}

std::string Word(v1::PaymentKind value) {
  return Pick(value, {"avance", "acompte", "solde de la convention", "versement unique"});
}

std::string Word(v1::PaymentStatus value) {
  return Pick(value, {"mandat émis", "suspendu", "pris en charge", "rejeté", "payé"});
}

std::string Word(v1::RecorderState value) {
  return Pick(value, {"enregistre", "arrêté : horloge suspecte", "arrêté : une écriture a échoué",
                      "s'arrête"});
}

std::string Word(v1::RecusalScope value) {
  return Pick(value, {"ni débat ni vote", "pas de vote", "pas de débat, sans voix délibérative",
                      "absent, sans pouvoir donné"});
}

std::string Word(v1::Sector value) { return Pick(value, {"droit privé", "droit public"}); }

std::string Word(v1::Severity value) { return Pick(value, {"information", "attention", "grave"}); }

std::string Word(v1::Vote value) {
  return Pick(value, {"pour", "contre", "abstention", "sans prendre part au vote"});
}

std::string Word(v1::VoteResult value) { return Pick(value, {"adopté", "rejeté"}); }

}  // namespace registre::cli

// The public side of the log over HTTP (C2SP tlog-tiles): its checkpoint, and the tiles of the
// tree that it signs. It says nothing of what events hold.
//
//   /checkpoint                  the signed note: under a witness policy the newest that its quorum
//                                cosigned, where there is one, else the latest
//                                (Checkpoints::shown); 404 before the first
//   /tile/<L>/<N>[.p/<W>]        hashes of the Merkle tree, 32 bytes each
//   /tile/entries/<N>[.p/<W>]    entries, each SHA-256 of an event's stored bytes, behind its
//                                length in two bytes, big-endian
//
// All else is 404, and so is a tile that reaches past the latest checkpoint.
#ifndef REGISTRE_SERVICES_TILE_SERVER_H_
#define REGISTRE_SERVICES_TILE_SERVER_H_

#include <string>

#include "ledger/checkpoints.h"
#include "ledger/ledger.h"
#include "services/http_server.h"

namespace registre {

// Answers a path, for HttpServer::Start. Borrows both. Any thread.
HttpAnswer AnswerTilePath(Ledger* ledger, const Checkpoints& checkpoints, const std::string& path);

}  // namespace registre

#endif  // REGISTRE_SERVICES_TILE_SERVER_H_

#!/usr/bin/python3
"""A finance system's end of the payment feed: writes every payment event, once, into a SQLite table.

It may be killed at any moment, and so may the server: what is done is in the table with the id of its
event, in one transaction, and what comes again is found there. Copy it, and put what your system does
in the place of `apply`. README.md beside it says how to run it.
"""

import argparse
import pathlib
import queue
import sqlite3
import sys
import time

import grpc
from registre.v1 import event_pb2
from registre.v1 import payment_feed_service_pb2 as feed
from registre.v1 import payment_feed_service_pb2_grpc as feed_grpc

TABLES = """
create table if not exists payment_event (
    sequence     integer primary key,     -- in the order in which they were done
    event_id     blob not null unique,    -- what makes a second delivery harmless
    position     integer not null,
    convention   text not null,           -- empty: an allotment is paid without one
    fiscal_year  integer not null,
    mandat       text not null,
    act          text not null,           -- payment_ordered, payment_accepted, ...
    amount_cents integer not null,
    recorded_at  text not null
);
create table if not exists mandat (       -- where each order is
    fiscal_year  integer not null,
    mandat       text not null,
    status       text not null,
    net_cents    integer not null,
    primary key (fiscal_year, mandat)
);
"""


def apply(table, event):
    """What this system does with an event, inside the transaction. An exception refuses the event."""
    kind = event.act.WhichOneof("act")
    act = getattr(event.act, kind)
    order = act if kind == "payment_ordered" else act.order
    amount = act.reduction_cents if kind == "payment_reduced" else order.amount_cents
    table.execute(
        "insert into payment_event (event_id, position, convention, fiscal_year, mandat, act,"
        " amount_cents, recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (event.event_id, event.position, order.basis.convention_number, order.fiscal_year,
         order.mandat, kind, amount, event.recorded_at.ToJsonString()))
    # order.amount_cents is what is ordered at that moment, net of what was reduced before.
    net = order.amount_cents - (amount if kind == "payment_reduced" else 0)
    status = {"payment_reduced": None}.get(kind, kind.removeprefix("payment_"))
    table.execute(
        "insert into mandat values (?, ?, ?, ?) on conflict do update"
        " set status = coalesce(?, status), net_cents = excluded.net_cents",
        (order.fiscal_year, order.mandat, status or "ordered", net, status))


def take(table, delivery):
    """Does the events of a delivery in order; returns the answer to it."""
    done = None
    for stored in delivery.events:
        event = event_pb2.Event.FromString(stored.event)
        known = table.execute("select 1 from payment_event where event_id = ?", (event.event_id,))
        if known.fetchone() is None:
            table.execute("savepoint one_event")
            try:
                apply(table, event)
            except Exception as error:  # whatever it is, an admin will read it
                table.execute("rollback to one_event")
                print(f"event {event.position} is refused: {error!r}", file=sys.stderr)
                return feed.ConsumeRequest(refuse=feed.Refuse(
                    delivery_id=delivery.delivery_id, position=event.position,
                    reason=repr(error)[:100]))
        done = event.position
    return feed.ConsumeRequest(acknowledge=feed.Acknowledge(
        delivery_id=delivery.delivery_id, through_position=done))


def connect(arguments):
    if not arguments.tls_ca:
        return grpc.insecure_channel(arguments.server)
    credentials = grpc.ssl_channel_credentials(
        *(pathlib.Path(path).read_bytes()
          for path in (arguments.tls_ca, arguments.tls_key, arguments.tls_cert)))
    return grpc.secure_channel(arguments.server, credentials)


def consume(arguments, table):
    """One connection, until it ends; how many events are left undone. Raises grpc.RpcError."""
    # Local mode only: under TLS the certificate says who this is.
    metadata = [("registre-subject", arguments.subject)]
    with connect(arguments) as channel:
        stub = feed_grpc.PaymentFeedServiceStub(channel)
        try:
            stub.CreateConsumer(feed.CreateConsumerRequest(name=arguments.consumer),
                                metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.ALREADY_EXISTS:
                raise
        answers = queue.SimpleQueue()  # ends with None
        answers.put(feed.ConsumeRequest(attach=feed.Attach(consumer=arguments.consumer)))
        left = 0  # refused, or held behind what is parked
        try:
            for message in stub.Consume(iter(answers.get, None), metadata=metadata):
                if message.HasField("caught_up"):
                    left += message.caught_up.held
                    if arguments.once:
                        answers.put(None)  # the server takes the answers before it, then ends
                # One transaction for all that came together, and only then the answers.
                taken = [take(table, delivery) for delivery in message.deliveries.deliveries]
                table.commit()
                for answer in taken:
                    left += answer.HasField("refuse")
                    answers.put(answer)
        finally:
            answers.put(None)
        return left


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="127.0.0.1:7462")
    parser.add_argument("--consumer", default="finance", help="name under which the server remembers")
    parser.add_argument("--database", required=True, help="file of the SQLite table")
    parser.add_argument("--tls-ca", help="PEM file of the authority that signed the server's")
    parser.add_argument("--tls-cert", help="PEM file of the certificate")
    parser.add_argument("--tls-key", help="PEM file of its key")
    parser.add_argument("--subject", default="finance", help="who acts, where there is no TLS")
    parser.add_argument("--once", action="store_true", help="stop when there is nothing more to take")
    arguments = parser.parse_args()
    tls = [arguments.tls_ca, arguments.tls_cert, arguments.tls_key]
    if any(tls) and not all(tls):
        parser.error("--tls-ca, --tls-cert and --tls-key go together")
    table = sqlite3.connect(arguments.database)
    table.executescript("pragma journal_mode = wal;" + TABLES)
    pause = 0.1
    while True:
        begun = time.monotonic()
        try:
            left = consume(arguments, table)
            if arguments.once:
                if left:
                    print(f"{left} events are refused or held: registre admin consumers show "
                          f"{arguments.consumer}", file=sys.stderr)
                return 1 if left else 0
        except grpc.RpcError as error:
            table.rollback()
            # The server stopped, was not reached, or gave the consumer to another client.
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED,
                                    grpc.StatusCode.RESOURCE_EXHAUSTED):
                print(f"{error.code().name}: {error.details()}", file=sys.stderr)
                return 1
            print(f"again in {pause:.1f} s: {error.code().name}: {error.details()}",
                  file=sys.stderr)
        pause = 0.1 if time.monotonic() - begun > 10 else min(pause * 2, 10)
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())

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
    type         text not null,           -- payment_ordered, ..., act_reversed, act_rectified
    act          text not null,           -- the same, or the act that a correction is about
    act_position integer not null,        -- where that act was first recorded
    counts       integer not null,        -- 1: the act counts from now on, -1: it no longer does
    convention   text not null,           -- empty: an allotment is paid without one
    fiscal_year  integer not null,
    mandat       text not null,
    amount_cents integer not null,        -- of the act; see the sums below
    recorded_at  text not null
);
create index if not exists of_mandat on payment_event (fiscal_year, mandat);
create view if not exists mandat as       -- where each order is, by the acts that count
    select fiscal_year, mandat,
        (select replace(step.act, 'payment_', '') from payment_event as step
            where step.fiscal_year = each.fiscal_year and step.mandat = each.mandat
                and step.act in ('payment_ordered', 'payment_suspended', 'payment_accepted',
                                 'payment_rejected', 'payment_settled')
            group by step.act_position, step.act having sum(step.counts) > 0
            order by step.act_position desc limit 1) as status,
        sum(counts * amount_cents * case act when 'payment_ordered' then 1
            when 'payment_reduced' then -1 when 'payment_rejected' then -1 else 0 end) as net_cents,
        sum(counts * amount_cents * (act = 'payment_settled')) as paid_cents,
        sum(counts * amount_cents * (act = 'recovery_ordered')) as asked_back_cents,
        sum(counts * amount_cents * (act = 'recovery_received')) as received_back_cents
    from payment_event as each group by fiscal_year, mandat;
"""


def meaning(event):
    """The act that an event is about, where it was first recorded, and whether it counts: 1 or -1."""
    kind = event.act.WhichOneof("act")
    act = getattr(event.act, kind)
    if kind == "act_reversed":
        return act.act, act.target_position, -1
    if kind == "act_rectified":  # it takes the place of the act reversed just before
        return act.act, act.target_position, 1
    return event.act, event.position, 1


def apply(table, event):
    """What this system does with an event, inside the transaction. An exception refuses the event."""
    about, act_position, counts = meaning(event)
    kind = about.WhichOneof("act")
    act = getattr(about, kind)
    order = act if kind == "payment_ordered" else act.order
    # What it takes off, asks back or receives; else what is ordered at that moment, net of reductions.
    amount = {"payment_reduced": "reduction_cents", "recovery_ordered": "amount_cents",
              "recovery_received": "amount_cents"}.get(kind)
    # A reimputation moves no cash: the order is on its new convention from then on.
    basis = act.basis if kind == "payment_reimputed" else order.basis
    table.execute(
        "insert into payment_event (event_id, position, type, act, act_position, counts, convention,"
        " fiscal_year, mandat, amount_cents, recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event.event_id, event.position, event.act.WhichOneof("act"), kind, act_position, counts,
         basis.convention_number, order.fiscal_year, order.mandat,
         getattr(act, amount) if amount else order.amount_cents, event.recorded_at.ToJsonString()))


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

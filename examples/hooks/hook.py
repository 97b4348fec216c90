#!/usr/bin/env python3
"""A hook of weipay relay: a points ledger in SQLite, with nothing but Python's standard library (3.9 or newer).
    HOOK_SECRET=… python3 hook.py 8091 ledger.db

What makes it right: the question's id, the answer and the booking are stored in ONE transaction. A repetition finds the
id and gets the stored answer; whatever dies in between, the booking happened once or not at all.
"""
import base64, hashlib, hmac, json, os, sqlite3, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (id TEXT PRIMARY KEY, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS member (openid TEXT PRIMARY KEY, points INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS exchange (record_id TEXT PRIMARY KEY, openid TEXT NOT NULL, points INTEGER NOT NULL,
    state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payment (transaction_id TEXT PRIMARY KEY, openid TEXT NOT NULL, fen INTEGER NOT NULL,
    points INTEGER NOT NULL, reversed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS refund (refund_id TEXT PRIMARY KEY, transaction_id TEXT NOT NULL, fen INTEGER NOT NULL);
"""


def connect():
    db = sqlite3.connect(sys.argv[2], timeout=8, isolation_level=None)  # we write BEGIN and COMMIT ourselves
    db.execute("PRAGMA synchronous = FULL")
    return db


def move(db, openid, points):
    db.execute("INSERT OR IGNORE INTO member VALUES (?, 0)", (openid,))
    db.execute("UPDATE member SET points = points + ? WHERE openid = ?", (points, openid))


def balance_of(db, openid):  # what can be spent: points set aside for open exchanges are taken off already
    row = db.execute("SELECT points FROM member WHERE openid = ?", (openid,)).fetchone()
    return row[0] if row else 0


def decide(db, data):
    record, openid, points = data["record_id"], data["openid"], data["deduct_points"]
    known = db.execute("SELECT state FROM exchange WHERE record_id = ?", (record,)).fetchone()
    if not known and balance_of(db, openid) < points:
        return {"decision": "reject", "reason": "积分不足"}
    if not known:
        move(db, openid, -points)
        db.execute("INSERT INTO exchange VALUES (?, ?, ?, 'open')", (record, openid, points))
    return {"decision": "allow"}  # confirm_shape A: also "coupon_code", one of yours, kept in the same row


def settled(db, data):
    record = data.get("exchange", {}).get("record_id")  # other effects have no exchange
    row = db.execute("SELECT openid, points FROM exchange WHERE record_id = ? AND state = 'open'", (record,)).fetchone()
    if row and data["result"] == "issued":
        db.execute("UPDATE exchange SET state = 'issued' WHERE record_id = ?", (record,))
    elif row and data["result"] == "not_issued":
        db.execute("UPDATE exchange SET state = 'not_issued' WHERE record_id = ?", (record,))
        move(db, *row)
    return {}  # parked: nobody knows yet, so everything stays set aside

def take_back(db, transaction):
    """What is left of a payment keeps its points, rounded down; so the order of refunds makes no difference."""
    paid = db.execute("SELECT openid, fen, points, reversed FROM payment WHERE transaction_id = ?", (transaction,)).fetchone()
    if paid:
        openid, fen, points, reversed_ = paid
        back = db.execute("SELECT COALESCE(SUM(fen), 0) FROM refund WHERE transaction_id = ?", (transaction,)).fetchone()[0]
        owed = points - points * max(fen - back, 0) // max(fen, 1) - reversed_
        db.execute("UPDATE payment SET reversed = reversed + ? WHERE transaction_id = ?", (owed, transaction))
        move(db, openid, -owed)

def points(db, data):
    transaction, openid, fen = data["transaction_id"], data["openid"], data["amount"]
    earned = fen // 100  # one point for a yuan
    if db.execute("INSERT OR IGNORE INTO payment VALUES (?, ?, ?, ?, 0)", (transaction, openid, fen, earned)).rowcount:
        move(db, openid, earned)
        take_back(db, transaction)  # refunds may have come before their payment
    return {"earn": earned > 0, "points": earned, "total": max(balance_of(db, openid), 0)}


def reverse(db, data):
    db.execute("INSERT OR IGNORE INTO refund VALUES (?, ?, ?)",
               (data["refund_id"], data["transaction_id"], data["refund_amount"]))
    take_back(db, data["transaction_id"])
    return {}


def balance(db, data):
    return {"balance": max(balance_of(db, data["openid"]), 0)}

def card(db, data):
    return {"open": True} if data["change"] == "created" else {}

QUESTIONS = {f.__name__: f for f in (decide, settled, points, reverse, balance, card)}


def answer(question):
    db = connect()
    try:
        db.execute("BEGIN IMMEDIATE")  # one at a time: two repetitions cannot both find the id missing
        stored = db.execute("SELECT answer FROM asked WHERE id = ?", (question["id"],)).fetchone()
        if stored:
            db.execute("ROLLBACK")
            return stored[0]
        text = json.dumps(QUESTIONS[question["type"]](db, question["data"]), ensure_ascii=False)
        db.execute("INSERT INTO asked VALUES (?, ?)", (question["id"], text))
        db.execute("COMMIT")
        return text
    finally:
        db.close()  # rolls back what was not committed


def signed(headers, body):
    """Standard Webhooks: HMAC-SHA256 over id.timestamp.body, at most five minutes old."""
    id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    secret = os.environ["HOOK_SECRET"].strip()
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    right = base64.b64encode(hmac.new(key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    fresh = at.isdigit() and abs(time.time() - int(at)) <= 300
    return fresh and any(hmac.compare_digest(f"v1,{right}".encode(), one.encode()) for one in given)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not signed(self.headers, body):
            return self.reply(401, '{"error": "the signature does not hold"}')
        question = json.loads(body)
        if question["version"] != "1" or self.path.rsplit("/", 1)[-1] != question["type"] or question["type"] not in QUESTIONS:
            return self.reply(400, '{"error": "not a question of version 1"}')
        try:
            self.reply(200, answer(question))
        except sqlite3.Error:
            self.reply(503, '{"error": "the ledger is not there; ask again"}')  # the relay asks again

    def reply(self, status, text):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass  # log what you need, without openids


if __name__ == "__main__":
    with connect() as start:
        start.execute("PRAGMA journal_mode = WAL")
        start.executescript(SCHEMA)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

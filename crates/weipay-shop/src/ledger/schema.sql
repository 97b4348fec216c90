-- The shop's books. Amounts are fen, points are points, times are RFC 3339 in UTC.

CREATE TABLE IF NOT EXISTS member (
    merchant TEXT NOT NULL,
    openid   TEXT NOT NULL,
    name     TEXT NOT NULL,
    points   INTEGER NOT NULL CHECK (points >= 0),
    -- Set aside for exchanges that are not settled; part of points.
    reserved INTEGER NOT NULL CHECK (reserved BETWEEN 0 AND points),
    -- Points of refunded payments that had been spent; taken off what is earned next.
    debt     INTEGER NOT NULL DEFAULT 0 CHECK (debt >= 0),
    card     TEXT,
    PRIMARY KEY (merchant, openid)
);

-- Every change of points, never changed itself: a member's points are the sum of these.
CREATE TABLE IF NOT EXISTS entry (
    id       INTEGER PRIMARY KEY,
    merchant TEXT NOT NULL,
    openid   TEXT NOT NULL,
    what     TEXT NOT NULL,
    points   INTEGER NOT NULL,
    at       TEXT NOT NULL
);

-- The questions that were answered. A row is written in the transaction that it answers for.
CREATE TABLE IF NOT EXISTS answered (
    question TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    answer   TEXT NOT NULL,
    repeats  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS exchange (
    merchant    TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    openid      TEXT NOT NULL,
    points      INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('received', 'reserved', 'rejected', 'taken', 'given_back')),
    coupon_code TEXT,
    reason      TEXT,
    parked      INTEGER NOT NULL DEFAULT 0,
    received    TEXT NOT NULL,
    decided     TEXT,
    settled     TEXT,
    PRIMARY KEY (merchant, record_id)
);

-- Coupon codes of the shop's own. No constraint keeps two from one exchange: the books shall show it if it happens.
CREATE TABLE IF NOT EXISTS coupon (
    code      TEXT PRIMARY KEY,
    number    INTEGER NOT NULL UNIQUE,
    merchant  TEXT NOT NULL,
    record_id TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('allotted', 'issued', 'withdrawn'))
);

CREATE TABLE IF NOT EXISTS payment (
    merchant       TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    openid         TEXT NOT NULL,
    amount         INTEGER NOT NULL,
    points         INTEGER NOT NULL,
    reversed       INTEGER NOT NULL DEFAULT 0,
    at             TEXT NOT NULL,
    PRIMARY KEY (merchant, transaction_id)
);

-- A refund may be known before its payment.
CREATE TABLE IF NOT EXISTS refund (
    merchant       TEXT NOT NULL,
    refund_id      TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    openid         TEXT NOT NULL,
    pay_amount     INTEGER NOT NULL,
    refund_amount  INTEGER NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (merchant, refund_id)
);
CREATE INDEX IF NOT EXISTS refund_by_payment ON refund (merchant, transaction_id);

-- What the relay may never do, when it did.
CREATE TABLE IF NOT EXISTS breach (
    name   TEXT NOT NULL,
    detail TEXT NOT NULL,
    at     TEXT NOT NULL
);

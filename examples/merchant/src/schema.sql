-- The shop's own tables, in the relay's database. Amounts are fen.

CREATE TABLE IF NOT EXISTS shop_member (
    number INTEGER PRIMARY KEY,
    openid TEXT NOT NULL UNIQUE,
    -- Below zero when points were spent whose payment was refunded.
    points INTEGER NOT NULL DEFAULT 0,
    -- Set aside for exchanges that are not settled; part of points.
    aside  INTEGER NOT NULL DEFAULT 0 CHECK (aside >= 0)
);

-- A coupon's code comes of its number, so rows stay: a code that was withdrawn is never used again.
CREATE TABLE IF NOT EXISTS shop_exchange (
    number    INTEGER PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    openid    TEXT NOT NULL,
    points    INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'issued', 'given_back'))
);

CREATE TABLE IF NOT EXISTS shop_payment (
    transaction_id TEXT PRIMARY KEY,
    openid         TEXT NOT NULL,
    amount         INTEGER NOT NULL,
    points         INTEGER NOT NULL,
    reversed       INTEGER NOT NULL DEFAULT 0
);

-- May be known before its payment.
CREATE TABLE IF NOT EXISTS shop_refund (
    refund_id      TEXT PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    amount         INTEGER NOT NULL
);

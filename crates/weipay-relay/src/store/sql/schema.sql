-- What is durable in the relay. Times are microseconds since 1970 (UTC), durations are microseconds.
-- ROW_NUMBER_KEY, ROW_KEY and BYTES are the words that SQLite and PostgreSQL spell differently.

-- Notifications as they came: encrypted, with nothing but the business key in clear. Each has its job.
CREATE TABLE relay_inbox (
    job ROW_KEY,
    merchant TEXT NOT NULL,
    notification_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    case_key TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BYTES NOT NULL,
    person TEXT,
    received BIGINT NOT NULL,
    duplicates BIGINT NOT NULL DEFAULT 0,
    UNIQUE (merchant, notification_id)
);

-- Work. The row is the queue.
-- queue: the budget that it draws on, @merchant/hook for what its hook is asked and told, or @merchant. tag: its turn in that queue, fair between shares.
-- state: waiting (due later), ready, running, settled, refused, parked, dead, superseded.
-- token: the attempt that is under way, 0 for none. origin: the job that a notification asked for first.
CREATE TABLE relay_job (
    id ROW_NUMBER_KEY,
    merchant TEXT NOT NULL,
    job_key TEXT NOT NULL,
    case_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    lane BIGINT NOT NULL,
    ordering TEXT,
    absolute BIGINT NOT NULL,
    queue TEXT NOT NULL,
    share TEXT,
    tag BIGINT NOT NULL,
    due BIGINT NOT NULL,
    not_after BIGINT,
    person TEXT,
    request_no TEXT,
    payload BYTES NOT NULL,
    origin BIGINT,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    crashes BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL,
    ended BIGINT,
    reason TEXT,
    result BYTES,
    token BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    lease_length BIGINT,
    UNIQUE (merchant, job_key)
);
CREATE INDEX relay_job_ready ON relay_job (queue, lane, tag, id) WHERE state = 'ready';
CREATE INDEX relay_job_expiring ON relay_job (not_after) WHERE state = 'ready' AND not_after IS NOT NULL;
CREATE INDEX relay_job_waiting ON relay_job (due) WHERE state = 'waiting';
CREATE INDEX relay_job_running ON relay_job (lease_until) WHERE state = 'running';
CREATE INDEX relay_job_ordering ON relay_job (merchant, ordering, id) WHERE ordering IS NOT NULL;
CREATE INDEX relay_job_case ON relay_job (case_key);
CREATE INDEX relay_job_person ON relay_job (person) WHERE person IS NOT NULL;
CREATE INDEX relay_job_ended ON relay_job (ended) WHERE ended IS NOT NULL;
CREATE INDEX relay_job_origin ON relay_job (origin) WHERE origin IS NOT NULL;
CREATE INDEX relay_job_state ON relay_job (state, id) WHERE state IN ('parked', 'dead', 'refused');

-- Attempts, stored before they are made: one that never ended keeps the outcome that it began with, unknown.
-- The number is the fencing token. outcome: 0 none, 1 not sent, 2 rejected, 3 accepted, 4 unknown.
CREATE TABLE relay_attempt (
    id ROW_NUMBER_KEY,
    job BIGINT NOT NULL,
    worker TEXT NOT NULL,
    started BIGINT NOT NULL,
    slot BIGINT,
    ended BIGINT,
    outcome BIGINT NOT NULL,
    status BIGINT,
    code TEXT,
    request_id TEXT,
    note TEXT
);
CREATE INDEX relay_attempt_job ON relay_attempt (job, id);

-- Budgets: the next free moment, one row each, taken in the claim's transaction.
CREATE TABLE relay_pace (
    budget TEXT PRIMARY KEY,
    normal BIGINT NOT NULL,
    slowest BIGINT NOT NULL,
    current BIGINT NOT NULL,
    next_free BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    touched BIGINT NOT NULL
);

-- Fair queueing: where each share's last job ends, and how far each queue's turn has come.
CREATE TABLE relay_share (
    queue TEXT NOT NULL,
    lane BIGINT NOT NULL,
    share TEXT NOT NULL,
    finish BIGINT NOT NULL,
    PRIMARY KEY (queue, lane, share)
);
CREATE TABLE relay_turn (
    queue TEXT NOT NULL,
    lane BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    PRIMARY KEY (queue, lane)
);

-- What is stopped. scope: all, merchant, budget, effects (a merchant's calls).
-- probe: when one call is tried nevertheless; only of what the relay itself stopped.
CREATE TABLE relay_hold (
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    since BIGINT NOT NULL,
    who TEXT NOT NULL,
    note TEXT,
    probe BIGINT,
    PRIMARY KEY (scope, name)
);

-- What failed verification.
CREATE TABLE relay_refused (
    id ROW_NUMBER_KEY,
    merchant TEXT NOT NULL,
    reason TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BYTES NOT NULL,
    received BIGINT NOT NULL
);
CREATE INDEX relay_refused_merchant ON relay_refused (merchant, id);

-- Every manual act.
CREATE TABLE relay_audit (
    id ROW_NUMBER_KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    act TEXT NOT NULL,
    target TEXT NOT NULL,
    note TEXT
);
CREATE INDEX relay_audit_target ON relay_audit (target);

-- One row: who hands out work holds it, so that order, fairness and pace are judged by one at a time.
CREATE TABLE relay_turnstile (
    id BIGINT PRIMARY KEY
);
INSERT INTO relay_turnstile (id) VALUES (1);

-- The audit log. `sequence` and `request` only find rows: what counts is inside `body`, which the chain authenticates.
CREATE TABLE events (
    sequence       INTEGER PRIMARY KEY,
    request        BLOB,
    previous       BLOB NOT NULL,
    body           BLOB NOT NULL,
    hash           BLOB NOT NULL,
    authentication BLOB NOT NULL
) STRICT;

CREATE INDEX events_by_request ON events (request, sequence) WHERE request IS NOT NULL;

-- Who is to be told about what, and what became of it. Written in the transaction of the event that it is about.
CREATE TABLE notices (
    request  BLOB    NOT NULL,
    event    INTEGER NOT NULL,
    about    TEXT    NOT NULL,
    place    TEXT    NOT NULL,
    outcome  TEXT    NOT NULL DEFAULT 'waiting',
    problem  TEXT,
    PRIMARY KEY (request, event, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_waiting ON notices (event) WHERE outcome = 'waiting';

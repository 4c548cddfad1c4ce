-- Replication of certified calibrations to the sites, their import and the check of what is in force there.
-- Written by the distributor. Names and states as Rucio has them.

-- Storage elements. One a site, from the settings; attributes are what RSE expressions ask for.
CREATE TABLE calbus.rse (
    name            text    PRIMARY KEY,
    site            text    NOT NULL,
    folder          text    NOT NULL,       -- its root; a file lies at <folder>/<scope>/<name>
    rse_type        text    NOT NULL DEFAULT 'DISK',
    availability_write boolean NOT NULL DEFAULT true,
    attributes      jsonb   NOT NULL DEFAULT '{}',
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- Data identifiers: unique over all types, for ever.
CREATE TABLE calbus.did (
    scope           text    NOT NULL,
    name            text    NOT NULL,
    type            text    NOT NULL CHECK (type IN ('FILE', 'DATASET', 'CONTAINER')),
    account         text    NOT NULL DEFAULT 'root',
    bytes           bigint,                 -- of a collection: written when it is closed
    length          integer,                -- files of a closed collection
    adler32         text    NOT NULL DEFAULT '',
    md5             text    NOT NULL DEFAULT '',
    is_open         boolean NOT NULL DEFAULT false,
    monotonic       boolean NOT NULL DEFAULT false,
    meta            jsonb   NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    PRIMARY KEY (scope, name)
);

CREATE TABLE calbus.content (
    scope           text    NOT NULL,
    name            text    NOT NULL,
    child_scope     text    NOT NULL,
    child_name      text    NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, name, child_scope, child_name),
    FOREIGN KEY (scope, name) REFERENCES calbus.did,
    FOREIGN KEY (child_scope, child_name) REFERENCES calbus.did
);
CREATE INDEX content_child ON calbus.content (child_scope, child_name);

CREATE TABLE calbus.replica (
    rse             text    NOT NULL REFERENCES calbus.rse,
    scope           text    NOT NULL,
    name            text    NOT NULL,
    bytes           bigint  NOT NULL,
    adler32         text    NOT NULL,
    md5             text    NOT NULL,
    state           text    NOT NULL CHECK (state IN ('AVAILABLE', 'UNAVAILABLE', 'COPYING', 'BAD')),
    path            text    NOT NULL,       -- below the folder of the storage element
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, name, rse),
    FOREIGN KEY (scope, name) REFERENCES calbus.did
);
CREATE INDEX replica_rse ON calbus.replica (rse, state);

-- Where a dataset is to be. Counters are changed together with the locks.
CREATE TABLE calbus.rule (
    id              text    PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    scope           text    NOT NULL,
    name            text    NOT NULL,
    account         text    NOT NULL DEFAULT 'root',
    rse_expression  text    NOT NULL,
    copies          integer NOT NULL CHECK (copies > 0),
    grouping        text    NOT NULL DEFAULT 'DATASET',
    -- INJECT: its files are being exported
    state           text    NOT NULL CHECK (state IN ('INJECT', 'REPLICATING', 'OK', 'STUCK', 'SUSPENDED')),
    locks_ok        integer NOT NULL DEFAULT 0,
    locks_replicating integer NOT NULL DEFAULT 0,
    locks_stuck     integer NOT NULL DEFAULT 0,
    error           text    NOT NULL DEFAULT '',
    proposal_id     text    NOT NULL DEFAULT '',
    stuck_at        timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (scope, name, account, rse_expression, copies),
    FOREIGN KEY (scope, name) REFERENCES calbus.did
);

CREATE TABLE calbus.lock (
    rule_id         text    NOT NULL REFERENCES calbus.rule,
    scope           text    NOT NULL,
    name            text    NOT NULL,
    rse             text    NOT NULL,
    state           text    NOT NULL CHECK (state IN ('REPLICATING', 'OK', 'STUCK')),
    repair_count    integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, name, rse, rule_id),
    FOREIGN KEY (scope, name, rse) REFERENCES calbus.replica
);
CREATE INDEX lock_rule ON calbus.lock (rule_id, rse, state);

CREATE TABLE calbus.transfer (
    id              text    PRIMARY KEY,            -- UUID
    rule_id         text    NOT NULL REFERENCES calbus.rule,    -- that asked first
    scope           text    NOT NULL,
    name            text    NOT NULL,
    bytes           bigint  NOT NULL,
    source_rse      text    NOT NULL DEFAULT '',    -- of the last attempt
    destination_rse text    NOT NULL,
    state           text    NOT NULL DEFAULT 'QUEUED' CHECK (state IN ('QUEUED', 'DONE', 'FAILED')),
    attempts        integer NOT NULL DEFAULT 0,     -- that failed
    error           text    NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz
);
CREATE UNIQUE INDEX one_transfer_of_a_file ON calbus.transfer (scope, name, destination_rse) WHERE state = 'QUEUED';
CREATE INDEX transfer_rule ON calbus.transfer (rule_id);

-- What an accepted proposal distributes: the ticket's chain of a repository.
CREATE TABLE calbus.distribution (
    rule_id         text    PRIMARY KEY REFERENCES calbus.rule,
    proposal_id     text    NOT NULL UNIQUE,
    repository      text    NOT NULL,
    instrument      text    NOT NULL,
    ticket          text    NOT NULL,
    label           text    NOT NULL,
    ticket_chain    text    NOT NULL,
    source_rse      text    NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    exported_at     timestamptz
);

-- Each certification that was exported: what the sites must show after their deployment.
CREATE TABLE calbus.distributed_dataset (
    rule_id         text    NOT NULL REFERENCES calbus.rule,
    dataset_id      text    NOT NULL,
    dataset_type    text    NOT NULL,
    run             text    NOT NULL,
    collection      text    NOT NULL,
    detector        integer,
    physical_filter text    NOT NULL DEFAULT '',
    begin_tai       bigint,                         -- ns; NULL is unbounded
    end_tai         bigint,                         -- ns; NULL is open-ended
    name            text    NOT NULL,               -- of its file's DID
    sha256          text    NOT NULL
);
CREATE INDEX distributed_dataset_rule ON calbus.distributed_dataset (rule_id, dataset_type);
CREATE INDEX distributed_dataset_id ON calbus.distributed_dataset (dataset_id);

CREATE TABLE calbus.site_import (
    id              text    PRIMARY KEY,            -- UUID
    rule_id         text    NOT NULL REFERENCES calbus.rule,
    site            text    NOT NULL,
    repository      text    NOT NULL,
    state           text    NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'IMPORTED', 'FAILED', 'CANCELLED')),
    datasets        integer NOT NULL DEFAULT 0,
    error           text    NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    imported_at     timestamptz,
    UNIQUE (rule_id, site, repository)
);

CREATE TABLE calbus.deployment_check (
    id              text    PRIMARY KEY,            -- UUID, of the change of the chain
    proposal_id     text    NOT NULL,
    site            text    NOT NULL,
    repository      text    NOT NULL,
    instrument      text    NOT NULL,
    parent          text    NOT NULL,               -- the default chain
    ticket_chain    text    NOT NULL,
    verdict         text    NOT NULL DEFAULT 'PENDING' CHECK (verdict IN ('PENDING', 'PASS', 'FAIL', 'NO_DATA')),
    exposure        bigint,
    detector        integer,
    processed       text    NOT NULL DEFAULT '',    -- path of the processed exposure
    detail          text    NOT NULL DEFAULT '',
    fingerprint     text    NOT NULL DEFAULT '',    -- of the default chain, SHA-256
    created_at      timestamptz NOT NULL DEFAULT now(),
    checked_at      timestamptz,
    UNIQUE (proposal_id, site, repository)
);

-- Long work under a lease: EXPORT (id: rule), TRANSFER, IMPORT, CHECK (id: of their row). Gone when it is done.
CREATE TABLE calbus.dist_job (
    id              text    PRIMARY KEY,
    kind            text    NOT NULL CHECK (kind IN ('EXPORT', 'TRANSFER', 'IMPORT', 'CHECK')),
    failures        integer NOT NULL DEFAULT 0,
    next_attempt    timestamptz NOT NULL DEFAULT now(),
    owner           text    NOT NULL DEFAULT '',
    lease_until     timestamptz,
    token           bigint  NOT NULL DEFAULT 0,     -- fencing: grows with each claim
    error           text    NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dist_job_due ON calbus.dist_job (next_attempt);

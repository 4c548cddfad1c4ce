-- 0003_run.sql: runs of pipelines and their quanta, for the engine of generator and verifier.
-- Written by: bps and calbus (a run in state requested), generator and verifier (everything else of their own engine).

CREATE TABLE calbus.run (
    id                uuid        PRIMARY KEY,
    engine            text        NOT NULL CHECK (engine IN ('generator', 'verifier')),
    kind              text        NOT NULL DEFAULT 'campaign',   -- campaign, daily, check
    state             text        NOT NULL DEFAULT 'requested'
        CHECK (state IN ('requested', 'running', 'succeeded', 'failed', 'cancelled')),
    repository        text        NOT NULL,                      -- label of the index, or path
    instrument        text        NOT NULL DEFAULT '',
    name              text        NOT NULL DEFAULT '',           -- payloadName of the template
    ticket            text        NOT NULL DEFAULT '',           -- its campaign
    pipeline          text        NOT NULL,                      -- one YAML file without imports
    template          text        NOT NULL DEFAULT '',           -- as it was rendered
    inputs            text[]      NOT NULL,                      -- search path
    data_query        text        NOT NULL,
    output_run        text        NOT NULL,                      -- RUN collection
    output_collection text        NOT NULL DEFAULT '',           -- CHAINED collection above it
    dataset_type      text        NOT NULL DEFAULT '',           -- the calibration it makes
    physical_filter   text        NOT NULL DEFAULT '',           -- of a flat
    options           jsonb       NOT NULL DEFAULT '{}',         -- what the engine's service needs to know besides
    requested_by      text        NOT NULL DEFAULT '',
    requested_at      timestamptz NOT NULL DEFAULT now(),
    started_at        timestamptz,
    ended_at          timestamptz,
    quanta            integer     NOT NULL DEFAULT 0,
    error             text        NOT NULL DEFAULT ''            -- first failure
);
CREATE INDEX run_requested_at ON calbus.run (requested_at DESC);
CREATE INDEX run_output_run ON calbus.run (repository, output_run);

-- A piece of work: one data ID of a task, or a few exposures of one detector.
CREATE TABLE calbus.quantum (
    id              uuid             PRIMARY KEY,
    run_id          uuid             NOT NULL REFERENCES calbus.run ON DELETE CASCADE,
    engine          text             NOT NULL,
    label           text             NOT NULL,                   -- of its task in the pipeline
    ordinal         integer          NOT NULL,                   -- order in the run
    state           text             NOT NULL
        CHECK (state IN ('waiting', 'ready', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')),
    detector        bigint,
    physical_filter text,
    band            text,
    exposures       bigint[]         NOT NULL DEFAULT '{}',      -- its data IDs, when the task has an exposure
    waits_for       integer          NOT NULL DEFAULT 0,         -- quanta that must succeed first
    memory_mb       bigint           NOT NULL DEFAULT 0,
    attempts        integer          NOT NULL DEFAULT 0,
    not_before      timestamptz      NOT NULL DEFAULT now(),
    owner           text,
    token           bigint           NOT NULL DEFAULT 0,         -- fencing: counts the claims
    lease_until     timestamptz,
    started_at      timestamptz,
    ended_at        timestamptz,
    wall_s          double precision,
    cpu_s           double precision,
    peak_rss_kb     bigint,
    error           text             NOT NULL DEFAULT ''
);
CREATE INDEX quantum_run ON calbus.quantum (run_id, ordinal);
CREATE INDEX quantum_open ON calbus.quantum (engine, ordinal) WHERE state IN ('ready', 'running');

CREATE TABLE calbus.quantum_needs (
    quantum_id uuid NOT NULL REFERENCES calbus.quantum ON DELETE CASCADE,
    needs_id   uuid NOT NULL,
    PRIMARY KEY (quantum_id, needs_id)
);
CREATE INDEX quantum_needs_of ON calbus.quantum_needs (needs_id);

-- Exactly which dataset a quantum uses for what.
CREATE TABLE calbus.quantum_input (
    quantum_id      uuid    NOT NULL REFERENCES calbus.quantum ON DELETE CASCADE,
    ordinal         integer NOT NULL,
    connection      text    NOT NULL,     -- of its task, or LABEL:connection of a task fused into it
    dataset_type    text    NOT NULL,
    dataset_id      uuid    NOT NULL,
    run             text    NOT NULL,
    detector        bigint,
    exposure        bigint,               -- NULL: for every exposure of the quantum
    physical_filter text,
    band            text,
    PRIMARY KEY (quantum_id, ordinal)
);
CREATE INDEX quantum_input_dataset ON calbus.quantum_input (dataset_id);

-- What it makes; the ids are made with the plan.
CREATE TABLE calbus.quantum_output (
    dataset_id      uuid    PRIMARY KEY,
    quantum_id      uuid    NOT NULL REFERENCES calbus.quantum ON DELETE CASCADE,
    connection      text    NOT NULL,
    dataset_type    text    NOT NULL,
    detector        bigint,
    exposure        bigint,
    physical_filter text,
    band            text,
    written         boolean NOT NULL DEFAULT false,
    size_bytes      bigint,
    sha256          text
);
CREATE INDEX quantum_output_quantum ON calbus.quantum_output (quantum_id);

-- How far each run is: for other services and for people.
CREATE VIEW calbus.run_progress AS
SELECT r.id, r.engine, r.kind, r.state, r.repository, r.instrument, r.name, r.ticket, r.inputs, r.data_query,
       r.output_run, r.output_collection, r.dataset_type, r.physical_filter, r.requested_by, r.requested_at,
       r.started_at, r.ended_at, r.quanta, r.error,
       count(q.id) FILTER (WHERE q.state = 'succeeded')            AS succeeded,
       count(q.id) FILTER (WHERE q.state = 'failed')               AS failed,
       count(q.id) FILTER (WHERE q.state IN ('skipped', 'cancelled')) AS skipped,
       count(q.id) FILTER (WHERE q.state = 'running')              AS running
  FROM calbus.run r
  LEFT JOIN calbus.quantum q ON q.run_id = r.id
 GROUP BY r.id;

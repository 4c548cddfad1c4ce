-- 0005_verification.sql: verifications with their tests, and the history of metrics. Written by the verifier alone.

-- One verification: what is (or was) verified by which run, and how it ended. The run itself is calbus.run.
CREATE TABLE calbus.verification (
    run_id            uuid        PRIMARY KEY,
    kind              text        NOT NULL CHECK (kind IN ('campaign', 'daily')),
    state             text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finished', 'superseded')),
    repository        text        NOT NULL,
    instrument        text        NOT NULL,
    calib_type        text        NOT NULL,               -- bias, dark, flat
    physical_filter   text        NOT NULL DEFAULT '',    -- of a flat
    generation_run    text        NOT NULL DEFAULT '',    -- RUN of what is verified
    verify_run        text        NOT NULL,               -- RUN of the statistics; '' when nothing could be run
    day_obs           integer     NOT NULL DEFAULT 0,     -- daily only, as the next two
    set_id            text        NOT NULL DEFAULT '',
    revision          integer     NOT NULL DEFAULT 0,
    verdict           text        NOT NULL DEFAULT '' CHECK (verdict IN ('', 'PASS', 'WARN', 'FAIL', 'NO_DATA')),
    reason            text        NOT NULL DEFAULT '',    -- why there is no data, or what failed first
    tests             integer     NOT NULL DEFAULT 0,     -- (detector, amplifier, test), over all exposures
    tests_passed      integer     NOT NULL DEFAULT 0,
    tests_failed      integer     NOT NULL DEFAULT 0,
    tests_no_data     integer     NOT NULL DEFAULT 0,
    detectors         integer     NOT NULL DEFAULT 0,
    detectors_passed  integer     NOT NULL DEFAULT 0,
    detectors_failed  integer     NOT NULL DEFAULT 0,
    detectors_no_data integer     NOT NULL DEFAULT 0,
    exposures         integer     NOT NULL DEFAULT 0,
    vote              jsonb       NOT NULL DEFAULT '{}',  -- the majority rule with its thresholds
    report            text        NOT NULL DEFAULT '',    -- file:// URI
    created_at        timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz
);
CREATE INDEX verification_open ON calbus.verification (created_at) WHERE state = 'open';
CREATE INDEX verification_set ON calbus.verification (set_id, revision) WHERE set_id <> '';
CREATE INDEX verification_product ON calbus.verification (instrument, calib_type, physical_filter, created_at DESC);

-- Which exposures it rests on, and why those.
CREATE TABLE calbus.verification_exposure (
    run_id   uuid    NOT NULL REFERENCES calbus.verification ON DELETE CASCADE,
    exposure bigint  NOT NULL,
    origin   text    NOT NULL CHECK (origin IN ('selection', 'input', 'other', 'daily')),
    used     boolean NOT NULL DEFAULT true,
    reason   text    NOT NULL DEFAULT '',    -- why it was not used
    PRIMARY KEY (run_id, exposure)
);

-- One exposure of one detector, gathered from its verify*DetStats.
CREATE TABLE calbus.verification_frame (
    run_id        uuid    NOT NULL REFERENCES calbus.verification ON DELETE CASCADE,
    exposure      bigint  NOT NULL,
    detector      integer NOT NULL,
    detector_name text    NOT NULL,
    was_input     boolean NOT NULL,
    success       boolean NOT NULL,
    calib_run     text    NOT NULL,
    calib_uuid    text    NOT NULL,
    calib_sha256  text    NOT NULL,
    PRIMARY KEY (run_id, exposure, detector)
);

CREATE TABLE calbus.verification_test (
    run_id      uuid             NOT NULL REFERENCES calbus.verification ON DELETE CASCADE,
    exposure    bigint           NOT NULL,
    detector    integer          NOT NULL,
    amp         text             NOT NULL,    -- '' is the whole detector
    test        text             NOT NULL,
    metric      text             NOT NULL,
    unit        text             NOT NULL,
    outcome     text             NOT NULL CHECK (outcome IN ('pass', 'fail', 'no_data')),
    counts      boolean          NOT NULL,    -- part of SUCCESS
    value       double precision,             -- NULL: no data
    limit_value double precision,
    PRIMARY KEY (run_id, exposure, detector, amp, test)
);

-- History of metrics. sequence has no gaps: it is given under the lock of the counter's row, in the transaction that
-- writes the rows, so that whoever reads up from a cursor misses nothing.
CREATE TABLE calbus.metric_counter (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint  NOT NULL
);
INSERT INTO calbus.metric_counter (last) VALUES (0);

CREATE TABLE calbus.metric_record (
    sequence         bigint  PRIMARY KEY,
    run_id           uuid    NOT NULL,
    instrument       text    NOT NULL,
    detector         integer NOT NULL,
    calib_type       text    NOT NULL,
    physical_filter  text    NOT NULL,
    exposure         bigint  NOT NULL,
    day_obs          integer NOT NULL,
    run              text    NOT NULL,        -- RUN of the statistics
    dataset_tag      text    NOT NULL,        -- campaign, daily
    timestamp_tai_ns bigint  NOT NULL,        -- middle of the exposure
    calib_id         text    NOT NULL,        -- dataset id of what was verified
    success          boolean NOT NULL,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (run_id, exposure, detector)
);
CREATE INDEX metric_record_product ON calbus.metric_record (instrument, calib_type, detector, timestamp_tai_ns);

CREATE TABLE calbus.metric_value (
    sequence bigint           NOT NULL REFERENCES calbus.metric_record ON DELETE CASCADE,
    name     text             NOT NULL,       -- NOISE
    amp      text             NOT NULL,       -- '' is the detector
    value    double precision NOT NULL,       -- may be NaN
    unit     text             NOT NULL,
    PRIMARY KEY (sequence, name, amp)
);

-- How far the history has been published.
CREATE TABLE calbus.metric_cursor (
    publisher text   PRIMARY KEY,             -- calbus.metric.v1, avro
    sequence  bigint NOT NULL
);

-- For the console and other services: metrics as flat rows.
CREATE VIEW calbus.metric_history AS
SELECT r.sequence, r.run_id, r.instrument, r.detector, r.calib_type, r.physical_filter, r.exposure, r.day_obs, r.run,
       r.dataset_tag, r.timestamp_tai_ns, r.success, v.amp, v.name, v.value, v.unit
  FROM calbus.metric_record r
  JOIN calbus.metric_value v USING (sequence);

-- A test of an amplifier over all exposures of a verification.
CREATE VIEW calbus.verification_cell AS
SELECT run_id, detector, amp, test, min(metric) AS metric, min(unit) AS unit, bool_and(counts) AS counts,
       count(*) FILTER (WHERE outcome = 'pass')    AS passed,
       count(*) FILTER (WHERE outcome = 'fail')    AS failed,
       count(*) FILTER (WHERE outcome = 'no_data') AS no_data
  FROM calbus.verification_test
 GROUP BY run_id, detector, amp, test;

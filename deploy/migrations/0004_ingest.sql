-- Raw files from the landing folders, and the calibration sets they make up. Written by ingest.

CREATE TABLE calbus.landed_file (
    path            text        PRIMARY KEY,    -- where it landed
    site            text        NOT NULL,
    exposure_name   text        NOT NULL,       -- the file's name without raft and sensor: files of one exposure share it
    state           text        NOT NULL DEFAULT 'arrived' CHECK (state IN ('arrived', 'ingested', 'rejected', 'gone')),
    arrived_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    next_attempt    timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0,
    lease_until     timestamptz,
    token           bigint      NOT NULL DEFAULT 0,     -- fencing: grows with each claim
    kind            text        NOT NULL DEFAULT '',    -- of a rejection: "truncated", "conflict", ...
    reason          text        NOT NULL DEFAULT '',
    kept_as         text        NOT NULL DEFAULT '',    -- where a rejected file lies now
    repository      text        NOT NULL DEFAULT '',
    instrument      text        NOT NULL DEFAULT '',
    exposure        bigint,
    detector        integer,
    dataset_id      text        NOT NULL DEFAULT '',
    size_bytes      bigint      NOT NULL DEFAULT 0
);
CREATE INDEX landed_file_waiting ON calbus.landed_file (next_attempt) WHERE state = 'arrived';
CREATE INDEX landed_file_exposure ON calbus.landed_file (exposure_name) WHERE state = 'arrived';
CREATE INDEX landed_file_rejected ON calbus.landed_file (finished_at) WHERE state = 'rejected';

CREATE TABLE calbus.calibset (
    set_id          text        PRIMARY KEY,
    site            text        NOT NULL,
    repository      text        NOT NULL,
    instrument      text        NOT NULL,
    day_obs         integer     NOT NULL,
    observation_type   text     NOT NULL,
    observation_reason text     NOT NULL,
    physical_filter text        NOT NULL,
    science_program text        NOT NULL,
    state           text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    revision        integer     NOT NULL DEFAULT 0,     -- of its last closing
    complete        boolean     NOT NULL DEFAULT false,
    last_frame_at   timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    UNIQUE (repository, instrument, day_obs, observation_type, observation_reason, physical_filter, science_program)
);
CREATE INDEX calibset_open ON calbus.calibset (last_frame_at) WHERE state = 'open';

CREATE TABLE calbus.calibset_frame (
    set_id          text    NOT NULL REFERENCES calbus.calibset,
    exposure        bigint  NOT NULL,
    detector        integer NOT NULL,
    seq_num         integer NOT NULL,
    seq_start       integer NOT NULL,
    seq_end         integer NOT NULL,
    PRIMARY KEY (set_id, exposure, detector)
);

-- How far a set has come. missing: frames that its sequences announce and that are not there, over every detector seen.
CREATE VIEW calbus.calibset_progress AS
SELECT s.set_id, s.site, s.repository, s.instrument, s.day_obs, s.observation_type, s.observation_reason,
       s.physical_filter, s.science_program, s.state, s.revision, s.complete, s.last_frame_at, f.exposures, f.detectors,
       f.frames, f.first_exposure, f.last_exposure,
       q.announced * f.detectors - f.frames AS missing,
       q.sequences * f.detectors - l.last_frames AS missing_last
  FROM calbus.calibset AS s
 CROSS JOIN LATERAL (SELECT count(DISTINCT exposure) AS exposures, count(DISTINCT detector) AS detectors,
                            count(*) AS frames, min(exposure) AS first_exposure, max(exposure) AS last_exposure
                       FROM calbus.calibset_frame WHERE set_id = s.set_id) AS f
 CROSS JOIN LATERAL (SELECT coalesce(sum(seq_end - seq_start + 1), 0) AS announced, count(*) AS sequences
                       FROM (SELECT DISTINCT seq_start, seq_end FROM calbus.calibset_frame
                              WHERE set_id = s.set_id) AS one) AS q
 CROSS JOIN LATERAL (SELECT count(*) AS last_frames FROM calbus.calibset_frame
                      WHERE set_id = s.set_id AND seq_num = seq_end) AS l;

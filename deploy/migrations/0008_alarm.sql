-- Alarms: their state, what was said of them, and what subscribers have been told. Written by the alarm service.

CREATE SEQUENCE calbus.alarm_sequence;

CREATE TABLE calbus.alarm (
    name                    text     PRIMARY KEY CHECK (name <> '' AND length(name) <= 255),
    sequence                bigint   NOT NULL,                 -- of the last change that was published
    labels                  jsonb    NOT NULL DEFAULT '{}',    -- alertname, instrument, calib_type, detector ...
    severity                smallint NOT NULL DEFAULT 1 CHECK (severity BETWEEN 1 AND 4),
    max_severity            smallint NOT NULL DEFAULT 1 CHECK (max_severity BETWEEN 1 AND 4),
    reason                  text     NOT NULL DEFAULT '',
    acknowledged            boolean  NOT NULL DEFAULT false,
    acknowledged_by         text     NOT NULL DEFAULT '',
    muted_severity          smallint NOT NULL DEFAULT 1 CHECK (muted_severity BETWEEN 1 AND 4),
    muted_by                text     NOT NULL DEFAULT '',
    do_escalate             boolean  NOT NULL DEFAULT false,
    escalation_responder    text     NOT NULL DEFAULT '',
    escalation_delay        bigint   NOT NULL DEFAULT 0,       -- delays in ns
    auto_acknowledge_delay  bigint   NOT NULL DEFAULT 0,
    auto_unacknowledge_delay bigint  NOT NULL DEFAULT 0,
    severity_oldest         bigint   NOT NULL DEFAULT 0,       -- times: TAI ns since 1970, 0 is none
    severity_newest         bigint   NOT NULL DEFAULT 0,
    max_severity_at         bigint   NOT NULL DEFAULT 0,
    acknowledged_at         bigint   NOT NULL DEFAULT 0,
    auto_acknowledge_at     bigint   NOT NULL DEFAULT 0,       -- deadlines
    auto_unacknowledge_at   bigint   NOT NULL DEFAULT 0,
    escalate_at             bigint   NOT NULL DEFAULT 0,
    unmute_at               bigint   NOT NULL DEFAULT 0,
    next_deadline           bigint   NOT NULL DEFAULT 0        -- the earliest running timer, 0 is none
);
CREATE INDEX alarm_next_deadline ON calbus.alarm (next_deadline) WHERE next_deadline > 0;

CREATE TABLE calbus.alarm_history (
    sequence        bigint      PRIMARY KEY,
    name            text        NOT NULL,
    at_tai          bigint      NOT NULL,
    what            text        NOT NULL,       -- "set_severity", "acknowledge", "timer" ...
    who             text        NOT NULL,
    severity        smallint    NOT NULL,
    max_severity    smallint    NOT NULL,
    acknowledged    boolean     NOT NULL,
    muted_severity  smallint    NOT NULL,
    reason          text        NOT NULL
);
CREATE INDEX alarm_history_name ON calbus.alarm_history (name, sequence);

-- Which verification spoke last on a product: an older night must not clear a newer one's alarms.
CREATE TABLE calbus.alarm_verified (
    instrument      text    NOT NULL,
    calib_type      text    NOT NULL,
    physical_filter text    NOT NULL,
    day_obs         integer NOT NULL,
    revision        integer NOT NULL,
    run_id          text    NOT NULL,
    PRIMARY KEY (instrument, calib_type, physical_filter)
);

-- Failed tests of a verification, gathered until it has finished.
CREATE TABLE calbus.alarm_finding (
    run_id          text    NOT NULL,
    detector        integer NOT NULL,
    test            text    NOT NULL,
    reason          text    NOT NULL,
    found_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, detector, test)
);

-- One row per receiver and alarm: what it should know and what it has been told. A receiver that was away for an hour
-- gets one current message, not sixty.
CREATE TABLE calbus.alarm_delivery (
    receiver        text        NOT NULL,
    name            text        NOT NULL,
    wanted          bigint      NOT NULL,              -- sequence it should be told
    delivered       bigint      NOT NULL DEFAULT 0,    -- sequence it was told last
    was_firing      boolean     NOT NULL DEFAULT false,-- what it was told last
    starts_at       bigint      NOT NULL DEFAULT 0,    -- TAI ns of the start of what it was told
    attempts        integer     NOT NULL DEFAULT 0,    -- since the last success
    next_attempt    timestamptz NOT NULL DEFAULT now(),
    lease_until     timestamptz,
    token           bigint      NOT NULL DEFAULT 0,    -- fencing: grows with each claim
    error           text        NOT NULL DEFAULT '',
    PRIMARY KEY (receiver, name)
);
CREATE INDEX alarm_delivery_due ON calbus.alarm_delivery (next_attempt) WHERE wanted > delivered;

-- For everybody else.
CREATE VIEW calbus.alarm_view AS
SELECT name, sequence, labels, severity, max_severity, reason, acknowledged, acknowledged_by, muted_severity, muted_by,
       severity_oldest, acknowledged_at, unmute_at,
       CASE WHEN severity = 1 AND max_severity = 1 THEN 'nominal'
            WHEN severity = 1 THEN 'stale'
            WHEN acknowledged THEN 'acknowledged'
            WHEN severity = max_severity THEN 'active'
            ELSE 'semi-active' END AS state
  FROM calbus.alarm;

-- The bus: outgoing events, marks of handled ones, requests of people, running services, dead letters.
CREATE SCHEMA IF NOT EXISTS calbus;

-- Events to be published. A row is written in the transaction of the state change that it tells of; the relay
-- publishes it and fills in where it lies. One partition a day, by the event's own time (UTC).
CREATE SEQUENCE calbus.outbox_id;
CREATE TABLE calbus.outbox (
    day         date        NOT NULL,              -- of ce_time
    id          bigint      NOT NULL DEFAULT nextval('calbus.outbox_id'),
    slot        smallint    NOT NULL,              -- hash of key modulo 16: relays share the slots among them
    tx          bigint      NOT NULL DEFAULT txid_current(),
    ce_id       uuid        NOT NULL,
    type        text        NOT NULL,              -- 'generation.finished'
    topic       text        NOT NULL,
    key         text        NOT NULL,
    source      text        NOT NULL,              -- '/calbus/usdf/generator'
    subject     text        NOT NULL,
    ce_time     timestamptz NOT NULL,
    traceparent text        NOT NULL,
    headers     jsonb,                             -- further ones, of dead letters only: {"ce_error": "..."}
    value       bytea       NOT NULL CHECK (length(value) <= 262144),
    -- where it was published; all NULL until then
    published     timestamptz,
    incarnation   text,                            -- of the broker
    log_partition integer,
    log_offset    bigint,
    -- every group that must handle it has its mark
    settled     boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
CREATE INDEX outbox_unpublished ON calbus.outbox (slot, id) WHERE published IS NULL;
CREATE INDEX outbox_unsettled ON calbus.outbox (id) WHERE published IS NOT NULL AND NOT settled;
CREATE INDEX outbox_by_ce_id ON calbus.outbox (ce_id);
CREATE TABLE calbus.outbox_default PARTITION OF calbus.outbox DEFAULT;

-- Marks of handled events, written in the transaction of what the handler did.
CREATE TABLE calbus.inbox (
    day            date        NOT NULL,           -- of ce_time
    consumer_group text        NOT NULL,
    ce_id          uuid        NOT NULL,
    outcome        text        NOT NULL DEFAULT 'handled' CHECK (outcome IN ('handled', 'dead')),
    handled        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (day, consumer_group, ce_id)
) PARTITION BY RANGE (day);
CREATE INDEX inbox_by_ce_id ON calbus.inbox (ce_id);
CREATE TABLE calbus.inbox_default PARTITION OF calbus.inbox DEFAULT;

-- Which group must handle which type: written by each service when it starts. An event is settled when all groups
-- of its type have their mark.
CREATE TABLE calbus.subscription (
    consumer_group text NOT NULL,
    type           text NOT NULL,
    since          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, type)
);
CREATE INDEX subscription_by_type ON calbus.subscription (type);

-- What people asked for, with the answer.
CREATE TABLE calbus.request (
    id       uuid        PRIMARY KEY,
    kind     text        NOT NULL,                 -- 'approval.decided'
    service  text        NOT NULL,                 -- who must act
    actor    text        NOT NULL,                 -- who asks
    payload  jsonb       NOT NULL DEFAULT '{}',
    state    text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused', 'failed')),
    exit     integer     NOT NULL DEFAULT 0 CHECK (exit BETWEEN 0 AND 255),
    result   jsonb,
    error    text,
    created  timestamptz NOT NULL DEFAULT now(),
    finished timestamptz,
    CONSTRAINT finished_when_answered CHECK ((state = 'open') = (finished IS NULL))
);
CREATE INDEX request_open ON calbus.request (created) WHERE state = 'open';

-- Running services: upserted with each heartbeat.
CREATE TABLE calbus.instance (
    service  text        NOT NULL,
    instance text        NOT NULL,
    site     text        NOT NULL,
    host     text        NOT NULL,
    pid      integer     NOT NULL,
    version  text        NOT NULL,
    http     text        NOT NULL,                 -- '127.0.0.1:38211'
    state    text        NOT NULL CHECK (state IN ('starting', 'ready', 'degraded', 'stopping', 'stopped')),
    detail   text        NOT NULL DEFAULT '',
    started  timestamptz NOT NULL,
    seen     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, instance)
);

-- Messages that could not be handled, for a person to look at.
CREATE TABLE calbus.dead_letter (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service        text        NOT NULL,
    consumer_group text        NOT NULL,
    topic          text        NOT NULL,
    log_partition  integer     NOT NULL,
    log_offset     bigint      NOT NULL,
    key            text        NOT NULL,
    ce_id          uuid,                           -- NULL when the message had none
    day            date,                           -- of ce_time
    type           text        NOT NULL,           -- '' when the message had none
    headers        jsonb       NOT NULL,
    value          bytea       NOT NULL,
    kind           text        NOT NULL,           -- of the error
    error          text        NOT NULL,
    state          text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried', 'dropped')),
    created        timestamptz NOT NULL DEFAULT now(),
    decided        timestamptz,
    decided_by     text
);
CREATE INDEX dead_letter_open ON calbus.dead_letter (id) WHERE state = 'open';
CREATE INDEX dead_letter_by_ce_id ON calbus.dead_letter (ce_id);

-- Numbers of the events of one thing, and the newest that a group has applied: an older one is a no-op.
CREATE TABLE calbus.sequence (
    entity text   PRIMARY KEY,
    value  bigint NOT NULL
);
CREATE TABLE calbus.sequence_applied (
    consumer_group text   NOT NULL,
    entity         text   NOT NULL,
    value          bigint NOT NULL,
    PRIMARY KEY (consumer_group, entity)
);

-- Make the partition of one day; rows of that day that lie in the default partition move into it.
CREATE FUNCTION calbus.make_day(parent text, day_ date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := format('%s_%s', parent, to_char(day_, 'YYYYMMDD'));
BEGIN
    IF to_regclass('calbus.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE calbus.%I (LIKE calbus.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
    EXECUTE format('WITH moved AS (DELETE FROM calbus.%I WHERE day = %L RETURNING *) INSERT INTO calbus.%I SELECT * FROM moved',
                   parent || '_default', day_, part);
    EXECUTE format('ALTER TABLE calbus.%I ATTACH PARTITION calbus.%I FOR VALUES FROM (%L) TO (%L)',
                   parent, part, day_, day_ + 1);
END $$;

-- Keep partitions from today to three days ahead, drop those older than keep_days; a partition with an event that is
-- not published stays.
CREATE FUNCTION calbus.maintain_partitions(keep_days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    part record;
    used boolean;
    dropped integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '5s', true);
    FOR i IN 0..3 LOOP
        PERFORM calbus.make_day('outbox', today + i);
        PERFORM calbus.make_day('inbox', today + i);
    END LOOP;
    FOR part IN
        SELECT c.relname AS name, p.relname AS parent
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relnamespace = 'calbus'::regnamespace AND p.relname IN ('outbox', 'inbox')
          AND c.relname ~ '_[0-9]{8}$' AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - keep_days
        ORDER BY p.relname DESC, c.relname
    LOOP
        used := false;
        IF part.parent = 'outbox' THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM calbus.%I WHERE published IS NULL)', part.name) INTO used;
        END IF;
        IF NOT used THEN
            EXECUTE format('DROP TABLE calbus.%I', part.name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    DELETE FROM calbus.outbox_default WHERE day < today - keep_days AND published IS NOT NULL;
    DELETE FROM calbus.inbox_default WHERE day < today - keep_days;
    DELETE FROM calbus.instance WHERE seen < now() - interval '1 day';
    RETURN dropped;
END $$;

SELECT calbus.maintain_partitions(14);

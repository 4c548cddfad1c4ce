-- Changed ranges: a history that cannot be changed unnoticed, changes that wait for the board, sites that follow.

-- What remains of a range may be nothing (decertified) or two ranges. Lines are chained as the audit log's are.
DROP TRIGGER append_only ON calbus.recertification;
ALTER TABLE calbus.recertification ALTER COLUMN seq DROP IDENTITY;
ALTER TABLE calbus.recertification ALTER COLUMN new_range TYPE int8multirange USING int8multirange(new_range);
ALTER TABLE calbus.recertification RENAME COLUMN new_range TO new_ranges;   -- TAI ns
ALTER TABLE calbus.recertification
    ADD COLUMN proposal_id text NOT NULL DEFAULT '',    -- the board's consent; "" where none was needed
    ADD COLUMN prev_hash   text NOT NULL DEFAULT '',
    ADD COLUMN hash        text NOT NULL DEFAULT '';

CREATE FUNCTION calbus.history_hash(line calbus.recertification) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(line.prev_hash || jsonb_build_object(
        'seq', line.seq, 'request_id', line.request_id,
        'at', to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'by_whom', line.by_whom,
        'reason', line.reason, 'repository', line.repository, 'collection', line.collection,
        'dataset_type', line.dataset_type, 'detector', line.detector, 'physical_filter', line.physical_filter,
        'dataset_id', line.dataset_id, 'old_range', line.old_range::text, 'new_ranges', line.new_ranges::text,
        'proposal_id', line.proposal_id)::text, 'UTF8')), 'hex')
$$;

-- Lines of before get their hashes now.
DO $$
DECLARE
    line calbus.recertification;
    last text := repeat('0', 64);
BEGIN
    FOR line IN SELECT * FROM calbus.recertification ORDER BY seq LOOP
        line.prev_hash := last;
        last := calbus.history_hash(line);
        UPDATE calbus.recertification SET prev_hash = line.prev_hash, hash = last WHERE seq = line.seq;
    END LOOP;
END $$;
ALTER TABLE calbus.recertification ALTER COLUMN prev_hash DROP DEFAULT, ALTER COLUMN hash DROP DEFAULT;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calbus.recertification
    FOR EACH STATEMENT EXECUTE FUNCTION calbus.refuse_change();

-- What is certified now: begin_tai and end_tai are those of all ranges together, datasets what is still certified.
ALTER TABLE calbus.certification ADD COLUMN ranges integer NOT NULL DEFAULT 1;  -- different ones

-- A proposal is of certifications, or of a change to ranges that are in force, which is made when it is accepted.
ALTER TABLE calbus.proposal
    ADD COLUMN kind text NOT NULL DEFAULT 'CERTIFICATION' CHECK (kind IN ('CERTIFICATION', 'RANGE'));
DROP INDEX calbus.one_open_proposal;
CREATE UNIQUE INDEX one_open_proposal ON calbus.proposal (repository, ticket_chain)
    WHERE kind = 'CERTIFICATION' AND state NOT IN ('REJECTED', 'WITHDRAWN', 'ROLLED_BACK', 'SUPERSEDED', 'DEPLOYED');

CREATE TABLE calbus.proposed_change (
    proposal_id     text    PRIMARY KEY REFERENCES calbus.proposal,
    collection      text    NOT NULL,
    dataset_type    text    NOT NULL,
    physical_filter text    NOT NULL,
    datasets        integer NOT NULL,   -- whose ranges would change when it was proposed
    what            text    NOT NULL,   -- for people
    request         text    NOT NULL    -- the RecertificationRequested, in hex
);

-- What has changed of a distribution, by the distributor: sites that have imported it follow.
CREATE TABLE calbus.range_change (
    rule_id         text    NOT NULL REFERENCES calbus.rule,
    collection      text    NOT NULL,
    dataset_type    text    NOT NULL,
    proposals       text[]  NOT NULL,   -- that asked for it
    changed_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (rule_id, collection, dataset_type)
);
CREATE TABLE calbus.site_range (
    id              text    PRIMARY KEY,                -- UUID, another for each change
    rule_id         text    NOT NULL REFERENCES calbus.rule,
    site            text    NOT NULL,
    repository      text    NOT NULL,
    collection      text    NOT NULL,
    dataset_type    text    NOT NULL,
    state           text    NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'APPLIED', 'FAILED')),
    proposals       text[]  NOT NULL,                   -- that are to be told of it
    changed         integer NOT NULL DEFAULT 0,         -- certifications that went or came
    error           text    NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    applied_at      timestamptz,
    UNIQUE (rule_id, site, repository, collection, dataset_type)
);
ALTER TABLE calbus.dist_job DROP CONSTRAINT dist_job_kind_check;
ALTER TABLE calbus.dist_job
    ADD CONSTRAINT dist_job_kind_check CHECK (kind IN ('EXPORT', 'TRANSFER', 'IMPORT', 'CHECK', 'RANGES'));

-- Certifications, proposals to the board, decisions. Written by the certifier.

-- The latest verification of each generation run, as the verifier said it.
CREATE TABLE calbus.verified_run (
    repository      text    NOT NULL,
    generation_run  text    NOT NULL,
    run_id          text    NOT NULL,
    verify_run      text    NOT NULL,
    calib_type      text    NOT NULL,
    physical_filter text    NOT NULL,
    verdict         text    NOT NULL CHECK (verdict IN ('PASS', 'WARN', 'FAIL', 'NO_DATA')),
    tests           integer NOT NULL,
    tests_passed    integer NOT NULL,
    tests_failed    integer NOT NULL,
    tests_no_data   integer NOT NULL,
    report          text    NOT NULL,
    verified_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repository, generation_run)
);

CREATE TABLE calbus.certification (
    request_id      text    PRIMARY KEY,
    repository      text    NOT NULL,
    instrument      text    NOT NULL,
    dataset_type    text    NOT NULL,
    physical_filter text    NOT NULL,
    generation_run  text    NOT NULL,
    collection      text    NOT NULL,
    ticket_chain    text    NOT NULL,
    begin_tai       bigint,             -- ns; NULL is unbounded
    end_tai         bigint,             -- ns; NULL is open-ended, the normal case
    datasets        integer NOT NULL,
    by_whom         text    NOT NULL,
    accept_failures text    NOT NULL,   -- why a failed verification was certified all the same
    certified_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX certification_chain ON calbus.certification (repository, ticket_chain);

CREATE TABLE calbus.proposal (
    id                text    PRIMARY KEY,
    repository        text    NOT NULL,
    instrument        text    NOT NULL,
    ticket            text    NOT NULL,
    taxicab_ticket    text    NOT NULL,
    deployment_ticket text    NOT NULL,
    label             text    NOT NULL,
    title             text    NOT NULL,
    ticket_chain      text    NOT NULL,
    state             text    NOT NULL,
    sequence          integer NOT NULL,     -- of its last change, gapless from 1
    report            text    NOT NULL,
    proposed_by       text    NOT NULL,
    decided_by        text    NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL DEFAULT now(),
    decided_at        timestamptz
);
-- One open proposal per ticket and place.
CREATE UNIQUE INDEX one_open_proposal ON calbus.proposal (repository, ticket_chain)
    WHERE state NOT IN ('REJECTED', 'WITHDRAWN', 'ROLLED_BACK', 'SUPERSEDED', 'DEPLOYED');

CREATE TABLE calbus.proposal_item (
    proposal_id     text    NOT NULL REFERENCES calbus.proposal,
    request_id      text    NOT NULL REFERENCES calbus.certification,
    dataset_type    text    NOT NULL,
    physical_filter text    NOT NULL,
    generation_run  text    NOT NULL,
    verify_run      text    NOT NULL,
    collection      text    NOT NULL,
    datasets        integer NOT NULL,
    tests           integer NOT NULL,
    tests_failed    integer NOT NULL,
    tests_no_data   integer NOT NULL,
    verdict         text    NOT NULL,
    PRIMARY KEY (proposal_id, collection)
);

CREATE TABLE calbus.facility_deployment (
    proposal_id     text    NOT NULL REFERENCES calbus.proposal,
    site            text    NOT NULL,
    repository      text    NOT NULL,
    state           text    NOT NULL,   -- IMPORTED, CHAINED, VERIFIED_IN_USE, FAILED
    detail          text    NOT NULL DEFAULT '',
    fingerprint     text    NOT NULL DEFAULT '',
    changed_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (proposal_id, site, repository)
);

-- Who did what and why. Append only; each line holds the hash of the one before.
CREATE TABLE calbus.approval_audit (
    seq             bigint  PRIMARY KEY,
    at              timestamptz NOT NULL,
    actor           text    NOT NULL,
    action          text    NOT NULL,
    proposal_id     text    NOT NULL,
    from_state      text    NOT NULL,
    to_state        text    NOT NULL,
    comment         text    NOT NULL,
    event_id        text    NOT NULL,
    trace           text    NOT NULL,
    prev_hash       text    NOT NULL,
    hash            text    NOT NULL
);
CREATE FUNCTION calbus.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table %.% is append only', TG_TABLE_SCHEMA, TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calbus.approval_audit
    FOR EACH STATEMENT EXECUTE FUNCTION calbus.refuse_change();

-- What a line's hash is made of: the hash before and the line, as canonical JSON (jsonb orders its keys).
CREATE FUNCTION calbus.audit_hash(line calbus.approval_audit) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(line.prev_hash || jsonb_build_object(
        'seq', line.seq, 'at', to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', line.actor, 'action', line.action, 'proposal_id', line.proposal_id, 'from_state', line.from_state,
        'to_state', line.to_state, 'comment', line.comment, 'event_id', line.event_id, 'trace', line.trace)::text,
        'UTF8')), 'hex')
$$;

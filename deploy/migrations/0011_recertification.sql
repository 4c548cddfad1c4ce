-- What became of validity ranges after they were certified: a line for each range that was changed, with who and why.
-- Written by the certifier in the transaction that changes the registry.
CREATE TABLE calbus.recertification (
    seq             bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id      text    NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    by_whom         text    NOT NULL,
    reason          text    NOT NULL,
    repository      text    NOT NULL,
    collection      text    NOT NULL,
    dataset_type    text    NOT NULL,
    detector        integer,            -- NULL where the type has none
    physical_filter text    NOT NULL,   -- "" where the type has none
    dataset_id      uuid    NOT NULL,
    old_range       int8range NOT NULL, -- TAI ns, as the registry has them
    new_range       int8range NOT NULL
);
CREATE INDEX recertification_collection ON calbus.recertification (repository, collection);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON calbus.recertification
    FOR EACH STATEMENT EXECUTE FUNCTION calbus.refuse_change();

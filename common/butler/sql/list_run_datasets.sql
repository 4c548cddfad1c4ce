-- $1 collection_id of a RUN: its datasets.
SELECT id FROM dataset WHERE run_id = $1 ORDER BY id;

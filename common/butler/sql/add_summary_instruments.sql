-- $1 collection_id, $2 instruments text[]. Those that are not registered are left to the tags' own foreign key.
INSERT INTO collection_summary_instrument (collection_id, instrument)
SELECT $1::bigint, i.name FROM instrument i WHERE i.name = ANY ($2::text[]) ORDER BY i.name ON CONFLICT DO NOTHING;

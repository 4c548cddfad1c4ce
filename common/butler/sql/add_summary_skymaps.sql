-- $1 collection_id, $2 skymaps text[].
INSERT INTO collection_summary_skymap (collection_id, skymap)
SELECT $1::bigint, s.name FROM skymap s WHERE s.name = ANY ($2::text[]) ORDER BY s.name ON CONFLICT DO NOTHING;

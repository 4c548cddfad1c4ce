-- One range that was changed, chained to the line before; after lock_history. $1 request $2 by $3 reason $4 repository
-- $5 collection $6 dataset type $7 detector or NULL $8 filter $9 dataset $10 old range $11 what remains $12 proposal
WITH last AS (SELECT seq, hash FROM calbus.recertification ORDER BY seq DESC LIMIT 1),
     line AS (
    SELECT (coalesce((SELECT seq FROM last), 0) + 1)::bigint AS seq, $1::text AS request_id, clock_timestamp() AS at,
           $2::text AS by_whom, $3::text AS reason, $4::text AS repository, $5::text AS collection,
           $6::text AS dataset_type, $7::integer AS detector, $8::text AS physical_filter, $9::uuid AS dataset_id,
           $10::int8range AS old_range, $11::int8multirange AS new_ranges, $12::text AS proposal_id,
           coalesce((SELECT hash FROM last), repeat('0', 64)) AS prev_hash, ''::text AS hash)
INSERT INTO calbus.recertification
SELECT seq, request_id, at, by_whom, reason, repository, collection, dataset_type, detector, physical_filter, dataset_id,
       old_range, new_ranges, proposal_id, prev_hash, calbus.history_hash(line::calbus.recertification)
  FROM line

-- $1 repository  $2 instrument  $3 type  $4 filter  $5 collection  $6 because of. A row when it is news.
INSERT INTO calbus.stale_calibration AS s (repository, instrument, dataset_type, physical_filter, collection, because_of)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (repository, instrument, dataset_type, physical_filter) DO UPDATE
   SET collection = excluded.collection, because_of = excluded.because_of, since = now()
 WHERE (s.collection, s.because_of) <> (excluded.collection, excluded.because_of)
RETURNING 1

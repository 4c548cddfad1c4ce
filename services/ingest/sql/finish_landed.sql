-- What became of a file. $1 path $2 state $3 kind $4 reason $5 kept as $6 repository $7 instrument $8 exposure
-- $9 detector $10 dataset id $11 bytes
UPDATE calbus.landed_file
   SET state = $2, finished_at = now(), lease_until = NULL, kind = $3, reason = $4, kept_as = $5, repository = $6,
       instrument = $7, exposure = $8::bigint, detector = $9::integer, dataset_id = $10, size_bytes = $11::bigint
 WHERE path = $1

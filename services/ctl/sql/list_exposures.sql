-- Registered exposures, newest first.
SELECT exposure, instrument, repository, count(*), sum(size_bytes),
       to_char(max(finished_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM calbus.landed_file WHERE state = 'ingested'
 GROUP BY repository, instrument, exposure ORDER BY exposure DESC, repository

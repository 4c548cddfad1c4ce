-- How it went at a site; the proposals that are to be told. $1 row  $2 state  $3 rows that changed  $4 error
WITH ended AS (
    UPDATE calbus.site_range
       SET state = $2, changed = $3::integer, error = $4, applied_at = CASE WHEN $2 = 'APPLIED' THEN now() END
     WHERE id = $1
    RETURNING proposals)
SELECT unnest(proposals) FROM ended

-- The exposures of a closed set, in the repository's schema, with their middle.
-- $1 instrument  $2 day_obs  $3 observation type  $4 reason  $5 filter  $6 program  $7 first  $8 last
SELECT id, (lower(timespan) + upper(timespan)) / 2 FROM exposure
 WHERE instrument = $1 AND day_obs = $2 AND observation_type = $3
   AND coalesce(observation_reason, '') = $4 AND ($5 = '' OR coalesce(physical_filter, '') = $5)
   AND coalesce(science_program, '') = $6 AND id BETWEEN $7 AND $8
 ORDER BY id;

-- The newest exposures of a type that did not go into the calibration, in the repository's schema.
-- $1 instrument  $2 observation type  $3 filter, '' any  $4 exposures to leave out, comma separated  $5 how many
SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM (
    SELECT id FROM exposure
     WHERE instrument = $1 AND observation_type = $2 AND ($3 = '' OR physical_filter = $3)
       AND NOT (id = ANY (SELECT e::bigint FROM unnest(string_to_array($4, ',')) AS e WHERE e <> ''))
     ORDER BY id DESC LIMIT $5) AS newest;

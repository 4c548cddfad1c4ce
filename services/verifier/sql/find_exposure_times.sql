-- Middle of each exposure, in the repository's schema. $1 instrument  $2 exposures, comma separated
SELECT id, (lower(timespan) + upper(timespan)) / 2 FROM exposure
 WHERE instrument = $1 AND id = ANY (SELECT e::bigint FROM unnest(string_to_array($2, ',')) AS e WHERE e <> '');

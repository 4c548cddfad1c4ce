-- Whose nights these are.  $1 site
WITH landed AS (
    SELECT instrument, exposure / 100000 AS day, detector FROM calbus.landed_file WHERE state = 'ingested' AND site = $1),
nights AS (
    SELECT instrument, array_agg(DISTINCT day ORDER BY day) AS days, count(DISTINCT detector) AS detectors, count(*) AS files
    FROM landed GROUP BY instrument)
SELECT instrument,
       format('%s, night%s %s, %s detector%s', instrument, CASE cardinality(days) WHEN 1 THEN '' ELSE 's' END,
              CASE WHEN cardinality(days) > 2 THEN days[1] || ' to ' || days[cardinality(days)]
                   ELSE array_to_string(days, ' and ') END,
              detectors, CASE detectors WHEN 1 THEN '' ELSE 's' END)
FROM nights ORDER BY files DESC LIMIT 1

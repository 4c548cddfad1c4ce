-- Whose nights these are.  $1 site
SELECT instrument,
       format('%s, night%s %s, %s detector%s', instrument, CASE count(DISTINCT day) WHEN 1 THEN '' ELSE 's' END,
              string_agg(DISTINCT day::text, ', ' ORDER BY day::text), count(DISTINCT detector),
              CASE count(DISTINCT detector) WHEN 1 THEN '' ELSE 's' END)
FROM (SELECT instrument, exposure / 100000 AS day, detector FROM calbus.landed_file
      WHERE state = 'ingested' AND site = $1) AS landed
GROUP BY instrument ORDER BY count(*) DESC LIMIT 1

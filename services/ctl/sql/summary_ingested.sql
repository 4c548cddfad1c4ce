-- What came in at a site: nights, exposures, files, and how many were set aside.  $1 site
SELECT 'ingested' AS section, '' AS subject,
       format('%s night%s, %s exposure%s, %s file%s; %s set aside%s',
              nights, CASE nights WHEN 1 THEN '' ELSE 's' END, exposures, CASE exposures WHEN 1 THEN '' ELSE 's' END,
              files, CASE files WHEN 1 THEN '' ELSE 's' END, aside,
              CASE aside WHEN 0 THEN '' ELSE ' (calbus exposure rejected)' END) AS text
FROM (SELECT count(DISTINCT exposure / 100000) FILTER (WHERE state = 'ingested') AS nights,
             count(DISTINCT exposure) FILTER (WHERE state = 'ingested') AS exposures,
             count(*) FILTER (WHERE state = 'ingested') AS files,
             count(*) FILTER (WHERE state = 'rejected') AS aside
      FROM calbus.landed_file WHERE site = $1) AS landed
WHERE files + aside > 0

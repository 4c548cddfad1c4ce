-- A rule site by site: files, import, changed ranges, deployment check; the source's site where something was checked there. $1 rule
WITH locks AS (
    SELECT l.rse, count(*) AS files, count(*) FILTER (WHERE l.state = 'OK') AS ok,
           count(*) FILTER (WHERE l.state = 'REPLICATING') AS replicating,
           count(*) FILTER (WHERE l.state = 'STUCK') AS stuck, sum(p.bytes) AS bytes
      FROM calbus.lock AS l JOIN calbus.replica AS p USING (scope, name, rse) WHERE l.rule_id = $1 GROUP BY l.rse),
     checks AS (
    SELECT c.* FROM calbus.deployment_check AS c JOIN calbus.distribution AS d USING (proposal_id) WHERE d.rule_id = $1),
     followed AS ( -- the worst first
    SELECT DISTINCT ON (site) site, state, error FROM calbus.site_range WHERE rule_id = $1
     ORDER BY site, array_position(ARRAY['FAILED', 'PENDING', 'APPLIED'], state)),
     sites AS (
    SELECT e.site, l.rse FROM locks AS l JOIN calbus.rse AS e ON e.name = l.rse
     UNION
    SELECT c.site, e.name FROM checks AS c JOIN calbus.rse AS e ON e.site = c.site)
SELECT s.site, s.rse, coalesce(l.ok, 0), coalesce(l.files, 0), coalesce(l.replicating, 0), coalesce(l.stuck, 0),
       coalesce(l.bytes, 0), coalesce(i.repository, c.repository, ''), coalesce(i.state, ''), coalesce(i.datasets, 0),
       coalesce(f.state, ''), coalesce(c.verdict, ''), c.exposure, c.detector, coalesce(c.processed, ''), coalesce(c.fingerprint, ''),
       coalesce(nullif(i.error, ''), nullif(f.error, ''), c.detail, '')
  FROM sites AS s
  LEFT JOIN locks AS l ON l.rse = s.rse
  LEFT JOIN calbus.site_import AS i ON i.rule_id = $1 AND i.site = s.site
  LEFT JOIN followed AS f ON f.site = s.site
  LEFT JOIN checks AS c ON c.site = s.site
 ORDER BY array_position(ARRAY['usdf', 'summit', 'bts', 'tts'], s.site), c.repository

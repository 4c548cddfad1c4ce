-- Sites other than the source's that have every file of a rule and no import yet. $1 rule
SELECT e.site, d.instrument
  FROM calbus.distribution AS d
  JOIN calbus.lock AS l ON l.rule_id = d.rule_id
  JOIN calbus.rse AS e ON e.name = l.rse
  JOIN calbus.rse AS s ON s.name = d.source_rse
 WHERE d.rule_id = $1 AND e.site <> s.site
   AND NOT EXISTS (SELECT FROM calbus.site_import AS i WHERE i.rule_id = $1 AND i.site = e.site)
 GROUP BY e.site, d.instrument HAVING bool_and(l.state = 'OK') ORDER BY e.site

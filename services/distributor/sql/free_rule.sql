-- A rule of which something failed at a site, and nothing has now. A row when that is news. $1 rule
UPDATE calbus.rule AS r SET error = '', stuck_at = NULL, updated_at = now()
 WHERE r.id = $1 AND r.state = 'OK' AND r.error <> ''
   AND NOT EXISTS (SELECT FROM calbus.site_import AS i WHERE i.rule_id = r.id AND i.state = 'FAILED')
   AND NOT EXISTS (SELECT FROM calbus.site_range AS s WHERE s.rule_id = r.id AND s.state = 'FAILED')
RETURNING r.id

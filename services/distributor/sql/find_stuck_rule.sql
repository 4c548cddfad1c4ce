-- A rule that is stuck, or an import or a change of ranges of which failed, and that nothing was done about for a while. $1 how long, ms
SELECT id FROM calbus.rule AS r
 WHERE r.state <> 'SUSPENDED' AND r.updated_at < now() - $1::bigint * interval '1 ms'
   AND (r.state = 'STUCK' OR EXISTS (SELECT FROM calbus.site_import AS i WHERE i.rule_id = r.id AND i.state = 'FAILED')
        OR EXISTS (SELECT FROM calbus.site_range AS s WHERE s.rule_id = r.id AND s.state = 'FAILED'))
 ORDER BY r.updated_at LIMIT 1 FOR UPDATE SKIP LOCKED

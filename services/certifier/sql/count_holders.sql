-- Distributions of what a change of ranges is about: sites that are to follow. $1 repository $2 ticket chain $3 collection
SELECT count(*)
  FROM calbus.distribution AS d
 WHERE d.repository = $1
   AND (d.ticket_chain = $2
        OR EXISTS (SELECT FROM calbus.distributed_dataset AS s WHERE s.rule_id = d.rule_id AND s.collection = $3))
   AND (EXISTS (SELECT FROM calbus.site_import AS i WHERE i.rule_id = d.rule_id AND i.state <> 'CANCELLED')
        OR EXISTS (SELECT FROM calbus.rule AS r WHERE r.id = d.rule_id AND r.state IN ('INJECT', 'REPLICATING', 'STUCK')))

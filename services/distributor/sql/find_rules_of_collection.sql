-- Rules that distribute a collection. $1 repository it comes from  $2 ticket chain, "" for none  $3 collection
SELECT d.rule_id FROM calbus.distribution AS d
 WHERE d.repository = $1
   AND ((d.ticket_chain = $2 AND $2 <> '')
        OR EXISTS (SELECT FROM calbus.distributed_dataset AS s WHERE s.rule_id = d.rule_id AND s.collection = $3))
 ORDER BY d.rule_id

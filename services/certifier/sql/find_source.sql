-- Where a collection of a site's repository comes from; no row: it is the repository's own. $1 repository  $2 collection
SELECT d.repository
  FROM calbus.site_import AS i
  JOIN calbus.distribution AS d USING (rule_id)
  JOIN calbus.distributed_dataset AS t USING (rule_id)
 WHERE i.repository = $1 AND i.state = 'IMPORTED' AND t.collection = $2 AND d.repository <> $1
 LIMIT 1

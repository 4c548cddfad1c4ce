-- Storage elements for a dataset, those first that have most of it. $1 scope  $2 name  $3 candidates  $4 how many
SELECT t.rse
  FROM unnest($3::text[]) AS t(rse)
  LEFT JOIN calbus.content AS c ON c.scope = $1 AND c.name = $2
  LEFT JOIN calbus.replica AS p
         ON p.scope = c.child_scope AND p.name = c.child_name AND p.rse = t.rse AND p.state IN ('AVAILABLE', 'COPYING')
 GROUP BY t.rse ORDER BY coalesce(sum(p.bytes), 0) DESC, t.rse LIMIT $4::bigint

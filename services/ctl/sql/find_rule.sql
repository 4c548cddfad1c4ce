-- Rules by their id or the start of it, name of the dataset, ticket, label, proposal or TAXICAB ticket; the newest first.
-- $1 word
SELECT r.id
  FROM calbus.rule AS r
  LEFT JOIN calbus.distribution AS d ON d.rule_id = r.id
  LEFT JOIN calbus.proposal AS p ON p.id = d.proposal_id
 WHERE r.id = $1 OR r.name = $1 OR r.scope || ':' || r.name = $1 OR d.ticket = $1 OR d.label = $1 OR d.proposal_id = $1
    OR p.taxicab_ticket = $1 OR (length($1) >= 4 AND starts_with(r.id, $1))
 ORDER BY r.created_at DESC

-- A distribution that is to be exported. $1 rule
SELECT d.proposal_id, d.repository, d.ticket_chain, r.scope, r.name, d.source_rse, e.folder
  FROM calbus.distribution AS d JOIN calbus.rule AS r ON r.id = d.rule_id JOIN calbus.rse AS e ON e.name = d.source_rse
 WHERE d.rule_id = $1 AND d.exported_at IS NULL

-- Ranges that are to follow. $1 their row
SELECT s.rule_id, s.site, s.repository, s.collection, s.dataset_type, d.repository, d.instrument, d.ticket_chain
  FROM calbus.site_range AS s JOIN calbus.distribution AS d USING (rule_id)
 WHERE s.id = $1 AND s.state = 'PENDING'

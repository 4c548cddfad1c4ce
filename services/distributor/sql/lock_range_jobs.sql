-- The jobs of a rule's ranges, before its row: in the order in which those who end a job lock. $1 rule
SELECT j.id FROM calbus.dist_job AS j
 WHERE j.id IN (SELECT s.id FROM calbus.site_range AS s WHERE s.rule_id = $1) ORDER BY j.id FOR UPDATE

-- A rule that was exported counts its locks again; one that was not waits for its export. $1 rule
WITH waiting AS (
    UPDATE calbus.rule AS r SET state = 'INJECT', error = '', stuck_at = NULL, updated_at = now()
      FROM calbus.distribution AS d
     WHERE r.id = $1 AND d.rule_id = r.id AND d.exported_at IS NULL)
UPDATE calbus.rule AS r SET state = 'REPLICATING', updated_at = now()
 WHERE r.id = $1 AND r.state IN ('STUCK', 'SUSPENDED')
   AND NOT EXISTS (SELECT FROM calbus.distribution AS d WHERE d.rule_id = r.id AND d.exported_at IS NULL)
RETURNING r.id

-- Where a transfer's next attempt reads: the storage elements that have the file in turn, the dataset's source first.
-- $1 transfer
WITH holders AS (
    SELECT p.rse, row_number() OVER (ORDER BY (d.source_rse IS NOT DISTINCT FROM p.rse) DESC, p.created_at, p.rse) - 1 AS place,
           count(*) OVER () AS n, t.attempts
      FROM calbus.transfer AS t
      LEFT JOIN calbus.distribution AS d ON d.rule_id = t.rule_id
      JOIN calbus.replica AS p ON p.scope = t.scope AND p.name = t.name AND p.state = 'AVAILABLE'
                              AND p.rse <> t.destination_rse
     WHERE t.id = $1)
SELECT rse FROM holders WHERE place = attempts % n

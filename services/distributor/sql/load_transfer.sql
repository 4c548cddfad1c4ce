-- A queued transfer and what the catalogue says of its file. $1 transfer
SELECT t.rule_id, t.scope, t.name, t.destination_rse, d.bytes, d.adler32, d.md5
  FROM calbus.transfer AS t JOIN calbus.did AS d USING (scope, name)
 WHERE t.id = $1 AND t.state = 'QUEUED'

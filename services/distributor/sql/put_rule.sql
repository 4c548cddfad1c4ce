-- A rule whose files are being exported. $1 rule  $2 scope  $3 name  $4 RSE expression  $5 copies  $6 proposal
WITH job AS (INSERT INTO calbus.dist_job (id, kind) VALUES ($1, 'EXPORT'))
INSERT INTO calbus.rule (id, scope, name, rse_expression, copies, state, proposal_id)
VALUES ($1, $2, $3, $4, $5::integer, 'INJECT', $6)

-- $1 rule
SELECT id FROM calbus.rule WHERE id = $1 FOR UPDATE

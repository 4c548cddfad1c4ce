-- A proposal by its id, the start of one, or one of its tickets. $1 word
SELECT id, state
  FROM calbus.proposal
  WHERE left(id, length($1)) = $1 OR taxicab_ticket = $1 OR ticket = $1
  ORDER BY created_at DESC

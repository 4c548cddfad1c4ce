-- A rule whose proposal may not be distributed. $1 rule  $2 state of the proposal
UPDATE calbus.rule SET state = 'SUSPENDED', error = 'its proposal is ' || $2, updated_at = now() WHERE id = $1

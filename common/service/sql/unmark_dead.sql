-- Take the mark of a dead letter away.  $1 day  $2 group  $3 ce_id
DELETE FROM calbus.inbox WHERE day = $1::date AND consumer_group = $2 AND ce_id = $3::uuid AND outcome = 'dead'

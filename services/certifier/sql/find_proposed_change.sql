-- $1 proposal
SELECT request FROM calbus.proposed_change WHERE proposal_id = $1

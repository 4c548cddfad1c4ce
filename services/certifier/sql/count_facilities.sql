-- How many sites a proposal has reached, and at how many it was seen in use. $1 proposal
SELECT count(*), count(*) FILTER (WHERE state = 'VERIFIED_IN_USE') FROM calbus.facility_deployment WHERE proposal_id = $1

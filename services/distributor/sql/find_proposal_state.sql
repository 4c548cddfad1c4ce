-- The certifier's word on a proposal. $1 proposal
SELECT state FROM calbus.proposal WHERE id = $1

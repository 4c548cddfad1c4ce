-- What a proposal would change. $1 proposal $2 collection $3 dataset type $4 filter $5 datasets $6 what $7 request, hex
INSERT INTO calbus.proposed_change (proposal_id, collection, dataset_type, physical_filter, datasets, what, request)
VALUES ($1, $2, $3, $4, $5::integer, $6, $7)

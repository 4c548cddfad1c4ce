-- What was certified. $1 request $2 repository $3 instrument $4 dataset type $5 filter $6 generation run $7 collection
-- $8 ticket chain $9 begin, NULL unbounded $10 end, NULL open $11 datasets $12 by $13 why failures were accepted
-- $14 does it wait for the board
INSERT INTO calbus.certification (request_id, repository, instrument, dataset_type, physical_filter, generation_run,
                                  collection, ticket_chain, begin_tai, end_tai, datasets, by_whom, accept_failures,
                                  awaits_consent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::bigint, $10::bigint, $11::integer, $12, $13, $14::boolean)

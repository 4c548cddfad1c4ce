-- What is distributed. $1 rule $2 dataset $3 type $4 run $5 collection $6 detector $7 filter $8 begin $9 end $10 file
-- $11 SHA-256
INSERT INTO calbus.distributed_dataset (rule_id, dataset_id, dataset_type, run, collection, detector, physical_filter,
                                        begin_tai, end_tai, name, sha256)
VALUES ($1, $2, $3, $4, $5, $6::integer, $7, $8::bigint, $9::bigint, $10, $11)

-- One range that was changed. $1 request $2 by $3 reason $4 repository $5 collection $6 dataset type $7 detector or NULL
-- $8 filter $9 dataset $10 old range $11 new range
INSERT INTO calbus.recertification (request_id, by_whom, reason, repository, collection, dataset_type, detector,
                                    physical_filter, dataset_id, old_range, new_range)
VALUES ($1, $2, $3, $4, $5, $6, $7::integer, $8, $9::uuid, $10::int8range, $11::int8range)

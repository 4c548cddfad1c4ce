-- What the sites must show, as it is certified now. Datasets that are certified no longer stay, with an end before any
-- time, because their files do. $1 row of the ranges  $2 datasets  $3 begins, NULL unbounded  $4 ends, NULL open
WITH old AS (
    DELETE FROM calbus.distributed_dataset AS t USING calbus.site_range AS s
     WHERE s.id = $1 AND (t.rule_id, t.collection, t.dataset_type) = (s.rule_id, s.collection, s.dataset_type)
    RETURNING t.*),
     files AS (SELECT DISTINCT ON (dataset_id) * FROM old ORDER BY dataset_id),
     certified AS (SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS c (dataset_id, begin_tai, end_tai))
INSERT INTO calbus.distributed_dataset (rule_id, dataset_id, dataset_type, run, collection, detector, physical_filter,
                                        begin_tai, end_tai, name, sha256)
SELECT f.rule_id, f.dataset_id, f.dataset_type, f.run, f.collection, f.detector, f.physical_filter,
       CASE WHEN c.dataset_id IS NULL THEN 0 ELSE c.begin_tai END, CASE WHEN c.dataset_id IS NULL THEN 0 ELSE c.end_tai END,
       f.name, f.sha256
  FROM files AS f LEFT JOIN certified AS c USING (dataset_id)

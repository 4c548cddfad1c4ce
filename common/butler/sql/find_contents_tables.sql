-- $1 collection ids bigint[]: the tables that hold what TAGGED and CALIBRATION collections among them have.
SELECT DISTINCT CASE c.type WHEN 2 THEN t.tag_association_table ELSE t.calibration_association_table END, c.type = 4
FROM collection_summary_dataset_type s JOIN collection c USING (collection_id)
JOIN dataset_type t ON t.id = s.dataset_type_id
WHERE c.collection_id = ANY ($1::bigint[])
  AND (c.type = 2 OR c.type = 4 AND t.calibration_association_table IS NOT NULL)
ORDER BY 1, 2;

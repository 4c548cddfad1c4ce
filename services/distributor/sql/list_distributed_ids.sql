-- Datasets whose certifications at a site come from the source, whatever rule brought them. $1 row of the ranges
SELECT DISTINCT t.dataset_id
  FROM calbus.site_range AS s
  JOIN calbus.distributed_dataset AS t ON (t.collection, t.dataset_type) = (s.collection, s.dataset_type)
 WHERE s.id = $1

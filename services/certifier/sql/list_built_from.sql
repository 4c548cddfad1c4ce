-- What the certified calibrations of an instrument were built from, product by product. A certification names the
-- RUN or the CHAINED collection above it. $1 repository  $2 instrument
SELECT c.collection, b.dataset_type, b.dataset_id, b.detector, c.physical_filter, b.input_type, b.input_id,
       coalesce(b.input_filter, '')
  FROM calbus.certification c
  JOIN calbus.built_from b
    ON b.repository = c.repository AND b.dataset_type = c.dataset_type
   AND (b.output_run = c.generation_run OR starts_with(b.output_run, c.generation_run || '/'))
 WHERE c.repository = $1 AND c.instrument = $2
 ORDER BY c.certified_at, c.request_id, b.dataset_id, b.input_type, b.input_id

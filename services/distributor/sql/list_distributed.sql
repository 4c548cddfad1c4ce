-- What a proposal distributed and is still certified. $1 proposal
SELECT s.dataset_type, s.run, s.dataset_id, s.sha256, s.physical_filter, s.detector, s.begin_tai, s.end_tai
  FROM calbus.distributed_dataset AS s JOIN calbus.distribution AS d USING (rule_id)
 WHERE d.proposal_id = $1 AND (s.end_tai IS NULL OR s.end_tai > 0)
 ORDER BY s.dataset_type, s.physical_filter, s.detector, s.begin_tai

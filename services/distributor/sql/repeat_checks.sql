-- What is known to be applied holds no more when ranges have followed at a site: the checks that were made there and in the
-- source are made again; where nothing of the distribution is certified any more there is nothing to check.
-- $1 row of the ranges
WITH what AS (
    SELECT c.id AS old_id, gen_random_uuid()::text AS id,
           CASE WHEN EXISTS (SELECT FROM calbus.distributed_dataset AS t
                              WHERE t.rule_id = s.rule_id AND (t.end_tai IS NULL OR t.end_tai > 0))
                THEN 'PENDING' ELSE 'NO_DATA' END AS verdict
      FROM calbus.site_range AS s
      JOIN calbus.distribution AS d USING (rule_id)
      JOIN calbus.deployment_check AS c
        ON c.proposal_id = d.proposal_id
       AND ((c.site, c.repository) = (s.site, s.repository) OR c.repository = d.repository)
     WHERE s.id = $1),
     old AS (
    DELETE FROM calbus.dist_job WHERE id IN (SELECT old_id FROM what)),
     again AS (
    UPDATE calbus.deployment_check AS c
       SET id = w.id, verdict = w.verdict, exposure = NULL, detector = NULL, processed = '', fingerprint = '',
           detail = CASE WHEN w.verdict = 'PENDING' THEN '' ELSE 'nothing of it is certified any more' END,
           created_at = now(), checked_at = NULL
      FROM what AS w
     WHERE c.id = w.old_id
    RETURNING c.id, c.verdict)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'CHECK' FROM again WHERE verdict = 'PENDING'

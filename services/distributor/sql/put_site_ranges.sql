-- Sites that have imported a distribution follow what has changed of it; a job that is under way for an earlier change
-- is forgotten. $1 rule  $2 site, "" for all  $3 collection, "" for all  $4 dataset type  $5 proposal that they are to tell
-- of, with $3
WITH wanted AS (
    SELECT gen_random_uuid()::text AS id, i.rule_id, i.site, i.repository, c.collection, c.dataset_type,
           CASE WHEN $3 = '' THEN c.proposals ELSE array_remove(ARRAY[$5], '') END AS proposals
      FROM calbus.site_import AS i JOIN calbus.range_change AS c USING (rule_id)
     WHERE i.rule_id = $1 AND i.state = 'IMPORTED' AND ($2 = '' OR i.site = $2)
       AND ($3 = '' OR (c.collection, c.dataset_type) = ($3, $4))),
     old AS (
    DELETE FROM calbus.dist_job WHERE id IN (
        SELECT s.id FROM calbus.site_range AS s JOIN wanted USING (rule_id, site, repository, collection, dataset_type))),
     placed AS (
    INSERT INTO calbus.site_range AS s (id, rule_id, site, repository, collection, dataset_type, proposals)
    SELECT id, rule_id, site, repository, collection, dataset_type, proposals FROM wanted
    ON CONFLICT (rule_id, site, repository, collection, dataset_type) DO UPDATE
       SET id = EXCLUDED.id, error = '', created_at = now(), applied_at = NULL, state = 'PENDING',
           proposals = CASE WHEN s.state = 'APPLIED' THEN EXCLUDED.proposals ELSE s.proposals || EXCLUDED.proposals END
    RETURNING s.id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'RANGES' FROM placed

-- A check to make, anew after each change of the chain. $1 id  $2 proposal  $3 site  $4 repository  $5 instrument
-- $6 default chain  $7 ticket chain
WITH old AS (
    DELETE FROM calbus.dist_job WHERE id IN (
        SELECT id FROM calbus.deployment_check WHERE proposal_id = $2 AND site = $3 AND repository = $4)),
     placed AS (
    INSERT INTO calbus.deployment_check AS c (id, proposal_id, site, repository, instrument, parent, ticket_chain)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (proposal_id, site, repository) DO UPDATE
       SET id = EXCLUDED.id, parent = EXCLUDED.parent, verdict = 'PENDING', exposure = NULL, detector = NULL,
           processed = '', detail = '', fingerprint = '', created_at = now(), checked_at = NULL)
INSERT INTO calbus.dist_job (id, kind) VALUES ($1, 'CHECK')

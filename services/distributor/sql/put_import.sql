-- An import to do. $1 id  $2 rule  $3 site  $4 repository
WITH new AS (
    INSERT INTO calbus.site_import (id, rule_id, site, repository) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO calbus.dist_job (id, kind) SELECT id, 'IMPORT' FROM new

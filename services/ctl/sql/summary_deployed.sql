-- Where each accepted proposal is in force: state per site.
SELECT 'deployed' AS section, '' AS subject,
       string_agg(format('%s %s', site, lower(replace(state, '_', ' '))), ', ' ORDER BY site) AS text
FROM (SELECT DISTINCT ON (site) site, state FROM calbus.facility_deployment ORDER BY site, changed_at DESC) AS newest
HAVING count(*) > 0

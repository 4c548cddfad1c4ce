-- Where each distribution is, newest first: files per storage element, its rule, the sites that are through.
SELECT 'distributed' AS section, '' AS subject,
       format('%s   rule %s... %s%s', f.places, left(r.id, 4), r.state,
              coalesce('; imported at ' || i.sites, '') || coalesce('; chained and checked at ' || c.sites, '')) AS text
  FROM calbus.rule AS r
  JOIN calbus.distribution AS d ON d.rule_id = r.id
 CROSS JOIN LATERAL (SELECT string_agg(format('%s %s/%s', l.rse, l.ok, l.files), '   ' ORDER BY l.rse DESC) AS places
                       FROM (SELECT rse, count(*) AS files, count(*) FILTER (WHERE state = 'OK') AS ok
                               FROM calbus.lock WHERE rule_id = r.id GROUP BY rse) AS l) AS f
 CROSS JOIN LATERAL (SELECT regexp_replace(string_agg(site, ', ' ORDER BY site DESC), ', ([^,]*)$', ' and \1') AS sites
                       FROM calbus.site_import WHERE rule_id = r.id AND state = 'IMPORTED') AS i
 CROSS JOIN LATERAL (SELECT regexp_replace(string_agg(site, ', ' ORDER BY site DESC), ', ([^,]*)$', ' and \1') AS sites
                       FROM calbus.deployment_check WHERE proposal_id = d.proposal_id AND verdict = 'PASS') AS c
 ORDER BY r.created_at DESC LIMIT 5

-- What was generated, one line for the runs that share all of their name but the product, newest first.
WITH product AS (
    SELECT r.id, r.requested_at, r.state, r.instrument,
           r.dataset_type || CASE r.physical_filter WHEN '' THEN '' ELSE '-' || left(r.physical_filter, 1) END AS product,
           regexp_match(r.output_run, '^(.*/)([^/.]+)(\.[^/]+)') AS part, r.output_run,
           count(o.*) FILTER (WHERE o.written) AS written, count(o.*) AS planned
    FROM calbus.run AS r
    LEFT JOIN calbus.quantum AS q ON q.run_id = r.id
    LEFT JOIN calbus.quantum_output AS o ON o.quantum_id = q.id AND o.dataset_type = r.dataset_type
    WHERE r.engine = 'generator' AND r.kind = 'campaign'
    GROUP BY r.id)
SELECT 'built' AS section, string_agg(product, ', ' ORDER BY requested_at) AS subject,
       format('%s     %s of %s detectors%s',
              CASE WHEN count(*) = 1 THEN min(output_run)
                   ELSE coalesce(part[1], '') || '{' || string_agg(part[2], ',' ORDER BY requested_at) || '}' || coalesce(part[3], '') END,
              sum(written), sum(planned),
              CASE WHEN bool_and(state = 'succeeded') THEN '' ELSE '; ' || string_agg(DISTINCT state, ', ') END) AS text
FROM product GROUP BY part[1], part[3] ORDER BY max(requested_at) DESC LIMIT 5

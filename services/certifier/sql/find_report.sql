-- The page that lists the reports of what is certified on a ticket chain: it lies beside the newest of them.
-- $1 repository  $2 ticket chain
SELECT regexp_replace(v.report, '[^/]*$', 'index.html') FROM calbus.certification AS c
  JOIN calbus.verified_run AS v
    ON v.repository = c.repository
   AND (v.generation_run = c.generation_run OR left(v.generation_run, length(c.generation_run) + 1) = c.generation_run || '/')
 WHERE c.repository = $1 AND c.ticket_chain = $2 AND v.report <> ''
 ORDER BY v.verified_at DESC LIMIT 1

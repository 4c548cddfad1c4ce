-- Verdicts of what was built, the newest of each product, with the page of the newest one's ticket.
WITH newest AS (
    SELECT DISTINCT ON (instrument, calib_type, physical_filter)
           calib_type || CASE physical_filter WHEN '' THEN '' ELSE '-' || left(physical_filter, 1) END AS product,
           verdict, tests_passed, tests, report, finished_at
    FROM calbus.verification
    WHERE kind = 'campaign' AND state = 'finished'
    ORDER BY instrument, calib_type, physical_filter, finished_at DESC)
SELECT 'verified' AS section, '' AS subject,
       string_agg(format('%s %s %s/%s', product, verdict, tests_passed, tests), '   ' ORDER BY finished_at)
       || coalesce('       report: ' || regexp_replace((array_agg(nullif(report, '') ORDER BY finished_at DESC))[1], '[^/]*$', 'index.html'), '')
       AS text
FROM newest HAVING count(*) > 0

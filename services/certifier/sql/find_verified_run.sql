-- The latest verification of a generation run, which may be named by its RUN or by the CHAINED collection above it.
-- $1 repository  $2 collection
SELECT verdict, tests, tests_failed, tests_no_data, verify_run, physical_filter, report
  FROM calbus.verified_run
 WHERE repository = $1 AND (generation_run = $2 OR left(generation_run, length($2) + 1) = $2 || '/')
 ORDER BY verified_at DESC LIMIT 1

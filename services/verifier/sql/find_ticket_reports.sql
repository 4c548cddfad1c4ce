-- The finished verifications of a ticket, newest first. $1 ticket
SELECT v.report, v.verify_run, v.verdict, to_char(v.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), v.tests,
       v.tests_passed
  FROM calbus.verification v JOIN calbus.run r ON r.id = v.run_id
 WHERE r.ticket = $1 AND v.report <> '' AND v.verdict <> '' ORDER BY v.finished_at DESC LIMIT 1000;

-- Of each exposure, how often the test failed that failed most. $1 run id
SELECT exposure, max(failures), bool_and(failures = 0 AND missing = 0) FROM (
    SELECT exposure, test, count(*) FILTER (WHERE outcome = 'fail') AS failures,
           count(*) FILTER (WHERE outcome = 'no_data') AS missing
      FROM calbus.verification_test WHERE run_id = $1::uuid AND counts GROUP BY exposure, test) AS t
 GROUP BY exposure ORDER BY exposure;

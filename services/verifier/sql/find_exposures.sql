-- The exposures of a verification for its report. $1 run id
SELECT x.exposure, x.origin, x.used, x.reason,
       coalesce((SELECT bool_or(f.was_input) FROM calbus.verification_frame f
                  WHERE f.run_id = x.run_id AND f.exposure = x.exposure), false),
       (SELECT count(*) FROM calbus.verification_test t
         WHERE t.run_id = x.run_id AND t.exposure = x.exposure AND t.counts AND t.outcome = 'fail')
  FROM calbus.verification_exposure x WHERE x.run_id = $1::uuid ORDER BY x.exposure;

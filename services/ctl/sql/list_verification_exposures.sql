-- What a verification rests on. $1 run id  $2 at most
SELECT x.exposure, x.origin,
       coalesce((SELECT bool_or(f.was_input) FROM calbus.verification_frame f
                  WHERE f.run_id = x.run_id AND f.exposure = x.exposure), false),
       x.used,
       (SELECT count(*) FROM calbus.verification_test t
         WHERE t.run_id = x.run_id AND t.exposure = x.exposure AND t.counts AND t.outcome <> 'pass'),
       x.reason
  FROM calbus.verification_exposure x WHERE x.run_id = $1::uuid ORDER BY x.exposure LIMIT $2;

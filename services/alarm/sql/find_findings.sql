-- What failed in a verification, a row per detector. $1 run id
SELECT detector, string_agg(reason, '; ' ORDER BY test) FROM calbus.alarm_finding WHERE run_id = $1
 GROUP BY detector ORDER BY detector

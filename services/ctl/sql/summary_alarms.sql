-- Open alarms, most severe first.
SELECT 'alarms' AS section, '' AS subject,
       CASE count(*) WHEN 0 THEN 'none open'
            ELSE format('%s open: %s     (calbus alarm list)', count(*),
                        string_agg((ARRAY['NONE', 'WARNING', 'SERIOUS', 'CRITICAL'])[severity] || ' ' || name, ', '
                                   ORDER BY severity DESC, name)) END AS text
FROM (SELECT name, severity FROM calbus.alarm_view WHERE state <> 'nominal' ORDER BY severity DESC, name LIMIT 8) AS open

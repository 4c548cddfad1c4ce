-- Open alarms, most severe first.
SELECT 'alarms' AS section, '' AS subject,
       CASE count(*) WHEN 0 THEN 'none open'
            ELSE format('%s open: %s%s     (calbus alarm list)', max(of_all),
                        string_agg((ARRAY['NONE', 'WARNING', 'SERIOUS', 'CRITICAL'])[severity] || ' ' || name, ', '
                                   ORDER BY severity DESC, name),
                        CASE WHEN max(of_all) > count(*) THEN ', ...' ELSE '' END) END AS text
FROM (SELECT name, severity, count(*) OVER () AS of_all FROM calbus.alarm_view WHERE state <> 'nominal' ORDER BY severity DESC, name LIMIT 8) AS open

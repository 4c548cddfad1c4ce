-- Landed files that wait, calibration sets that are open, files that were dealt with.
SELECT (SELECT count(*) FROM calbus.landed_file WHERE state = 'arrived'),
       (SELECT count(*) FROM calbus.calibset WHERE state = 'open'),
       (SELECT count(*) FROM calbus.landed_file WHERE state <> 'arrived')

-- Was anything ever applied?
SELECT to_regclass('calbus.migration') IS NOT NULL

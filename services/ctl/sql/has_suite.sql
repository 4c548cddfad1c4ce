-- Has a suite ever run on this database?
SELECT to_regclass('calbus.request') IS NOT NULL

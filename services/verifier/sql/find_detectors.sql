-- All detectors of an instrument, in the repository's schema. $1 instrument
SELECT id FROM detector WHERE instrument = $1 ORDER BY id;

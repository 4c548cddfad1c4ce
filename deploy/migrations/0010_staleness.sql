-- 0010_staleness.sql: certified calibrations in force that were built from what is in force no longer.

-- What each calibration of a run was built from, raw frames and the run's own products left out. By the engine, for others.
CREATE VIEW calbus.built_from AS
SELECT DISTINCT r.repository, r.instrument, r.output_run, o.dataset_type, o.dataset_id, o.detector, o.physical_filter,
       i.dataset_type AS input_type, i.dataset_id AS input_id, i.physical_filter AS input_filter
  FROM calbus.run r
  JOIN calbus.quantum q        ON q.run_id = r.id
  JOIN calbus.quantum_output o ON o.quantum_id = q.id AND o.dataset_type = r.dataset_type
  JOIN calbus.quantum p        ON p.run_id = r.id AND p.detector = o.detector
  JOIN calbus.quantum_input i  ON i.quantum_id = p.id AND i.run <> r.output_run AND i.dataset_type <> 'raw'
 WHERE r.engine = 'generator';

-- Written by the certifier.
CREATE TABLE calbus.stale_calibration (
    repository      text        NOT NULL,
    instrument      text        NOT NULL,
    dataset_type    text        NOT NULL,
    physical_filter text        NOT NULL,   -- of a flat, else ''
    collection      text        NOT NULL,   -- CALIBRATION collection that is in force
    because_of      text        NOT NULL,   -- collection whose calibration is in force where another was built in
    since           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (repository, instrument, dataset_type, physical_filter)
);

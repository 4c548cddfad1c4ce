-- $1 instrument text: what a new instrument brings with it.
INSERT INTO visit_skypix_overlap_summary (skypix_system, skypix_level, instrument) VALUES ('htm', 7, $1)
ON CONFLICT DO NOTHING;

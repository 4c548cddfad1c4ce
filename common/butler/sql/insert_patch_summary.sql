-- $1 skymap text: what a new skymap brings with it.
INSERT INTO patch_skypix_overlap_summary (skypix_system, skypix_level, skymap) VALUES ('htm', 7, $1)
ON CONFLICT DO NOTHING;

-- The set a frame belongs to, made or opened again, locked. $1 new id $2 site $3 repository $4 instrument $5 day_obs
-- $6 type $7 reason $8 filter $9 program
INSERT INTO calbus.calibset (set_id, site, repository, instrument, day_obs, observation_type, observation_reason,
                             physical_filter, science_program)
VALUES ($1, $2, $3, $4, $5::integer, $6, $7, $8, $9)
ON CONFLICT (repository, instrument, day_obs, observation_type, observation_reason, physical_filter, science_program)
DO UPDATE SET state = 'open', last_frame_at = now()
RETURNING set_id

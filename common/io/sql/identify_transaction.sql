-- Which server this is, and the id of the open transaction; NULL when it has written nothing.
SELECT system_identifier::text, pg_current_xact_id_if_assigned()::text FROM pg_control_system()

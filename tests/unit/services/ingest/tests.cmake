cb_service_unit_test(ingest watch watch.c names.c)
cb_service_unit_test(ingest corrections)

cb_service_unit_test(verifier names names.c)
cb_service_unit_test(verifier report report.c)
cb_service_unit_test(verifier read_stats read_stats.c)
cb_service_unit_test(verifier metric_schema metric_schema.c)

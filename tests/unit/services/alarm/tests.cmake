cb_service_unit_test(alarm rules rules.c)
cb_service_unit_test(alarm webhook webhook.c)

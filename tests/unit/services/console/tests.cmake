cb_service_unit_test(console page page.c)

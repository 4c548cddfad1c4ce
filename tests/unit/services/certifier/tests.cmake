cb_service_unit_test(certifier certify certify.c)

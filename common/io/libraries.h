/* The libraries this program runs with, for --version and /version. */
#pragma once

#include <stddef.h>

/* "protobuf-c 1.4.1 librdkafka 2.0.2 PostgreSQL client 15.8 ..." into ret_text, cut if it does not fit. */
void cb_io_libraries(char *ret_text, size_t size);

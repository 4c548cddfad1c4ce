/* The libraries this program runs with. */
#include "io/libraries.h"

#include <fitsio.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

void cb_io_libraries(char *ret_text, size_t size)
{
    float cfitsio = 0;
    int pq = PQlibVersion();
    ffvers(&cfitsio);
    snprintf(ret_text, size, "protobuf-c %s librdkafka %s libpq %d.%d cfitsio %.2f", protobuf_c_version(),
             rd_kafka_version_str(), pq / 10000, pq % 10000, (double)cfitsio);
}

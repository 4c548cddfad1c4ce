/* A repository of LSSTComCam in the database named by CALBUS_TEST_DB_URI, in a schema of its own, made anew
 * for each test and dropped after it. */
#pragma once

#include "base/alloc.h"
#include "butler/datasets.h"
#include "butler/dimension_records.h"
#include "butler/repository.h"
#include "support/spec.h"
#include "support/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIAS_RUN "LSSTComCam/calib/DM-1/demo/biasGen.20241210a"
#define BIAS_CALIB "LSSTComCam/calib/DM-1/demo/bias.20241210a"

struct fixture {
    struct cb_db *db;
    struct cb_repo *repo;
    char root[64];
    char schema[32];
};

/* must(call(..., &oops)): fail the test with the error's sentence. */
static struct cb_error oops;
#define must(call)                                                                                           \
    do {                                                                                                     \
        oops.text[0] = '\0';                                                                                 \
        if (!(call)) {                                                                                       \
            print_error("%s:%d: %s\n", __FILE__, __LINE__, oops.text);                                       \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline int make_repository(void **state)
{
    static int count;
    const char *uri = getenv("CALBUS_TEST_DB_URI");
    assert_non_null(uri);
    struct fixture *f = cb_xalloc(sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/cbrepo.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->schema, sizeof f->schema, "repo_%d_%d", (int)getpid(), count++);
    must(cb_db_open(uri, "test", &f->db, &oops));
    must(cb_repo_create(f->db, uri, f->root, f->schema, &oops));
    must(cb_repo_open(f->root, NULL, f->db, &f->repo, &oops));
    must(cb_instrument_register(f->repo, "LSSTComCam", false, &oops));
    *state = f;
    return 0;
}

static inline int drop_repository(void **state)
{
    struct fixture *f = *state;
    char command[256];
    cb_repo_close(f->repo);
    snprintf(command, sizeof command, "DROP SCHEMA \"%s\" CASCADE", f->schema);
    must(cb_db_script(f->db, command, &oops));
    cb_db_close(f->db);
    remove_tree(f->root);
    free(f);
    return 0;
}

static inline struct cb_data_id detector_id(int detector)
{
    struct cb_data_id id = { 0 };
    must(cb_data_id_set(&id, CB_INSTRUMENT, "LSSTComCam", &oops));
    cb_data_id_set_number(&id, CB_DETECTOR, detector);
    return id;
}

#define BIAS_DIMS (CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR))

/* The type bias, and n datasets of it in BIAS_RUN, for detectors 0..n-1; the files' text is their detector.
 */
static inline void put_biases(struct fixture *f, const char *run, int n, char (*ret_ids)[CB_UUID_TEXT_SIZE])
{
    must(cb_dataset_type_register(f->repo, "bias", BIAS_DIMS, "ExposureF", true, NULL, &oops));
    must(cb_collection_register(f->repo, run, CB_COLLECTION_RUN, NULL, NULL, &oops));
    struct cb_data_id ids[9];
    struct cb_put puts[9] = { 0 };
    char files[9][96];
    for (int i = 0; i < n; i++) {
        ids[i] = detector_id(i);
        snprintf(files[i], sizeof files[i], "%s/incoming_%d.fits", f->root, i);
        write_file(files[i], "pixels\n");
        puts[i] = (struct cb_put){ .data_id = &ids[i], .file = files[i] };
    }
    const struct cb_put_options options = { .transfer = CB_TRANSFER_MOVE };
    must(cb_dataset_put(f->repo, "bias", run, puts, (size_t)n, &options, ret_ids, &oops));
}

static inline struct cb_timespan days(int first, int last)
{
    return cb_timespan_of((20000LL + first) * 86400000000000LL, (20000LL + last) * 86400000000000LL);
}

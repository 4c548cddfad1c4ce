/* The HTML report of a verification: a static page that prints on A4. Pure: data in, text out. */
#pragma once

#include "base/bytes.h"
#include "calib/verify_tests.h"

/* A named fact: "generation RUN", "LSSTComCam/calib/...". */
struct report_fact {
    const char *name, *value;
};
/* A failing test, or a detector, exposure, dataset in a table. Texts are borrowed; NULL is shown as a dash.
 */
struct report_detector {
    int detector;
    const char *name;
    size_t exposures;
    struct cb_verify_tally cells;
    const char *calib_uuid, *calib_sha256;
};
struct report_failure {
    int64_t exposure;
    int detector;
    const char *detector_name, *amp, *test, *metric, *unit;
    double value, limit;
};
struct report_exposure {
    int64_t exposure;
    const char *origin;
    bool used, was_input;
    const char *reason;
    size_t failed;
};
struct report_test {
    const char *test;
    struct cb_verify_tally cells;
};
struct report_image {
    const char *file, *title; /* relative path of a PNG */
};

struct report {
    const char *title, *calib_type;
    enum cb_run_verdict verdict;
    const char *reason;
    struct cb_verify_tally cells, detectors;
    struct cb_verify_vote vote;
    bool strict; /* every test passed */
    const struct report_fact *fact;
    size_t facts;
    const struct report_test *test;
    size_t tests;
    const struct report_detector *detector;
    size_t detector_count;
    const struct report_failure *failure;
    size_t failures, failures_total; /* shown, and before the cap */
    const struct report_exposure *exposure;
    size_t exposures;
    const struct report_image *image;
    size_t images;
    const char *configuration; /* pipeline as run, YAML */
    const char *commands;      /* template or request */
};

/* Text with < > & " ' escaped and control characters left out. NULL is "". */
void html_escape(struct cb_bytes *out, const char *text);
/* Head of a page with the style of all reports; `</main></body></html>` ends it. */
void html_head(struct cb_bytes *out, const char *title);
void html_tail(struct cb_bytes *out);
/* "✔ PASS" and so on in a coloured box; colour never carries meaning alone. */
void html_verdict(struct cb_bytes *out, enum cb_run_verdict verdict);

void report_write(const struct report *report, struct cb_bytes *out);

/* One line of a ticket's index. */
struct report_entry {
    const char *file, *title, *verdict, *finished_at;
    int64_t tests, passed;
};
void report_write_index(const char *ticket, const struct report_entry *entries, size_t count,
                        struct cb_bytes *out);

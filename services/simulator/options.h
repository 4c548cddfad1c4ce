/* The command line of calbus-simulator (calbus simulate). */
#pragma once

#include "plan.h"

#include <stdio.h>

struct options {
    const char *instrument;
    const char *out;   /* folder of the raw files */
    const char *night; /* name of a built-in plan, or a file */
    double scale;
    struct detector_set detectors;
    uint64_t seed;
    const char *truth; /* JSON file, or NULL */
    const char *ptc;   /* folder, or NULL */
    int threads;
    int serial_overscan, parallel_overscan;
    int day_obs, seq_num; /* 0: the plan's */
    int damage;           /* damaged files more than the plan's */
    bool brighter_fatter;
    bool plain;
    bool json, quiet;
    bool help, version, list_nights;
};

/* Errors: CB_ERR_INVALID wrong usage. Texts of the options are borrowed from argv. */
CB_MUST_CHECK bool options_parse(int argc, char **argv, struct options *ret_options, struct cb_error *err);
/* --help, from the table of options. */
void options_print_help(FILE *out);

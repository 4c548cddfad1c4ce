/* Contracts of a pipeline: conditions over its configuration that must hold before anything runs. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

#include <stddef.h>

/* What is known of a name in a contract. */
enum cb_contract_name { CB_NAME_FOUND, CB_NAME_LEFT_OUT, CB_NAME_UNKNOWN };

/* What a contract may look at. */
struct cb_contract_names {
    void *self;
    /* The value of "task.field" as text. */
    enum cb_contract_name (*find)(void *self, const char *name, const char **ret_value);
};

/*
 * Check one contract: comparisons (== != < <= > >= in, not in) of names, texts, numbers, True, False, None,
 * lists in brackets; joined by and, or, not and parentheses, as in Python.
 *
 * ret_holds  true also when a task that it names was left out of the pipeline
 *
 * Errors     CB_ERR_INVALID  it cannot be understood, or names what is not there
 */
CB_MUST_CHECK bool cb_contract_check(const char *contract, const struct cb_contract_names *names,
                                     bool *ret_holds, struct cb_error *err);

/* What a repository's configuration says of its datasets' files: storage classes of its own, the formatters
 * and templates of paths, what the datastore accepts. Keys are names of dataset types, dimensions
 * ("instrument+detector+"), names of storage classes; "instrument<LATISS>" holds keys for one instrument.
 * Source: butler.md 2.6, 2.7. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "butler/datastore.h"
#include "domain/data_id.h"

#include <stdint.h>

struct cb_store_rules;
struct cb_store_rules *cb_store_rules_new(void);
void cb_store_rules_free(struct cb_store_rules *rules);
CB_DEFINE_CLEANUP(struct cb_store_rules *, cb_store_rules_free)

/* ---- reading: what is added first holds before what comes later ---- */

enum cb_store_table { CB_STORE_FORMATTERS, CB_STORE_TEMPLATES };
/* key: as in the file; instrument: NULL, or that of the map around it; value: NULL turns a default template
 * off. Errors: INVALID no template. */
CB_MUST_CHECK bool cb_store_rules_add(struct cb_store_rules *rules, enum cb_store_table table,
                                      const char *key, const char *instrument, const char *value,
                                      struct cb_error *err);
/* A storage class. Errors: CONFLICT it is one of the butler's own, of another Python type. */
CB_MUST_CHECK bool cb_store_rules_add_class(struct cb_store_rules *rules, const char *name,
                                            const char *python_type, struct cb_error *err);
/* A further pair of lists of keys, of which all that are begun must accept a dataset. */
void cb_store_rules_begin_constraints(struct cb_store_rules *rules);
void cb_store_rules_add_constraint(struct cb_store_rules *rules, bool accepts, const char *key,
                                   const char *instrument);

/* ---- asking ---- */

/* Of which dataset. */
struct cb_store_subject {
    const char *type, *storage_class;
    uint32_t dims;          /* of the type */
    const char *instrument; /* of the data ID; NULL: none */
};

/* The repository's own or one of the butler's; NULL: there is none. rules may be NULL: the butler's. */
const struct cb_storage_class *cb_store_rules_class(const struct cb_store_rules *rules, const char *name);
/* NULL: none is configured. */
const char *cb_store_rules_formatter(const struct cb_store_rules *rules,
                                     const struct cb_store_subject *subject);
/* Errors: INVALID the configuration has none for it. */
CB_MUST_CHECK bool cb_store_rules_template(const struct cb_store_rules *rules,
                                           const struct cb_store_subject *subject, const char **ret_template,
                                           struct cb_error *err);
bool cb_store_rules_accept(const struct cb_store_rules *rules, const struct cb_store_subject *subject);

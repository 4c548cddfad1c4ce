/* May a generation be certified, and into what? */
#include "certify.h"

#include <stdio.h>
#include <string.h>

static bool check_same(const char *what, const char *generated, const char *certified, struct cb_error *err)
{
    if (strcmp(generated, certified) == 0)
        return true;
    return cb_fail(err, CB_ERR_INVALID,
                   "the %s of the generation is \"%s\", that of the collection to certify into \"%s\"", what,
                   generated, certified);
}

static bool check_pair(const struct cb_collection_name *generated, const struct cb_collection_name *certified,
                       const char *dataset_type, struct cb_error *err)
{
    if (certified->pattern == CB_COLLECTION_OTHER) /* a user's, who names as they like among their own */
        return check_same("user", generated->user, certified->user, err);
    if (certified->pattern != CB_COLLECTION_CERTIFIED)
        return cb_fail(err, CB_ERR_INVALID,
                       "the collection to certify into must be named "
                       "INSTRUMENT/calib/TICKET/TAG/TYPE[-FILTER].YYYYMMDDv");
    return check_same("instrument", generated->instrument, certified->instrument, err) &&
           check_same("ticket", generated->ticket, certified->ticket, err) &&
           check_same("filter", generated->filter, certified->filter, err) &&
           check_same("user", generated->user, certified->user, err) &&
           check_same("dataset type", dataset_type, cb_calib_dataset_type(certified->type), err);
}

/* A user's generation may be named as they like; then its name says nothing of what it is certified into. */
static bool name_by_user(const struct cb_collection_name *generated, const char *generation,
                         const char *wanted, const char *dataset_type, struct certified_names *names,
                         struct cb_error *err)
{
    struct cb_collection_name certified;
    if (wanted[0] == '\0')
        return cb_fail(err, CB_ERR_INVALID,
                       "the name of \"%s\" does not say what to certify it into; give --into u/%s/...",
                       generation, generated->user);
    if (!cb_collection_name_parse_official(wanted, &certified, err) ||
        !check_same("user", generated->user, certified.user, err))
        return false;
    if (certified.pattern == CB_COLLECTION_CERTIFIED &&
        (!check_same("dataset type", dataset_type, cb_calib_dataset_type(certified.type), err) ||
         !cb_collection_name_chain(wanted, names->ticket_chain, err)))
        return false;
    snprintf(names->collection, sizeof names->collection, "%s", wanted);
    return true;
}

static bool name_by_pattern(const struct cb_collection_name *generated, const char *generation,
                            const char *wanted, const char *dataset_type, struct certified_names *names,
                            struct cb_error *err)
{
    struct cb_collection_name certified;
    if (generated->pattern != CB_COLLECTION_GENERATION)
        return cb_fail(err, CB_ERR_INVALID,
                       "collection \"%s\" is not a generation's (.../TYPEGen[-FILTER].YYYYMMDDv)",
                       generation);
    if (wanted[0] == '\0' && !cb_collection_name_certified(generation, NULL, names->collection, err))
        return false;
    if (wanted[0] != '\0')
        snprintf(names->collection, sizeof names->collection, "%s", wanted);
    snprintf(names->instrument, sizeof names->instrument, "%s", generated->instrument);
    return cb_collection_name_parse_official(names->collection, &certified, err) &&
           check_pair(generated, &certified, dataset_type, err) &&
           cb_collection_name_chain(generation, names->ticket_chain, err);
}

bool name_certification(const char *generation, const char *wanted, const char *dataset_type,
                        struct certified_names *ret_names, struct cb_error *err)
{
    struct cb_collection_name generated;
    struct certified_names names = { 0 };
    if (!cb_collection_name_parse_official(generation, &generated, err))
        return false;
    if (cb_calib_is_bootstrap(generated.type) || cb_calib_is_bootstrap(dataset_type))
        return cb_fail(err, CB_ERR_CONFLICT,
                       "\"%s\" is a bootstrap product: an input of others, never certified", generation);
    if (!(generated.pattern == CB_COLLECTION_OTHER ? name_by_user : name_by_pattern)(
            &generated, generation, wanted, dataset_type, &names, err))
        return false;
    *ret_names = names;
    return true;
}

bool may_certify(const struct verification *verification, const char *generation, const char *accept_failures,
                 struct cb_error *err)
{
    if (!verification->exists)
        return cb_fail(err, CB_ERR_CONFLICT, "\"%s\" has not been verified; run its verification first",
                       generation);
    bool fit = strcmp(verification->verdict, "PASS") == 0 || strcmp(verification->verdict, "WARN") == 0;
    if (fit || accept_failures[0] != '\0')
        return true;
    return cb_fail(err, CB_ERR_CONFLICT,
                   "verification of \"%s\" says %s (%lld of %lld tests failed, %lld had no data); "
                   "give --accept-failures REASON to certify it all the same",
                   generation, verification->verdict, verification->failed, verification->tests,
                   verification->no_data);
}

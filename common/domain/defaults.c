/* What the chain INSTRUMENT/defaults holds. */
#include "domain/defaults.h"

#include <stdio.h>
#include <string.h>

void cb_defaults_chain(const char *instrument, char ret_name[CB_COLLECTION_NAME_SIZE])
{
    snprintf(ret_name, CB_COLLECTION_NAME_SIZE, "%s/defaults", instrument);
}

void cb_defaults_name(const char *instrument, enum cb_defaults_member member,
                      char ret_name[CB_COLLECTION_NAME_SIZE])
{
    static const struct {
        bool of_instrument;
        const char *name;
    } members[CB_DEFAULTS_COUNT] = {
        [CB_DEFAULTS_RAW] = { true, "raw/all" },
        [CB_DEFAULTS_CALIB] = { true, "calib" },
        [CB_DEFAULTS_REFCAT] = { false, "refcats" },
        [CB_DEFAULTS_SKYMAP] = { false, "skymaps" },
        [CB_DEFAULTS_MODEL] = { false, "pretrained_models" },
        [CB_DEFAULTS_FGCM] = { true, "calib/fgcmcal" },
    };
    snprintf(ret_name, CB_COLLECTION_NAME_SIZE, "%s%s%s", members[member].of_instrument ? instrument : "",
             members[member].of_instrument ? "/" : "", members[member].name);
}

/* Which standard member a name is; CB_DEFAULTS_COUNT: none. */
static unsigned member_of(const char *instrument, const char *name)
{
    char standard[CB_COLLECTION_NAME_SIZE];
    for (unsigned i = 0; i < CB_DEFAULTS_COUNT; i++) {
        cb_defaults_name(instrument, (enum cb_defaults_member)i, standard);
        if (strcmp(standard, name) == 0)
            return i;
    }
    return CB_DEFAULTS_COUNT;
}

static size_t find_place(const char *instrument, const char (*names)[CB_COLLECTION_NAME_SIZE], size_t n,
                         unsigned member)
{
    size_t behind = n;
    bool is_behind = false;
    for (size_t i = 0; i < n; i++) {
        unsigned there = member_of(instrument, names[i]);
        if (there < CB_DEFAULTS_COUNT && there > member)
            return i;
        if (there < member) {
            behind = i + 1;
            is_behind = true;
        }
    }
    return is_behind ? behind : n;
}

size_t cb_defaults_merge(const char *instrument, const char *const *members, size_t n, unsigned wanted,
                         char (*ret_names)[CB_COLLECTION_NAME_SIZE], unsigned *ret_added)
{
    unsigned there = 0;
    *ret_added = 0;
    for (size_t i = 0; i < n; i++) {
        snprintf(ret_names[i], CB_COLLECTION_NAME_SIZE, "%s", members[i]);
        there |= 1U << member_of(instrument, members[i]);
    }
    for (unsigned member = 0; member < CB_DEFAULTS_COUNT; member++) {
        if ((wanted & ~there & 1U << member) == 0)
            continue;
        size_t at = find_place(instrument, (const char(*)[CB_COLLECTION_NAME_SIZE])ret_names, n, member);
        memmove(ret_names[at + 1], ret_names[at], (n - at) * sizeof *ret_names);
        cb_defaults_name(instrument, (enum cb_defaults_member)member, ret_names[at]);
        *ret_added |= 1U << member;
        n++;
    }
    return n;
}

/* The physical filters of each camera with their bands. Source: instruments.md 1.3. */
#include "domain/instrument.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define FILTERS_MAX 1024
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
    const char *name;
    const char *band;
};

struct list {
    struct cb_physical_filter *filters;
    size_t count;
};

static const struct pair comcam[] = {
    { "empty", "white" },
    { "none", "white" },
    { "pinhole", "white" },
    { "unknown", "unknown" },
    { "OG590_2_5mm", "OG590" },
    { "u_05", "u" },
    { "u_02", "u" },
    { "u_06", "u" },
    { "g_07", "g" },
    { "g_01", "g" },
    { "r_03", "r" },
    { "i_06", "i" },
    { "z_03", "z" },
    { "z_02", "z" },
    { "y_04", "y" },
};

static const struct pair lsstcam_open[] = {
    { "empty", "white" }, { "none", "white" }, { "ph_5", "white" }, { "ef_43", "white" }
};
static const struct pair lsstcam_bands[] = { { "u_24", "u" }, { "g_6", "g" },  { "r_57", "r" },
                                             { "i_39", "i" }, { "z_20", "z" }, { "y_10", "y" } };
static const struct pair bench_colours[] = {
    { "SDSSu", "u" },       { "SDSSg", "g" },           { "SDSSr", "r" },
    { "SDSSi", "i" },       { "SDSSz", "z" },           { "SDSSY", "y" },
    { "480nm", "g" },       { "650nm", "r" },           { "750nm", "i" },
    { "870nm", "z" },       { "950nm", "y" },           { "970nm", "y" },
    { "grid", "grid" },     { "spot", "spot" },         { "sparsegrid", "sparsegrid" },
    { "streak", "streak" }, { "ellipses", "ellipses" },
};
static const char *const densities[] = { "ND_OD0.1", "ND_OD0.3", "ND_OD0.5",  "ND_OD0.7",
                                         "ND_OD1.0", "ND_OD2.0", "ND_OD0.01", "ND_OD0.05",
                                         "ND_OD0.4", "ND_OD3.0", "ND_OD4.0" };
static const struct pair ccob[] = { { "HIGH", "white" }, { "LOW", "white" }, { "uv", "u" },
                                    { "blue", "g" },     { "red", "r" },     { "nm750", "i" },
                                    { "nm850", "z" },    { "nm960", "y" } };

static const struct pair latiss[] = {
    { "empty", "white" },      { "blank_bk7_wg05", "white" },
    { "collimator", "white" }, { "cyl_lens", "white" },
    { "unknown", "unknown" },  { "diffuser", "diffuser" },
    { "quadnotch1", "notch" }, { "KPNO_1111_436nm", "g" },
    { "BG40", "g" },           { "BG40_65mm_1", "g" },
    { "BG40_65mm_2", "g" },    { "OG550_65mm_1", "g" },
    { "OG550_65mm_2", "g" },   { "SDSSg", "g" },
    { "SDSSg_65mm", "g" },     { "KPNO_373A_677nm", "r" },
    { "RG610", "r" },          { "FELH0600", "r" },
    { "SDSSr", "r" },          { "SDSSr_65mm", "r" },
    { "KPNO_406_828nm", "z" }, { "SDSSz_65mm", "z" },
    { "SDSSi", "i" },          { "SDSSi_65mm", "i" },
    { "SDSSu_65mm", "u" },     { "SDSSy_65mm", "y" },
};
static const char *const gratings[] = { "ronchi90lpmm", "ronchi170lpmm", "empty",          "unknown",
                                        "holo4_003",    "holo4_001",     "blue300lpmm_qn1" };
static const char *const pinhole_distances[] = { "1000", "0500", "0200", "0100" };
static const char *const latiss_sdss[] = { "u", "g", "r", "i", "z", "y" };

static void add(struct list *list, const char *first, const char *second, const char *band,
                const char *band_suffix)
{
    struct cb_physical_filter *filter = &list->filters[list->count++];
    snprintf(filter->name, sizeof filter->name, "%s%s%s", first, second[0] != '\0' ? "~" : "", second);
    snprintf(filter->band, sizeof filter->band, "%s%s", band, band_suffix);
}

static void add_pairs(struct list *list, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(list, pairs[i].name, "", pairs[i].band, "");
}

/* Optical bench of the laboratory: colours alone, neutral densities alone, and each with each. */
static void add_bench(struct list *list)
{
    add(list, "unknown", "", "unknown", "");
    for (size_t d = 0; d < LENGTH(densities); d++)
        add(list, densities[d], "", "white", "~nd");
    for (size_t c = 0; c < LENGTH(bench_colours); c++) {
        add(list, bench_colours[c].name, "", bench_colours[c].band, "");
        for (size_t d = 0; d < LENGTH(densities); d++)
            add(list, bench_colours[c].name, densities[d], bench_colours[c].band, "~nd");
    }
}

/* The calibration projector's lamps, alone and behind whatever was in the beam. */
static void add_ccob(struct list *list)
{
    add_pairs(list, ccob, LENGTH(ccob));
    for (size_t o = 1; o < LENGTH(lsstcam_open); o++) /* behind empty the prefix is dropped */
        for (size_t l = 0; l < LENGTH(ccob); l++)
            add(list, lsstcam_open[o].name, ccob[l].name, ccob[l].band, "");
    for (size_t f = 0; f < LENGTH(lsstcam_bands); f++)
        for (size_t l = 0; l < LENGTH(ccob); l++)
            if (l < 2 || strcmp(ccob[l].band, lsstcam_bands[f].band) == 0)
                add(list, lsstcam_bands[f].name, ccob[l].name, lsstcam_bands[f].band, "");
}

static void add_grating(struct list *list, const char *grating)
{
    for (size_t f = 0; f < LENGTH(latiss); f++)
        if (strcmp(latiss[f].name, "diffuser") != 0)
            add(list, latiss[f].name, grating, latiss[f].band, "");
}

static void add_pinholes(struct list *list)
{
    char grating[CB_FILTER_NAME_SIZE];
    for (size_t d = 0; d < LENGTH(pinhole_distances); d++) {
        snprintf(grating, sizeof grating, "pinhole_1_%s", pinhole_distances[d]);
        add_grating(list, grating);
        for (int k = 1; k <= 4; k++) {
            snprintf(grating, sizeof grating, "pinhole_2_%d_%s", k, pinhole_distances[d]);
            add_grating(list, grating);
        }
    }
}

static void add_latiss(struct list *list)
{
    char grating[CB_FILTER_NAME_SIZE];
    add_pairs(list, latiss, LENGTH(latiss));
    for (size_t g = 0; g < LENGTH(gratings); g++)
        add_grating(list, gratings[g]);
    add_pinholes(list);
    for (size_t s = 0; s < LENGTH(latiss_sdss); s++) {
        snprintf(grating, sizeof grating, "SDSS%s_65mm", latiss_sdss[s]);
        add(list, "empty", grating, latiss_sdss[s], "");
    }
}

size_t cb_instrument_filters(const struct cb_instrument *instrument, struct cb_physical_filter **ret_filters)
{
    struct list list = { .filters = cb_xalloc_array(FILTERS_MAX, sizeof(struct cb_physical_filter)) };
    if (instrument->camera == CB_CAMERA_LATISS) {
        add_latiss(&list);
    } else if (instrument->camera == CB_CAMERA_LSSTCAM) {
        add_pairs(&list, lsstcam_open, LENGTH(lsstcam_open));
        add_pairs(&list, lsstcam_bands, LENGTH(lsstcam_bands));
        add_bench(&list);
        add_ccob(&list);
    } else {
        add_pairs(&list, comcam, LENGTH(comcam));
    }
    *ret_filters = list.filters;
    return list.count;
}

bool cb_instrument_band(const struct cb_instrument *instrument, const char *filter,
                        char ret_band[CB_FILTER_NAME_SIZE], struct cb_error *err)
{
    struct cb_physical_filter *all = NULL;
    size_t count = cb_instrument_filters(instrument, &all);
    cb_auto(cb_free) struct cb_physical_filter *filters = all;
    for (size_t i = 0; i < count; i++)
        if (strcmp(filters[i].name, filter) == 0) {
            memcpy(ret_band, filters[i].band, CB_FILTER_NAME_SIZE);
            return true;
        }
    return cb_fail(err, CB_ERR_NOT_FOUND, "%s has no physical filter \"%.60s\"", instrument->name, filter);
}

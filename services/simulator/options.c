/* A table of options, the parser and the help that are made from it. */
#include "options.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 64, MAX_DAMAGE = 100, WORD_MAX = 64 };
enum option_type {
    OPTION_TEXT,
    OPTION_INT,
    OPTION_REAL,
    OPTION_SEED,
    OPTION_DETECTORS,
    OPTION_OVERSCAN,
    OPTION_FLAG,
    OPTION_NO_FLAG
};

struct option {
    const char *name, *letter; /* letter may be NULL */
    const char *value;         /* what stands behind it in the help; NULL for a flag */
    enum option_type type;
    size_t offset;
    double min, max; /* of numbers */
    const char *help;
};

#define AT(field) offsetof(struct options, field)
static const struct option table[] = {
    { "--instrument", "-i", "NAME", OPTION_TEXT, AT(instrument), 0, 0, "the camera: LSSTComCam" },
    { "--out", "-o", "DIR", OPTION_TEXT, AT(out), 0, 0, "folder of the raw files; made when absent" },
    { "--night", NULL, "NAME|FILE", OPTION_TEXT, AT(night), 0, 0,
      "what is taken: a plan that is built in (--list-nights) or a file; campaign" },
    { "--day-obs", NULL, "YYYYMMDD", OPTION_INT, AT(day_obs), 20100101, 20991231,
      "move the plan to this day" },
    { "--seq-num", NULL, "N", OPTION_INT, AT(seq_num), 1, 99999, "number of each night's first exposure" },
    { "--scale", NULL, "N", OPTION_REAL, AT(scale), 1, 64,
      "shrink the detector by N in both directions; 1 is full size" },
    { "--overscan", NULL, "WxH", OPTION_OVERSCAN, AT(serial_overscan), 8, 1000,
      "columns of the serial and rows of the parallel overscan; 64x48" },
    { "--detectors", NULL, "LIST", OPTION_DETECTORS, AT(detectors), 0, 0, "detectors, as 0,4 or 0..8; all" },
    { "--seed", NULL, "N", OPTION_SEED, AT(seed), 0, 0, "of the camera and its noise; 7" },
    { "--truth", NULL, "FILE", OPTION_TEXT, AT(truth), 0, 0,
      "write what went in as JSON, and images beside it (FILE without .json, _detNNN.fits)" },
    { "--ptc", NULL, "DIR", OPTION_TEXT, AT(ptc), 0, 0,
      "write a photon transfer curve of each detector, ptc_detNNN.fits" },
    { "--threads", NULL, "N", OPTION_INT, AT(threads), 1, MAX_THREADS, "one for each processor" },
    { "--damage", NULL, "N", OPTION_INT, AT(damage), 0, MAX_DAMAGE,
      "add N files that are truncated, foreign, altered, no FITS, or lack a key" },
    { "--no-brighter-fatter", NULL, NULL, OPTION_NO_FLAG, AT(brighter_fatter), 0, 0,
      "flats with the full shot noise" },
    { "--plain", NULL, NULL, OPTION_FLAG, AT(plain), 0, 0, "segments without compression" },
    { "--list-nights", NULL, NULL, OPTION_FLAG, AT(list_nights), 0, 0,
      "print the names of the built-in plans" },
    { "--json", NULL, NULL, OPTION_FLAG, AT(json), 0, 0, "print the result as JSON" },
    { "--quiet", "-q", NULL, OPTION_FLAG, AT(quiet), 0, 0, "no messages" },
    { "--help", "-h", NULL, OPTION_FLAG, AT(help), 0, 0, "print this" },
    { "--version", NULL, NULL, OPTION_FLAG, AT(version), 0, 0, "print the version" },
};
enum { OPTIONS = sizeof table / sizeof *table };

static bool parse_number(const char *text, double *ret_value)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

static bool parse_seed(const char *text, uint64_t *ret_seed)
{
    uint64_t seed = 0;
    for (const char *p = text; *p != '\0'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (digit > 9 || seed > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        seed = seed * 10 + digit;
    }
    *ret_seed = seed;
    return text[0] != '\0';
}

/* A number of pixels and what ends it. */
static bool parse_pixels(const char **text, char end, int *ret_pixels)
{
    int pixels = 0, digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 5; (*text)++, digits++)
        pixels = pixels * 10 + (**text - '0');
    if (digits == 0 || **text != end)
        return false;
    *ret_pixels = pixels;
    return true;
}

/* "64x48" into two ints that lie side by side. */
static bool parse_overscan(const char *text, int ret_sizes[2])
{
    if (!parse_pixels(&text, 'x', &ret_sizes[0]))
        return false;
    text++;
    return parse_pixels(&text, '\0', &ret_sizes[1]);
}

static bool store(const struct option *option, const char *text, struct options *options)
{
    char *at = (char *)options + option->offset;
    double number = 0;
    assert(text != NULL || option->value == NULL);
    if (option->value == NULL) { /* a flag */
        *(bool *)(void *)at = option->type == OPTION_FLAG;
        return true;
    }
    switch (option->type) {
    case OPTION_TEXT:
        *(const char **)(void *)at = text;
        return text[0] != '\0';
    case OPTION_INT:
        if (!parse_number(text, &number) || number != floor(number) || number < option->min ||
            number > option->max)
            return false;
        *(int *)(void *)at = (int)number;
        return true;
    case OPTION_REAL:
        *(double *)(void *)at = 0;
        return parse_number(text, (double *)(void *)at) && *(double *)(void *)at >= option->min &&
               *(double *)(void *)at <= option->max;
    case OPTION_SEED:
        return parse_seed(text, (uint64_t *)(void *)at);
    case OPTION_DETECTORS:
        return detector_set_parse(text, (struct detector_set *)(void *)at, NULL);
    case OPTION_OVERSCAN:
        return parse_overscan(text, (int *)(void *)at);
    case OPTION_FLAG:
    case OPTION_NO_FLAG:
        break;
    }
    return false;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete or replace that turn one word into the other (Levenshtein). */
static int distance(const char *a, const char *b)
{
    int row[WORD_MAX + 1];
    int length = (int)strnlen(b, WORD_MAX);
    for (int k = 0; k <= length; k++)
        row[k] = k;
    for (int i = 0; a[i] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i + 1;
        for (int k = 1; k <= length; k++) {
            int replaced = diagonal + (a[i] != b[k - 1]);
            diagonal = row[k];
            row[k] = least(replaced, least(row[k], row[k - 1]) + 1);
        }
    }
    return row[length];
}

static bool unknown_option(const char *word, struct cb_error *err)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (distance(word, table[i].name) <= 2)
            return cb_fail(err, CB_ERR_INVALID, "option \"%s\" is not known; did you mean %s?", word,
                           table[i].name);
    return cb_fail(err, CB_ERR_INVALID, "option \"%s\" is not known; --help lists them", word);
}

/* The option of a word, "--name", "--name=value" or "-n"; ret_value is what follows the =, or NULL. */
static const struct option *find_option(const char *word, const char **ret_value)
{
    const char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    *ret_value = equals != NULL ? equals + 1 : NULL;
    for (size_t i = 0; i < OPTIONS; i++)
        if ((strlen(table[i].name) == size && strncmp(table[i].name, word, size) == 0) ||
            (table[i].letter != NULL && strcmp(table[i].letter, word) == 0))
            return &table[i];
    return NULL;
}

static bool parse_words(int argc, char **argv, struct options *options, struct cb_error *err)
{
    for (int i = 1; i < argc; i++) {
        const char *value;
        const struct option *option = find_option(argv[i], &value);
        if (option == NULL)
            return unknown_option(argv[i], err);
        if (option->value == NULL && value != NULL)
            return cb_fail(err, CB_ERR_INVALID, "option %s takes no value", option->name);
        if (option->value != NULL && value == NULL && i + 1 < argc)
            value = argv[++i];
        if (option->value != NULL && value == NULL)
            return cb_fail(err, CB_ERR_INVALID, "option %s needs %s", option->name, option->value);
        if (!store(option, value, options))
            return cb_fail(err, CB_ERR_INVALID, "\"%s\" is no %s of option %s", value, option->value,
                           option->name);
    }
    return true;
}

static int processors(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MAX_THREADS ? MAX_THREADS : (int)online;
}

bool options_parse(int argc, char **argv, struct options *ret_options, struct cb_error *err)
{
    struct options options = { .instrument = "LSSTComCam",
                               .night = "campaign",
                               .scale = 1,
                               .seed = 7,
                               .threads = processors(),
                               .serial_overscan = CB_SIM_SERIAL_OVERSCAN_PX,
                               .parallel_overscan = CB_SIM_PARALLEL_OVERSCAN_PX,
                               .brighter_fatter = true };
    for (size_t i = 0; i < PLAN_MAX_DETECTORS; i++)
        options.detectors.detector[i] = true;
    if (argc == 2 && strcmp(argv[1], "help") == 0)
        options.help = true;
    else if (!parse_words(argc, argv, &options, err))
        return false;
    if (options.out == NULL && !options.help && !options.version && !options.list_nights)
        return cb_fail(err, CB_ERR_INVALID, "option --out is missing: the folder of the raw files");
    *ret_options = options;
    return true;
}

void options_print_help(FILE *out)
{
    fprintf(out, "Examples:\n"
                 "  calbus simulate --instrument LSSTComCam --out raw --scale 8 --truth truth.json\n"
                 "  calbus simulate --out raw --night change --day-obs 20241210 --detectors 0,4\n"
                 "\n"
                 "Take raw exposures with a camera whose truth is known.\n"
                 "\n"
                 "Usage: calbus simulate --out DIR [options]\n"
                 "\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *o = &table[i];
        char name[64];
        snprintf(name, sizeof name, "%s%s%s%s%s", o->letter != NULL ? o->letter : "",
                 o->letter != NULL ? ", " : "", o->name, o->value != NULL ? " " : "",
                 o->value != NULL ? o->value : "");
        fprintf(out, "  %-24s %s\n", name, o->help);
    }
    fprintf(out,
            "\nFiles appear whole, by rename. The same seed gives the same files on every machine.\n"
            "Exit codes: 0 done, 2 wrong usage, 65 plan with errors, 66 no such plan, 73 cannot create,\n"
            "74 cannot write.\n");
}

/* Settings: gathering what was given, matching it with the tables, filling the structs. */
#include "base/settings.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/ini.h"
#include "base/setting_value.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, SUGGEST_DISTANCE = 2 };

/* A value that somebody gave. */
struct given {
    char *section, *key, *value, *origin;
};

struct gathering {
    const struct cb_setting *const *tables;
    const struct cb_settings_sources *sources;
    const char *file;
    struct given *given; /* weakest first */
    size_t count;
    struct cb_bytes mistakes;
};

static void gathering_done(struct gathering *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->given[i].section);
        free(all->given[i].key);
        free(all->given[i].value);
        free(all->given[i].origin);
    }
    free(all->given);
    cb_bytes_done(&all->mistakes);
}

static void add_mistake(struct gathering *all, const char *origin, const char *what)
{
    cb_bytes_printf(&all->mistakes, "%s%s: %s", all->mistakes.size > 0 ? "; " : "", origin, what);
}

/* ---- suggestions ---- */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein distance of two short names. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    size_t width = strlen(b);
    if (width > LONGEST || strlen(a) > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least(above + 1, row[j] + 1, diagonal + (a[i] != b[j] ? 1 : 0));
            diagonal = above;
        }
    }
    return row[width];
}

static void add_unknown(struct gathering *all, const char *origin, const char *name,
                        void (*spell)(const struct cb_setting *, char *, size_t))
{
    char best[128] = "", candidate[128];
    size_t nearest = SUGGEST_DISTANCE + 1;
    for (const struct cb_setting *const *table = all->tables; *table != NULL; table++)
        for (const struct cb_setting *setting = *table; setting->section != NULL; setting++) {
            spell(setting, candidate, sizeof candidate);
            size_t away = distance(name, candidate);
            if (away < nearest) {
                nearest = away;
                snprintf(best, sizeof best, "%s", candidate);
            }
        }
    cb_auto(cb_free) char *what =
        best[0] != '\0' ? cb_xasprintf("there is no setting \"%s\", perhaps you mean \"%s\"", name, best)
                        : cb_xasprintf("there is no setting \"%s\"", name);
    add_mistake(all, origin, what);
}

static void spell_dotted(const struct cb_setting *setting, char *text, size_t size)
{
    snprintf(text, size, "%s.%s", setting->section, setting->key);
}

static void spell_variable(const struct cb_setting *setting, char *text, size_t size)
{
    snprintf(text, size, "CALBUS_%s_%s", setting->section, setting->key);
    for (char *c = text; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
}

/* ---- gathering ---- */

static bool section_matches(const char *pattern, const char *section)
{
    size_t length = strlen(pattern);
    if (length >= 2 && strcmp(pattern + length - 2, ".*") == 0)
        return strncmp(pattern, section, length - 1) == 0;
    return strcmp(pattern, section) == 0;
}

static bool is_own_section(const struct gathering *all, const char *section)
{
    for (const struct cb_setting *const *table = all->tables; *table != NULL; table++)
        for (const struct cb_setting *setting = *table; setting->section != NULL; setting++)
            if (strcmp(setting->section, section) == 0)
                return true;
    return false;
}

static bool is_others(const struct gathering *all, const char *section, const char *key)
{
    bool own = is_own_section(all, section);
    for (const struct cb_setting *other = all->sources->others; other != NULL && other->section != NULL;
         other++)
        if (section_matches(other->section, section) &&
            ((strcmp(other->key, "*") == 0 && !own) || strcmp(other->key, key) == 0))
            return true;
    return false;
}

static const struct cb_setting *find_setting(const struct gathering *all, const char *section,
                                             const char *key)
{
    for (const struct cb_setting *const *table = all->tables; *table != NULL; table++)
        for (const struct cb_setting *setting = *table; setting->section != NULL; setting++)
            if (strcmp(setting->section, section) == 0 && strcmp(setting->key, key) == 0)
                return setting;
    return NULL;
}

static void add_given(struct gathering *all, const char *section, const char *key, const char *value,
                      const char *origin)
{
    all->given = cb_xrealloc_array(all->given, all->count + 1, sizeof *all->given);
    all->given[all->count++] = (struct given){ .section = cb_xstrdup(section),
                                               .key = cb_xstrdup(key),
                                               .value = cb_xstrdup(value),
                                               .origin = cb_xstrdup(origin) };
}

static void give(struct gathering *all, const char *section, const char *key, const char *value,
                 const char *origin)
{
    if (find_setting(all, section, key) != NULL) {
        add_given(all, section, key, value, origin);
        return;
    }
    if (is_others(all, section, key))
        return;
    char name[256];
    snprintf(name, sizeof name, "%s.%s", section, key);
    add_unknown(all, origin, name, spell_dotted);
}

static bool was_given_in(const struct gathering *all, const char *section, const char *key, const char *file)
{
    size_t length = strlen(file);
    for (size_t i = 0; i < all->count; i++)
        if (strncmp(all->given[i].origin, file, length) == 0 && all->given[i].origin[length] == ':' &&
            strcmp(all->given[i].section, section) == 0 && strcmp(all->given[i].key, key) == 0)
            return true;
    return false;
}

static void on_file_value(void *self, int line, const char *section, const char *key, const char *value)
{
    struct gathering *all = self;
    cb_auto(cb_free) char *origin = cb_xasprintf("%s:%d", all->file, line);
    if (was_given_in(all, section, key, all->file))
        add_mistake(all, origin, "the key stands in this file twice");
    else
        give(all, section, key, value, origin);
}

static void on_file_mistake(void *self, int line, const char *what)
{
    struct gathering *all = self;
    cb_auto(cb_free) char *origin = cb_xasprintf("%s:%d", all->file, line);
    add_mistake(all, origin, what);
}

static void gather_file(struct gathering *all, const char *file)
{
    FILE *in = fopen(file, "re");
    if (in == NULL) {
        if (errno != ENOENT && errno != ENOTDIR)
            add_mistake(all, file, strerror(errno));
        return;
    }
    cb_auto(cb_free) char *text = cb_xalloc(FILE_MAX + 1);
    size_t size = fread(text, 1, FILE_MAX, in);
    bool whole = feof(in) != 0 || fgetc(in) == EOF;
    bool failed = ferror(in) != 0;
    fclose(in);
    all->file = file;
    if (failed || !whole)
        add_mistake(all, file, failed ? "could not be read" : "is longer than 1 MiB");
    else
        cb_ini_read(text, size, on_file_value, on_file_mistake, all);
}

/* Variables that are no settings: the home folder, what `calbus env` prints, and what build and broker
 * scripts read. */
static bool is_no_setting(const char *name, size_t length)
{
    static const char *const names[] = {
        "CALBUS_HOME",        "CALBUS_RUCIO_URL",     "CALBUS_CONSOLE_URL",     "CALBUS_NO_COLOR",
        "CALBUS_KAFKA_CACHE", "CALBUS_KAFKA_VERSION", "CALBUS_REGISTRY_VERSION"
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return true;
    return false;
}

static bool is_others_variable(const struct gathering *all, const char *name)
{
    for (const struct cb_setting *others = all->sources->others; others != NULL && others->section != NULL;
         others++) {
        if (strcmp(others->key, "*") == 0 && is_own_section(all, others->section))
            continue;
        char pattern[128];
        spell_variable(others, pattern, sizeof pattern);
        size_t fixed = strlen(pattern);
        if (strcmp(others->key, "*") == 0)
            fixed -= 1; /* CALBUS_INGEST_ */
        size_t section = strlen(others->section);
        if (section >= 2 && strcmp(others->section + section - 2, ".*") == 0)
            fixed = strlen("CALBUS_") + section - 1; /* CALBUS_SITE_ */
        if (strncmp(name, pattern, fixed) == 0 && (fixed < strlen(pattern) || name[fixed] == '\0'))
            return true;
    }
    return false;
}

static void gather_variable(struct gathering *all, const char *variable)
{
    const char *equals = strchr(variable, '=');
    if (equals == NULL || strncmp(variable, "CALBUS_", 7) != 0 ||
        is_no_setting(variable, (size_t)(equals - variable)))
        return;
    cb_auto(cb_free) char *name = cb_xstrndup(variable, (size_t)(equals - variable));
    for (const struct cb_setting *const *table = all->tables; *table != NULL; table++)
        for (const struct cb_setting *setting = *table; setting->section != NULL; setting++) {
            char spelled[128];
            spell_variable(setting, spelled, sizeof spelled);
            if (strcmp(spelled, name) == 0) {
                add_given(all, setting->section, setting->key, equals + 1, name);
                return;
            }
        }
    if (!is_others_variable(all, name))
        add_unknown(all, "environment", name, spell_variable);
}

static void gather_flag(struct gathering *all, const char *flag)
{
    const char *equals = strchr(flag, '=');
    const char *dot = equals;
    while (dot != NULL && dot > flag && *dot != '.') /* the last dot: sections may have dots of their own */
        dot--;
    if (equals == NULL || dot == flag || *dot != '.') {
        cb_auto(cb_free) char *what = cb_xasprintf("\"%s\" is not section.key=value", flag);
        add_mistake(all, "flag", what);
        return;
    }
    cb_auto(cb_free) char *section = cb_xstrndup(flag, (size_t)(dot - flag));
    cb_auto(cb_free) char *key = cb_xstrndup(dot + 1, (size_t)(equals - dot - 1));
    give(all, section, key, equals + 1, "flag");
}

static void gather(struct gathering *all)
{
    const struct cb_settings_sources *sources = all->sources;
    for (const char *const *file = sources->files; file != NULL && *file != NULL; file++)
        gather_file(all, *file);
    for (const char *const *variable = sources->environment; variable != NULL && *variable != NULL;
         variable++)
        gather_variable(all, *variable);
    for (const char *const *flag = sources->flags; flag != NULL && *flag != NULL; flag++)
        gather_flag(all, *flag);
}

/* ---- filling ---- */

static const char *user_home(const struct cb_settings_sources *sources)
{
    for (const char *const *variable = sources->environment; variable != NULL && *variable != NULL;
         variable++)
        if (strncmp(*variable, "HOME=", 5) == 0)
            return *variable + 5;
    return NULL;
}

static const struct given *strongest(const struct gathering *all, const struct cb_setting *setting)
{
    for (size_t i = all->count; i-- > 0;)
        if (strcmp(all->given[i].section, setting->section) == 0 &&
            strcmp(all->given[i].key, setting->key) == 0)
            return &all->given[i];
    return NULL;
}

static void fill(struct gathering *all, const struct cb_setting *setting, void *target)
{
    const struct given *given = strongest(all, setting);
    const char *text = given != NULL ? given->value : setting->initial;
    char name[256];
    spell_dotted(setting, name, sizeof name);
    if (text == NULL) {
        add_mistake(all, name, "is missing");
        return;
    }
    struct cb_error why = { .kind = CB_ERR_NONE };
    if (cb_setting_parse(setting, text, all->sources->home, user_home(all->sources), target, &why))
        return;
    cb_auto(cb_free) char *what = cb_xasprintf("%s: %s", name, why.text);
    add_mistake(all, given != NULL ? given->origin : "built-in", what);
}

static void clear_texts(const struct cb_setting *table, void *target)
{
    for (const struct cb_setting *setting = table; setting->section != NULL; setting++)
        if (cb_setting_is_text(setting))
            *(char **)((char *)target + setting->offset) = NULL;
}

static bool verdict(const struct gathering *all, struct cb_error *err)
{
    if (all->mistakes.size == 0)
        return true;
    return cb_fail(err, CB_ERR_INVALID, "%s", cb_bytes_text(&all->mistakes));
}

bool cb_settings_load(const struct cb_setting *const *tables, void *const *targets,
                      const struct cb_settings_sources *sources, struct cb_error *err)
{
    struct gathering all = { .tables = tables, .sources = sources, .mistakes = CB_BYTES(65536) };
    gather(&all);
    for (size_t i = 0; tables[i] != NULL; i++)
        clear_texts(tables[i], targets[i]);
    for (size_t i = 0; tables[i] != NULL; i++)
        for (const struct cb_setting *setting = tables[i]; setting->section != NULL; setting++)
            fill(&all, setting, targets[i]);
    bool ok = verdict(&all, err);
    for (size_t i = 0; !ok && tables[i] != NULL; i++)
        cb_settings_done(tables[i], targets[i]);
    gathering_done(&all);
    return ok;
}

bool cb_settings_tell(const struct cb_setting *const *tables, const struct cb_settings_sources *sources,
                      cb_setting_teller *tell, void *self, struct cb_error *err)
{
    struct gathering all = { .tables = tables, .sources = sources, .mistakes = CB_BYTES(65536) };
    gather(&all);
    bool ok = verdict(&all, err);
    for (const struct cb_setting *const *table = tables; ok && *table != NULL; table++)
        for (const struct cb_setting *setting = *table; setting->section != NULL; setting++) {
            const struct given *given = strongest(&all, setting);
            tell(self, setting, given != NULL ? given->value : setting->initial,
                 given != NULL ? given->origin : "built-in");
        }
    gathering_done(&all);
    return ok;
}

void cb_settings_done(const struct cb_setting *table, void *target)
{
    for (const struct cb_setting *setting = table; setting->section != NULL; setting++) {
        if (!cb_setting_is_text(setting))
            continue;
        char **slot = (char **)((char *)target + setting->offset);
        free(*slot);
        *slot = NULL;
    }
}

void cb_settings_print_help(const struct cb_setting *table, FILE *out)
{
    for (const struct cb_setting *setting = table; setting->section != NULL; setting++) {
        fprintf(out, "  %s.%s=%s\n      %s\n", setting->section, setting->key,
                setting->initial != NULL ? setting->initial : "(required)", setting->help);
    }
}

void cb_settings_join(struct cb_setting *room, size_t n, const struct cb_setting *first,
                      const struct cb_setting *second)
{
    size_t used = 0;
    for (; first->section != NULL && used < n; first++)
        room[used++] = *first;
    for (; second->section != NULL && used < n; second++)
        room[used++] = *second;
    if (used == n)
        abort(); /* the room is our own constant */
    room[used] = *second;
}

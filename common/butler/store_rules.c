/* Rules by key, looked up as the butler looks them up: first those of the instrument, then the others; of
 * each the type's name before its dimensions before its storage class. */
#include "butler/store_rules.h"

#include "base/alloc.h"
#include "domain/path_template.h"

#include <string.h>

/* A key is a name, or dimensions (as an expanded group). */
struct key {
    char *name; /* NULL: by dimensions */
    uint32_t dims;
    char *instrument; /* NULL: any */
};

struct rule {
    struct key key;
    char *value;
};

struct rule_list {
    struct rule *item;
    size_t count;
};

/* accept and reject of one datastore, or of its place in a chain. */
struct constraint {
    struct key *key[2]; /* of what is rejected, of what is accepted */
    size_t count[2];
};

/* A storage class and the texts it borrows. */
struct own_class {
    char *name, *python_type;
    struct cb_storage_class class;
};

struct cb_store_rules {
    struct rule_list tables[2]; /* by enum cb_store_table */
    struct own_class **classes;
    size_t n_classes;
    struct constraint *constraints;
    size_t n_constraints;
};

static const char default_key[] = "default", all_key[] = "all";

struct cb_store_rules *cb_store_rules_new(void)
{
    return cb_xalloc(sizeof(struct cb_store_rules));
}

static void key_done(struct key *key)
{
    free(key->name);
    free(key->instrument);
}

static void constraint_done(struct constraint *constraint)
{
    for (int accepts = 0; accepts < 2; accepts++) {
        for (size_t i = 0; i < constraint->count[accepts]; i++)
            key_done(&constraint->key[accepts][i]);
        free(constraint->key[accepts]);
    }
}

void cb_store_rules_free(struct cb_store_rules *rules)
{
    if (rules == NULL)
        return;
    for (int table = 0; table < 2; table++) {
        for (size_t i = 0; i < rules->tables[table].count; i++) {
            key_done(&rules->tables[table].item[i].key);
            free(rules->tables[table].item[i].value);
        }
        free(rules->tables[table].item);
    }
    for (size_t i = 0; i < rules->n_classes; i++) {
        free(rules->classes[i]->name);
        free(rules->classes[i]->python_type);
        free(rules->classes[i]);
    }
    for (size_t i = 0; i < rules->n_constraints; i++)
        constraint_done(&rules->constraints[i]);
    free(rules->classes);
    free(rules->constraints);
    free(rules);
}

/* ---- keys ---- */

/* "a+b" are dimensions when all of them are; else it is a name that nothing has. */
static struct key key_of(const char *text, const char *instrument)
{
    struct key key = { .instrument = cb_xstrdup(instrument) };
    bool known = strchr(text, '+') != NULL;
    for (const char *c = text; known && *c != '\0';) {
        size_t length = strcspn(c, "+");
        const struct cb_element *element = length > 0 ? cb_element_find(c, length) : NULL;
        if (element != NULL && cb_element_index(element) < CB_DIMENSION_COUNT)
            key.dims |= CB_DIM(cb_element_index(element));
        else
            known = length == 0;
        c += length + (c[length] == '+');
    }
    key.dims = known ? cb_dimensions_expand(key.dims) : 0;
    key.name = known && key.dims != 0 ? NULL : cb_xstrdup(text);
    return key;
}

/* The names that a dataset is looked up by, in their order. */
enum { BY_TYPE, BY_DIMENSIONS, BY_CLASS, NAME_COUNT };

static bool matches(const struct key *key, const struct cb_store_subject *subject, int name)
{
    if (name == BY_DIMENSIONS)
        return key->name == NULL && key->dims == cb_dimensions_expand(subject->dims);
    const char *wanted = name == BY_TYPE ? subject->type : subject->storage_class;
    return key->name != NULL && strcmp(key->name, wanted) == 0;
}

static bool is_for(const struct key *key, const char *instrument)
{
    return instrument == NULL ? key->instrument == NULL
                              : key->instrument != NULL && strcmp(key->instrument, instrument) == 0;
}

static const struct rule *find_for(const struct rule_list *list, const struct cb_store_subject *subject,
                                   const char *instrument)
{
    for (int name = 0; name < NAME_COUNT; name++)
        for (size_t i = 0; i < list->count; i++)
            if (is_for(&list->item[i].key, instrument) && matches(&list->item[i].key, subject, name))
                return &list->item[i];
    return NULL;
}

static const struct rule *find_rule(const struct cb_store_rules *rules, enum cb_store_table table,
                                    const struct cb_store_subject *subject)
{
    const struct rule *rule =
        subject->instrument != NULL ? find_for(&rules->tables[table], subject, subject->instrument) : NULL;
    return rule != NULL ? rule : find_for(&rules->tables[table], subject, NULL);
}

/* ---- reading ---- */

bool cb_store_rules_add(struct cb_store_rules *rules, enum cb_store_table table, const char *key,
                        const char *instrument, const char *value, struct cb_error *err)
{
    if (table == CB_STORE_TEMPLATES && value != NULL && !cb_path_template_check(value, err))
        return false;
    struct rule_list *list = &rules->tables[table];
    list->item = cb_xrealloc_array(list->item, list->count + 1, sizeof *list->item);
    list->item[list->count++] = (struct rule){ key_of(key, instrument), cb_xstrdup(value) };
    return true;
}

bool cb_store_rules_add_class(struct cb_store_rules *rules, const char *name, const char *python_type,
                              struct cb_error *err)
{
    const struct cb_storage_class *there = cb_store_rules_class(rules, name);
    if (there != NULL)
        return python_type == NULL || strcmp(there->python_type, python_type) == 0 ||
               cb_fail(err, CB_ERR_CONFLICT,
                       "New definition for StorageClass %s (of Python type %s) differs from current "
                       "definition (%s)",
                       name, python_type, there->python_type);
    struct own_class *own = cb_xalloc(sizeof *own);
    own->name = cb_xstrdup(name);
    own->python_type = cb_xstrdup(python_type != NULL ? python_type : "object");
    own->class =
        (struct cb_storage_class){ .name = own->name, .python_type = own->python_type, .extension = "" };
    rules->classes = cb_xrealloc_array(rules->classes, rules->n_classes + 1, sizeof(struct own_class *));
    rules->classes[rules->n_classes] = own;
    rules->n_classes++;
    return true;
}

void cb_store_rules_begin_constraints(struct cb_store_rules *rules)
{
    rules->constraints =
        cb_xrealloc_array(rules->constraints, rules->n_constraints + 1, sizeof *rules->constraints);
    rules->constraints[rules->n_constraints++] = (struct constraint){ 0 };
}

void cb_store_rules_add_constraint(struct cb_store_rules *rules, bool accepts, const char *key,
                                   const char *instrument)
{
    struct constraint *last = &rules->constraints[rules->n_constraints - 1];
    last->key[accepts] =
        cb_xrealloc_array(last->key[accepts], last->count[accepts] + 1, sizeof *last->key[accepts]);
    last->key[accepts][last->count[accepts]++] = key_of(key, instrument);
}

/* ---- asking ---- */

const struct cb_storage_class *cb_store_rules_class(const struct cb_store_rules *rules, const char *name)
{
    for (size_t i = 0; rules != NULL && i < rules->n_classes; i++)
        if (strcmp(rules->classes[i]->name, name) == 0)
            return &rules->classes[i]->class;
    return cb_storage_class_find(name);
}

const char *cb_store_rules_formatter(const struct cb_store_rules *rules,
                                     const struct cb_store_subject *subject)
{
    const struct rule *rule = rules != NULL ? find_rule(rules, CB_STORE_FORMATTERS, subject) : NULL;
    const struct cb_storage_class *class = cb_storage_class_find(subject->storage_class);
    if (rule != NULL)
        return cb_formatter_recorded(rule->value);
    return class != NULL ? class->formatter : NULL;
}

static const struct rule *find_default(const struct cb_store_rules *rules)
{
    const struct rule_list *list = &rules->tables[CB_STORE_TEMPLATES];
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].key.name != NULL && list->item[i].key.instrument == NULL &&
            strcmp(list->item[i].key.name, default_key) == 0)
            return &list->item[i];
    return NULL;
}

/* The butler's own rule for raws stands among those by dimensions, before storage classes. */
static bool is_like_raws(const struct cb_store_subject *subject)
{
    const uint32_t raws = CB_DIM(CB_INSTRUMENT) | CB_DIM(CB_DETECTOR) | CB_DIM(CB_EXPOSURE);
    return cb_dimensions_required(cb_dimensions_expand(subject->dims)) == raws;
}

bool cb_store_rules_template(const struct cb_store_rules *rules, const struct cb_store_subject *subject,
                             const char **ret_template, struct cb_error *err)
{
    const struct rule *rule = rules != NULL ? find_rule(rules, CB_STORE_TEMPLATES, subject) : NULL;
    bool by_class = rule != NULL && rule->key.instrument == NULL && rule->key.name != NULL &&
                    strcmp(rule->key.name, subject->type) != 0;
    if (is_like_raws(subject) && (rule == NULL || by_class)) {
        *ret_template = cb_path_of_raws;
        return true;
    }
    if (rule == NULL && rules != NULL)
        rule = find_default(rules);
    *ret_template = rule != NULL ? rule->value : cb_path_default;
    return *ret_template != NULL ||
           cb_fail(err, CB_ERR_INVALID,
                   "Unable to determine file template from supplied argument [%s]: the configuration turns "
                   "the default off",
                   subject->type);
}

/* Is the dataset, or what is named "all", among the keys? */
static bool lists(const struct constraint *constraint, bool accepts, const struct cb_store_subject *subject,
                  bool all)
{
    for (size_t i = 0; i < constraint->count[accepts]; i++) {
        const struct key *key = &constraint->key[accepts][i];
        if (key->instrument != NULL &&
            (subject->instrument == NULL || strcmp(key->instrument, subject->instrument) != 0))
            continue;
        if (all ? key->name != NULL && strcmp(key->name, all_key) == 0
                : matches(key, subject, BY_TYPE) || matches(key, subject, BY_DIMENSIONS) ||
                      matches(key, subject, BY_CLASS))
            return true;
    }
    return false;
}

static bool accepts_one(const struct constraint *constraint, const struct cb_store_subject *subject)
{
    if (lists(constraint, true, subject, false))
        return true;
    if (lists(constraint, false, subject, false) || lists(constraint, false, subject, true))
        return false;
    return constraint->count[true] == 0 || lists(constraint, true, subject, true);
}

bool cb_store_rules_accept(const struct cb_store_rules *rules, const struct cb_store_subject *subject)
{
    for (size_t i = 0; rules != NULL && i < rules->n_constraints; i++)
        if (!accepts_one(&rules->constraints[i], subject))
            return false;
    return true;
}

/* Places of datasets' files: endings, and paths by the repository's templates. */
#include "butler/dataset_place.h"

#include "base/alloc.h"
#include "butler/data_id_expansion.h"
#include "butler/dataset_rows.h"
#include "domain/dataset_path.h"
#include "domain/path_template.h"

#include <stdio.h>
#include <string.h>

/* ---- endings ---- */

static bool ends_in(const char *file, const char *ending, size_t length)
{
    size_t all = strlen(file);
    return all > length && strncmp(file + all - length, ending, length) == 0;
}

/* The longest of the endings, blank between, that the file has; "" when it has none of them. */
static void find_ending(const char *file, const char *endings, char ret_ending[CB_ENDING_SIZE])
{
    ret_ending[0] = '\0';
    for (const char *one = endings; *one != '\0';) {
        size_t length = strcspn(one, " ");
        if (length > strlen(ret_ending) && length < CB_ENDING_SIZE && ends_in(file, one, length))
            snprintf(ret_ending, CB_ENDING_SIZE, "%.*s", (int)length, one);
        one += length + (one[length] == ' ');
    }
}

void cb_place_usual_ending(const struct cb_storage_class *class, const char *formatter, const char *file,
                           char ret_ending[CB_ENDING_SIZE])
{
    /* of a formatter that we do not know we take what is usual for the class: cameras have their own for raws
     */
    bool is_usual = class->formatter != NULL && strcmp(class->formatter, formatter) == 0;
    const char *known = cb_formatter_endings(formatter);
    const char *endings = known != NULL ? known : class->endings;
    const char *extension = is_usual || known == NULL ? class->extension : cb_formatter_extension(formatter);
    ret_ending[0] = '\0';
    if (file != NULL && strcmp(extension, ".fits") == 0 && endings != NULL)
        find_ending(file, endings, ret_ending);
    if (ret_ending[0] == '\0')
        snprintf(ret_ending, CB_ENDING_SIZE, "%s", extension);
}

/* From the last dot of its name on, with the one before where it is packed. */
static void own_ending(const char *file, char ret_ending[CB_ENDING_SIZE])
{
    static const char packed[] = " .gz .bz2 .fz .xz ";
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    const char *dot = strrchr(name, '.');
    ret_ending[0] = '\0';
    if (dot == NULL || dot == name || strlen(dot) >= CB_ENDING_SIZE)
        return;
    char word[CB_ENDING_SIZE + 2];
    snprintf(word, sizeof word, " %s ", dot);
    for (const char *c = dot; strstr(packed, word) != NULL && c > name + 1 && strlen(c) < CB_ENDING_SIZE;)
        if (*--c == '.') {
            dot = c;
            break;
        }
    if (strlen(dot) < CB_ENDING_SIZE)
        snprintf(ret_ending, CB_ENDING_SIZE, "%s", dot);
}

bool cb_place_own_ending(const char *formatter, const char *file, bool is_named_anew,
                         char ret_ending[CB_ENDING_SIZE], struct cb_error *err)
{
    const char *endings = cb_formatter_endings(formatter);
    char known[CB_ENDING_SIZE];
    ret_ending[0] = '\0';
    if (file == NULL)
        return true;
    own_ending(file, ret_ending);
    if (endings == NULL || !is_named_anew)
        return true;
    find_ending(file, endings, known);
    return known[0] != '\0' ||
           cb_fail(err, CB_ERR_INVALID, "formatter \"%s\" does not take \"%s\": it takes %s", formatter, file,
                   endings);
}

struct cb_store_subject cb_place_subject(const struct cb_dataset_type *type, const struct cb_data_id *id)
{
    return (struct cb_store_subject){ .type = type->name,
                                      .storage_class = type->storage_class,
                                      .dims = type->dims,
                                      .instrument = cb_data_id_text(id, CB_INSTRUMENT) };
}

/* ---- paths ---- */

/* "t" is True, 30 of a float column is 30.0, nothing is None: as Python shows them. */
static char *python_text(const struct cb_column *column, const char *text)
{
    if (text == NULL)
        return cb_xstrdup("None");
    if (column->type == CB_TYPE_BOOL)
        return cb_xstrdup(text[0] == 't' ? "True" : "False");
    bool whole = column->type == CB_TYPE_FLOAT && strspn(text, "-0123456789") == strlen(text);
    return whole ? cb_xasprintf("%s.0", text) : cb_xstrdup(text);
}

static bool fetch_column(struct cb_repo *repo, const struct cb_element *element,
                         const struct cb_column *column, const struct cb_data_id *id, char **ret_text,
                         struct cb_error *err)
{
    char keys[CB_DIMENSION_COUNT][CB_DIMENSION_TEXT_SIZE];
    struct cb_param params[CB_DIMENSION_COUNT];
    size_t n = 0;
    cb_auto_bytes struct cb_bytes sql = CB_BYTES(CB_SQL_MAX);
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_bytes_printf(&sql, "SELECT \"%s\"::text FROM \"%s\"", column->name, element->name);
    for (int i = 0; i < CB_DIMENSION_COUNT; i++) {
        const struct cb_column *key = cb_element_key_of(element, (enum cb_element_index)i);
        if (!(element->required & CB_DIM(i)) || key == NULL)
            continue;
        cb_data_id_value(id, (enum cb_element_index)i, keys[n]);
        params[n] = cb_p_text(keys[n]);
        cb_bytes_printf(&sql, " %s \"%s\"::text = $%zu", n == 0 ? "WHERE" : "AND", key->name, n + 1);
        n++;
    }
    if (!cb_db_run(repo->db, cb_bytes_text(&sql), params, n, &rows, err))
        return false;
    *ret_text = cb_rows_count(rows) == 1 ? python_text(column, cb_rows_text(rows, 0, 0)) : NULL;
    return true;
}

/* ret_texts to be freed, each. */
static bool fetch_columns(struct cb_repo *repo, const struct cb_path_columns *columns,
                          const struct cb_data_id *id, char *ret_texts[CB_PATH_MAX_COLUMNS],
                          struct cb_error *err)
{
    for (size_t i = 0; i < columns->count; i++)
        if (!fetch_column(repo, cb_element_at(columns->item[i].element), columns->item[i].column, id,
                          &ret_texts[i], err))
            return false;
    return true;
}

bool cb_place_format(struct cb_repo *repo, const struct cb_placed *it, const struct cb_rows *rows, size_t row,
                     char ret_path[CB_DATASET_PATH_SIZE], struct cb_error *err)
{
    struct cb_path_columns columns;
    char *texts[CB_PATH_MAX_COLUMNS] = { NULL };
    struct cb_dataset_path parts = { .run = it->run,
                                     .dataset_type = it->type->name,
                                     .dimensions = it->type->dims,
                                     .id = it->id,
                                     .obs_id = cb_rows_text(rows, row, CB_EXPANSION_OBS_ID),
                                     .detector_name = cb_rows_text(rows, row, CB_EXPANSION_DETECTOR_NAME),
                                     .extension = it->extension,
                                     .dataset_id = it->uuid,
                                     .columns = &columns,
                                     .column_texts = (const char *const *)texts };
    const struct cb_store_subject subject = cb_place_subject(it->type, it->id);
    bool ok = cb_store_rules_template(repo->rules, &subject, &parts.template, err) &&
              cb_path_template_columns(parts.template, cb_dimensions_expand(it->type->dims), &columns, err) &&
              fetch_columns(repo, &columns, it->id, texts, err) &&
              cb_dataset_path_format(&parts, ret_path, err);
    for (size_t i = 0; i < CB_PATH_MAX_COLUMNS; i++)
        free(texts[i]);
    return ok;
}

bool cb_dataset_template_path(struct cb_repo *repo, const char *type, const char *run,
                              const struct cb_data_id *data_id, const char *extension, char **ret_path,
                              struct cb_error *err)
{
    cb_auto(cb_tx_abandon) struct cb_tx *tx = NULL;
    cb_auto_dataset_type struct cb_dataset_type known = { 0 };
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    struct cb_data_id id = *data_id;
    const struct cb_data_id *one = &id;
    char path[CB_DATASET_PATH_SIZE];
    if (!cb_repo_read(repo, &tx, err) || !cb_dataset_type_find(repo, type, &known, err) ||
        !cb_expansion_fetch(repo, &one, 1, &rows, err) || !cb_expansion_take(rows, 0, &id, err))
        return false;
    const struct cb_placed placed = { &known, run, NULL, &id, extension };
    if (!cb_place_format(repo, &placed, rows, 0, path, err))
        return false;
    *ret_path = cb_xstrdup(path);
    return true;
}

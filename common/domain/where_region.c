/* The regions that a where-expression writes. */
#include "domain/where_region.h"

#include "base/alloc.h"
#include "domain/region.h"
#include "domain/scan.h"

#include <string.h>

enum { SHOWN_MAX = 200 };

/* The literal that a node stands for: itself, or what is bound to its name. NULL: none. */
static const char *literal_of(const struct cb_where_node *node, const struct cb_where_context *ctx,
                              enum cb_column_type *ret_type)
{
    *ret_type = node->kind == CB_NODE_STRING ? CB_TYPE_STRING : CB_TYPE_FLOAT;
    if (node->kind == CB_NODE_NUMBER || node->kind == CB_NODE_STRING)
        return node->text;
    if (node->kind != CB_NODE_BIND && node->kind != CB_NODE_IDENTIFIER)
        return NULL;
    for (size_t i = 0; i < ctx->n_binds; i++) {
        const struct cb_where_bind *bind = &ctx->binds[i];
        if (strcmp(bind->name, node->text) == 0 && !bind->is_list && bind->n_values == 1) {
            *ret_type = bind->values[0].type;
            return bind->values[0].text;
        }
    }
    return NULL;
}

/* Signs may stand before a number; calculations may not. */
static bool number_of(const struct cb_where_node *node, const struct cb_where_context *ctx,
                      double *ret_number)
{
    enum cb_column_type type;
    if (node->kind == CB_NODE_PAREN)
        return number_of(node->children[0], ctx, ret_number);
    if (node->kind == CB_NODE_SIGN) {
        if (!number_of(node->children[0], ctx, ret_number))
            return false;
        *ret_number = node->op == CB_TOK_SUB ? -*ret_number : *ret_number;
        return true;
    }
    const char *text = literal_of(node, ctx, &type);
    return text != NULL && (type == CB_TYPE_INT || type == CB_TYPE_FLOAT) && cb_scan_number(text, ret_number);
}

static bool take_numbers(const struct cb_where_node *call, const struct cb_where_context *ctx,
                         double *ret_numbers, struct cb_error *err)
{
    for (size_t i = 0; i < call->n_children; i++)
        if (!number_of(call->children[i], ctx, &ret_numbers[i])) {
            cb_auto_bytes struct cb_bytes shown = CB_BYTES(SHOWN_MAX);
            cb_where_node_format(call->children[i], &shown);
            return cb_fail(err, CB_ERR_INVALID, "Expression '%s' in %s() is not a literal number.",
                           cb_bytes_text(&shown), call->text);
        }
    return true;
}

static bool make_pos(const struct cb_where_node *call, const struct cb_where_context *ctx,
                     struct cb_region *ret_region, struct cb_error *err)
{
    enum cb_column_type type;
    const char *text = literal_of(call->children[0], ctx, &type);
    if (text == NULL || type != CB_TYPE_STRING)
        return cb_fail(err, CB_ERR_INVALID, "Expression '%.100s' in REGION() is not a literal string.",
                       call->children[0]->text);
    return cb_region_pos(text, ret_region, err);
}

static bool make_point(const double *number, size_t n, struct cb_region *ret_region, struct cb_error *err)
{
    (void)n;
    return cb_region_circle(number[0], number[1], 0, ret_region, err);
}

/* The stock butler takes the radius for half of the angle that sphgeom calls the circle's opening, but that
 * is the radius: its circles are twice as wide as written, and so are ours. */
static bool make_circle(const double *number, size_t n, struct cb_region *ret_region, struct cb_error *err)
{
    (void)n;
    return cb_region_circle(number[0], number[1], 2 * number[2], ret_region, err);
}

static bool make_box(const double *number, size_t n, struct cb_region *ret_region, struct cb_error *err)
{
    (void)n;
    return cb_region_box(number[0], number[1], number[2] / 2, number[3] / 2, ret_region, err);
}

static bool make_polygon(const double *number, size_t n, struct cb_region *ret_region, struct cb_error *err)
{
    return cb_region_polygon((const double(*)[2])number, n / 2, ret_region, err);
}

static const struct {
    const char *name;
    bool (*make)(const double *, size_t, struct cb_region *, struct cb_error *);
} shapes[] = {
    { "POINT", make_point }, { "CIRCLE", make_circle }, { "BOX", make_box }, { "POLYGON", make_polygon }
};
#define N_SHAPES (sizeof shapes / sizeof shapes[0])

static bool make(const struct cb_where_node *call, const struct cb_where_context *ctx,
                 struct cb_region *ret_region, struct cb_error *err)
{
    if (strcmp(call->text, "REGION") == 0)
        return make_pos(call, ctx, ret_region, err);
    cb_auto(cb_free) double *number = cb_xalloc_array(call->n_children + 1, sizeof *number);
    if (!take_numbers(call, ctx, number, err))
        return false;
    size_t i = 0;
    while (i + 1 < N_SHAPES && strcmp(shapes[i].name, call->text) != 0)
        i++;
    return shapes[i].make(number, call->n_children, ret_region, err);
}

bool cb_where_region(const struct cb_where_node *call, const struct cb_where_context *ctx, char **ret_region,
                     struct cb_error *err)
{
    cb_auto_region region = { 0 };
    if (!make(call, ctx, &region, err))
        return false;
    *ret_region = cb_region_encode_text(&region);
    return true;
}

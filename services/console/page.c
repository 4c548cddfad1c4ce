/* Rows as HTML and as JSON. */
#include "page.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

void write_escaped(struct cb_bytes *page, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            cb_bytes_puts(page, "&amp;");
            break;
        case '<':
            cb_bytes_puts(page, "&lt;");
            break;
        case '>':
            cb_bytes_puts(page, "&gt;");
            break;
        case '"':
            cb_bytes_puts(page, "&quot;");
            break;
        case '\'':
            cb_bytes_puts(page, "&#39;");
            break;
        default:
            cb_bytes_add(page, c, 1);
        }
    }
}

void write_page_start(struct cb_bytes *page, const char *title, const char *now_utc, const char *now_tai)
{
    cb_bytes_puts(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                        "<meta name=\"viewport\" content=\"width=device-width\">"
                        "<meta http-equiv=\"refresh\" content=\"15\"><title>");
    write_escaped(page, title);
    cb_bytes_puts(
        page, "</title><link rel=\"stylesheet\" href=\"/board.css\"></head><body><header><h1>calbus</h1><p>");
    write_escaped(page, now_utc);
    cb_bytes_puts(page, " UTC</p><p>");
    write_escaped(page, now_tai);
    cb_bytes_puts(page, " TAI</p></header><main>\n");
}

void write_page_end(struct cb_bytes *page)
{
    cb_bytes_puts(page, "</main></body></html>\n");
}

/* The part of a report's path below the folder of reports, as a link; other texts as they are. */
static void write_report(struct cb_bytes *page, const char *path)
{
    const char *below = strstr(path, "/reports/");
    if (below == NULL) {
        write_escaped(page, path);
        return;
    }
    cb_bytes_puts(page, "<a href=\"");
    write_escaped(page, below);
    cb_bytes_puts(page, "\">report</a>");
}

static void write_cell(struct cb_bytes *page, enum column_look look, const char *text)
{
    cb_bytes_puts(page, look == LOOK_NUMBER ? "<td class=\"number\">" : "<td>");
    if (look == LOOK_WORD) {
        cb_bytes_puts(page, "<span class=\"word ");
        write_escaped(page, text);
        cb_bytes_puts(page, "\">");
        write_escaped(page, text);
        cb_bytes_puts(page, "</span>");
    } else if (look == LOOK_REPORT) {
        write_report(page, text);
    } else {
        write_escaped(page, text);
    }
    cb_bytes_puts(page, "</td>");
}

void write_section(struct cb_bytes *page, const struct section *section, const void *rows, size_t n,
                   cell_text *cell)
{
    cb_bytes_printf(page, "<section id=\"%s\"><h2>%s</h2>", section->name, section->title);
    if (n == 0) {
        cb_bytes_printf(page, "<p>%s</p></section>\n", section->empty);
        return;
    }
    cb_bytes_puts(page, "<table><thead><tr>");
    for (const struct section_column *c = section->columns; c->key != NULL; c++)
        cb_bytes_printf(page, "<th scope=\"col\"%s>%s</th>",
                        c->look == LOOK_NUMBER ? " class=\"number\"" : "", c->title);
    cb_bytes_puts(page, "</tr></thead><tbody>\n");
    for (size_t row = 0; row < n; row++) {
        cb_bytes_puts(page, "<tr>");
        for (size_t i = 0; section->columns[i].key != NULL; i++) {
            const char *text = cell(rows, row, i);
            write_cell(page, section->columns[i].look, text != NULL ? text : "");
        }
        cb_bytes_puts(page, "</tr>\n");
    }
    cb_bytes_puts(page, "</tbody></table></section>\n");
}

void write_section_json(struct cb_bytes *out, const struct section *section, const void *rows, size_t n,
                        cell_text *cell)
{
    struct cb_json json = CB_JSON(out);
    char schema[80];
    snprintf(schema, sizeof schema, "calbus.console.%s.v1", section->name);
    cb_json_open(&json, NULL, '{');
    cb_json_str(&json, "schema", schema);
    cb_json_open(&json, "items", '[');
    for (size_t row = 0; row < n; row++) {
        cb_json_open(&json, NULL, '{');
        for (size_t i = 0; section->columns[i].key != NULL; i++) {
            const char *text = cell(rows, row, i);
            if (section->columns[i].look == LOOK_NUMBER && text != NULL)
                cb_json_raw(&json, section->columns[i].key, text);
            else
                cb_json_str(&json, section->columns[i].key, text);
        }
        cb_json_close(&json);
    }
    cb_json_close(&json);
    cb_json_null(&json, "next");
    cb_json_close(&json);
    cb_bytes_puts(out, "\n");
}

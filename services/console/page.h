/* Rows as HTML and as JSON. Pure. */
#pragma once

#include "base/bytes.h"
#include "sections.h"

#include <stddef.h>

/* One cell of the rows: text, NULL for nothing. */
typedef const char *cell_text(const void *rows, size_t row, size_t column);

void write_page_start(struct cb_bytes *page, const char *title, const char *now_utc, const char *now_tai);
void write_section(struct cb_bytes *page, const struct section *section, const void *rows, size_t n,
                   cell_text *cell);
void write_page_end(struct cb_bytes *page);
void write_section_json(struct cb_bytes *out, const struct section *section, const void *rows, size_t n,
                        cell_text *cell);
/* & < > " ' as entities. */
void write_escaped(struct cb_bytes *page, const char *text);

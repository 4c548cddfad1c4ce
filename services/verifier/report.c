/* Writes verification reports as HTML. */
#include "report.h"

#include <math.h>
#include <string.h>

static const char style[] =
    "body{font:14px/1.4 "
    "system-ui,sans-serif;margin:0;color:#111;background:#fff}main{max-width:70rem;margin:1rem "
    "auto;padding:0 1rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid "
    "#bbb;padding:.2rem "
    ".5rem;text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}thead "
    "th{background:#eee}.v{display:inline-block;padding:.1rem "
    ".5rem;font-weight:bold}.PASS{background:#0072b2;color:#fff}"
    ".WARN{background:#f0e442;color:#000}.FAIL{background:#d55e00;color:#000}.NO_DATA{background:#999;color:#"
    "000}"
    "pre{background:#f4f4f4;padding:.5rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}td{"
    "overflow-wrap:"
    "anywhere}img{image-rendering:pixelated;border:1px solid "
    "#bbb;max-width:100%}figure{display:inline-block;margin:.5rem}"
    "@page{size:A4;margin:15mm}@media "
    "print{body{font-size:9pt}main{max-width:none;margin:0}tr,figure{break-inside:avoid}"
    "thead{display:table-header-group}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

void html_escape(struct cb_bytes *out, const char *text)
{
    for (const char *p = text == NULL ? "" : text; *p != '\0'; p++) {
        const char *entity = *p == '<'    ? "&lt;"
                             : *p == '>'  ? "&gt;"
                             : *p == '&'  ? "&amp;"
                             : *p == '"'  ? "&quot;"
                             : *p == '\'' ? "&#39;"
                                          : NULL;
        if (entity != NULL)
            cb_bytes_puts(out, entity);
        else if ((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t')
            cb_bytes_add(out, p, 1);
    }
}

void html_head(struct cb_bytes *out, const char *title)
{
    cb_bytes_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_escape(out, title);
    cb_bytes_printf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
    html_escape(out, title);
    cb_bytes_puts(out, "</h1>\n");
}

void html_tail(struct cb_bytes *out)
{
    cb_bytes_puts(out, "</main>\n</body>\n</html>\n");
}

static void put_verdict(struct cb_bytes *out, const char *name)
{
    const char *icon = strcmp(name, "PASS") == 0   ? "\u2714"
                       : strcmp(name, "WARN") == 0 ? "\u25b2"
                       : strcmp(name, "FAIL") == 0 ? "\u2716"
                                                   : "?";
    cb_bytes_puts(out, "<span class=\"v ");
    html_escape(out, name);
    cb_bytes_printf(out, "\">%s ", icon);
    html_escape(out, strcmp(name, "NO_DATA") == 0 ? "NO DATA" : name);
    cb_bytes_puts(out, "</span>");
}

void html_verdict(struct cb_bytes *out, enum cb_run_verdict verdict)
{
    put_verdict(out, cb_run_verdict_name(verdict));
}

/* ---- cells ---- */

static void put_text(struct cb_bytes *out, const char *text)
{
    cb_bytes_puts(out, "<td>");
    html_escape(out, text == NULL || text[0] == '\0' ? "\u2013" : text);
    cb_bytes_puts(out, "</td>");
}

static void put_count(struct cb_bytes *out, size_t count)
{
    cb_bytes_printf(out, "<td class=\"n\">%zu</td>", count);
}

static void put_number(struct cb_bytes *out, double value)
{
    if (isfinite(value))
        cb_bytes_printf(out, "<td class=\"n\">%.4g</td>", value);
    else
        cb_bytes_puts(out, "<td class=\"n\">no data</td>");
}

static void put_tally(struct cb_bytes *out, const struct cb_verify_tally *tally)
{
    enum cb_run_verdict verdict = tally->failed > 0                         ? CB_RUN_FAIL
                                  : tally->no_data > 0 || tally->total == 0 ? CB_RUN_NO_DATA
                                                                            : CB_RUN_PASS;
    cb_bytes_puts(out, "<td>");
    html_verdict(out, verdict);
    cb_bytes_printf(out, "</td><td class=\"n\">%zu/%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>",
                    tally->passed, tally->total, tally->failed, tally->no_data);
}

static void open_table(struct cb_bytes *out, const char *title, const char *id, const char *const *columns)
{
    cb_bytes_printf(out, "<h2 id=\"%s\">%s</h2>\n<table>\n<thead><tr>", id, title);
    for (; *columns != NULL; columns++)
        cb_bytes_printf(out, "<th scope=\"col\">%s</th>", *columns);
    cb_bytes_puts(out, "</tr></thead>\n<tbody>\n");
}

static void close_table(struct cb_bytes *out)
{
    cb_bytes_puts(out, "</tbody>\n</table>\n");
}

#define COLUMNS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- sections ---- */

static void put_summary(const struct report *r, struct cb_bytes *out)
{
    cb_bytes_puts(out, "<p>");
    html_verdict(out, r->verdict);
    cb_bytes_printf(
        out, " %zu of %zu tests passed, %zu failed, %zu without data; %zu of %zu detectors passed.</p>\n",
        r->cells.passed, r->cells.total, r->cells.failed, r->cells.no_data, r->detectors.passed,
        r->detectors.total);
    if (r->reason != NULL && r->reason[0] != '\0') {
        cb_bytes_puts(out, "<p>");
        html_escape(out, r->reason);
        cb_bytes_puts(out, "</p>\n");
    }
    cb_bytes_printf(
        out,
        "<p>Policy strict (every test passes): <strong>%s</strong>. Policy majority: <strong>%s</strong> "
        "(%zu exposures failed, %zu are too many; an exposure fails when one test fails %zu times in "
        "it).</p>\n",
        r->strict ? "certify" : "do not certify",
        r->vote.certify && r->verdict != CB_RUN_NO_DATA ? "certify" : "do not certify",
        r->vote.failed_exposures, r->vote.max_failed_exposures, r->vote.max_failed_tests);
}

static void put_tests(const struct report *r, struct cb_bytes *out)
{
    open_table(out, "Tests", "tests", COLUMNS("test", "verdict", "passed", "failed", "no data"));
    for (size_t i = 0; i < r->tests; i++) {
        cb_bytes_puts(out, "<tr>");
        put_text(out, r->test[i].test);
        put_tally(out, &r->test[i].cells);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
}

static void put_detectors(const struct report *r, struct cb_bytes *out)
{
    open_table(out, "Detectors", "detectors",
               COLUMNS("detector", "name", "exposures", "verdict", "passed", "failed", "no data",
                       "calibration", "SHA-256"));
    for (size_t i = 0; i < r->detector_count; i++) {
        const struct report_detector *d = &r->detector[i];
        cb_bytes_printf(out, "<tr><td class=\"n\">%d</td>", d->detector);
        put_text(out, d->name);
        put_count(out, d->exposures);
        put_tally(out, &d->cells);
        put_text(out, d->calib_uuid);
        put_text(out, d->calib_sha256);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
}

static void put_failures(const struct report *r, struct cb_bytes *out)
{
    if (r->failures_total == 0)
        return;
    open_table(out, "Failures", "failures",
               COLUMNS("detector", "amplifier", "test", "exposure", "metric", "value", "limit", "unit"));
    for (size_t i = 0; i < r->failures; i++) {
        const struct report_failure *f = &r->failure[i];
        cb_bytes_puts(out, "<tr>");
        put_text(out, f->detector_name);
        put_text(out, f->amp);
        put_text(out, f->test);
        cb_bytes_printf(out, "<td class=\"n\">%lld</td>", (long long)f->exposure);
        put_text(out, f->metric);
        put_number(out, f->value);
        put_number(out, f->limit);
        put_text(out, f->unit);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
    if (r->failures < r->failures_total)
        cb_bytes_printf(out, "<p>%zu of %zu failures are shown, the farthest beyond their limits.</p>\n",
                        r->failures, r->failures_total);
}

static void put_exposures(const struct report *r, struct cb_bytes *out)
{
    open_table(out, "Exposures", "exposures",
               COLUMNS("exposure", "why", "went into the calibration", "used", "failed tests", "remark"));
    for (size_t i = 0; i < r->exposures; i++) {
        const struct report_exposure *e = &r->exposure[i];
        cb_bytes_printf(out, "<tr><td class=\"n\">%lld</td>", (long long)e->exposure);
        put_text(out, e->origin);
        put_text(out, e->was_input ? "yes" : "no");
        put_text(out, e->used ? "yes" : "no");
        put_count(out, e->failed);
        put_text(out, e->reason);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
}

static void put_facts(const struct report *r, struct cb_bytes *out)
{
    open_table(out, "What was run", "facts", COLUMNS("what", "value"));
    for (size_t i = 0; i < r->facts; i++) {
        cb_bytes_puts(out, "<tr>");
        put_text(out, r->fact[i].name);
        put_text(out, r->fact[i].value);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
}

static void put_images(const struct report *r, struct cb_bytes *out)
{
    if (r->images == 0)
        return;
    cb_bytes_puts(out, "<h2 id=\"images\">Images</h2>\n");
    for (size_t i = 0; i < r->images; i++) {
        cb_bytes_puts(out, "<figure><img src=\"");
        html_escape(out, r->image[i].file);
        cb_bytes_puts(out, "\" alt=\"");
        html_escape(out, r->image[i].title);
        cb_bytes_puts(out, "\"><figcaption>");
        html_escape(out, r->image[i].title);
        cb_bytes_puts(out, "</figcaption></figure>\n");
    }
}

static void put_block(struct cb_bytes *out, const char *title, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    cb_bytes_printf(out, "<h2>%s</h2>\n<pre>", title);
    html_escape(out, text);
    cb_bytes_puts(out, "</pre>\n");
}

void report_write(const struct report *report, struct cb_bytes *out)
{
    html_head(out, report->title);
    cb_bytes_puts(out, "<nav><a href=\"index.html\">All reports of this ticket</a></nav>\n");
    put_summary(report, out);
    put_tests(report, out);
    put_failures(report, out);
    put_detectors(report, out);
    put_exposures(report, out);
    put_images(report, out);
    put_facts(report, out);
    put_block(out, "Commands", report->commands);
    put_block(out, "Configuration", report->configuration);
    html_tail(out);
}

void report_write_index(const char *ticket, const struct report_entry *entries, size_t count,
                        struct cb_bytes *out)
{
    html_head(out, ticket);
    open_table(out, "Verifications", "verifications", COLUMNS("verdict", "passed", "run", "finished (UTC)"));
    for (size_t i = 0; i < count; i++) {
        cb_bytes_puts(out, "<tr><td>");
        put_verdict(out, entries[i].verdict);
        cb_bytes_printf(out, "</td><td class=\"n\">%lld/%lld</td><td><a href=\"",
                        (long long)entries[i].passed, (long long)entries[i].tests);
        html_escape(out, entries[i].file);
        cb_bytes_puts(out, "\">");
        html_escape(out, entries[i].title);
        cb_bytes_puts(out, "</a></td>");
        put_text(out, entries[i].finished_at);
        cb_bytes_puts(out, "</tr>\n");
    }
    close_table(out);
    html_tail(out);
}

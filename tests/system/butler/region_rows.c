/* What calbus answers about regions: region_rows, one question a line on standard input, one answer a line.
 *   overlaps A B         A, B: regions in base64       -> yes | no | unknown | refused SENTENCE
 *   pixels LEVEL A                                     -> BEGIN-END ...
 *   pixel LEVEL PIXEL                                  -> the region in base64
 *   pos POS                                            -> the region in base64
 *   circle RA DEC RADIUS, box RA DEC HALF_WIDTH HALF_HEIGHT, polygon RA DEC ...   in degrees */
#include "base/cleanup.h"
#include "base/error.h"
#include "domain/region.h"
#include "domain/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 512 };

static void print_region(const struct cb_region *region)
{
    cb_auto(cb_free) char *text = cb_region_encode_text(region);
    printf("%s", text);
}

static bool answer_overlaps(char *const *word, struct cb_error *err)
{
    static const char *const names[] = { "no", "yes", "unknown" };
    cb_auto_region one = { 0 }, other = { 0 };
    if (!cb_region_decode_text(word[1], strlen(word[1]), &one, err) ||
        !cb_region_decode_text(word[2], strlen(word[2]), &other, err))
        return false;
    printf("%s", names[cb_region_overlaps(&one, &other)]);
    return true;
}

static bool answer_pixels(char *const *word, struct cb_error *err)
{
    cb_auto_region region = { 0 };
    struct cb_pixel_ranges ranges = { 0 };
    int64_t level = 0;
    if (!cb_scan_integer(word[1], &level) || !cb_region_decode_text(word[2], strlen(word[2]), &region, err))
        return false;
    cb_region_pixels(&region, (int)level, &ranges);
    for (size_t i = 0; i < ranges.count; i++)
        printf("%s%" PRId64 "-%" PRId64, i > 0 ? " " : "", ranges.item[i].begin, ranges.item[i].end);
    free(ranges.item);
    return true;
}

static bool answer_pixel(char *const *word, struct cb_error *err)
{
    cb_auto_region region = { 0 };
    int64_t level = 0, pixel = 0;
    if (!cb_scan_integer(word[1], &level) || !cb_scan_integer(word[2], &pixel))
        return cb_fail(err, CB_ERR_INVALID, "no number");
    cb_region_of_pixel(pixel, (int)level, &region);
    print_region(&region);
    return true;
}

static bool answer_shape(char *const *word, size_t n, struct cb_error *err)
{
    cb_auto_region region = { 0 };
    double number[WORDS_MAX];
    for (size_t i = 1; i < n; i++)
        if (!cb_scan_number(word[i], &number[i - 1]))
            return cb_fail(err, CB_ERR_INVALID, "no number");
    bool ok = word[0][0] == 'c'   ? cb_region_circle(number[0], number[1], number[2], &region, err)
              : word[0][0] == 'b' ? cb_region_box(number[0], number[1], number[2], number[3], &region, err)
                                  : cb_region_polygon((const double(*)[2])number, (n - 1) / 2, &region, err);
    if (ok)
        print_region(&region);
    return ok;
}

static bool answer_pos(const char *text, struct cb_error *err)
{
    cb_auto_region region = { 0 };
    if (!cb_region_pos(text, &region, err))
        return false;
    print_region(&region);
    return true;
}

static bool answer(char *line, struct cb_error *err)
{
    char *word[WORDS_MAX], *rest = NULL;
    size_t n = 0;
    if (strncmp(line, "pos ", 4) == 0)
        return answer_pos(line + 4, err);
    for (char *at = strtok_r(line, " ", &rest); at != NULL && n < WORDS_MAX; at = strtok_r(NULL, " ", &rest))
        word[n++] = at;
    if (n == 3 && strcmp(word[0], "overlaps") == 0)
        return answer_overlaps(word, err);
    if (n == 3 && strcmp(word[0], "pixels") == 0)
        return answer_pixels(word, err);
    if (n == 3 && strcmp(word[0], "pixel") == 0)
        return answer_pixel(word, err);
    return n >= 4 ? answer_shape(word, n, err) : cb_fail(err, CB_ERR_INVALID, "no such question");
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        struct cb_error err = { 0 };
        line[strcspn(line, "\n")] = '\0';
        if (!answer(line, &err))
            printf("refused %s", err.text);
        printf("\n");
    }
    free(line);
    return 0;
}

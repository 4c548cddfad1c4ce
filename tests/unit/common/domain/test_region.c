/* Which pixels of the mesh a region touches. Expected numbers: printed by sphgeom (instruments.md 4.3, 4.4).
 */
#include "domain/region.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "support/spec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RAD (3.14159265358979323846 / 180)

/* The encoding of a polygon with corners at these longitudes and latitudes, degrees. */
static size_t encode(const double (*corners)[2], size_t n, unsigned char *ret_bytes)
{
    ret_bytes[0] = 'p';
    for (size_t i = 0; i < n; i++) {
        double lon = corners[i][0] * RAD, lat = corners[i][1] * RAD;
        const double xyz[3] = { cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat) };
        memcpy(ret_bytes + 1 + 24 * i, xyz, 24);
    }
    return 1 + 24 * n;
}

static void a_polygon_at_the_equator_touches_fourteen_pixels(void **state)
{
    (void)state;
    static const double corners[][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } };
    static const int64_t expected[] = { 131072, 131074, 131075, 188416, 196608, 196609, 196611,
                                        253952, 253953, 253954, 253955, 253965, 253966, 253967 };
    unsigned char bytes[256];
    cb_auto(cb_free) int64_t *ids = NULL;
    size_t n = 0;
    assert_true(cb_region_htm7(bytes, encode(corners, 4, bytes), &ids, &n, NULL));
    assert_int_equal(n, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids[i], expected[i]);
}

static void a_detector_of_a_camera_touches_one(void **state)
{
    (void)state;
    static const double corners[][2] = { { 53.2061921, -27.8430751 },
                                         { 53.1421002, -28.0909471 },
                                         { 53.4187719, -28.1464504 },
                                         { 53.4822608, -27.8984509 } };
    unsigned char bytes[256];
    cb_auto(cb_free) int64_t *ids = NULL;
    size_t n = 0;
    assert_true(cb_region_htm7(bytes, encode(corners, 4, bytes), &ids, &n, NULL));
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], 147175);
}

static void what_is_no_region_is_refused(void **state)
{
    (void)state;
    static const double corners[][2] = { { 0, 0 }, { 1, 0 }, { 1, 1 } };
    unsigned char bytes[256];
    int64_t *ids = NULL;
    size_t n = 0, size = encode(corners, 3, bytes);
    struct cb_error err = { 0 };
    assert_false(cb_region_htm7(bytes, size - 1, &ids, &n, NULL));
    assert_false(cb_region_htm7(bytes, 1 + 24 * 2, &ids, &n, NULL));
    assert_false(cb_region_htm7(bytes, 0, &ids, &n, NULL));
    bytes[8] = 0x7f; /* the first x is huge now */
    bytes[7] = 0xf8;
    assert_false(cb_region_htm7(bytes, size, &ids, &n, NULL));
    bytes[0] = 'c';
    assert_false(cb_region_htm7(bytes, 41, &ids, &n, &err));
    assert_non_null(strstr(err.text, "circle"));
    assert_null(ids);
}

static void base64_goes_there_and_back(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "", "" },
                                            { "f", "Zg==" },
                                            { "fo", "Zm8=" },
                                            { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" },
                                            { "foobar", "Zm9vYmFy" } };
    static const char *const bad[] = { "Z", "Zg=", "Zg=a", "Z===", "Zm9v!", "=" };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cb_auto_bytes struct cb_bytes text = CB_BYTES(64), data = CB_BYTES(64);
        cb_base64_add(&text, (const unsigned char *)pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(cb_bytes_text(&text), pairs[i][1]);
        assert_true(cb_base64_decode(pairs[i][1], &data));
        assert_string_equal(cb_bytes_text(&data), pairs[i][0]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cb_auto_bytes struct cb_bytes data = CB_BYTES(64);
        assert_false(cb_base64_decode(bad[i], &data));
    }
}

int main(void)
{
    const struct CMUnitTest region[] = {
        cmocka_unit_test(a_polygon_at_the_equator_touches_fourteen_pixels),
        cmocka_unit_test(a_detector_of_a_camera_touches_one),
        cmocka_unit_test(what_is_no_region_is_refused),
        cmocka_unit_test(base64_goes_there_and_back),
    };
    return cmocka_run_group_tests_name("region", region, NULL, NULL);
}

/* A master bias of one full-size detector through the engine: a real repository, real frames, held against
 * the truth.
 *
 *   bench_generation FOLDER   (of calbus-simulator: raw/, ptc/ptc_det004.fits, truth_det004.fits, truth.json)
 *
 * Prints time, processor time, peak memory and the rms of residual / sigma; fails when that is not what the
 * settings allow, or the memory is more than strips need. */
#undef CB_GOLDEN
#define CB_GOLDEN "unused"
#include "engine/campaign.h"

#define OUT "LSSTComCam/calib/DM-1/bench/biasGen.20241210a/run1"
#define OUT_PLAIN "LSSTComCam/calib/DM-1/bench/biasGen.20241210b/run1"
#define FRAMES 20.0
#define OVERSCAN_COLUMNS 58.0 /* of 64, without the 3 skipped on each side */
/* Upstream's settings: the medians of the parallel overscan's 42 rows, clipping at 3 sigma about the
 * median, and the dither add to the noise. */
#define LEAST_USUAL 1.02
#define MOST_USUAL 1.06
/* Without parallel overscan, clipping at 4 sigma, no dither: nothing does. */
#define LEAST_BARE 1.00
#define MOST_BARE 1.01
#define MOST_MEMORY_MB 200
#define CARD 80
#define BLOCK 2880

/* The pixels of the first image of a plain FITS file with BITPIX -32. */
static float *read_first_image(const char *path, size_t *ret_width, size_t *ret_height)
{
    FILE *file = fopen(path, "rb");
    char card[CARD + 1] = "";
    long width = 0, height = 0, bits = 0;
    assert_non_null(file);
    for (;;) { /* headers, until one that has an image */
        long cards = 0;
        width = height = 0;
        do {
            assert_int_equal(fread(card, 1, CARD, file), CARD);
            sscanf(card, "BITPIX  = %ld", &bits);
            sscanf(card, "NAXIS1  = %ld", &width);
            sscanf(card, "NAXIS2  = %ld", &height);
            cards++;
        } while (strncmp(card, "END     ", 8) != 0);
        fseek(file, (BLOCK - cards * CARD % BLOCK) % BLOCK, SEEK_CUR);
        if (width > 0 && height > 0)
            break;
    }
    assert_int_equal(bits, -32);
    size_t n = (size_t)(width * height);
    unsigned char *bytes = cb_xalloc_array(n, 4);
    float *value = cb_xalloc_array(n, sizeof *value);
    assert_int_equal(fread(bytes, 4, n, file), n);
    for (size_t i = 0; i < n; i++) {
        uint32_t word = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 |
                        (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
        memcpy(&value[i], &word, sizeof word);
    }
    free(bytes);
    fclose(file);
    *ret_width = (size_t)width;
    *ret_height = (size_t)height;
    return value;
}

static void register_all(struct fixture *f, const char *folder)
{
    cb_auto(cb_free) char *raws = cb_xasprintf("%s/raw", folder);
    cb_auto(cb_free) char *ptc = cb_xasprintf("%s/ptc/ptc_det004.fits", folder);
    struct cb_data_id id = detector_id(4);
    const struct cb_put put = { .data_id = &id, .file = ptc };
    const struct cb_put_options options = { .transfer = CB_TRANSFER_COPY };
    char ids[1][CB_UUID_TEXT_SIZE];
    const char *list[] = { ids[0] };
    DIR *dir = opendir(raws);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct cb_raw_file raw = { 0 };
        char raw_id[CB_UUID_TEXT_SIZE];
        cb_auto(cb_free) char *path = cb_xasprintf("%s/%s", raws, entry->d_name);
        if (strstr(entry->d_name, ".fits") == NULL)
            continue;
        must(cb_raw_inspect(path, NULL, &raw, &oops));
        must(cb_raw_register(f->repo, &raw, NULL, CB_TRANSFER_LINK, false, raw_id, &oops));
        assert_int_equal(raw.fault, CB_RAW_SOUND);
        cb_raw_file_done(&raw);
    }
    closedir(dir);
    must(
        cb_dataset_type_register(f->repo, "ptc", BIAS_DIMS, "PhotonTransferCurveDataset", true, NULL, &oops));
    must(cb_collection_register(f->repo, PTC_RUN, CB_COLLECTION_RUN, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, PTC_CALIB, CB_COLLECTION_CALIBRATION, NULL, NULL, &oops));
    must(cb_collection_register(f->repo, TICKET_CHAIN, CB_COLLECTION_CHAINED, NULL, NULL, &oops));
    must(cb_dataset_put(f->repo, "ptc", PTC_RUN, &put, 1, &options, ids, &oops));
    must(cb_certify(f->repo, PTC_CALIB, list, 1, (struct cb_timespan)CB_TIMESPAN_ALWAYS, &oops));
}

/* Smallest error of a pixel of an amplifier: read noise and rounding of each frame, and the median of the
 * serial overscan that was subtracted from it. */
static double floor_sigma(const struct cb_ptc_amp *amp)
{
    double variance = amp->noise * amp->noise + amp->gain * amp->gain / 12.0;
    return sqrt(variance * (1.0 + M_PI / (2.0 * OVERSCAN_COLUMNS)) / FRAMES);
}

/* Sums of z^2 over the pixels of an amplifier; hot pixels, whose charge of the readout is no bias, and wild
 * ones are left out. */
static double sum_of_squares(const struct cb_image *image, const float *truth, struct cb_box box,
                             const struct cb_ptc_amp *amp, size_t *used)
{
    double sigma = floor_sigma(amp), sum = 0.0;
    for (int y = box.y0; y < box.y0 + box.height; y++) {
        for (int x = box.x0; x < box.x0 + box.width; x++) {
            size_t i = (size_t)y * image->width_px + (size_t)x;
            double z = ((double)image->value[i] - truth[i] * amp->gain) / sigma;
            if ((image->mask[i] & CB_MASK(BAD)) != 0 || !(fabs(z) < 6.0))
                continue;
            sum += z * z;
            (*used)++;
        }
    }
    return sum;
}

/* rms of (bias - truth) / sigma. */
static double pull(struct fixture *f, const char *folder, const char *run)
{
    size_t width = 0, height = 0, used = 0;
    double sum = 0.0;
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    cb_auto(cb_ptc_free) struct cb_ptc *ptc = NULL;
    cb_auto(cb_free) char *truth_path = cb_xasprintf("%s/truth_det004.fits", folder);
    cb_auto(cb_free) char *ptc_path = cb_xasprintf("%s/ptc/ptc_det004.fits", folder);
    cb_auto(cb_free) float *truth = read_first_image(truth_path, &width, &height);
    must(cb_ptc_read(ptc_path, &ptc, NULL, &oops));
    open_result(f, "bias", NULL, run, &image, &header);
    assert_int_equal(image->width_px, width);
    for (int k = 0; k < 16; k++) {
        int w = (int)width / 8, h = (int)height / 2;
        struct cb_box box = { k % 8 * w, k / 8 * h, w, h };
        char name[8];
        snprintf(name, sizeof name, "C%d%d", k / 8, k % 8);
        sum += sum_of_squares(image, truth, box, cb_ptc_find(ptc, name), &used);
    }
    assert_true(used > width * height * 99 / 100);
    return sqrt(sum / (double)used);
}

/* Build it once; returns the rms of residual / sigma. */
static double build(struct fixture *f, const char *folder, const struct cb_override *override,
                    size_t overrides)
{
    struct cb_run run = { .id = "" };
    struct cb_error outcome = { 0 };
    request(f, "cpBias", "instrument='LSSTComCam' and exposure.observation_type='bias'",
            overrides > 0 ? OUT_PLAIN : OUT, override, overrides, &run);
    must(plan(f, &run, &oops));
    struct cb_quantum *quantum = claim(f, &sample_engine, "bench");
    must(cb_quantum_run(&sample_engine, f->db, quantum, NULL, &oops));
    printf("bias of 20 exposures: %.2f s wall, %.2f s cpu, peak %ld MB\n", quantum->wall_s, quantum->cpu_s,
           (long)(quantum->peak_rss_kb / 1024));
    assert_true(quantum->peak_rss_kb / 1024 <= MOST_MEMORY_MB);
    finish(f, quantum, &outcome);
    cb_quantum_release(quantum);
    cb_run_done(&run);
    double rms = pull(f, folder, overrides > 0 ? OUT_PLAIN : OUT);
    printf("rms of residual / sigma %.4f\n", rms);
    return rms;
}

int main(int argc, char **argv)
{
    static const struct cb_override plain[] = {
        { (char *)"cpBiasIsr", (char *)"integerDitherMode", (char *)"NONE" },
        { (char *)"cpBiasIsr",
          (char *)"overscanCamera.defaultDetectorConfig.defaultAmpConfig.doParallelOverscan",
          (char *)"false" },
        { (char *)"cpBiasCombine", (char *)"clip", (char *)"4" },
    };
    void *state = NULL;
    if (argc != 2 || make_repository(&state) != 0) {
        fprintf(stderr, "usage: bench_generation FOLDER\n");
        return 2;
    }
    struct fixture *f = state;
    must(cb_db_script(f->db, "DROP SCHEMA IF EXISTS calbus CASCADE", &oops));
    must(cb_migrate_apply(f->db, CB_DEPLOY "/migrations", NULL, NULL, &oops));
    register_all(f, argv[1]);
    double usual = build(f, argv[1], NULL, 0), bare = build(f, argv[1], plain, 3);
    drop_repository(&state);
    return usual > LEAST_USUAL && usual < MOST_USUAL && bare > LEAST_BARE && bare < MOST_BARE ? 0 : 1;
}

/* The header cards of a processed exposure. */
#include "calib/isr.h"

#include <math.h>
#include <stdio.h>

#define KEY_SIZE 72

/* FITS has no NaN: it is written as text. */
static void set_number(struct cb_header *header, const char *key, double value)
{
    cb_header_set_double(header, key, value, NULL);
}

static void set_numbers(struct cb_header *header, const char *what, const char *amp,
                        struct cb_overscan_numbers numbers)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "LSST ISR OVERSCAN %s MEAN %s", what, amp);
    set_number(header, key, numbers.mean);
    snprintf(key, sizeof key, "LSST ISR OVERSCAN %s MEDIAN %s", what, amp);
    set_number(header, key, numbers.median);
    snprintf(key, sizeof key, "LSST ISR OVERSCAN %s STDEV %s", what, amp);
    set_number(header, key, numbers.stdev);
}

static void set_for_amp(struct cb_header *header, const char *what, const char *amp, double value)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "LSST ISR %s %s", what, amp);
    set_number(header, key, value);
}

static void set_count(struct cb_header *header, const char *what, const char *amp, size_t value)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "LSST ISR %s %s", what, amp);
    cb_header_set_int(header, key, (int64_t)value, NULL);
}

static void set_amp(const struct cb_isr_config *config, const struct cb_amp_report *amp,
                    struct cb_header *header)
{
    if (config->overscan.doSerialOverscan) {
        set_numbers(header, "SERIAL", amp->amp, amp->serial);
        set_numbers(header, "RESIDUAL SERIAL", amp->amp, amp->serial_residual);
    }
    if (config->overscan.doParallelOverscan) {
        set_numbers(header, "PARALLEL", amp->amp, amp->parallel);
        set_numbers(header, "RESIDUAL PARALLEL", amp->amp, amp->parallel_residual);
    }
    set_for_amp(header, "GAIN", amp->amp, amp->gain);
    set_for_amp(header, "READNOISE", amp->amp, amp->read_noise);
    set_for_amp(header, "PTCTURNOFF", amp->amp, amp->turnoff);
    set_count(header, "MASK SAT", amp->amp, amp->mask_sat);
    set_count(header, "MASK BAD", amp->amp, amp->mask_bad);
    set_count(header, "MASK SUSPECT", amp->amp, amp->mask_suspect);
    set_for_amp(header, "FINAL MEAN", amp->amp, amp->final_mean);
    set_for_amp(header, "FINAL MEDIAN", amp->amp, amp->final_median);
    set_for_amp(header, "FINAL STDEV", amp->amp, amp->final_stdev);
    set_for_amp(header, "LEVEL", amp->amp, amp->final_median - amp->serial.mean);
}

static void set_switches(const struct cb_isr_config *config, struct cb_header *header)
{
    const struct {
        const char *key;
        bool on;
    } switches[] = {
        { "LSST ISR GAINCORRECTION APPLIED", false },
        { "LSST ISR CROSSTALK APPLIED", false },
        { "LSST ISR LINEARIZER APPLIED", false },
        { "LSST ISR CTI APPLIED", false },
        { "LSST ISR BIAS APPLIED", config->doBias },
        { "LSST ISR DARK APPLIED", config->doDark },
        { "LSST ISR BF APPLIED", false },
        { "LSST ISR FLAT APPLIED", config->doFlat },
        { "LSST ISR DEFECTS APPLIED", false },
        { "LSST ISR OVERSCANLEVEL CHECKED", false },
        { "LSST ISR NOISE CHECKED", false },
        { "LSST ISR BOOTSTRAP", config->doBootstrap },
    };
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        cb_header_set_bool(header, switches[i].key, switches[i].on, NULL);
}

void cb_isr_header(const struct cb_isr_config *config, const struct cb_isr_report *report,
                   struct cb_header *header)
{
    const char *unit = cb_unit_name(report->unit);
    cb_header_set_string(header, "LSST ISR UNITS", unit, NULL);
    cb_header_set_string(header, "LSST ISR GAIN SOURCE", config->doBootstrap ? "UNITY" : "PTC", NULL);
    cb_header_set_string(header, "LSST ISR READNOISE UNITS", config->doBootstrap ? "adu" : "electron", NULL);
    cb_header_set_string(header, "LSST ISR PTCTURNOFF UNITS", config->doBootstrap ? "adu" : "electron", NULL);
    if (config->overscan.doSerialOverscan)
        cb_header_set_string(header, "LSST ISR OVERSCAN SERIAL UNITS", "adu", NULL);
    if (config->overscan.doParallelOverscan)
        cb_header_set_string(header, "LSST ISR OVERSCAN PARALLEL UNITS", unit, NULL);
    set_switches(config, header);
    for (size_t i = 0; i < report->amps; i++)
        set_amp(config, &report->amp[i], header);
}

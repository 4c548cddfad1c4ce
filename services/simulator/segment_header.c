/* Headers of the segments and of the electronics. */
#include "header.h"

#include <math.h>
#include <stdio.h>

/* Of a full-size raft R22, pixels: pitch of the sensors, first sensor's distance from the raft's edge along
 * the columns and the rows, and pitch of the rafts (2 rafts come before R22 in either direction). Source:
 * headers of real LSSTComCam files. */
#define CCD_PITCH_PX 4225
#define RAFT_EDGE_COLUMNS_PX 125
#define RAFT_EDGE_ROWS_PX 89
#define RAFT_ORIGIN_PX (2 * 12700)

static int scaled(const struct cb_sim_layout *layout, int pixels)
{
    return (int)lround(pixels / layout->scale);
}

static void set_numbered(struct cb_header *h, const char *stem, char letter, double value)
{
    char key[16];
    snprintf(key, sizeof key, "%s%c", stem, letter);
    cb_header_set_double(h, key, value, "");
}

static void set_name(struct cb_header *h, const char *stem, char letter, const char *text)
{
    char key[16];
    snprintf(key, sizeof key, "%s%c", stem, letter);
    cb_header_set_string(h, key, text, "");
}

/* A linear coordinate system of the camera: axis names, rotation and the coordinates of pixel 0. */
struct frame {
    char letter;
    const char *name, *axis1, *axis2;
    double pc11, pc12, pc21, pc22, value1, value2;
};

static void add_frame(struct cb_header *h, const struct frame *frame)
{
    char letter = frame->letter;
    set_name(h, "WCSNAME", letter, frame->name);
    set_name(h, "CTYPE1", letter, frame->axis1);
    set_name(h, "CTYPE2", letter, frame->axis2);
    set_numbered(h, "PC1_1", letter, frame->pc11);
    set_numbered(h, "PC1_2", letter, frame->pc12);
    set_numbered(h, "PC2_1", letter, frame->pc21);
    set_numbered(h, "PC2_2", letter, frame->pc22);
    set_numbered(h, "CDELT1", letter, 1.0);
    set_numbered(h, "CDELT2", letter, 1.0);
    set_numbered(h, "CRPIX1", letter, 0.0);
    set_numbered(h, "CRPIX2", letter, 0.0);
    set_numbered(h, "CRVAL1", letter, frame->value1);
    set_numbered(h, "CRVAL2", letter, frame->value2);
}

/* Where pixel 0 of a segment lies: along the columns of the sensor (1) and along its rows (2). */
struct corner {
    double along1, along2, up; /* up: sign of the columns' direction */
};

static struct corner corner_of(const struct cb_sim_layout *layout, size_t segment)
{
    bool upper = cb_sim_amp_is_upper(segment);
    return (struct corner){
        .along1 = upper ? 2 * layout->data_height + 1 : 0,
        .along2 = layout->data_width * (cb_sim_amp_column(segment) + 1) + layout->prescan + 1,
        .up = upper ? -1.0 : 1.0,
    };
}

static void add_frames(struct cb_header *h, const struct cb_sim_layout *layout,
                       const struct cb_detector *detector, size_t segment)
{
    struct corner c = corner_of(layout, segment);
    double raft1 = scaled(layout, RAFT_EDGE_COLUMNS_PX + CCD_PITCH_PX * (detector->id / 3));
    double raft2 = scaled(layout, RAFT_EDGE_ROWS_PX + CCD_PITCH_PX * (detector->id % 3));
    double plane = scaled(layout, RAFT_ORIGIN_PX), own1 = c.up < 0 ? layout->data_height + 1 : 0;
    double own2 = layout->data_width + layout->prescan + 1;
    double r1 = c.along1 + raft1, r2 = c.along2 + raft2, f1 = r1 + plane, f2 = r2 + plane;
    const struct frame frames[] = {
        { 'A', "AMPLIFIER", "Seg_X", "Seg_Y", 0, c.up, -1, 0, own1, own2 },
        { 'C', "CCD", "CCD_X", "CCD_Y", 0, c.up, -1, 0, c.along1, c.along2 },
        { 'R', "RAFT", "RAFT_X", "RAFT_Y", 0, c.up, -1, 0, r1, r2 },
        { 'F', "FOCAL_PLANE", "FP_X", "FP_Y", 0, c.up, -1, 0, f1, f2 },
        { 'E', "FP_SERPAR", "FP_S", "FP_P", -1, 0, 0, c.up, f2, f1 },
        { 'B', "CCD_SERPAR", "CCD_S", "CCD_P", -1, 0, 0, c.up, c.along2, c.along1 },
        { 'Q', "RAFT_SERPAR", "RAFT_S", "RAFT_P", -1, 0, 0, c.up, r2, r1 },
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        add_frame(h, &frames[i]);
}

struct cb_header *raw_segment_header(const struct cb_sim_layout *layout, const struct cb_detector *detector,
                                     size_t segment)
{
    struct cb_header *h = cb_header_new();
    struct corner corner = corner_of(layout, segment);
    char text[CB_SIM_SECTION_SIZE];
    cb_header_set_int(h, "CHANNEL", (int64_t)segment + 1, "");
    snprintf(text, sizeof text, "Segment%s", cb_sim_amp_name(segment) + 1);
    cb_header_set_string(h, "EXTNAME", text, "");
    cb_header_set_string(h, "CCDSUM", "1 1", "");
    cb_sim_datasec(layout, text);
    cb_header_set_string(h, "DATASEC", text, "pixels that see light");
    cb_sim_detsec(layout, segment, text);
    cb_header_set_string(h, "DETSEC", text, "their place, y downwards");
    cb_sim_detsize(layout, text);
    cb_header_set_string(h, "DETSIZE", text, "");
    cb_header_set_int(h, "DTV1", (int64_t)corner.along2, "detector transformation vector");
    cb_header_set_int(h, "DTV2", corner.up < 0 ? 0 : 2 * layout->data_height + 1,
                      "detector transformation vector");
    cb_header_set_double(h, "DTM1_1", -1.0, "detector transformation matrix");
    cb_header_set_double(h, "DTM2_2", -corner.up, "detector transformation matrix");
    cb_header_set_double(h, "DTM1_2", 0.0, "detector transformation matrix");
    cb_header_set_double(h, "DTM2_1", 0.0, "detector transformation matrix");
    add_frames(h, layout, detector, segment);
    cb_header_set_double(h, "BSCALE", 1.0, "");
    cb_header_set_double(h, "BZERO", 0.0, "");
    cb_header_set_bool(h, "INHERIT", true, "");
    return h;
}

struct cb_header *raw_reb_header(void)
{
    static const struct {
        const char *key;
        double value;
        const char *comment;
    } readings[] = {
        { "ATEMPU", -8.4, "[deg C] ASPIC" },
        { "ATEMPL", -8.1, "[deg C] ASPIC" },
        { "CCDTEMP", -100.02, "[deg C]" },
        { "RTDTEMP", -100.11, "[deg C]" },
        { "DIGPS_V", 5.02, "[V]" },
        { "DIGPS_I", 720.4, "[mA]" },
        { "ANAPS_V", 7.11, "[V]" },
        { "ANAPS_I", 505.9, "[mA]" },
        { "CLKHPS_V", 13.9, "[V]" },
        { "CLKHPS_I", 120.2, "[mA]" },
        { "CLKLPS_V", 13.2, "[V]" },
        { "CLKLPS_I", 58.7, "[mA]" },
        { "ODPS_V", 38.6, "[V]" },
        { "ODPS_I", 73.1, "[mA]" },
        { "HTRPS_V", 4.1, "[V]" },
        { "HTRPS_W", 0.6, "[W]" },
        { "PCKU_V", 2.01, "[V]" },
        { "PCKL_V", -8.02, "[V]" },
        { "SCKU_V", 5.03, "[V]" },
        { "SCKL_V", -4.99, "[V]" },
        { "RGU_V", 8.01, "[V]" },
        { "RGL_V", -1.98, "[V]" },
        { "ODV", 26.9, "[V]" },
        { "OGV", -1.99, "[V]" },
        { "RDV", 13.02, "[V]" },
        { "GDV", 20.03, "[V]" },
        { "GDP", 20.0, "[V] asked for" },
        { "RDP", 13.0, "[V] asked for" },
        { "OGP", -2.0, "[V] asked for" },
        { "ODP", 26.9, "[V] asked for" },
        { "CSGATEP", 1.0, "[V] asked for" },
        { "SCK_LOWP", -5.0, "[V] asked for" },
        { "SCK_HIP", 5.0, "[V] asked for" },
        { "PCK_LOWP", -8.0, "[V] asked for" },
        { "PCK_HIP", 2.0, "[V] asked for" },
        { "RG_LOWP", -2.0, "[V] asked for" },
        { "RG_HIP", 8.0, "[V] asked for" },
        { "POWER", 42.8, "[W]" },
        { "ODVB", 39.1, "[V]" },
        { "ODIB", 73.3, "[mA]" },
        { "ODVA", 38.7, "[V]" },
        { "ODVA2", 38.6, "[V]" },
        { "ODIA", 73.0, "[mA]" },
        { "ODVS", 38.6, "[V]" },
        { "BSSVBS", 50.1, "[V] back side bias" },
        { "BSSIBS", 0.02, "[mA]" },
    };
    static const struct {
        const char *key;
        int value;
    } settings[] = { { "AP0_RC", 14 },  { "AP1_RC", 14 },  { "AP0_GAIN", 0 }, { "AP1_GAIN", 0 },
                     { "AP0_CLMP", 0 }, { "AP1_CLMP", 0 }, { "AP0_AF1", 0 },  { "AP1_AF1", 0 },
                     { "AP0_TM", 0 },   { "AP1_TM", 0 } };
    struct cb_header *h = cb_header_new();
    cb_header_set_string(h, "EXTNAME", "REB_COND", "read-out electronics");
    for (int i = 1; i <= 10; i++) {
        char key[16];
        snprintf(key, sizeof key, "TEMP%d", i);
        cb_header_set_double(h, key, -12.6875 + 0.125 * (i - 1), "[deg C] board");
    }
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++)
        cb_header_set_double(h, readings[i].key, readings[i].value, readings[i].comment);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        cb_header_set_int(h, settings[i].key, settings[i].value, "");
    cb_header_set_string(h, "HVBIAS", "ON", "back side bias switch");
    return h;
}

struct cb_header *raw_config_header(void)
{
    static const char *const sums[][2] = {
        { "FPDAQCS", "2769461365" }, { "FPHIDCS", "1986377724" }, { "FPINSCS", "3524486279" },
        { "FPLIMCS", "1048829779" }, { "FPRTCCS", "1891478030" }, { "FPRTCSCS", "3420770139" },
        { "FPRCS", "1841401727" },   { "FPRLCS", "2425435083" },  { "FPRPCS", "3379675734" },
        { "FPSEQCS", "2920084015" }, { "FPTIMCS", "1081377991" }, { "RPLIMCS", "1954832051" },
        { "RPPOWCS", "2615578179" }, { "RPTIMCS", "3624048669" },
    };
    struct cb_header *h = cb_header_new();
    cb_header_set_string(h, "EXTNAME", "CONFIG_COND", "checksums of the configuration");
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        cb_header_set_string(h, sums[i][0], sums[i][1], "");
    return h;
}

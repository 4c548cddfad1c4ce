/* lsst.ip.isr.IsrTaskLSST: one exposure of one detector, from raw to processed. */
#include "engine/call.h"
#include "engine/isr_config.h"
#include "engine/tasks.h"

#define CAMERA CB_DIM(CB_INSTRUMENT)
#define DETECTOR (CAMERA | CB_DIM(CB_DETECTOR))
#define FRAME (DETECTOR | CB_DIM(CB_EXPOSURE))
#define FILTERED (DETECTOR | CB_DIM(CB_PHYSICAL_FILTER))
#define AMP "overscanCamera.defaultDetectorConfig.defaultAmpConfig."

/* Source: lsst/ip_isr isrTaskLSST.py, IsrTaskLSSTConfig and overscanAmpConfig.py. What is only allowed one
 * value has no step of ours yet, or its product is not made yet. */
static const struct cb_config_field fields[] = {
    { "doBootstrap", CB_CONFIG_BOOL, "false", NULL },
    { "bssVoltageMinimum", CB_CONFIG_REAL, "5.0", NULL },
    { "doCheckUnprocessableData", CB_CONFIG_BOOL, "true", "false" },
    { "doDiffNonLinearCorrection", CB_CONFIG_BOOL, "false", "false" },
    { "doCorrectGains", CB_CONFIG_BOOL, "false", "false" },
    { "useGainsFrom", CB_CONFIG_TEXT, "PTC", "PTC" },
    { "serialOverscanMedianShiftSigmaThreshold", CB_CONFIG_REAL, ".inf", "inf" },
    { "ampNoiseThreshold", CB_CONFIG_REAL, "25.0", "inf" },
    { "doSaturation", CB_CONFIG_BOOL, "true", "false" },
    { "doSuspect", CB_CONFIG_BOOL, "true", "false" },
    { "doApplyGains", CB_CONFIG_BOOL, "true", NULL },
    { "doCrosstalk", CB_CONFIG_BOOL, "true", "false" },
    { "crosstalk.doQuadraticCrosstalkCorrection", CB_CONFIG_BOOL, "false", NULL },
    { "doLinearize", CB_CONFIG_BOOL, "true", "false" },
    { "doDeferredCharge", CB_CONFIG_BOOL, "true", "false" },
    { "doAssembleCcd", CB_CONFIG_BOOL, "true", "true" },
    { "expectWcs", CB_CONFIG_BOOL, "true", NULL },
    { "doE2VEdgeBleedMask", CB_CONFIG_BOOL, "true", "false" },
    { "doITLSatSagMask", CB_CONFIG_BOOL, "true", "false" },
    { "doITLEdgeBleedMask", CB_CONFIG_BOOL, "true", "false" },
    { "doITLDipMask", CB_CONFIG_BOOL, "true", "false" },
    { "doBias", CB_CONFIG_BOOL, "true", NULL },
    { "doDark", CB_CONFIG_BOOL, "true", NULL },
    { "doDefect", CB_CONFIG_BOOL, "true", "false" },
    { "badAmps", CB_CONFIG_LIST, "[]", "[]" },
    { "doNanMasking", CB_CONFIG_BOOL, "true", NULL },
    { "doWidenSaturationTrails", CB_CONFIG_BOOL, "true", "false" },
    { "doBrighterFatter", CB_CONFIG_BOOL, "true", "false" },
    { "doVariance", CB_CONFIG_BOOL, "true", NULL },
    { "maskNegativeVariance", CB_CONFIG_BOOL, "true", NULL },
    { "doFlat", CB_CONFIG_BOOL, "true", NULL },
    { "doSaveInterpPixels", CB_CONFIG_BOOL, "false", "false" },
    { "doSetBadRegions", CB_CONFIG_BOOL, "true", "false" },
    { "doInterpolate", CB_CONFIG_BOOL, "true", "false" },
    { "doAmpOffset", CB_CONFIG_BOOL, "true", "false" },
    { "doStandardStatistics", CB_CONFIG_BOOL, "true", NULL },
    { "doCalculateStatistics", CB_CONFIG_BOOL, "true", NULL },
    { "isrStats.doCopyCalibDistributionStatistics", CB_CONFIG_BOOL, "false", NULL },
    { "isrStats.doProjectionStatistics", CB_CONFIG_BOOL, "false", NULL },
    { "isrStats.doBiasShiftStatistics", CB_CONFIG_BOOL, "false", NULL },
    { "isrStats.doAmplifierCorrelationStatistics", CB_CONFIG_BOOL, "false", NULL },
    { "doBinnedExposures", CB_CONFIG_BOOL, "false", NULL },
    { "binFactor1", CB_CONFIG_INT, "8", NULL },
    { "binFactor2", CB_CONFIG_INT, "64", NULL },
    { "integerDitherMode", CB_CONFIG_TEXT, "SYMMETRIC", "NONE|POSITIVE|NEGATIVE|SYMMETRIC" },
    { AMP "doSerialOverscan", CB_CONFIG_BOOL, "true", NULL },
    { AMP "serialOverscanConfig.fitType", CB_CONFIG_TEXT, "MEDIAN_PER_ROW", "MEDIAN_PER_ROW" },
    { AMP "serialOverscanConfig.leadingToSkip", CB_CONFIG_INT, "3", NULL },
    { AMP "serialOverscanConfig.trailingToSkip", CB_CONFIG_INT, "3", NULL },
    { AMP "serialOverscanConfig.maxDeviation", CB_CONFIG_REAL, "1000.0", NULL },
    { AMP "serialOverscanConfig.numSigmaClip", CB_CONFIG_REAL, "3.0", NULL },
    { AMP "doParallelOverscan", CB_CONFIG_BOOL, "true", NULL },
    { AMP "parallelOverscanConfig.fitType", CB_CONFIG_TEXT, "MEDIAN_PER_ROW", "MEDIAN_PER_ROW" },
    { AMP "parallelOverscanConfig.leadingToSkip", CB_CONFIG_INT, "3", NULL },
    { AMP "parallelOverscanConfig.trailingToSkip", CB_CONFIG_INT, "3", NULL },
    { AMP "parallelOverscanConfig.maxDeviation", CB_CONFIG_REAL, "100.0", NULL },
    { AMP "parallelOverscanConfig.doAbsoluteMaxDeviation", CB_CONFIG_BOOL, "false", NULL },
    { AMP "parallelOverscanConfig.doMedianSmoothingOutlierRejection", CB_CONFIG_BOOL, "true", NULL },
    { AMP "parallelOverscanConfig.medianSmoothingKernel", CB_CONFIG_INT, "5", NULL },
    { AMP "parallelOverscanConfig.medianSmoothingOutlierThreshold", CB_CONFIG_REAL, "5.0", NULL },
    { AMP "parallelOverscanConfig.parallelOverscanMaskedColumnGrowSize", CB_CONFIG_INT, "2", NULL },
    { AMP "parallelOverscanConfig.parallelOverscanSaturationLevel", CB_CONFIG_REAL, "20000.0", NULL },
    { AMP "parallelOverscanConfig.parallelOverscanMaskGrowSize", CB_CONFIG_INT, "7", NULL },
    { NULL, CB_CONFIG_BOOL, NULL, NULL },
};

static const struct cb_connection connections[] = {
    { "ccdExposure", CB_CONNECT_INPUT, "raw", "Exposure", FRAME, false, false, NULL },
    { "ptc", CB_CONNECT_PREREQUISITE, "ptc", "PhotonTransferCurveDataset", DETECTOR, true, false,
      "doBootstrap=false" },
    { "bias", CB_CONNECT_PREREQUISITE, "bias", "ExposureF", DETECTOR, true, false, "doBias" },
    { "dark", CB_CONNECT_PREREQUISITE, "dark", "ExposureF", DETECTOR, true, false, "doDark" },
    { "flat", CB_CONNECT_PREREQUISITE, "flat", "ExposureF", FILTERED, true, false, "doFlat" },
    { "outputExposure", CB_CONNECT_OUTPUT, "postISRCCD", "Exposure", FRAME, false, false, NULL },
    { "outputBin1Exposure", CB_CONNECT_OUTPUT, "postIsrBin1", "Exposure", FRAME, false, false,
      "doBinnedExposures" },
    { "outputBin2Exposure", CB_CONNECT_OUTPUT, "postIsrBin2", "Exposure", FRAME, false, false,
      "doBinnedExposures" },
    { NULL, CB_CONNECT_INPUT, NULL, NULL, 0, false, false, NULL },
};

/* Only when nothing else of the pipeline reads the processed exposure. */
static bool run(struct cb_call *call, struct cb_error *err)
{
    cb_auto(cb_image_free) struct cb_image *image = NULL;
    cb_auto(cb_header_free) struct cb_header *header = NULL;
    struct cb_isr_report report;

    return cb_call_process(call, "ccdExposure", 0, &image, &header, &report, err) &&
           cb_call_put_image(call, "outputExposure", image, header, err);
}

const struct cb_task_class cb_task_isr = {
    .name = "lsst.ip.isr.IsrTaskLSST",
    .alias = "lsst.ip.isr.isrTaskLSST.IsrTaskLSST",
    .dims = FRAME,
    .batch = 1,
    .is_fused = true,
    .fields = fields,
    .connections = connections,
    .run = run,
};

bool cb_isr_config_of(const struct cb_config *config, struct cb_isr_config *ret_config, struct cb_error *err)
{
    struct cb_isr_config isr = cb_isr_defaults();
    struct cb_overscan_config *overscan = &isr.overscan;

    isr.doBootstrap = cb_config_flag(config, "doBootstrap");
    isr.doApplyGains = cb_config_flag(config, "doApplyGains") && !isr.doBootstrap;
    isr.doBias = cb_config_flag(config, "doBias");
    isr.doDark = cb_config_flag(config, "doDark");
    isr.doFlat = cb_config_flag(config, "doFlat");
    isr.doNanMasking = cb_config_flag(config, "doNanMasking");
    isr.doVariance = cb_config_flag(config, "doVariance");
    isr.maskNegativeVariance = cb_config_flag(config, "maskNegativeVariance");
    overscan->doSerialOverscan = cb_config_flag(config, AMP "doSerialOverscan");
    overscan->serialLeadingToSkip = (int)cb_config_int(config, AMP "serialOverscanConfig.leadingToSkip");
    overscan->serialTrailingToSkip = (int)cb_config_int(config, AMP "serialOverscanConfig.trailingToSkip");
    overscan->serialMaxDeviation = cb_config_real(config, AMP "serialOverscanConfig.maxDeviation");
    overscan->numSigmaClip = cb_config_real(config, AMP "serialOverscanConfig.numSigmaClip");
    overscan->doParallelOverscan = cb_config_flag(config, AMP "doParallelOverscan");
    overscan->parallelLeadingToSkip = (int)cb_config_int(config, AMP "parallelOverscanConfig.leadingToSkip");
    overscan->parallelTrailingToSkip =
        (int)cb_config_int(config, AMP "parallelOverscanConfig.trailingToSkip");
    overscan->parallelMaxDeviation = cb_config_real(config, AMP "parallelOverscanConfig.maxDeviation");
    overscan->parallelAbsoluteMaxDeviation =
        cb_config_flag(config, AMP "parallelOverscanConfig.doAbsoluteMaxDeviation");
    overscan->doMedianSmoothingOutlierRejection =
        cb_config_flag(config, AMP "parallelOverscanConfig.doMedianSmoothingOutlierRejection");
    overscan->medianSmoothingKernel =
        (int)cb_config_int(config, AMP "parallelOverscanConfig.medianSmoothingKernel");
    overscan->medianSmoothingOutlierThreshold =
        cb_config_real(config, AMP "parallelOverscanConfig.medianSmoothingOutlierThreshold");
    overscan->parallelMaskedColumnGrowSize =
        (int)cb_config_int(config, AMP "parallelOverscanConfig.parallelOverscanMaskedColumnGrowSize");
    overscan->parallelOverscanSaturationLevel =
        cb_config_real(config, AMP "parallelOverscanConfig.parallelOverscanSaturationLevel");
    overscan->parallelOverscanMaskGrowSize =
        (int)cb_config_int(config, AMP "parallelOverscanConfig.parallelOverscanMaskGrowSize");
    if (!cb_dither_mode_parse(cb_config_text(config, "integerDitherMode"), &isr.integerDitherMode, err))
        return false;
    *ret_config = isr;
    return true;
}

/* What the datastore records of each storage class. Source: butler.md 2.6. */
#include "butler/datastore.h"

#include <string.h>

#define FITS_EXPOSURE "lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter"
#define FITS_GENERIC "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter"
#define YAML_FORMATTER "lsst.daf.butler.formatters.yaml.YamlFormatter"
#define JSON_FORMATTER "lsst.daf.butler.formatters.json.JsonFormatter"
#define PARQUET_FORMATTER "lsst.daf.butler.formatters.parquet.ParquetFormatter"

static const struct cb_storage_class classes[] = {
    { "Exposure", FITS_EXPOSURE, ".fits" },
    { "ExposureF", FITS_EXPOSURE, ".fits" },
    { "ExposureI", FITS_EXPOSURE, ".fits" },
    { "ExposureU", FITS_EXPOSURE, ".fits" },
    { "MaskedImageF", FITS_EXPOSURE, ".fits" },
    { "ImageF", FITS_EXPOSURE, ".fits" },
    { "Defects", FITS_GENERIC, ".fits" },
    { "IsrCalib", FITS_GENERIC, ".fits" },
    { "PhotonTransferCurveDataset", FITS_GENERIC, ".fits" },
    { "Linearizer", FITS_GENERIC, ".fits" },
    { "BrighterFatterKernel", FITS_GENERIC, ".fits" },
    { "CrosstalkCalib", FITS_GENERIC, ".fits" },
    { "Camera", FITS_GENERIC, ".fits" },
    { "QECurve", FITS_GENERIC, ".fits" },
    { "TransmissionCurve", FITS_GENERIC, ".fits" },
    { "ShutterMotionProfile", FITS_GENERIC, ".fits" },
    { "SimpleCatalog", FITS_GENERIC, ".fits" },
    { "SourceCatalog", FITS_GENERIC, ".fits" },
    { "Catalog", FITS_GENERIC, ".fits" },
    { "StructuredDataDict", YAML_FORMATTER, ".yaml" },
    { "StructuredDataList", YAML_FORMATTER, ".yaml" },
    { "Config", "lsst.obs.base.formatters.pexConfig.PexConfigFormatter", ".py" },
    { "Packages", "lsst.obs.base.formatters.packages.PackagesFormatter", ".pickle" },
    { "TaskMetadata", JSON_FORMATTER, ".json" },
    { "MetricMeasurementBundle", JSON_FORMATTER, ".json" },
    { "ButlerLogRecords", "lsst.daf.butler.formatters.logs.ButlerLogRecordsFormatter", ".json" },
    { "Plot", "lsst.daf.butler.formatters.matplotlib.MatplotlibFormatter", ".png" },
    { "AstropyTable", "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter", ".ecsv" },
    { "ArrowAstropy", PARQUET_FORMATTER, ".parq" },
    { "ArrowTable", PARQUET_FORMATTER, ".parq" },
    { "DataFrame", PARQUET_FORMATTER, ".parq" },
    { "NumpyArray", "lsst.daf.butler.formatters.pickle.PickleFormatter", ".pickle" },
    { "NNModelPackagePayload", "lsst.meas.transiNet.modelPackages.NNModelPackageFormatter", ".zip" },
    { "SkyMap", "lsst.daf.butler.formatters.pickle.PickleFormatter", ".pickle" },
};

const struct cb_storage_class *cb_storage_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].name, name) == 0)
            return &classes[i];
    return NULL;
}

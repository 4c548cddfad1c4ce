/* The stock butler's storage classes: their Python types, what the datastore records of them, the endings of
 * their files. Source: butler.md 2.6 and the configuration of daf_butler. */
#include "butler/datastore.h"

#include "base/cleanup.h"

#include <string.h>

#define FITS_ENDINGS ".fits .fits.gz .fits.fz .fz .fit"

/* A formatter: as it is configured, as its class's full name is recorded, the endings it takes, and the one
 * that files of it get. NULL endings are not known to us: a file keeps its own. */
#define SAME(name) name, name
#define NO_FORMATTER NULL, NULL, NULL, ""
#define ASTROPY_TABLE SAME("lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter"), ".ecsv", ".ecsv"
#define CELL_COADD SAME("lsst.cell_coadds.CellCoaddFitsFormatter"), FITS_ENDINGS, ".fits"
#define FITS_EXPOSURE                                                                                        \
    SAME("lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter"), FITS_ENDINGS, ".fits"
#define FITS_GENERIC SAME("lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter"), FITS_ENDINGS, ".fits"
#define FITS_IMAGE SAME("lsst.obs.base.formatters.fitsExposure.FitsImageFormatter"), FITS_ENDINGS, ".fits"
#define FITS_MASK SAME("lsst.obs.base.formatters.fitsExposure.FitsMaskFormatter"), FITS_ENDINGS, ".fits"
#define FITS_MASKED_IMAGE                                                                                    \
    SAME("lsst.obs.base.formatters.fitsExposure.FitsMaskedImageFormatter"), FITS_ENDINGS, ".fits"
#define HEAL_SPARSE                                                                                          \
    SAME("lsst.pipe.tasks.healSparseMapping.HealSparseMapFormatter"), ".hsp .fit .fits", ".hsp"
#define IMAGES SAME("lsst.images.formatters.GenericFormatter"), ".fits .sdf .json", ".fits"
#define JSON SAME("lsst.daf.butler.formatters.json.JsonFormatter"), ".json", ".json"
#define LOG_RECORDS SAME("lsst.daf.butler.formatters.logs.ButlerLogRecordsFormatter"), ".json .log", ".json"
#define MATPLOTLIB SAME("lsst.daf.butler.formatters.matplotlib.MatplotlibFormatter"), ".png", ".png"
#define NN_MODEL                                                                                             \
    "lsst.meas.transiNet.modelPackages.NNModelPackageFormatter",                                             \
        "lsst.meas.transiNet.modelPackages.formatters.NNModelPackageFormatter", ".zip", ".zip"
#define PACKAGES                                                                                             \
    SAME("lsst.daf.butler.formatters.packages.PackagesFormatter"), ".yaml .pickle .pkl .json", ".yaml"
#define PARQUET SAME("lsst.daf.butler.formatters.parquet.ParquetFormatter"), ".parq", ".parq"
#define PEX_CONFIG SAME("lsst.pipe.base.formatters.pexConfig.PexConfigFormatter"), ".py", ".py"
#define PHOTOZ_MODEL SAME("lsst.meas.photoz.base.model_formatter.ModelFormatter"), NULL, ""
#define PICKLE SAME("lsst.daf.butler.formatters.pickle.PickleFormatter"), ".pickle", ".pickle"
#define PROVENANCE SAME("lsst.pipe.base.quantum_graph.formatter.ProvenanceFormatter"), ".qg", ".qg"
#define QP SAME("lsst.meas.photoz.base.qp_formatter.QPFormatter"), NULL, ""
#define REGION_FILE SAME("lsst.pipe.tasks.objectMasks.RegionFileFormatter"), ".reg", ".reg"
#define SCARLET SAME("lsst.meas.extensions.scarlet.io.ScarletModelFormatter"), ".scarlet", ".scarlet"
#define SPECTRACTOR_FIT SAME("lsst.atmospec.formatters.SpectractorFitParametersFormatter"), ".json", ".json"
#define SPECTRACTOR_IMAGE SAME("lsst.atmospec.formatters.SpectractorImageFormatter"), ".fits", ".fits"
#define SPECTRACTOR_SPECTRUM SAME("lsst.atmospec.formatters.SpectractorSpectrumFormatter"), ".fits", ".fits"
#define SSP_FILE SAME("lsst.pipe.tasks.sspAuxiliaryFile.SSPAuxiliaryFileFormatter"), NULL, ""
#define VIGNETTING                                                                                           \
    SAME("lsst.ts.observatory.control.utils.extras.vignetting_storage.VignettingCorrectionFormatter"),       \
        ".ecsv", ".ecsv"
#define YAML SAME("lsst.daf.butler.formatters.yaml.YamlFormatter"), ".yaml", ".yaml"
/* the same formatter, told to write another format */
#define IMAGES_AS_JSON SAME("lsst.images.formatters.GenericFormatter"), ".fits .sdf .json", ".json"

static const struct cb_storage_class classes[] = {
    { "ApCorr", "lsst.afw.image.ApCorrMap", FITS_GENERIC },
    { "ArrowAstropy", "astropy.table.Table", PARQUET },
    { "ArrowAstropySchema", "lsst.daf.butler.formatters.parquet.ArrowAstropySchema", NO_FORMATTER },
    { "ArrowColumnList", "list", NO_FORMATTER },
    { "ArrowNumpy", "numpy.ndarray", PARQUET },
    { "ArrowNumpyDict", "dict", PARQUET },
    { "ArrowNumpySchema", "lsst.daf.butler.formatters.parquet.ArrowNumpySchema", NO_FORMATTER },
    { "ArrowSchema", "pyarrow.Schema", PARQUET },
    { "ArrowTable", "pyarrow.lib.Table", PARQUET },
    { "AstropyQTable", "astropy.table.QTable", ASTROPY_TABLE },
    { "AstropyTable", "astropy.table.Table", ASTROPY_TABLE },
    { "AstropyUnit", "astropy.units.UnitBase", NO_FORMATTER },
    { "Background", "lsst.afw.math.BackgroundList", FITS_GENERIC },
    { "BackgroundMap", "lsst.images.BackgroundMap", NO_FORMATTER },
    { "Bounds", "lsst.images.Bounds", NO_FORMATTER },
    { "Box2I", "lsst.geom.Box2I", NO_FORMATTER },
    { "BoxV2", "lsst.images.Box", NO_FORMATTER },
    { "BrighterFatterKernel", "lsst.ip.isr.BrighterFatterKernel", FITS_GENERIC },
    { "ButlerLogRecords", "lsst.daf.butler.ButlerLogRecords", LOG_RECORDS },
    { "Camera", "lsst.afw.cameraGeom.Camera", FITS_GENERIC },
    { "Catalog", "lsst.afw.table.BaseCatalog", FITS_GENERIC },
    { "CellCoadd", "lsst.images.cells.CellCoadd", IMAGES },
    { "CellCoaddProvenance", "lsst.images.cells.CoaddProvenance", NO_FORMATTER },
    { "CellPointSpreadFunction", "lsst.images.cells.CellPointSpreadFunction", NO_FORMATTER },
    { "CoaddInputs", "lsst.afw.image.CoaddInputs", FITS_GENERIC },
    { "ColorImage", "lsst.images.ColorImage", IMAGES },
    { "Config", "lsst.pex.config.Config", PEX_CONFIG },
    { "ConvolutionKernel", "lsst.images.convolution_kernels.ConvolutionKernel", IMAGES },
    { "CrosstalkCalib", "lsst.ip.isr.CrosstalkCalib", FITS_GENERIC },
    { "DataFrame", "pandas.core.frame.DataFrame", PARQUET },
    { "DataFrameIndex", "pandas.Index", NO_FORMATTER },
    { "DataFrameSchema", "lsst.daf.butler.formatters.parquet.DataFrameSchema", NO_FORMATTER },
    { "DecoratedImage", "lsst.afw.image.DecoratedImage", NO_FORMATTER },
    { "DecoratedImageU", "lsst.afw.image.DecoratedImageU", FITS_EXPOSURE },
    { "Defects", "lsst.ip.isr.Defects", FITS_GENERIC },
    { "Detector", "lsst.afw.cameraGeom.Detector", FITS_GENERIC },
    { "DetectorV2", "lsst.images.cameras.Detector", NO_FORMATTER },
    { "DifferenceImage", "lsst.images.DifferenceImage", IMAGES },
    { "Exposure", "lsst.afw.image.Exposure", FITS_EXPOSURE },
    { "ExposureCatalog", "lsst.afw.table.ExposureCatalog", FITS_GENERIC },
    { "ExposureF", "lsst.afw.image.ExposureF", FITS_EXPOSURE },
    { "ExposureI", "lsst.afw.image.ExposureI", FITS_EXPOSURE },
    { "ExposureSummaryStats", "lsst.afw.image.ExposureSummaryStats", YAML },
    { "ExposureU", "lsst.afw.image.ExposureU", NO_FORMATTER },
    { "ExtendedPsfCandidates", "lsst.pipe.tasks.extended_psf.ExtendedPsfCandidates", IMAGES },
    { "ExtendedPsfImage", "lsst.pipe.tasks.extended_psf.ExtendedPsfImage", IMAGES },
    { "Extent2I", "lsst.geom.Extent2I", NO_FORMATTER },
    { "FiberSpectrum", "lsst.obs.fiberspectrograph.FiberSpectrum", FITS_GENERIC },
    { "FilterLabel", "lsst.afw.image.FilterLabel", FITS_GENERIC },
    { "FocalPlaneBackground", "lsst.pipe.tasks.background.FocalPlaneBackground", PICKLE },
    { "HealSparseCoverage", "healsparse.HealSparseCoverage", NO_FORMATTER },
    { "HealSparseMap", "healsparse.HealSparseMap", HEAL_SPARSE },
    { "Image", "lsst.afw.image.Image", FITS_IMAGE },
    { "ImageF", "lsst.afw.image.ImageF", FITS_IMAGE },
    { "ImageField", "lsst.images.fields.BaseField", NO_FORMATTER },
    { "ImageI", "lsst.afw.image.ImageI", NO_FORMATTER },
    { "ImageU", "lsst.afw.image.ImageU", FITS_IMAGE },
    { "ImageV2", "lsst.images.Image", IMAGES },
    { "IsrCalib", "lsst.ip.isr.IsrCalib", FITS_GENERIC },
    { "Linearizer", "lsst.ip.isr.Linearizer", FITS_GENERIC },
    { "LsstScarletModelData", "lsst.meas.extensions.scarlet.io.LsstScarletModelData", SCARLET },
    { "Mask", "lsst.afw.image.Mask", FITS_MASK },
    { "MaskV2", "lsst.images.Mask", IMAGES },
    { "MaskX", "lsst.afw.image.MaskX", FITS_MASK },
    { "MaskedImage", "lsst.afw.image.MaskedImage", NO_FORMATTER },
    { "MaskedImageF", "lsst.afw.image.MaskedImageF", FITS_MASKED_IMAGE },
    { "MaskedImageI", "lsst.afw.image.MaskedImageI", NO_FORMATTER },
    { "MaskedImageU", "lsst.afw.image.MaskedImageU", NO_FORMATTER },
    { "MaskedImageV2", "lsst.images.MaskedImage", IMAGES },
    { "MatchingKernel", "lsst.afw.math.Kernel", FITS_GENERIC },
    { "MetricMeasurementBundle", "lsst.analysis.tools.interfaces.MetricMeasurementBundle", JSON },
    { "MetricValue", "lsst.verify.Measurement", YAML },
    { "MultipleCellCoadd", "lsst.cell_coadds.MultipleCellCoadd", CELL_COADD },
    { "NNModelPackagePayload", "lsst.meas.transiNet.modelPackages.formatters.NNModelPackagePayload",
      NN_MODEL },
    { "NumpyArray", "numpy.ndarray", PICKLE },
    { "ObjectMaskCatalog", "lsst.pipe.tasks.objectMasks.ObjectMaskCatalog", REGION_FILE },
    { "ObservationInfo", "astro_metadata_translator.ObservationInfo", NO_FORMATTER },
    { "ObservationSummaryStats", "lsst.images.ObservationSummaryStats", NO_FORMATTER },
    { "PZModel", "rail.core.model.Model", PHOTOZ_MODEL },
    { "Packages", "lsst.utils.packages.Packages", PACKAGES },
    { "PeakCatalog", "lsst.afw.detection.PeakCatalog", FITS_GENERIC },
    { "PhotoCalib", "lsst.afw.image.PhotoCalib", FITS_GENERIC },
    { "PhotonTransferCurveDataset", "lsst.ip.isr.PhotonTransferCurveDataset", FITS_GENERIC },
    { "PhotozModel", "rail.core.model.Model", PHOTOZ_MODEL },
    { "Plot", "matplotlib.figure.Figure", MATPLOTLIB },
    { "Point2I", "lsst.geom.Point2I", NO_FORMATTER },
    { "PointSpreadFunction", "lsst.images.psfs.PointSpreadFunction", NO_FORMATTER },
    { "Polygon", "lsst.afw.geom.Polygon", FITS_GENERIC },
    { "PropertyList", "lsst.daf.base.PropertyList", YAML },
    { "PropertySet", "lsst.daf.base.PropertySet", YAML },
    { "ProvenanceQuantumGraph", "lsst.pipe.base.quantum_graph.ProvenanceQuantumGraph", PROVENANCE },
    { "Psf", "lsst.afw.detection.Psf", FITS_GENERIC },
    { "QECurve", "lsst.meas.algorithms.Curve", FITS_GENERIC },
    { "QPEnsemble", "qp.Ensemble", QP },
    { "RegionTimeInfo", "lsst.pipe.base.utils.RegionTimeInfo", JSON },
    { "SSPAuxiliaryFile", "lsst.pipe.tasks.sspAuxiliaryFile.SSPAuxiliaryFile", SSP_FILE },
    { "ScarletModelData", "lsst.scarlet.lite.io.ScarletModelData", SCARLET },
    { "SimpleCatalog", "lsst.afw.table.SimpleCatalog", FITS_GENERIC },
    { "SkyMap", "lsst.skymap.BaseSkyMap", PICKLE },
    { "SkyProjection", "lsst.images.SkyProjection", IMAGES_AS_JSON },
    { "SourceCatalog", "lsst.afw.table.SourceCatalog", FITS_GENERIC },
    { "SpectractorFitParameters", "spectractor.fit.fitter.FitParameters", SPECTRACTOR_FIT },
    { "SpectractorImage", "spectractor.extractor.images.Image", SPECTRACTOR_IMAGE },
    { "SpectractorSpectrum", "spectractor.extractor.spectrum.Spectrum", SPECTRACTOR_SPECTRUM },
    { "Stamps", "lsst.meas.algorithms.Stamps", FITS_GENERIC },
    { "StampsBase", "lsst.meas.algorithms.stamps.StampsBase", FITS_GENERIC },
    { "StrayLightData", "lsst.ip.isr.StrayLightData", NO_FORMATTER },
    { "StructuredDataDict", "dict", YAML },
    { "StructuredDataList", "list", NO_FORMATTER },
    { "TablePersistable", "lsst.afw.table.io.Persistable", FITS_GENERIC },
    { "TaskMetadata", "lsst.pipe.base.TaskMetadata", JSON },
    { "Thumbnail", "numpy.ndarray", NO_FORMATTER },
    { "Timespan", "lsst.daf.butler.Timespan", JSON },
    { "Transform", "lsst.images.Transform", IMAGES_AS_JSON },
    { "TransmissionCurve", "lsst.afw.image.TransmissionCurve", FITS_GENERIC },
    { "VignettingCorrection",
      "lsst.ts.observatory.control.utils.extras.vignetting_correction.VignettingCorrection", VIGNETTING },
    { "VisitBackgroundModel", "lsst.drp.tasks.fit_visit_background.VisitBackgroundModel", JSON },
    { "VisitGeometry", "lsst.obs.base.visit_geometry.VisitGeometry", JSON },
    { "VisitImage", "lsst.images.VisitImage", IMAGES },
    { "VisitInfo", "lsst.afw.image.VisitInfo", FITS_GENERIC },
    { "Wcs", "lsst.afw.geom.skyWcs.SkyWcs", FITS_GENERIC },
    { "int", "int", JSON },
};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

const struct cb_storage_class *cb_storage_class_find(const char *name)
{
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(classes[i].name, name) == 0)
            return &classes[i];
    return NULL;
}

const struct cb_storage_class *cb_storage_class_at(size_t index)
{
    return index < CLASS_COUNT ? &classes[index] : NULL;
}

/* One of the classes that have the formatter, by either of its names. */
static const struct cb_storage_class *class_of_formatter(const char *formatter)
{
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (classes[i].formatter != NULL &&
            (strcmp(classes[i].formatter, formatter) == 0 || strcmp(classes[i].configured, formatter) == 0))
            return &classes[i];
    return NULL;
}

const char *cb_formatter_endings(const char *formatter)
{
    const struct cb_storage_class *class = class_of_formatter(formatter);
    return class != NULL ? class->endings : NULL;
}

const char *cb_formatter_extension(const char *formatter)
{
    const struct cb_storage_class *class = class_of_formatter(formatter);
    return class != NULL ? class->extension : "";
}

const char *cb_formatter_recorded(const char *configured)
{
    const struct cb_storage_class *class = class_of_formatter(configured);
    return class != NULL ? class->formatter : configured;
}

/* What the stock butler's storage classes are made of beside their Python types: as its configuration says
 * it, in YAML. Source: the configuration of daf_butler. */
#include "butler/storage_class_details.h"

#include <string.h>

#define PARQUET "lsst.daf.butler.formatters.parquet."
#define NEW_IMAGES "lsst.images."
#define ISR "lsst.ip.isr."
#define AFW "lsst.afw."
#define SCARLET "lsst.meas.extensions.scarlet.io."

static const struct {
    const char *name, *details;
} classes[] = {
    { "ArrowAstropy",
      "converters: {pyarrow.Table: " PARQUET "arrow_to_astropy, pandas.core.frame.DataFrame: " PARQUET
      "pandas_to_astropy, numpy.ndarray: " PARQUET "numpy_to_astropy, dict: astropy.table.Table}, delegate: "
      "lsst.daf.butler.delegates.arrowtable.ArrowTableDelegate, derivedComponents: {columns: "
      "ArrowColumnList, rowcount: int, schema: ArrowAstropySchema}, parameters: [columns, filters, "
      "strip_astropy_meta_yaml]" },
    { "ArrowAstropySchema", "converters: {pyarrow.Schema: " PARQUET "ArrowAstropySchema.from_arrow, " PARQUET
                            "DataFrameSchema: " PARQUET "DataFrameSchema.to_arrow_astropy_schema, " PARQUET
                            "ArrowNumpySchema: " PARQUET "ArrowNumpySchema.to_arrow_astropy_schema}" },
    { "ArrowColumnList", "converters: {pyarrow.Schema: " PARQUET
                         "arrow_schema_to_column_list, pandas.Index: pandas.Index.to_list}" },
    { "ArrowNumpy",
      "converters: {pyarrow.Table: " PARQUET "arrow_to_numpy, pandas.core.frame.DataFrame: " PARQUET
      "pandas_to_numpy, astropy.table.Table: astropy.table.Table.as_array, dict: " PARQUET
      "_numpy_dict_to_numpy}, delegate: lsst.daf.butler.delegates.arrowtable.ArrowTableDelegate, "
      "derivedComponents: {columns: ArrowColumnList, rowcount: int, schema: ArrowNumpySchema}, parameters: "
      "[columns, filters]" },
    { "ArrowNumpyDict",
      "converters: {pyarrow.Table: " PARQUET "arrow_to_numpy_dict, pandas.core.frame.DataFrame: " PARQUET
      "_pandas_to_numpy_dict, astropy.table.Table: " PARQUET "_astropy_to_numpy_dict, numpy.ndarray: " PARQUET
      "_numpy_to_numpy_dict}, delegate: lsst.daf.butler.delegates.arrowtable.ArrowTableDelegate, "
      "derivedComponents: {columns: ArrowColumnList, rowcount: int, schema: ArrowNumpySchema}, parameters: "
      "[columns, filters]" },
    { "ArrowNumpySchema", "converters: {pyarrow.Schema: " PARQUET "ArrowNumpySchema.from_arrow, " PARQUET
                          "DataFrameSchema: " PARQUET "DataFrameSchema.to_arrow_numpy_schema, " PARQUET
                          "ArrowAstropySchema: " PARQUET "ArrowAstropySchema.to_arrow_numpy_schema}" },
    { "ArrowSchema",
      "converters: {" PARQUET "DataFrameSchema: " PARQUET "DataFrameSchema.to_arrow_schema, " PARQUET
      "ArrowAstropySchema: " PARQUET "ArrowAstropySchema.to_arrow_schema, " PARQUET
      "ArrowNumpySchema: " PARQUET "ArrowNumpySchema.to_arrow_schema}" },
    { "ArrowTable",
      "converters: {pandas.core.frame.DataFrame: " PARQUET "pandas_to_arrow, astropy.table.Table: " PARQUET
      "astropy_to_arrow, numpy.ndarray: " PARQUET "numpy_to_arrow, dict: " PARQUET
      "numpy_dict_to_arrow}, delegate: lsst.daf.butler.delegates.arrowtable.ArrowTableDelegate, "
      "derivedComponents: {columns: ArrowColumnList, rowcount: int, schema: ArrowSchema}, parameters: "
      "[columns, filters, strip_astropy_meta_yaml]" },
    { "AstropyTable", "converters: {" AFW "table.Catalog: " AFW "table.Catalog.asAstropy}" },
    { "Box2I", "converters: {" NEW_IMAGES "Box: " NEW_IMAGES "Box.to_legacy}" },
    { "BoxV2", "converters: {lsst.geom.Box2I: " NEW_IMAGES "Box.from_legacy}" },
    { "CellCoadd",
      "converters: {lsst.cell_coadds.MultipleCellCoadd: " NEW_IMAGES
      "cells.CellCoadd.from_legacy_cell_coadd}, derivedComponents: {psf: CellPointSpreadFunction, "
      "aperture_corrections: StructuredDataDict, provenance: CellCoaddProvenance, backgrounds: "
      "BackgroundMap, masked_image: MaskedImageV2}, inheritsFrom: MaskedImageV2" },
    { "CellPointSpreadFunction", "inheritsFrom: PointSpreadFunction, parameters: [bbox]" },
    { "ColorImage", "derivedComponents: {sky_projection: SkyProjection}, parameters: [bbox]" },
    { "DataFrame",
      "converters: {pyarrow.Table: " PARQUET "arrow_to_pandas, astropy.table.Table: " PARQUET
      "astropy_to_pandas, numpy.ndarray: pandas.DataFrame.from_records, dict: "
      "pandas.DataFrame.from_records}, delegate: lsst.daf.butler.delegates.arrowtable.ArrowTableDelegate, "
      "derivedComponents: {columns: DataFrameIndex, rowcount: int, schema: DataFrameSchema}, parameters: "
      "[columns, filters, strip_astropy_meta_yaml]" },
    { "DataFrameIndex",
      "converters: {pyarrow.Schema: " PARQUET "arrow_schema_to_pandas_index, list: pandas.Index}" },
    { "DataFrameSchema", "converters: {pyarrow.Schema: " PARQUET "DataFrameSchema.from_arrow, " PARQUET
                         "ArrowAstropySchema: " PARQUET "ArrowAstropySchema.to_dataframe_schema, " PARQUET
                         "ArrowNumpySchema: " PARQUET "ArrowNumpySchema.to_dataframe_schema}" },
    { "DecoratedImageU", "inheritsFrom: DecoratedImage" },
    { "Detector", "converters: {" NEW_IMAGES "cameras.Detector: " NEW_IMAGES "cameras.Detector.to_legacy}" },
    { "DetectorV2", "converters: {" AFW "cameraGeom.Detector: " NEW_IMAGES "cameras.Detector.from_legacy}" },
    { "DifferenceImage", "converters: {" AFW "image.Exposure: " NEW_IMAGES
                         "DifferenceImage.from_legacy}, derivedComponents: {kernel: ConvolutionKernel, "
                         "templates: StructuredDataList}, inheritsFrom: VisitImage" },
    { "Exposure",
      "components: {image: Image, mask: Mask, variance: Image, wcs: Wcs, psf: Psf, photoCalib: PhotoCalib, "
      "visitInfo: VisitInfo, apCorrMap: ApCorr, coaddInputs: CoaddInputs, transmissionCurve: "
      "TransmissionCurve, metadata: PropertyList, filter: FilterLabel, detector: Detector, validPolygon: "
      "Polygon, summaryStats: ExposureSummaryStats, id: int}, converters: {" NEW_IMAGES
      "DifferenceImage: " NEW_IMAGES "DifferenceImage.to_legacy, " NEW_IMAGES "VisitImage: " NEW_IMAGES
      "VisitImage.to_legacy, " NEW_IMAGES "cells.CellCoadd: " NEW_IMAGES
      "cells.CellCoadd.to_legacy}, delegate: lsst.obs.base.exposureAssembler.ExposureAssembler, "
      "derivedComponents: {bbox: Box2I, dimensions: Extent2I, xy0: Point2I}, parameters: [bbox, origin, amp, "
      "detector, preserve_quantization, exposure_record]" },
    { "ExposureF", "components: {image: ImageF, mask: MaskX, variance: ImageF}, inheritsFrom: Exposure" },
    { "ExposureI", "components: {image: ImageI, mask: MaskX, variance: ImageF}, inheritsFrom: Exposure" },
    { "ExposureSummaryStats", "converters: {" NEW_IMAGES "ObservationSummaryStats: " NEW_IMAGES
                              "ObservationSummaryStats.to_legacy}" },
    { "ExposureU", "components: {image: ImageU, mask: MaskX, variance: ImageF}, inheritsFrom: Exposure" },
    { "ExtendedPsfCandidates", "parameters: [bbox]" },
    { "ExtendedPsfImage", "parameters: [bbox]" },
    { "FocalPlaneBackground", "converters: {lsst.pipe.drivers.background.FocalPlaneBackground: "
                              "lsst.pipe.tasks.background.FocalPlaneBackground.fromSimilar}" },
    { "HealSparseMap",
      "derivedComponents: {coverage: HealSparseCoverage}, parameters: [pixels, degrade_nside]" },
    { "Image", "converters: {" NEW_IMAGES "Image: " NEW_IMAGES
               "Image.to_legacy}, delegate: lsst.obs.base.exposureAssembler.ExposureAssembler, parameters: "
               "[bbox, origin]" },
    { "ImageF", "inheritsFrom: Image" },
    { "ImageI", "inheritsFrom: Image" },
    { "ImageU", "inheritsFrom: Image" },
    { "ImageV2", "converters: {" AFW "image.Image: " NEW_IMAGES
                 "Image.from_legacy}, derivedComponents: {sky_projection: SkyProjection, bbox: BoxV2, unit: "
                 "AstropyUnit}, parameters: [bbox]" },
    { "LsstScarletModelData", "converters: {lsst.scarlet.lite.io.model_data.ScarletModelData: " SCARLET
                              "utils.scarlet_model_to_lsst_scarlet_model}, delegate: " SCARLET
                              "ScarletModelDelegate, parameters: [blend_id]" },
    { "Mask", "converters: {" NEW_IMAGES "Mask: " NEW_IMAGES
              "Mask.to_legacy}, delegate: lsst.obs.base.exposureAssembler.ExposureAssembler, parameters: "
              "[bbox, origin]" },
    { "MaskV2",
      "converters: {" AFW "image.Mask: " NEW_IMAGES "Mask.from_legacy}, derivedComponents: {sky_projection: "
      "SkyProjection, bbox: BoxV2}, parameters: [bbox]" },
    { "MaskX", "inheritsFrom: Mask" },
    { "MaskedImage", "components: {image: Image, mask: Mask, variance: Image}, converters: {" NEW_IMAGES
                     "MaskedImage: " NEW_IMAGES
                     "MaskedImage.to_legacy}, delegate: lsst.obs.base.exposureAssembler.ExposureAssembler, "
                     "parameters: [bbox, origin]" },
    { "MaskedImageF", "inheritsFrom: MaskedImage" },
    { "MaskedImageI", "inheritsFrom: MaskedImage" },
    { "MaskedImageU", "inheritsFrom: MaskedImage" },
    { "MaskedImageV2", "converters: {" AFW "image.MaskedImage: " NEW_IMAGES
                       "MaskedImage.from_legacy}, derivedComponents: {sky_projection: SkyProjection, bbox: "
                       "BoxV2, image: ImageV2, mask: MaskV2, variance: ImageV2, unit: AstropyUnit, "
                       "components: StructuredDataDict}, parameters: [bbox, components]" },
    { "MultipleCellCoadd",
      "converters: {" NEW_IMAGES "cells.CellCoadd: " NEW_IMAGES "cells.CellCoadd.to_legacy_cell_coadd}" },
    { "ObservationInfo",
      "converters: {" AFW
      "image.VisitInfo: lsst.obs.base.MakeRawVisitInfoViaObsInfo.visitInfo2observationInfo}" },
    { "ObservationSummaryStats",
      "converters: {" AFW "image.ExposureSummaryStats: " NEW_IMAGES "ObservationSummaryStats.from_legacy}" },
    { "Packages", "converters: {dict: lsst.utils.packages.Packages}" },
    { "PointSpreadFunction",
      "converters: {" AFW "detection.Psf: " NEW_IMAGES "psfs.PointSpreadFunction.from_legacy}" },
    { "PropertySet", "converters: {lsst.pipe.base.TaskMetadata: lsst.daf.base.PropertySet.from_mapping}" },
    { "ProvenanceQuantumGraph",
      "derivedComponents: {packages: Packages, logs: StructuredDataDict, metadata: StructuredDataDict}, "
      "parameters: [import_mode, quanta, datasets, read_init_quanta]" },
    { "Psf", "converters: {" NEW_IMAGES "cells.CellPointSpreadFunction: " NEW_IMAGES
             "cells.CellPointSpreadFunction.to_legacy, " NEW_IMAGES "psfs.PointSpreadFunction: " NEW_IMAGES
             "psfs.PointSpreadFunction.to_legacy}" },
    { "ScarletModelData", "converters: {" SCARLET "LsstScarletModelData: " SCARLET
                          "utils.no_conversion_from_lsst_scarlet_model_data}, delegate: " SCARLET
                          "ScarletModelDelegate, parameters: [blend_id]" },
    { "SkyProjection", "converters: {" AFW "geom.SkyWcs: " NEW_IMAGES "SkyProjection.from_legacy}" },
    { "Stamps", "parameters: [bbox]" },
    { "StampsBase", "parameters: [bbox]" },
    { "StructuredDataDict",
      "converters: {lsst.pipe.base.TaskMetadata: lsst.pipe.base.TaskMetadata.to_dict}" },
    { "TaskMetadata", "converters: {lsst.daf.base.PropertySet: lsst.pipe.base.TaskMetadata.from_metadata}" },
    { "TransmissionCurve",
      "converters: {" ISR "IntermediateTransmissionCurve: " ISR
      "IntermediateTransmissionCurve.getTransmissionCurve, " ISR "IntermediateFilterTransmissionCurve: " ISR
      "IntermediateFilterTransmissionCurve.getTransmissionCurve, " ISR
      "IntermediateSensorTransmissionCurve: " ISR
      "IntermediateSensorTransmissionCurve.getTransmissionCurve, " ISR
      "IntermediateOpticsTransmissionCurve: " ISR
      "IntermediateOpticsTransmissionCurve.getTransmissionCurve, " ISR
      "IntermediateAtmosphereTransmissionCurve: " ISR
      "IntermediateAtmosphereTransmissionCurve.getTransmissionCurve, " ISR
      "IntermediateSystemTransmissionCurve: " ISR
      "IntermediateSystemTransmissionCurve.getTransmissionCurve}" },
    { "VisitImage",
      "converters: {" AFW "image.Exposure: " NEW_IMAGES
      "VisitImage.from_legacy}, derivedComponents: {psf: PointSpreadFunction, obs_info: ObservationInfo, "
      "summary_stats: ObservationSummaryStats, aperture_corrections: StructuredDataDict, detector: "
      "DetectorV2, photometric_scaling: ImageField, backgrounds: BackgroundMap, bounds: Bounds, "
      "masked_image: MaskedImageV2}, inheritsFrom: MaskedImageV2" },
    { "VisitInfo", "converters: {astro_metadata_translator.ObservationInfo: "
                   "lsst.obs.base.MakeRawVisitInfoViaObsInfo.observationInfo2visitInfo}" },
    { "Wcs", "converters: {" NEW_IMAGES "SkyProjection: " NEW_IMAGES "SkyProjection.to_legacy}" },
};

const char *cb_storage_class_details(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].name, name) == 0)
            return classes[i].details;
    return NULL;
}

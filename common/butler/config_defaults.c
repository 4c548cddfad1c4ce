/* The stock butler's defaults, from our own tables. */
#include "butler/config_dump.h"

#include "butler/datastore.h"
#include "butler/storage_class_details.h"
#include "domain/path_template.h"

#include <string.h>

#define FITS "lsst.obs.base.formatters.fitsExposure."

static const char file_datastore[] =
    "  cached: {root: null, default: true, expiry: {mode: datasets, threshold: 4},\n"
    "           cacheable: {Exposure: true, ExposureF: true}}\n"
    "  composites: {default: false, disassembled: {__null__: false}}\n"
    "  create: true\n"
    "  records: {table: file_datastore_records}\n"
    "  root: <butlerRoot>/datastore\n";

static const char registry[] =
    "registry:\n"
    "  db: 'sqlite:///<butlerRoot>/gen3.sqlite3'\n"
    "  engines:\n"
    "    postgresql: lsst.daf.butler.registry.databases.postgresql.PostgresqlDatabase\n"
    "    sqlite: lsst.daf.butler.registry.databases.sqlite.SqliteDatabase\n"
    "  managers:\n"
    "    attributes: lsst.daf.butler.registry.attributes.DefaultButlerAttributeManager\n"
    "    collections: lsst.daf.butler.registry.collections.synthIntKey.SynthIntKeyCollectionManager\n"
    "    datasets: "
    "lsst.daf.butler.registry.datasets.byDimensions.ByDimensionsDatasetRecordStorageManagerUUID\n"
    "    datastores: lsst.daf.butler.registry.bridge.monolithic.MonolithicDatastoreRegistryBridgeManager\n"
    "    dimensions: lsst.daf.butler.registry.dimensions.static.StaticDimensionRecordStorageManager\n"
    "    opaque: lsst.daf.butler.registry.opaque.ByNameOpaqueTableStorageManager\n";

static const char transfer_formats[] = "repo_transfer_formats:\n"
                                       "  yaml: {export: lsst.daf.butler.YamlRepoExportBackend, import: "
                                       "lsst.daf.butler.YamlRepoImportBackend}\n";

/* How planes are compressed, for each writer of images. */
#define GZIP "{algorithm: GZIP_2}"
#define RICE(more) "{algorithm: RICE_1, quantization: {dither: SUBTRACTIVE_DITHER_2, level: 16.0" more "}}"
#define LOSSLESS "{image: " GZIP ", mask: " GZIP ", variance: " GZIP "}"
#define MASKED RICE(", scaling: STDEV_MASKED, mask_planes: [NO_DATA, INTRP]")

static const char image_recipes[] = "{noCompression: null, default: " LOSSLESS ", lossless: " LOSSLESS
                                    ", lossy16: {image: " MASKED ", mask: " GZIP ", variance: " MASKED "}}";
static const char generic_recipes[] =
    "{lossy16: {image: " RICE("") ", mask: " GZIP ", variance: " RICE("") "}}";

static const char *const image_writers[] = {
    FITS "FitsExposureFormatter",
    FITS "FitsImageFormatter",
    FITS "FitsMaskFormatter",
    FITS "FitsMaskedImageFormatter",
    FITS "StandardFitsImageFormatterBase",
};

/* Storage classes whose formatter is told more. */
static const struct {
    const char *name, *parameters;
} told[] = {
    { "MetricValue", "{unsafe_dump: true}" },  { "Packages", "{format: yaml}" },
    { "PropertyList", "{unsafe_dump: true}" }, { "PropertySet", "{unsafe_dump: true}" },
    { "SkyProjection", "{format: json}" },     { "Transform", "{format: json}" },
};

static const char *parameters_of(const char *name)
{
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (strcmp(told[i].name, name) == 0)
            return told[i].parameters;
    return NULL;
}

static void put_formatters(struct cb_bytes *out)
{
    cb_bytes_printf(out,
                    "  formatters:\n    default: {" FITS "FitsExposureFormatter: {recipe: default}}\n"
                    "    write_recipes:\n      lsst.images.formatters.GenericFormatter: %s\n",
                    generic_recipes);
    for (size_t i = 0; i < sizeof image_writers / sizeof image_writers[0]; i++)
        cb_bytes_printf(out, "      %s: %s\n", image_writers[i], image_recipes);
    const struct cb_storage_class *class;
    for (size_t i = 0; (class = cb_storage_class_at(i)) != NULL; i++) {
        const char *parameters = parameters_of(class->name);
        if (class->configured != NULL && parameters != NULL)
            cb_bytes_printf(out, "    %s: {formatter: %s, parameters: %s}\n", class->name, class->configured,
                            parameters);
        else if (class->configured != NULL)
            cb_bytes_printf(out, "    %s: %s\n", class->name, class->configured);
    }
}

void cb_config_defaults(bool of_files, struct cb_bytes *out)
{
    cb_bytes_puts(out, "datastore:\n  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore\n");
    if (of_files) {
        cb_bytes_printf(out, "%s  templates: {default: '%s', " CB_PATH_OF_RAWS_KEY ": '%s'}\n",
                        file_datastore, cb_path_default, cb_path_of_raws);
        put_formatters(out);
    }
    cb_bytes_printf(out, "%s%sstorageClasses:\n", registry, transfer_formats);
    const struct cb_storage_class *class;
    for (size_t i = 0; (class = cb_storage_class_at(i)) != NULL; i++) {
        const char *details = cb_storage_class_details(class->name);
        cb_bytes_printf(out, "  %s: {pytype: %s%s%s}\n", class->name, class->python_type,
                        details != NULL ? ", " : "", details != NULL ? details : "");
    }
}

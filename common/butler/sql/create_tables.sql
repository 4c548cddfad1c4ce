-- The tables of a Butler repository (universe daf_butler 8, datasets manager 2.0.0), as a freshly made one has them.
-- Names are unqualified: the caller sets search_path to the repository's schema. Run as one script.

CREATE TABLE butler_attributes (
    name text NOT NULL,
    value text NOT NULL
);

CREATE TABLE collection (
    collection_id bigint NOT NULL,
    name text NOT NULL,
    type smallint NOT NULL,
    doc text
);

CREATE TABLE collection_chain (
    parent bigint NOT NULL,
    "position" smallint NOT NULL,
    child bigint NOT NULL
);

CREATE SEQUENCE collection_seq_collection_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE collection_summary_dataset_type (
    collection_id bigint NOT NULL,
    dataset_type_id bigint NOT NULL
);

CREATE TABLE collection_summary_instrument (
    collection_id bigint NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE collection_summary_skymap (
    collection_id bigint NOT NULL,
    skymap text NOT NULL
);

CREATE TABLE dataset (
    id uuid NOT NULL,
    dataset_type_id bigint NOT NULL,
    ingest_date bigint NOT NULL,
    run_id bigint NOT NULL
);
COMMENT ON COLUMN dataset.id IS 'A unique field used as the primary key for dataset.';
COMMENT ON COLUMN dataset.dataset_type_id IS 'Reference to the associated entry in the dataset_type table.';
COMMENT ON COLUMN dataset.ingest_date IS 'Time of dataset ingestion.';

CREATE TABLE dataset_location (
    datastore_name text NOT NULL,
    dataset_id uuid NOT NULL
);
COMMENT ON TABLE dataset_location IS 'A table that provides information on whether a dataset is stored in one or more Datastores.  The presence or absence of a record in this table itself indicates whether the dataset is present in that Datastore. ';
COMMENT ON COLUMN dataset_location.datastore_name IS 'Name of the Datastore this entry corresponds to.';

CREATE TABLE dataset_location_trash (
    dataset_id uuid NOT NULL,
    datastore_name text NOT NULL
);
COMMENT ON TABLE dataset_location_trash IS 'A table that keeps iinformation about datasets that are removed from Datastores.';
COMMENT ON COLUMN dataset_location_trash.datastore_name IS 'Name of the Datastore this entry corresponds to.';

CREATE TABLE dataset_type (
    id bigint NOT NULL,
    name text NOT NULL,
    storage_class text NOT NULL,
    dimensions_key bigint NOT NULL,
    tag_association_table text NOT NULL,
    calibration_association_table text
);
COMMENT ON COLUMN dataset_type.id IS 'Autoincrement ID that uniquely identifies a dataset type in other tables.  Python code outside the `Registry` class should never interact with this; its existence is considered an implementation detail.';
COMMENT ON COLUMN dataset_type.name IS 'String name that uniquely identifies a dataset type.';
COMMENT ON COLUMN dataset_type.storage_class IS 'Name of the storage class associated with all datasets of this type.  Storage classes are generally associated with a Python class, and are enumerated in butler configuration.';
COMMENT ON COLUMN dataset_type.dimensions_key IS 'Unique key for the set of dimensions that identifies datasets of this type.';
COMMENT ON COLUMN dataset_type.tag_association_table IS 'Name of the table that holds associations between datasets of this type and most types of collections.';
COMMENT ON COLUMN dataset_type.calibration_association_table IS 'Name of the table that holds associations between datasets of this type and CALIBRATION collections.  NULL values indicate dataset types with isCalibration=False.';

CREATE SEQUENCE dataset_type_seq_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE day_obs (
    instrument character varying(32) NOT NULL,
    id bigint NOT NULL,
    timespan int8range
);

CREATE TABLE detector (
    instrument character varying(32) NOT NULL,
    id bigint NOT NULL,
    full_name character varying(32),
    name_in_raft character varying(32),
    raft character varying(32),
    purpose character varying(32)
);

CREATE TABLE dimension_graph_definition (
    dimension_graph_id bigint NOT NULL,
    dimension_name text NOT NULL
);

CREATE TABLE dimension_graph_key (
    id bigint NOT NULL
);

CREATE SEQUENCE dimension_graph_key_seq_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE exposure (
    instrument character varying(32) NOT NULL,
    id bigint NOT NULL,
    day_obs bigint NOT NULL,
    "group" text NOT NULL,
    physical_filter character varying(32) NOT NULL,
    obs_id text,
    exposure_time double precision,
    dark_time double precision,
    observation_type character varying(16),
    observation_reason text,
    seq_num bigint,
    seq_start bigint,
    seq_end bigint,
    target_name text,
    science_program text,
    tracking_ra double precision,
    tracking_dec double precision,
    sky_angle double precision,
    azimuth double precision,
    zenith_angle double precision,
    has_simulated boolean,
    can_see_sky boolean,
    timespan int8range
);

CREATE TABLE "group" (
    instrument character varying(32) NOT NULL,
    name text NOT NULL
);

CREATE TABLE instrument (
    name character varying(32) NOT NULL,
    visit_max bigint,
    visit_system bigint,
    exposure_max bigint,
    detector_max bigint,
    class_name text
);

CREATE TABLE opaque_meta (
    table_name text NOT NULL
);

CREATE TABLE patch (
    skymap text NOT NULL,
    tract bigint NOT NULL,
    id bigint NOT NULL,
    cell_x bigint,
    cell_y bigint,
    region text
);

CREATE TABLE patch_skypix_overlap (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    skymap text NOT NULL,
    tract bigint NOT NULL,
    patch bigint NOT NULL,
    skypix_index bigint NOT NULL
);

CREATE TABLE patch_skypix_overlap_summary (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    skymap text NOT NULL
);

CREATE TABLE patch_visit_detector_region_overlap (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL,
    tract bigint NOT NULL,
    patch bigint NOT NULL,
    detector bigint NOT NULL,
    visit bigint NOT NULL
);

CREATE TABLE patch_visit_detector_region_overlap_summary (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE patch_visit_overlap (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL,
    tract bigint NOT NULL,
    patch bigint NOT NULL,
    visit bigint NOT NULL
);

CREATE TABLE patch_visit_overlap_summary (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE physical_filter (
    instrument character varying(32) NOT NULL,
    name character varying(32) NOT NULL,
    band character varying(32) NOT NULL
);

CREATE TABLE run (
    collection_id bigint NOT NULL,
    host text,
    timespan int8range
);

CREATE TABLE skymap (
    name text NOT NULL,
    hash text,
    tract_max bigint,
    patch_nx_max bigint,
    patch_ny_max bigint
);

CREATE TABLE ssp_balanced_index (
    ssp_hypothesis_table text NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE ssp_hypothesis_bundle (
    ssp_hypothesis_table text NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE ssp_hypothesis_table (
    name text NOT NULL
);

CREATE TABLE subfilter (
    band character varying(32) NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE tract (
    skymap text NOT NULL,
    id bigint NOT NULL,
    region text
);

CREATE TABLE tract_skypix_overlap (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    skymap text NOT NULL,
    tract bigint NOT NULL,
    skypix_index bigint NOT NULL
);

CREATE TABLE tract_skypix_overlap_summary (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    skymap text NOT NULL
);

CREATE TABLE tract_visit_detector_region_overlap (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL,
    tract bigint NOT NULL,
    detector bigint NOT NULL,
    visit bigint NOT NULL
);

CREATE TABLE tract_visit_detector_region_overlap_summary (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE tract_visit_overlap (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL,
    tract bigint NOT NULL,
    visit bigint NOT NULL
);

CREATE TABLE tract_visit_overlap_summary (
    skymap text NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE visit (
    instrument character varying(32) NOT NULL,
    id bigint NOT NULL,
    day_obs bigint NOT NULL,
    physical_filter character varying(32) NOT NULL,
    name text,
    seq_num bigint,
    exposure_time double precision,
    target_name text,
    observation_reason text,
    science_program text,
    azimuth double precision,
    zenith_angle double precision,
    region text,
    timespan int8range
);

CREATE TABLE visit_definition (
    instrument character varying(32) NOT NULL,
    exposure bigint NOT NULL,
    visit bigint NOT NULL
);

CREATE TABLE visit_detector_region (
    instrument character varying(32) NOT NULL,
    detector bigint NOT NULL,
    visit bigint NOT NULL,
    region text
);

CREATE TABLE visit_detector_region_skypix_overlap (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    instrument character varying(32) NOT NULL,
    detector bigint NOT NULL,
    visit bigint NOT NULL,
    skypix_index bigint NOT NULL
);

CREATE TABLE visit_detector_region_skypix_overlap_summary (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE visit_skypix_overlap (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    instrument character varying(32) NOT NULL,
    visit bigint NOT NULL,
    skypix_index bigint NOT NULL
);

CREATE TABLE visit_skypix_overlap_summary (
    skypix_system character varying(16) NOT NULL,
    skypix_level smallint NOT NULL,
    instrument character varying(32) NOT NULL
);

CREATE TABLE visit_system (
    instrument character varying(32) NOT NULL,
    id bigint NOT NULL,
    name character varying(32)
);

CREATE TABLE visit_system_membership (
    instrument character varying(32) NOT NULL,
    visit_system bigint NOT NULL,
    visit bigint NOT NULL
);

ALTER TABLE ONLY butler_attributes
    ADD CONSTRAINT butler_attributes_pkey PRIMARY KEY (name);
ALTER TABLE ONLY collection_chain
    ADD CONSTRAINT collection_chain_pkey PRIMARY KEY (parent, "position");
ALTER TABLE ONLY collection
    ADD CONSTRAINT collection_pkey PRIMARY KEY (collection_id);
ALTER TABLE ONLY collection_summary_dataset_type
    ADD CONSTRAINT collection_summary_dataset_type_pkey PRIMARY KEY (collection_id, dataset_type_id);
ALTER TABLE ONLY collection_summary_instrument
    ADD CONSTRAINT collection_summary_instrument_pkey PRIMARY KEY (collection_id, instrument);
ALTER TABLE ONLY collection_summary_skymap
    ADD CONSTRAINT collection_summary_skymap_pkey PRIMARY KEY (collection_id, skymap);
ALTER TABLE ONLY collection
    ADD CONSTRAINT collection_unq_name UNIQUE (name);
ALTER TABLE ONLY dataset_location
    ADD CONSTRAINT dataset_location_pkey PRIMARY KEY (datastore_name, dataset_id);
ALTER TABLE ONLY dataset_location_trash
    ADD CONSTRAINT dataset_location_trash_pkey PRIMARY KEY (dataset_id, datastore_name);
ALTER TABLE ONLY dataset
    ADD CONSTRAINT dataset_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dataset_type
    ADD CONSTRAINT dataset_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dataset_type
    ADD CONSTRAINT dataset_type_unq_name UNIQUE (name);
ALTER TABLE ONLY day_obs
    ADD CONSTRAINT day_obs_pkey PRIMARY KEY (instrument, id);
ALTER TABLE ONLY detector
    ADD CONSTRAINT detector_pkey PRIMARY KEY (instrument, id);
ALTER TABLE ONLY detector
    ADD CONSTRAINT detector_unq_instrument_full_name UNIQUE (instrument, full_name);
ALTER TABLE ONLY dimension_graph_definition
    ADD CONSTRAINT dimension_graph_definition_pkey PRIMARY KEY (dimension_graph_id, dimension_name);
ALTER TABLE ONLY dimension_graph_key
    ADD CONSTRAINT dimension_graph_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY exposure
    ADD CONSTRAINT exposure_pkey PRIMARY KEY (instrument, id);
ALTER TABLE ONLY exposure
    ADD CONSTRAINT exposure_unq_instrument_obs_id UNIQUE (instrument, obs_id);
ALTER TABLE ONLY "group"
    ADD CONSTRAINT group_pkey PRIMARY KEY (instrument, name);
ALTER TABLE ONLY instrument
    ADD CONSTRAINT instrument_pkey PRIMARY KEY (name);
ALTER TABLE ONLY opaque_meta
    ADD CONSTRAINT opaque_meta_pkey PRIMARY KEY (table_name);
ALTER TABLE ONLY patch
    ADD CONSTRAINT patch_pkey PRIMARY KEY (skymap, tract, id);
ALTER TABLE ONLY patch_skypix_overlap
    ADD CONSTRAINT patch_skypix_overlap_pkey PRIMARY KEY (skypix_system, skypix_level, skymap, tract, patch, skypix_index);
ALTER TABLE ONLY patch_skypix_overlap_summary
    ADD CONSTRAINT patch_skypix_overlap_summary_pkey PRIMARY KEY (skypix_system, skypix_level, skymap);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT patch_visit_detector_region_overlap_pkey PRIMARY KEY (skymap, instrument, tract, patch, detector, visit);
ALTER TABLE ONLY patch_visit_detector_region_overlap_summary
    ADD CONSTRAINT patch_visit_detector_region_overlap_summary_pkey PRIMARY KEY (skymap, instrument);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT patch_visit_overlap_pkey PRIMARY KEY (skymap, instrument, tract, patch, visit);
ALTER TABLE ONLY patch_visit_overlap_summary
    ADD CONSTRAINT patch_visit_overlap_summary_pkey PRIMARY KEY (skymap, instrument);
ALTER TABLE ONLY physical_filter
    ADD CONSTRAINT physical_filter_pkey PRIMARY KEY (instrument, name);
ALTER TABLE ONLY run
    ADD CONSTRAINT run_pkey PRIMARY KEY (collection_id);
ALTER TABLE ONLY skymap
    ADD CONSTRAINT skymap_pkey PRIMARY KEY (name);
ALTER TABLE ONLY skymap
    ADD CONSTRAINT skymap_unq_hash UNIQUE (hash);
ALTER TABLE ONLY ssp_balanced_index
    ADD CONSTRAINT ssp_balanced_index_pkey PRIMARY KEY (ssp_hypothesis_table, id);
ALTER TABLE ONLY ssp_hypothesis_bundle
    ADD CONSTRAINT ssp_hypothesis_bundle_pkey PRIMARY KEY (ssp_hypothesis_table, id);
ALTER TABLE ONLY ssp_hypothesis_table
    ADD CONSTRAINT ssp_hypothesis_table_pkey PRIMARY KEY (name);
ALTER TABLE ONLY subfilter
    ADD CONSTRAINT subfilter_pkey PRIMARY KEY (band, id);
ALTER TABLE ONLY tract
    ADD CONSTRAINT tract_pkey PRIMARY KEY (skymap, id);
ALTER TABLE ONLY tract_skypix_overlap
    ADD CONSTRAINT tract_skypix_overlap_pkey PRIMARY KEY (skypix_system, skypix_level, skymap, tract, skypix_index);
ALTER TABLE ONLY tract_skypix_overlap_summary
    ADD CONSTRAINT tract_skypix_overlap_summary_pkey PRIMARY KEY (skypix_system, skypix_level, skymap);
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT tract_visit_detector_region_overlap_pkey PRIMARY KEY (skymap, instrument, tract, detector, visit);
ALTER TABLE ONLY tract_visit_detector_region_overlap_summary
    ADD CONSTRAINT tract_visit_detector_region_overlap_summary_pkey PRIMARY KEY (skymap, instrument);
ALTER TABLE ONLY tract_visit_overlap
    ADD CONSTRAINT tract_visit_overlap_pkey PRIMARY KEY (skymap, instrument, tract, visit);
ALTER TABLE ONLY tract_visit_overlap_summary
    ADD CONSTRAINT tract_visit_overlap_summary_pkey PRIMARY KEY (skymap, instrument);
ALTER TABLE ONLY visit_definition
    ADD CONSTRAINT visit_definition_pkey PRIMARY KEY (instrument, exposure, visit);
ALTER TABLE ONLY visit_detector_region
    ADD CONSTRAINT visit_detector_region_pkey PRIMARY KEY (instrument, detector, visit);
ALTER TABLE ONLY visit_detector_region_skypix_overlap
    ADD CONSTRAINT visit_detector_region_skypix_overlap_pkey PRIMARY KEY (skypix_system, skypix_level, instrument, detector, visit, skypix_index);
ALTER TABLE ONLY visit_detector_region_skypix_overlap_summary
    ADD CONSTRAINT visit_detector_region_skypix_overlap_summary_pkey PRIMARY KEY (skypix_system, skypix_level, instrument);
ALTER TABLE ONLY visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (instrument, id);
ALTER TABLE ONLY visit_skypix_overlap
    ADD CONSTRAINT visit_skypix_overlap_pkey PRIMARY KEY (skypix_system, skypix_level, instrument, visit, skypix_index);
ALTER TABLE ONLY visit_skypix_overlap_summary
    ADD CONSTRAINT visit_skypix_overlap_summary_pkey PRIMARY KEY (skypix_system, skypix_level, instrument);
ALTER TABLE ONLY visit_system_membership
    ADD CONSTRAINT visit_system_membership_pkey PRIMARY KEY (instrument, visit_system, visit);
ALTER TABLE ONLY visit_system
    ADD CONSTRAINT visit_system_pkey PRIMARY KEY (instrument, id);
ALTER TABLE ONLY visit_system
    ADD CONSTRAINT visit_system_unq_instrument_name UNIQUE (instrument, name);
ALTER TABLE ONLY visit
    ADD CONSTRAINT visit_unq_instrument_name UNIQUE (instrument, name);

CREATE INDEX collection_chain_fkidx_child ON collection_chain USING btree (child);
CREATE INDEX collection_chain_fkidx_parent ON collection_chain USING btree (parent);
CREATE INDEX collection_summary_dataset_type_fkidx_collection_id ON collection_summary_dataset_type USING btree (collection_id);
CREATE INDEX collection_summary_dataset_type_fkidx_dataset_type_id ON collection_summary_dataset_type USING btree (dataset_type_id);
CREATE INDEX collection_summary_instrument_fkidx_collection_id ON collection_summary_instrument USING btree (collection_id);
CREATE INDEX collection_summary_instrument_fkidx_instrument ON collection_summary_instrument USING btree (instrument);
CREATE INDEX collection_summary_skymap_fkidx_collection_id ON collection_summary_skymap USING btree (collection_id);
CREATE INDEX collection_summary_skymap_fkidx_skymap ON collection_summary_skymap USING btree (skymap);
CREATE INDEX dataset_fkidx_dataset_type_id ON dataset USING btree (dataset_type_id);
CREATE INDEX dataset_fkidx_run_id ON dataset USING btree (run_id);
CREATE INDEX dataset_location_fkidx_dataset_id ON dataset_location USING btree (dataset_id);
CREATE INDEX day_obs_fkidx_instrument ON day_obs USING btree (instrument);
CREATE INDEX detector_fkidx_instrument ON detector USING btree (instrument);
CREATE INDEX dimension_graph_definition_fkidx_dimension_graph_id ON dimension_graph_definition USING btree (dimension_graph_id);
CREATE INDEX exposure_fkidx_instrument ON exposure USING btree (instrument);
CREATE INDEX exposure_fkidx_instrument_day_obs ON exposure USING btree (instrument, day_obs);
CREATE INDEX exposure_fkidx_instrument_group ON exposure USING btree (instrument, "group");
CREATE INDEX exposure_fkidx_instrument_physical_filter ON exposure USING btree (instrument, physical_filter);
CREATE INDEX group_fkidx_instrument ON "group" USING btree (instrument);
CREATE INDEX patch_fkidx_skymap ON patch USING btree (skymap);
CREATE INDEX patch_fkidx_skymap_tract ON patch USING btree (skymap, tract);
CREATE INDEX patch_skypix_overlap_fkidx_skymap ON patch_skypix_overlap USING btree (skymap);
CREATE INDEX patch_skypix_overlap_fkidx_skymap_tract ON patch_skypix_overlap USING btree (skymap, tract);
CREATE INDEX patch_skypix_overlap_fkidx_skymap_tract_patch ON patch_skypix_overlap USING btree (skymap, tract, patch);
CREATE INDEX patch_skypix_overlap_fkidx_skypix_system_skypix_level_skymap ON patch_skypix_overlap USING btree (skypix_system, skypix_level, skymap);
CREATE INDEX patch_skypix_overlap_idx_skypix_system_skypix_level_sk_315a3f24 ON patch_skypix_overlap USING btree (skypix_system, skypix_level, skypix_index, skymap, tract, patch);
CREATE INDEX patch_skypix_overlap_summary_fkidx_skymap ON patch_skypix_overlap_summary USING btree (skymap);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_instrument ON patch_visit_detector_region_overlap USING btree (instrument);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_instrument_detector ON patch_visit_detector_region_overlap USING btree (instrument, detector);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_instrument_visit ON patch_visit_detector_region_overlap USING btree (instrument, visit);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_skymap ON patch_visit_detector_region_overlap USING btree (skymap);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_skymap_tract ON patch_visit_detector_region_overlap USING btree (skymap, tract);
CREATE INDEX patch_visit_detector_region_overlap_fkidx_skymap_tract_patch ON patch_visit_detector_region_overlap USING btree (skymap, tract, patch);
CREATE INDEX patch_visit_detector_region_overlap_summary_fkidx_instrument ON patch_visit_detector_region_overlap_summary USING btree (instrument);
CREATE INDEX patch_visit_detector_region_overlap_summary_fkidx_skymap ON patch_visit_detector_region_overlap_summary USING btree (skymap);
CREATE INDEX patch_visit_overlap_fkidx_instrument ON patch_visit_overlap USING btree (instrument);
CREATE INDEX patch_visit_overlap_fkidx_instrument_visit ON patch_visit_overlap USING btree (instrument, visit);
CREATE INDEX patch_visit_overlap_fkidx_skymap ON patch_visit_overlap USING btree (skymap);
CREATE INDEX patch_visit_overlap_fkidx_skymap_tract ON patch_visit_overlap USING btree (skymap, tract);
CREATE INDEX patch_visit_overlap_fkidx_skymap_tract_patch ON patch_visit_overlap USING btree (skymap, tract, patch);
CREATE INDEX patch_visit_overlap_summary_fkidx_instrument ON patch_visit_overlap_summary USING btree (instrument);
CREATE INDEX patch_visit_overlap_summary_fkidx_skymap ON patch_visit_overlap_summary USING btree (skymap);
CREATE INDEX physical_filter_fkidx_instrument ON physical_filter USING btree (instrument);
CREATE INDEX ssp_balanced_index_fkidx_ssp_hypothesis_table ON ssp_balanced_index USING btree (ssp_hypothesis_table);
CREATE INDEX ssp_hypothesis_bundle_fkidx_ssp_hypothesis_table ON ssp_hypothesis_bundle USING btree (ssp_hypothesis_table);
CREATE INDEX tract_fkidx_skymap ON tract USING btree (skymap);
CREATE INDEX tract_skypix_overlap_fkidx_skymap ON tract_skypix_overlap USING btree (skymap);
CREATE INDEX tract_skypix_overlap_fkidx_skymap_tract ON tract_skypix_overlap USING btree (skymap, tract);
CREATE INDEX tract_skypix_overlap_fkidx_skypix_system_skypix_level_skymap ON tract_skypix_overlap USING btree (skypix_system, skypix_level, skymap);
CREATE INDEX tract_skypix_overlap_idx_skypix_system_skypix_level_sk_d7c9328a ON tract_skypix_overlap USING btree (skypix_system, skypix_level, skypix_index, skymap, tract);
CREATE INDEX tract_skypix_overlap_summary_fkidx_skymap ON tract_skypix_overlap_summary USING btree (skymap);
CREATE INDEX tract_visit_detector_region_overlap_fkidx_instrument ON tract_visit_detector_region_overlap USING btree (instrument);
CREATE INDEX tract_visit_detector_region_overlap_fkidx_instrument_detector ON tract_visit_detector_region_overlap USING btree (instrument, detector);
CREATE INDEX tract_visit_detector_region_overlap_fkidx_instrument_visit ON tract_visit_detector_region_overlap USING btree (instrument, visit);
CREATE INDEX tract_visit_detector_region_overlap_fkidx_skymap ON tract_visit_detector_region_overlap USING btree (skymap);
CREATE INDEX tract_visit_detector_region_overlap_fkidx_skymap_tract ON tract_visit_detector_region_overlap USING btree (skymap, tract);
CREATE INDEX tract_visit_detector_region_overlap_summary_fkidx_instrument ON tract_visit_detector_region_overlap_summary USING btree (instrument);
CREATE INDEX tract_visit_detector_region_overlap_summary_fkidx_skymap ON tract_visit_detector_region_overlap_summary USING btree (skymap);
CREATE INDEX tract_visit_overlap_fkidx_instrument ON tract_visit_overlap USING btree (instrument);
CREATE INDEX tract_visit_overlap_fkidx_instrument_visit ON tract_visit_overlap USING btree (instrument, visit);
CREATE INDEX tract_visit_overlap_fkidx_skymap ON tract_visit_overlap USING btree (skymap);
CREATE INDEX tract_visit_overlap_fkidx_skymap_tract ON tract_visit_overlap USING btree (skymap, tract);
CREATE INDEX tract_visit_overlap_summary_fkidx_instrument ON tract_visit_overlap_summary USING btree (instrument);
CREATE INDEX tract_visit_overlap_summary_fkidx_skymap ON tract_visit_overlap_summary USING btree (skymap);
CREATE INDEX visit_definition_fkidx_instrument ON visit_definition USING btree (instrument);
CREATE INDEX visit_definition_fkidx_instrument_exposure ON visit_definition USING btree (instrument, exposure);
CREATE INDEX visit_definition_fkidx_instrument_visit ON visit_definition USING btree (instrument, visit);
CREATE INDEX visit_detector_region_fkidx_instrument ON visit_detector_region USING btree (instrument);
CREATE INDEX visit_detector_region_fkidx_instrument_detector ON visit_detector_region USING btree (instrument, detector);
CREATE INDEX visit_detector_region_fkidx_instrument_visit ON visit_detector_region USING btree (instrument, visit);
CREATE INDEX visit_detector_region_skypix_overlap_fkidx_instrument ON visit_detector_region_skypix_overlap USING btree (instrument);
CREATE INDEX visit_detector_region_skypix_overlap_fkidx_instrument_detector ON visit_detector_region_skypix_overlap USING btree (instrument, detector);
CREATE INDEX visit_detector_region_skypix_overlap_fkidx_instrument_visit ON visit_detector_region_skypix_overlap USING btree (instrument, visit);
CREATE INDEX visit_detector_region_skypix_overlap_fkidx_skypix_syst_99bc735b ON visit_detector_region_skypix_overlap USING btree (skypix_system, skypix_level, instrument);
CREATE INDEX visit_detector_region_skypix_overlap_idx_skypix_system_d1c79618 ON visit_detector_region_skypix_overlap USING btree (skypix_system, skypix_level, skypix_index, instrument, detector, visit);
CREATE INDEX visit_detector_region_skypix_overlap_summary_fkidx_instrument ON visit_detector_region_skypix_overlap_summary USING btree (instrument);
CREATE INDEX visit_fkidx_instrument ON visit USING btree (instrument);
CREATE INDEX visit_fkidx_instrument_day_obs ON visit USING btree (instrument, day_obs);
CREATE INDEX visit_fkidx_instrument_physical_filter ON visit USING btree (instrument, physical_filter);
CREATE INDEX visit_skypix_overlap_fkidx_instrument ON visit_skypix_overlap USING btree (instrument);
CREATE INDEX visit_skypix_overlap_fkidx_instrument_visit ON visit_skypix_overlap USING btree (instrument, visit);
CREATE INDEX visit_skypix_overlap_fkidx_skypix_system_skypix_level__b1a4e9fd ON visit_skypix_overlap USING btree (skypix_system, skypix_level, instrument);
CREATE INDEX visit_skypix_overlap_idx_skypix_system_skypix_level_sk_b5ba3bab ON visit_skypix_overlap USING btree (skypix_system, skypix_level, skypix_index, instrument, visit);
CREATE INDEX visit_skypix_overlap_summary_fkidx_instrument ON visit_skypix_overlap_summary USING btree (instrument);
CREATE INDEX visit_system_fkidx_instrument ON visit_system USING btree (instrument);
CREATE INDEX visit_system_membership_fkidx_instrument ON visit_system_membership USING btree (instrument);
CREATE INDEX visit_system_membership_fkidx_instrument_visit ON visit_system_membership USING btree (instrument, visit);
CREATE INDEX visit_system_membership_fkidx_instrument_visit_system ON visit_system_membership USING btree (instrument, visit_system);
ALTER TABLE ONLY collection_chain
    ADD CONSTRAINT fkey_collection_chain_collection_collection_id_child FOREIGN KEY (child) REFERENCES collection(collection_id);
ALTER TABLE ONLY collection_chain
    ADD CONSTRAINT fkey_collection_chain_collection_collection_id_parent FOREIGN KEY (parent) REFERENCES collection(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY collection_summary_dataset_type
    ADD CONSTRAINT fkey_collection_summary_dataset_type_collection_collec_4090d073 FOREIGN KEY (collection_id) REFERENCES collection(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY collection_summary_dataset_type
    ADD CONSTRAINT fkey_collection_summary_dataset_type_dataset_type_id_d_d646a15d FOREIGN KEY (dataset_type_id) REFERENCES dataset_type(id) ON DELETE CASCADE;
ALTER TABLE ONLY collection_summary_instrument
    ADD CONSTRAINT fkey_collection_summary_instrument_collection_collecti_f2cc1228 FOREIGN KEY (collection_id) REFERENCES collection(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY collection_summary_instrument
    ADD CONSTRAINT fkey_collection_summary_instrument_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY collection_summary_skymap
    ADD CONSTRAINT fkey_collection_summary_skymap_collection_collection_i_1a994b14 FOREIGN KEY (collection_id) REFERENCES collection(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY collection_summary_skymap
    ADD CONSTRAINT fkey_collection_summary_skymap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY dataset
    ADD CONSTRAINT fkey_dataset_dataset_type_id_dataset_type_id FOREIGN KEY (dataset_type_id) REFERENCES dataset_type(id);
ALTER TABLE ONLY dataset_location
    ADD CONSTRAINT fkey_dataset_location_dataset_id_dataset_id FOREIGN KEY (dataset_id) REFERENCES dataset(id);
ALTER TABLE ONLY dataset
    ADD CONSTRAINT fkey_dataset_run_collection_id_run_id FOREIGN KEY (run_id) REFERENCES run(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY day_obs
    ADD CONSTRAINT fkey_day_obs_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY detector
    ADD CONSTRAINT fkey_detector_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY dimension_graph_definition
    ADD CONSTRAINT fkey_dimension_graph_definition_dimension_graph_key_id_9cd15d4b FOREIGN KEY (dimension_graph_id) REFERENCES dimension_graph_key(id) ON DELETE CASCADE;
ALTER TABLE ONLY exposure
    ADD CONSTRAINT fkey_exposure_day_obs_instrument_id_instrument_day_obs FOREIGN KEY (instrument, day_obs) REFERENCES day_obs(instrument, id);
ALTER TABLE ONLY exposure
    ADD CONSTRAINT fkey_exposure_group_instrument_name_instrument_group FOREIGN KEY (instrument, "group") REFERENCES "group"(instrument, name);
ALTER TABLE ONLY exposure
    ADD CONSTRAINT fkey_exposure_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY exposure
    ADD CONSTRAINT fkey_exposure_physical_filter_instrument_name_instrume_ee4bb371 FOREIGN KEY (instrument, physical_filter) REFERENCES physical_filter(instrument, name);
ALTER TABLE ONLY "group"
    ADD CONSTRAINT fkey_group_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY patch
    ADD CONSTRAINT fkey_patch_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_skypix_overlap
    ADD CONSTRAINT fkey_patch_skypix_overlap_patch_skymap_tract_id_skymap_82786c4b FOREIGN KEY (skymap, tract, patch) REFERENCES patch(skymap, tract, id);
ALTER TABLE ONLY patch_skypix_overlap
    ADD CONSTRAINT fkey_patch_skypix_overlap_patch_skypix_overlap_summary_ab04ec69 FOREIGN KEY (skypix_system, skypix_level, skymap) REFERENCES patch_skypix_overlap_summary(skypix_system, skypix_level, skymap) ON DELETE CASCADE;
ALTER TABLE ONLY patch_skypix_overlap
    ADD CONSTRAINT fkey_patch_skypix_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_skypix_overlap_summary
    ADD CONSTRAINT fkey_patch_skypix_overlap_summary_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_skypix_overlap
    ADD CONSTRAINT fkey_patch_skypix_overlap_tract_skymap_id_skymap_tract FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY patch
    ADD CONSTRAINT fkey_patch_tract_skymap_id_skymap_tract FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_detector_inst_f4e89931 FOREIGN KEY (instrument, detector) REFERENCES detector(instrument, id);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_instrument_na_36920ca0 FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_patch_skymap__02914020 FOREIGN KEY (skymap, tract, patch) REFERENCES patch(skymap, tract, id);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_visit_detector_region_overlap_summary
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_summary_instr_9aa664c0 FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY patch_visit_detector_region_overlap_summary
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_summary_skyma_dfe95551 FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_tract_skymap__51fe1155 FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY patch_visit_detector_region_overlap
    ADD CONSTRAINT fkey_patch_visit_detector_region_overlap_visit_instrum_2ff5193b FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT fkey_patch_visit_overlap_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT fkey_patch_visit_overlap_patch_skymap_tract_id_skymap__a1f8b344 FOREIGN KEY (skymap, tract, patch) REFERENCES patch(skymap, tract, id);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT fkey_patch_visit_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_visit_overlap_summary
    ADD CONSTRAINT fkey_patch_visit_overlap_summary_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY patch_visit_overlap_summary
    ADD CONSTRAINT fkey_patch_visit_overlap_summary_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT fkey_patch_visit_overlap_tract_skymap_id_skymap_tract FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY patch_visit_overlap
    ADD CONSTRAINT fkey_patch_visit_overlap_visit_instrument_id_instrument_visit FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY physical_filter
    ADD CONSTRAINT fkey_physical_filter_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY run
    ADD CONSTRAINT fkey_run_collection_collection_id_collection_id FOREIGN KEY (collection_id) REFERENCES collection(collection_id) ON DELETE CASCADE;
ALTER TABLE ONLY ssp_balanced_index
    ADD CONSTRAINT fkey_ssp_balanced_index_ssp_hypothesis_table_name_ssp__1a183183 FOREIGN KEY (ssp_hypothesis_table) REFERENCES ssp_hypothesis_table(name);
ALTER TABLE ONLY ssp_hypothesis_bundle
    ADD CONSTRAINT fkey_ssp_hypothesis_bundle_ssp_hypothesis_table_name_s_0921458b FOREIGN KEY (ssp_hypothesis_table) REFERENCES ssp_hypothesis_table(name);
ALTER TABLE ONLY tract
    ADD CONSTRAINT fkey_tract_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_skypix_overlap
    ADD CONSTRAINT fkey_tract_skypix_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_skypix_overlap_summary
    ADD CONSTRAINT fkey_tract_skypix_overlap_summary_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_skypix_overlap
    ADD CONSTRAINT fkey_tract_skypix_overlap_tract_skymap_id_skymap_tract FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY tract_skypix_overlap
    ADD CONSTRAINT fkey_tract_skypix_overlap_tract_skypix_overlap_summary_cac6de94 FOREIGN KEY (skypix_system, skypix_level, skymap) REFERENCES tract_skypix_overlap_summary(skypix_system, skypix_level, skymap) ON DELETE CASCADE;
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_detector_inst_d47eea21 FOREIGN KEY (instrument, detector) REFERENCES detector(instrument, id);
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_instrument_na_af5ed66a FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_visit_detector_region_overlap_summary
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_summary_instr_b03d3aef FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY tract_visit_detector_region_overlap_summary
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_summary_skyma_54fb2c07 FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_tract_skymap__1498a285 FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY tract_visit_detector_region_overlap
    ADD CONSTRAINT fkey_tract_visit_detector_region_overlap_visit_instrum_01d557eb FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY tract_visit_overlap
    ADD CONSTRAINT fkey_tract_visit_overlap_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY tract_visit_overlap
    ADD CONSTRAINT fkey_tract_visit_overlap_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_visit_overlap_summary
    ADD CONSTRAINT fkey_tract_visit_overlap_summary_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY tract_visit_overlap_summary
    ADD CONSTRAINT fkey_tract_visit_overlap_summary_skymap_name_skymap FOREIGN KEY (skymap) REFERENCES skymap(name);
ALTER TABLE ONLY tract_visit_overlap
    ADD CONSTRAINT fkey_tract_visit_overlap_tract_skymap_id_skymap_tract FOREIGN KEY (skymap, tract) REFERENCES tract(skymap, id);
ALTER TABLE ONLY tract_visit_overlap
    ADD CONSTRAINT fkey_tract_visit_overlap_visit_instrument_id_instrument_visit FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit
    ADD CONSTRAINT fkey_visit_day_obs_instrument_id_instrument_day_obs FOREIGN KEY (instrument, day_obs) REFERENCES day_obs(instrument, id);
ALTER TABLE ONLY visit_definition
    ADD CONSTRAINT fkey_visit_definition_exposure_instrument_id_instrumen_21a4dc77 FOREIGN KEY (instrument, exposure) REFERENCES exposure(instrument, id);
ALTER TABLE ONLY visit_definition
    ADD CONSTRAINT fkey_visit_definition_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_definition
    ADD CONSTRAINT fkey_visit_definition_visit_instrument_id_instrument_visit FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit_detector_region
    ADD CONSTRAINT fkey_visit_detector_region_detector_instrument_id_inst_b49280e5 FOREIGN KEY (instrument, detector) REFERENCES detector(instrument, id);
ALTER TABLE ONLY visit_detector_region
    ADD CONSTRAINT fkey_visit_detector_region_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_detector_region_skypix_overlap
    ADD CONSTRAINT fkey_visit_detector_region_skypix_overlap_detector_ins_ffb1edaf FOREIGN KEY (instrument, detector) REFERENCES detector(instrument, id);
ALTER TABLE ONLY visit_detector_region_skypix_overlap
    ADD CONSTRAINT fkey_visit_detector_region_skypix_overlap_instrument_n_f01d5160 FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_detector_region_skypix_overlap_summary
    ADD CONSTRAINT fkey_visit_detector_region_skypix_overlap_summary_inst_0d402e88 FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_detector_region_skypix_overlap
    ADD CONSTRAINT fkey_visit_detector_region_skypix_overlap_visit_detect_7a87a402 FOREIGN KEY (skypix_system, skypix_level, instrument) REFERENCES visit_detector_region_skypix_overlap_summary(skypix_system, skypix_level, instrument) ON DELETE CASCADE;
ALTER TABLE ONLY visit_detector_region_skypix_overlap
    ADD CONSTRAINT fkey_visit_detector_region_skypix_overlap_visit_instru_49438ed0 FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit_detector_region
    ADD CONSTRAINT fkey_visit_detector_region_visit_instrument_id_instrument_visit FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit
    ADD CONSTRAINT fkey_visit_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit
    ADD CONSTRAINT fkey_visit_physical_filter_instrument_name_instrument__daee087b FOREIGN KEY (instrument, physical_filter) REFERENCES physical_filter(instrument, name);
ALTER TABLE ONLY visit_skypix_overlap
    ADD CONSTRAINT fkey_visit_skypix_overlap_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_skypix_overlap_summary
    ADD CONSTRAINT fkey_visit_skypix_overlap_summary_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_skypix_overlap
    ADD CONSTRAINT fkey_visit_skypix_overlap_visit_instrument_id_instrument_visit FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit_skypix_overlap
    ADD CONSTRAINT fkey_visit_skypix_overlap_visit_skypix_overlap_summary_6ea1f37d FOREIGN KEY (skypix_system, skypix_level, instrument) REFERENCES visit_skypix_overlap_summary(skypix_system, skypix_level, instrument) ON DELETE CASCADE;
ALTER TABLE ONLY visit_system
    ADD CONSTRAINT fkey_visit_system_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_system_membership
    ADD CONSTRAINT fkey_visit_system_membership_instrument_name_instrument FOREIGN KEY (instrument) REFERENCES instrument(name);
ALTER TABLE ONLY visit_system_membership
    ADD CONSTRAINT fkey_visit_system_membership_visit_instrument_id_instr_ba4eaead FOREIGN KEY (instrument, visit) REFERENCES visit(instrument, id);
ALTER TABLE ONLY visit_system_membership
    ADD CONSTRAINT fkey_visit_system_membership_visit_system_instrument_i_09217d0e FOREIGN KEY (instrument, visit_system) REFERENCES visit_system(instrument, id);

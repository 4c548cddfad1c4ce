-- insert_run: ask for a run. Inputs come as one text between commas.
-- $1 id $2 engine $3 kind $4 repository $5 instrument $6 name $7 ticket $8 pipeline $9 template $10 inputs
-- $11 data_query $12 output_run $13 output_collection $14 dataset_type $15 physical_filter $16 options $17 requested_by
INSERT INTO calbus.run (id, engine, kind, repository, instrument, name, ticket, pipeline, template, inputs, data_query,
                        output_run, output_collection, dataset_type, physical_filter, options, requested_by)
VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, string_to_array($10, ','), $11, $12, $13, $14, $15, $16::jsonb, $17)

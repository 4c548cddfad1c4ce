-- count_datasets: in a RUN collection of the repository on the search path. $1 collection
SELECT count(*) FROM dataset d JOIN collection c ON c.collection_id = d.run_id WHERE c.name = $1

-- Is there anything in the repository?
SELECT EXISTS (SELECT FROM collection) OR EXISTS (SELECT FROM instrument) OR EXISTS (SELECT FROM dataset_type)
    OR EXISTS (SELECT FROM skymap);

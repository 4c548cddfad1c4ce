"""All of a repository in a form that two repositories with the same history share: every table of its schema, the definitions
of the tables, the files below its root.

What may differ, and how it is evened out:
  ids of collections, dataset types, dimension groups   by name; tables named after them too
  random dataset ids        by (type, run, data ID) and the version of the UUID; ids that were given (an import's) stay
  ids of certifications     dropped, but no id lies beyond its sequence
  positions in chains       by their order
  ingest dates              "recent", when within the run of the test by the butler's clock
  the repository's root in recorded paths
"""

import collections
import hashlib
import json
import os
import re
import time
import uuid

TAI_MINUS_UTC = 37
DYNAMIC = re.compile(r"dataset_(tags|calibs)_(\d{8,})")


class Dumper:
    def __init__(self, connection, schema, root, given_ids=()):
        self.connection, self.schema, self.root = connection, schema, str(root)
        self.given_ids = given_ids  # live view: ids that imports brought
        self.labels = {}  # dataset id: what it is; kept when it is gone
        self.began = time.time()

    def query(self, sql, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def dump(self):
        """{table: sorted rows}, each row a sorted tuple of (column, value)."""
        with self.connection.cursor() as cursor:
            cursor.execute(f'SET search_path TO "{self.schema}"')
        names = [row["relname"] for row in self.query(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace")]
        raw = {name: self.query(f'SELECT * FROM "{name}"') for name in names}
        self.collection = {row["collection_id"]: row["name"] for row in raw["collection"]}
        self.type = {row["id"]: row["name"] for row in raw["dataset_type"]}
        self.graph = collections.defaultdict(list)
        for row in raw["dimension_graph_definition"]:
            self.graph[row["dimension_graph_id"]].append(row["dimension_name"])
        self.graph = {key: "+".join(sorted(self.graph[key])) for key in (row["id"] for row in raw["dimension_graph_key"])}
        self.label_datasets(raw)
        self.check_sequences(raw)
        found = {self.table(name): sorted(map(str, self.rows(name, rows))) for name, rows in raw.items()}
        found["(definitions)"] = self.definitions()
        found["(files)"] = self.files()
        return found

    def table(self, name):
        return DYNAMIC.sub(lambda m: f"dataset_{m[1]}({self.graph[int(m[2])]})", name)

    def label_datasets(self, raw):
        run_of = {row["id"]: row["run_id"] for row in raw["dataset"]}
        for name, rows in raw.items():
            if name.startswith("dataset_tags_"):
                for row in rows:
                    if run_of[row["dataset_id"]] == row["collection_id"]:
                        keys = {k: v for k, v in row.items() if k not in ("dataset_type_id", "dataset_id", "collection_id")}
                        self.labels[row["dataset_id"]] = (
                            f"{self.type[row['dataset_type_id']]}@{self.collection[row['collection_id']]}{keys}")

    def dataset(self, text):
        if text in self.given_ids:
            return text
        return f"{self.labels.get(text, 'unknown ' + text)} v{uuid.UUID(text).version}"

    def rows(self, name, rows):
        if name == "collection_chain":
            order = collections.defaultdict(list)
            for row in sorted(rows, key=lambda row: row["position"]):
                order[self.collection[row["parent"]]].append(self.collection[row["child"]])
            return [(parent, tuple(children)) for parent, children in order.items()]
        return [tuple(sorted((column, self.value(name, column, value)) for column, value in row.items()
                             if not (name.startswith("dataset_calibs_") and column == "id"))) for row in rows]

    def value(self, table, column, value):
        if value is None:
            return value
        if column in ("collection_id", "run_id"):
            return self.collection[value]
        if column == "dataset_type_id" or (table, column) == ("dataset_type", "id"):
            return self.type[value]
        if column in ("dimension_graph_id", "dimensions_key") or (table, column) == ("dimension_graph_key", "id"):
            return self.graph[value]
        if column.endswith("_association_table"):
            return self.table(value)
        if column == "dataset_id" or (table, column) == ("dataset", "id"):
            return self.dataset(value)
        if column == "ingest_date":
            utc = value / 1e9 - TAI_MINUS_UTC
            return "recent" if self.began - 1 <= utc <= time.time() + 1 else value
        if column == "path":
            return value.replace(self.root, "<root>")
        if table == "butler_attributes" and column == "value" and value.startswith("{"):
            return json.dumps(json.loads(value), sort_keys=True)
        return str(value)

    def check_sequences(self, raw):
        """The next id of each sequence is free."""
        users = [("collection", "collection_id", "collection_seq_collection_id"), ("dataset_type", "id", "dataset_type_seq_id"),
                 ("dimension_graph_key", "id", "dimension_graph_key_seq_id")]
        users += [(name, "id", name + "_seq_id") for name in raw if name.startswith("dataset_calibs_")]
        for table, column, sequence in users:
            ids = [row[column] for row in raw[table]]
            last = self.query(f'SELECT last_value, is_called FROM "{sequence}"')[0]
            assert len(ids) == len(set(ids)) and min(ids, default=1) > 0, (table, ids)
            assert max(ids, default=0) <= (last["last_value"] if last["is_called"] else last["last_value"] - 1), (table, ids, last)

    def definitions(self):
        """Columns, constraints, indexes, sequences of all tables, without the names that nobody looks at."""
        here = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        lines = self.query(
            f"""SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
                || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS line
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind = 'r' AND c.relnamespace = {here}
            UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = {here}
            UNION ALL SELECT regexp_replace(indexdef, ' INDEX .* ON ', ' INDEX ON ') FROM pg_indexes
                WHERE schemaname = current_schema()
            UNION ALL SELECT 'sequence ' || sequencename || ' ' || data_type || ' ' || start_value || ' ' || increment_by
                FROM pg_sequences WHERE schemaname = current_schema()""")
        return sorted(self.table(re.sub(rf'\b{self.schema}\.', "", row["line"])) for row in lines)

    def files(self):
        found = []
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                short = os.path.relpath(path, self.root)
                if short == "butler.yaml":
                    continue
                with open(path, "rb") as file:
                    digest = hashlib.sha1(file.read()).hexdigest()[:12]
                found.append(f"{short} {'link' if os.path.islink(path) else 'file'} {digest}")
        return sorted(found)


def differences(first, second, limit=12):
    """Lines that tell two dumps apart."""
    lines = []
    for table in sorted(set(first) | set(second)):
        left, right = collections.Counter(first.get(table, ["(no table)"])), collections.Counter(second.get(table, ["(no table)"]))
        if left != right:
            lines += [f"{table}: - {line}" for line in list((left - right).elements())[:limit]]
            lines += [f"{table}: + {line}" for line in list((right - left).elements())[:limit]]
    return lines

"""The sample shop as drills use it: loaded, under traffic, with an invariant over two tables that a search can check."""

import os
import random

from support import ROOT, DrillError

GENERATE = os.path.join(ROOT, "config", "demo", "generate")
PAIRS = 20
PAIR_STOCK = 1000  # of a pair's product and variant together, at every commit
FIRST_OWN_ID = 10**9  # rows that traffic makes


def load(database, rows, seed=1):
    database.load_output([GENERATE, "--rows", str(rows), "--seed", str(seed)])


def mark_pairs(database):
    """Makes PAIRS pairs of a product and a variant, found by a mark in a field that no traffic writes, whose stocks sum to PAIR_STOCK."""
    with database.connect() as connection, connection.cursor() as cursor:
        for number in range(PAIRS):
            product, variant = FIRST_OWN_ID + number, FIRST_OWN_ID + number
            cursor.execute("INSERT INTO products (id, name, name_en, subtitle, description, price, stock, brand_id, category_id, tags, "
                           "created_at) VALUES (%s, '配对', 'pair', %s, 'pair', 1, %s, 1, 1, '[]', '2026-01-01')",
                           (product, f"pair-{number}", PAIR_STOCK))
            cursor.execute("INSERT INTO variants (id, sku, product_id, price, stock) VALUES (%s, %s, %s, 1, 0)",
                           (variant, f"pair-{number}", product))


def broken_pairs(binseek):
    """Searches both indices at once; returns what is not whole: texts, one per pair whose stocks do not sum up."""
    marks = [f"pair-{number}" for number in range(PAIRS)]
    answer = binseek.search("products,variants", {
        "size": 2 * PAIRS, "_source": ["stock", "subtitle", "sku"],
        "query": {"bool": {"should": [{"terms": {"subtitle.keyword": marks}}, {"terms": {"sku.keyword": marks}}],
                           "minimum_should_match": 1}}})
    found = {}
    for hit in answer["hits"]["hits"]:
        source = hit["_source"]
        mark = source["sku"] if "sku" in source else source["subtitle"]
        found.setdefault(mark, []).append(source["stock"])
    return [f"{mark}: stocks {found.get(mark, [])} do not sum to {PAIR_STOCK}" for mark in marks
            if len(found.get(mark, [])) != 2 or sum(found[mark]) != PAIR_STOCK]


class Traffic:
    """Transactions of every kind on the shop, one per step(); the same for the same seed and the same rows."""

    def __init__(self, database, seed):
        self.random = random.Random(seed)
        self.connection = database.connect(autocommit=False)
        self.ids = {table: [row[0] for row in self._select(f"SELECT id FROM {table} WHERE id < {FIRST_OWN_ID}")]
                    for table in ("products", "variants", "reviews")}
        self.next_id = 1 + max(FIRST_OWN_ID + 10**6, self._select("SELECT MAX(id) FROM products")[0][0])
        self.kinds = ([self.transfer] * 6 + [self.reprice] * 4 + [self.rename] * 2 + [self.add_product] * 2
                      + [self.remove_product] + [self.retag] + [self.review] * 2 + [self.nulls] + [self.wide] + [self.undone])

    def close(self):
        self.connection.close()

    def step(self):
        """One transaction; a deadlock or a lost row is the shop's everyday life and is tried no further."""
        try:
            with self.connection.cursor() as cursor:
                self.random.choice(self.kinds)(cursor)
            self.connection.commit()
        except Exception as error:
            self.connection.rollback()
            if getattr(error, "args", (0,))[0] not in (1062, 1205, 1213):
                raise DrillError(f"traffic: {error}") from error

    def _select(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall()
        self.connection.commit()
        return rows

    def _any(self, table):
        return self.random.choice(self.ids[table])

    # ---- the kinds of transaction

    def transfer(self, cursor):
        pair, amount = FIRST_OWN_ID + self.random.randrange(PAIRS), self.random.randint(-50, 50)
        statements = [(f"UPDATE products SET stock = stock - {amount} WHERE id = {pair}",),
                      (f"UPDATE variants SET stock = stock + {amount} WHERE id = {pair}",)]
        self.random.shuffle(statements)
        for (statement,) in statements:
            cursor.execute(statement)

    def reprice(self, cursor):
        cursor.execute("UPDATE products SET price = %s, sales = sales + 1, on_sale = 1 - on_sale WHERE id = %s",
                       (f"{self.random.randint(100, 999999) / 100:.2f}", self._any("products")))

    def rename(self, cursor):
        cursor.execute("UPDATE products SET name = %s, description = CONCAT(description, %s) WHERE id = %s AND LENGTH(description) < 4000",
                       (f"手机 {self.random.randrange(1000)} \\ 'Nova' 📱", " more", self._any("products")))

    def add_product(self, cursor):
        self.next_id += 1
        cursor.execute("INSERT INTO products (id, name, name_en, description, price, brand_id, category_id, labels, tags, attributes, "
                       "location, created_at) VALUES (%s, '新品', 'new', 'fresh', 9.90, 1, 1, 'new,hot', '[\"a\", 1.5, null]', "
                       "'{\"k\": {\"deep\": [true]}}', ST_GeomFromText('POINT(13.4 52.5)'), '2026-02-03 04:05:06.789')", (self.next_id,))
        for number in range(self.random.randrange(4)):
            cursor.execute("INSERT INTO variants (sku, product_id, color, price, stock) VALUES (%s, %s, NULL, 9.90, 5)",
                           (f"own-{self.next_id}-{number}", self.next_id))
        cursor.execute("INSERT INTO product_tags VALUES (%s, 'a:b'), (%s, 'c\\\\d')", (self.next_id, self.next_id))
        self.ids["products"].append(self.next_id)

    def remove_product(self, cursor):
        if len(self.ids["products"]) < 50:
            return
        gone = self.ids["products"].pop(self.random.randrange(len(self.ids["products"])))
        for statement in ("DELETE FROM variants WHERE product_id = %s", "DELETE FROM product_tags WHERE product_id = %s",
                          "DELETE FROM products WHERE id = %s"):
            cursor.execute(statement, (gone,))

    def retag(self, cursor):
        cursor.execute("UPDATE product_tags SET tag = %s WHERE product_id = %s LIMIT 1",
                       (f"tag-{self.random.randrange(10**6)}", self._any("products")))

    def review(self, cursor):
        cursor.execute("INSERT INTO reviews (product_id, author, stars, title, body, created_at) VALUES (%s, 'x', 5, '好', '很好', NOW())",
                       (self._any("products"),))
        cursor.execute("DELETE FROM reviews WHERE id = %s", (self._any("reviews"),))

    def nulls(self, cursor):
        cursor.execute("UPDATE products SET subtitle = NULL, rating = IF(rating IS NULL, 4.7, NULL), attributes = "
                       "IF(attributes IS NULL, '{\"a\": 1}', NULL), location = NULL, status = 'archived', labels = '' WHERE id = %s",
                       (self._any("products"),))

    def wide(self, cursor):
        start = self._any("variants")
        cursor.execute("UPDATE variants SET stock = stock + 1, price = price + 0.01 WHERE id BETWEEN %s AND %s", (start, start + 200))

    def undone(self, cursor):
        cursor.execute("SAVEPOINT s")
        cursor.execute("UPDATE products SET price = 0, name = 'never seen' WHERE id = %s", (self._any("products"),))
        cursor.execute("ROLLBACK TO SAVEPOINT s")
        cursor.execute("UPDATE products SET sales = sales + 1 WHERE id = %s", (self._any("products"),))

"""The rows of `./dev bench sync` and the server that logs them.

Rows: about 400 bytes of products (product_table.sql) each, seeded: a title of 8 words and a description of 31, of a vocabulary of 20,000 made words by
Zipf's law, every eighth title in Chinese. They lie in a table of another database, unlogged, from where procedures bring them into
shop.products in transactions of a given number of rows, so that the server makes a binlog as fast as it can.
"""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from database import Database

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = "id, sku, title, description, brand, category, price, stock, sales, rating, on_sale, created_at, updated_at"
SYLLABLES = [first + rest for first in "bcdfghklmnprstvz" for rest in ("a", "e", "i", "o", "u", "an", "er", "on", "al")]
HANZI = "手机电脑相机耳机键盘鼠标显示器充电宝数据线蓝牙音箱智能手表运动鞋背包水杯台灯书桌椅子"
# The whole statement is one transaction of the given number of rows.
PROCEDURES = """
CREATE PROCEDURE staging.insert_rows(IN first BIGINT, IN last BIGINT, IN per BIGINT)
BEGIN
  WHILE first < last DO
    INSERT INTO shop.products SELECT * FROM staging.products WHERE id >= first AND id < LEAST(first + per, last);
    SET first = first + per;
  END WHILE;
END //
CREATE PROCEDURE staging.update_rows(IN first BIGINT, IN last BIGINT, IN per BIGINT)
BEGIN
  WHILE first < last DO
    UPDATE shop.products SET price = price + 0.01, stock = stock + 1 WHERE id >= first AND id < LEAST(first + per, last);
    SET first = first + per;
  END WHILE;
END //
"""


def write_rows(path, rows, seed=1):
    """The rows as LOAD DATA takes them; ids from 1."""
    rng = random.Random(f"products {seed}")
    words = sorted({"".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(30000)})
    rng.shuffle(words)
    words = words[:20000]
    weights, total = [], 0.0
    for rank in range(len(words)):
        total += 1.0 / (rank + 3)
        weights.append(total)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(1, rows + 1):
            drawn = rng.choices(words, cum_weights=weights, k=39)
            title = " ".join(drawn[:8]) if number % 8 else "".join(rng.choices(HANZI, k=20))
            moment = f"2026-{1 + number % 12:02d}-{1 + number % 28:02d} {number % 24:02d}:{number % 60:02d}:{number % 59:02d}"
            rating = f"{rng.randint(10, 50) / 10}" if number % 10 else "\\N"
            file.write(f"{number}\tSKU-{number * 7919 % 10**9:09d}\t{title}\t{' '.join(drawn[8:])}.\t{drawn[0]} {drawn[1]}\t{words[number % 500]}\t"
                       f"{rng.randint(100, 999999) / 100:.2f}\t{rng.randrange(1000)}\t{rng.randrange(10**6)}\t{rating}\t{number % 2}\t"
                       f"{moment}.{number % 1000:03d}\t{moment}.{number % 10**6:06d}\n")


class ProductServer(Database):
    """A server with database shop and the rows beside it."""

    SETTINGS = ("--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=1G", "--max-binlog-size=1G")

    def __init__(self, kind, folder, rows_file):
        super().__init__(kind, folder)
        self.rows_file = rows_file

    def start(self, *arguments):
        super().start(*self.SETTINGS, *arguments)

    def __enter__(self):
        super().__enter__()
        with open(os.path.join(HERE, "product_table.sql"), encoding="utf-8") as file:
            table = file.read()
        self.sql(table, self.name)
        copied = os.path.join(self.folder, "files", "rows.tsv")
        os.makedirs(os.path.dirname(copied), exist_ok=True)
        os.link(self.rows_file, copied)
        os.chmod(copied, 0o644)
        self.sql(f"SET sql_log_bin = 0; SET unique_checks = 0; SET time_zone = '+00:00'; CREATE DATABASE staging; USE staging;\n{table}\n"
                 f"LOAD DATA INFILE '{copied}' INTO TABLE staging.products CHARACTER SET utf8mb4 ({COLUMNS});\n"
                 f"DELIMITER //\n{PROCEDURES}\nDELIMITER ;\n")
        return self

    def empty(self):
        """Nothing is in the table, and the binlog says nothing of that."""
        self.sql("SET sql_log_bin = 0; TRUNCATE TABLE shop.products;")

    def change(self, what, first, last, per):
        """`what`: insert_rows or update_rows, of the ids from `first` up to and without `last`; returns the number of transactions."""
        self.sql(f"CALL staging.{what}({first}, {last}, {per});")
        return -(-(last - first) // per)

    def new_file(self):
        """Begins a binlog file, and returns the path of it."""
        self.sql("FLUSH BINARY LOGS;")
        return os.path.join(self.folder, "data", self.position()["binlog"][0])

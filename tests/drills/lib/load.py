"""More traffic than the shop's: what spills, what is read again, what cannot become a document, keys that move, rows in parts.

Every kind of transaction is one method; a drill names those that it wants.
"""

import shop

LEDGER_ROWS = 1500
LONG = 560  # of a key that makes no _id
STEADY_ROWS, STEADY_EACH = 2000, 10

SCHEMA = """
CREATE TABLE ledger (id INT PRIMARY KEY, n INT NOT NULL, note VARCHAR(1200) NOT NULL) DEFAULT CHARSET = utf8mb4;
CREATE TABLE letters (code VARCHAR(600) CHARACTER SET ascii PRIMARY KEY, n INT NOT NULL);
CREATE TABLE parts (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(80) NOT NULL, long_text TEXT, attrs JSON, price DECIMAL(10,2), seen INT)
  DEFAULT CHARSET = utf8mb4;
CREATE TABLE volatile (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60) NOT NULL) DEFAULT CHARSET = utf8mb4;
CREATE TABLE marks (id INT AUTO_INCREMENT PRIMARY KEY, said VARCHAR(60) NOT NULL) DEFAULT CHARSET = utf8mb4;
INSERT INTO marks (said) VALUES ('first');
"""


def make_tables(database):
    with database.connect() as connection, connection.cursor() as cursor:
        for statement in SCHEMA.strip().split(";\n"):
            cursor.execute(statement.rstrip(";\n"))
        for first in range(0, LEDGER_ROWS, 500):
            cursor.executemany("INSERT INTO ledger VALUES (%s, 0, %s)", [(i, "entry " * 100) for i in range(first, first + 500)])
        cursor.executemany("INSERT INTO parts (title, long_text, attrs, price, seen) VALUES (%s, %s, %s, 1.50, 0)",
                           [(f"part {i}", "text " * 60, '{"a": 1, "list": [1, 2, {"deep": "x"}], "b": {"c": "y"}}') for i in range(200)])


def make_steady(database):
    """Rows whose number and sum nobody changes: see Load.steady."""
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE steady (id INT PRIMARY KEY, n INT NOT NULL)")
        cursor.executemany("INSERT INTO steady VALUES (%s, %s)", [(i, STEADY_EACH) for i in range(STEADY_ROWS)])


class Load(shop.Traffic):
    """The shop's traffic, and the kinds that are named in `also`, each as often as its number says."""

    def __init__(self, database, seed, also=None, shop_share=1):
        super().__init__(database, seed)
        self.mysql = database.kind == "mysql"
        self.kinds = self.kinds * shop_share
        for name, times in (also or {}).items():
            self.kinds += [getattr(self, name)] * times

    # ---- two rows, the same in all

    def steady(self, cursor):
        # Below FULL, which `partly` may have left behind, no transaction is promised to be seen whole.
        cursor.execute("SET SESSION binlog_row_image = 'FULL'")
        one, other = self.random.randrange(STEADY_ROWS), self.random.randrange(STEADY_ROWS)
        cursor.execute("UPDATE steady SET n = n - 1 WHERE id = %s", (one,))
        cursor.execute("UPDATE steady SET n = n + 1 WHERE id = %s", (other,))

    # ---- larger than transaction_memory

    def big(self, cursor):
        cursor.execute("UPDATE ledger SET n = n + 1, note = CONCAT(REPEAT(%s, 110), n)", (f"{self.random.randrange(10**5):06d} ",))

    def refill(self, cursor):
        cursor.execute("DELETE FROM ledger WHERE id >= %s", (self.random.randrange(LEDGER_ROWS),))
        cursor.execute("INSERT IGNORE INTO ledger SELECT id + 1, n, note FROM ledger")
        cursor.execute("INSERT IGNORE INTO ledger VALUES (%s, 1, 'again')", (self.random.randrange(LEDGER_ROWS),))

    # ---- read again

    def unlogged_rows(self, cursor):
        """Logged as a statement, whose rows the stream does not show."""
        self.connection.commit()
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("UPDATE reviews SET stars = 1 + (stars %% 5) WHERE id < %s", (self.random.randrange(50, 5000),))
        self.connection.commit()
        cursor.execute("SET SESSION binlog_format = 'ROW'")

    def truncate(self, cursor):
        cursor.execute("INSERT INTO volatile (v) VALUES ('before'), (%s)", (f"x{self.random.random()}",))
        self.connection.commit()
        cursor.execute("TRUNCATE volatile")
        cursor.execute("INSERT INTO volatile (v) VALUES ('behind')")

    def volatile_rows(self, cursor):
        cursor.execute("INSERT INTO volatile (v) VALUES (%s), (%s)", (f"v{self.random.random()}", "two"))
        cursor.execute("UPDATE volatile SET v = CONCAT(LEFT(v, 40), '+') ORDER BY id DESC LIMIT 3")

    # ---- dead letters

    def letter(self, cursor):
        name = f"{self.random.randrange(400):03d}"
        long = name + "x" * LONG
        kind = self.random.randrange(4)
        if kind == 0:
            cursor.execute("INSERT IGNORE INTO letters VALUES (%s, 1), (%s, 2)", (long, name))
        elif kind == 1:  # mended
            cursor.execute("UPDATE IGNORE letters SET code = %s WHERE code = %s", ("m" + name, long))
        elif kind == 2:  # spoilt
            cursor.execute("UPDATE IGNORE letters SET code = %s WHERE code = %s", (long, "m" + name))
        else:
            cursor.execute("UPDATE letters SET n = n + 1 WHERE code LIKE %s", (name[:2] + "%",))

    # ---- rows in parts, by what the session sets

    def partly(self, cursor):
        image = self.random.choice(["FULL", "MINIMAL", "MINIMAL", "NOBLOB"])
        cursor.execute(f"SET SESSION binlog_row_image = '{image}'")
        if self.mysql:
            cursor.execute("SET SESSION binlog_row_value_options = %s", (self.random.choice(["", "PARTIAL_JSON"]),))
        for _ in range(self.random.randint(1, 4)):
            getattr(self, self.random.choice(["_part_price", "_part_text", "_part_json", "_part_new", "_part_gone", "_part_moved",
                                              "_part_replaced"]))(cursor)

    def _part_price(self, cursor):
        cursor.execute("UPDATE parts SET price = price + 0.01, seen = seen + 1 WHERE id %% 50 = %s", (self.random.randrange(50),))

    def _part_text(self, cursor):
        cursor.execute("UPDATE parts SET title = %s, long_text = IF(RAND() < 0.2, NULL, REPEAT('更新 ', 40)) WHERE id = %s",
                       (f"title {self.random.random()}", self.random.randint(1, 260)))

    def _part_json(self, cursor):
        number = self.random.randint(1, 260)
        edit = self.random.choice(["JSON_SET(attrs, '$.a', {0})", "JSON_SET(attrs, '$.list[2].deep', 'z{0}')", "JSON_REMOVE(attrs, '$.b.c')",
                                   "JSON_SET(attrs, '$.b.c', REPEAT('w', {0} % 40))", "JSON_SET(JSON_REMOVE(attrs, '$.list[0]'), '$.a', {0})",
                                   "JSON_REPLACE(attrs, '$.a', 'n', '$.list[1]', {0})"])
        cursor.execute(f"UPDATE parts SET attrs = {edit.format(self.random.randrange(1000))} WHERE id BETWEEN {number} AND {number + 3}")

    def _part_new(self, cursor):
        cursor.execute("INSERT INTO parts (title, attrs) VALUES ('new', '{\"a\": 0, \"list\": [1, 2, {}], \"b\": {}}')")
        cursor.execute("UPDATE parts SET seen = 1 WHERE id = LAST_INSERT_ID()")

    def _part_gone(self, cursor):
        cursor.execute("DELETE FROM parts WHERE id > 200 AND id %% 5 = %s LIMIT 2", (self.random.randrange(5),))

    def _part_moved(self, cursor):
        number = self.random.randint(1, 200)
        cursor.execute("UPDATE IGNORE parts SET id = id + 100000 WHERE id = %s", (number,))
        cursor.execute("UPDATE IGNORE parts SET id = id - 100000 WHERE id = %s", (100000 + self.random.randint(1, 200),))

    def _part_replaced(self, cursor):
        cursor.execute("REPLACE INTO parts (id, title) VALUES (%s, 'replaced')", (self.random.randint(1, 230),))


def mend_letters(database):
    """Has no row left that makes no document."""
    database.query(f"DELETE FROM {database.name}.letters WHERE LENGTH(code) > {LONG - 50}")

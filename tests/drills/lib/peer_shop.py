"""The rows that both engines get in ./dev drill opensearch: a shop of goods, Chinese and English mixed, and the words to ask for them by.

Rows: every kind of field that aggregations and queries read, each missing in some rows, some with several values; offers as nested objects. Seeded.
"""

import datetime
import os
import sys

from support import ROOT

sys.path.insert(0, os.path.join(ROOT, "config", "demo"))
# pylint: disable=wrong-import-position
import words

TEXT_WITH_RAW = {"type": "text", "fields": {"raw": {"type": "keyword"}}}
PROPERTIES = {
    "name": TEXT_WITH_RAW, "name_en": {"type": "text"}, "description": {"type": "text"}, "subtitle": {"type": "text", "analyzer": "whitespace"},
    "brand": {"type": "keyword"}, "category": {"type": "keyword"}, "tags": {"type": "keyword"}, "sku": {"type": "keyword"},
    "price": {"type": "scaled_float", "scaling_factor": 100}, "stock": {"type": "integer"}, "sales": {"type": "long"}, "rating": {"type": "double"},
    "weight": {"type": "float"}, "sizes": {"type": "integer"}, "on_sale": {"type": "boolean"}, "created": {"type": "date"},
    "updated": {"type": "date", "format": "yyyy-MM-dd HH:mm:ss||epoch_millis"}, "place": {"type": "geo_point"}, "address": {"type": "ip"},
    "offers": {"type": "nested", "properties": {
        "seller": {"type": "keyword"}, "price": {"type": "integer"}, "since": {"type": "date"}, "note": {"type": "text"}}},
}
KEYWORDS = ("brand", "category", "tags")
NUMBERS = ("price", "stock", "sales", "rating", "weight", "sizes")
DATES = ("created", "updated")
TEXTS = ("name", "name_en", "description")
SELLERS = ("ann", "bob", "carla", "丁一", "eve", "范", "gus")


def pairs(text):
    """[(中文, English)] of a `中文=English; ...` text."""
    return [tuple(part.split("=", 1)) for part in (each.strip() for each in text.replace("\n", ";").split(";")) if "=" in part]


def items(text):
    return [each.strip() for each in text.replace("\n", ";").split(";") if each.strip()]


class Shop:
    """Rows and words, from one seed."""

    def __init__(self, random, rows):
        self.random = random
        self.brands = [pair for text in words.BRANDS.values() for pair in pairs(text)]
        self.leaves = []
        for block in words.LEAVES.strip().split("\n\n"):
            head, nouns, attributes = block.split("\n")[:3]
            self.leaves.append((head.split("=")[0], pairs(nouns), pairs(attributes)))
        self.leaves = self.leaves[:12]
        self.sentences = {"zh": items(words.SENTENCES_ZH), "en": items(words.SENTENCES_EN)}
        self.rows = [self.row(number) for number in range(rows)]

    def row(self, number):
        random = self.random
        leaf, nouns, attributes = self.leaves[min(int(random.expovariate(0.3)), len(self.leaves) - 1)]
        brand = self.brands[min(int(random.expovariate(0.1)), 39)]
        noun = random.choice(nouns)
        chosen = random.sample(attributes, random.randint(1, 3))
        row = {"sku": f"S{number:05d}", "brand": brand[0], "category": leaf, "stock": random.choice((0, 1, 2, 5, random.randint(0, 300)))}
        row["name"] = " ".join([brand[random.randint(0, 1)], *(each[random.randint(0, 1)] for each in (*chosen, noun))])
        row["name_en"] = " ".join([brand[1], *(each[1] for each in chosen), noun[1]])
        optional = {
            "description": lambda: self.description(brand, noun, attributes),
            "subtitle": lambda: " ".join(each[random.randint(0, 1)] for each in random.choices(attributes, k=4)),
            "tags": lambda: [each[1].lower() for each in chosen],
            "price": lambda: round(random.lognormvariate(4, 1), 2),
            "sales": lambda: random.choice((0, random.randint(1, 10**6), random.randint(2**40, 2**45))),
            "rating": lambda: random.randint(2, 10) / 2,
            "weight": lambda: random.choice((0.5, 1.25, 2, round(random.uniform(0.1, 30), 3))),
            "sizes": lambda: random.sample(range(34, 48), random.randint(1, 4)),
            "on_sale": lambda: random.random() < 0.3,
            "created": lambda: self.moment().strftime("%Y-%m-%dT%H:%M:%S.") + f"{random.randint(0, 999):03d}Z",
            "updated": lambda: self.moment().strftime("%Y-%m-%d %H:%M:%S"),
            "place": self.place,
            "address": lambda: random.choice((f"10.{random.randint(0, 3)}.{random.randint(0, 9)}.{random.randint(1, 250)}", f"2001:db8::{random.randint(1, 4000):x}")),
            "offers": lambda: [self.offer() for _ in range(random.randint(1, 4))],
        }
        for field, make in optional.items():
            if random.random() < 0.88:
                row[field] = make()
        return row

    def description(self, brand, noun, attributes):
        parts = []
        for _ in range(self.random.randint(1, 6)):
            language = self.random.choice(("zh", "en"))
            at = 0 if language == "zh" else 1
            one, other = self.random.sample(attributes, 2)
            parts.append(self.random.choice(self.sentences[language]).format(brand=brand[at], noun=noun[at], a=one[at], b=other[at]))
        return " ".join(parts)

    def moment(self):
        """Two years, with more in the nights that clocks are changed in."""
        if self.random.random() < 0.1:
            night = self.random.choice((datetime.datetime(2025, 3, 30), datetime.datetime(2025, 10, 26), datetime.datetime(2025, 3, 9)))
            return night + datetime.timedelta(seconds=self.random.randint(0, 86400))
        return datetime.datetime(2024, 7, 1) + datetime.timedelta(seconds=self.random.randint(0, 2 * 365 * 86400))

    def place(self):
        longitude, latitude = self.random.choice(words.CITIES)
        return {"lat": round(latitude + self.random.gauss(0, 0.3), 4), "lon": round(longitude + self.random.gauss(0, 0.3), 4)}

    def offer(self):
        offer = {"seller": self.random.choice(SELLERS), "price": self.random.randint(1, 500)}
        if self.random.random() < 0.7:
            offer["since"] = self.moment().strftime("%Y-%m-%d")
        if self.random.random() < 0.7:
            offer["note"] = self.random.choice(self.sentences["en"]).format(brand="Lepin", noun="box", a="wood", b="paint")
        return offer

    # ---- what to ask for

    def value(self, field):
        """A value that the field has in some row."""
        name = field.removesuffix(".raw")
        while name in PROPERTIES:
            value = self.random.choice(self.rows).get(name)
            if isinstance(value, list):
                return self.random.choice(value)
            if value is not None:
                return value
        raise KeyError(field)

    def text(self, most=4, field=None):
        """Neighbouring words of a row's text, or single ones of several."""
        said = self.value(field or self.random.choice(TEXTS)).split()
        at = self.random.randrange(len(said))
        count = self.random.randint(1, most)
        return " ".join(said[at:at + count])

    def words(self, most=4):
        return " ".join(self.text(1) for _ in range(self.random.randint(1, most)))

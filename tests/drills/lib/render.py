"""What a document has to be, given its row: the rules of the user's documentation, written down a second time.

Numbers are compared by their digits (Number keeps a JSON number's text), floating-point columns by their value.
"""

import base64
import decimal
import json
import struct

INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "time", "uuid", "inet4", "inet6"}
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
GEOMETRIES = {"geometry", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
              "geometrycollection", "geomcollection"}


class Number(str):
    """A JSON number by its text, so that 12.50 is not 12.5."""

    __slots__ = ()


def parse_exact(text):
    """JSON with every number as a Number."""
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


def same_number(left, right):
    return left == right or decimal.Decimal(left) == decimal.Decimal(right) or float(left) == float(right)


def same_json(left, right):
    """Equal as JSON: key order and the spelling of numbers do not matter, their value and type do."""
    if isinstance(left, Number) and isinstance(right, Number):
        return same_number(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    return left == right


def exactly(expected, actual):
    return type(expected) is type(actual) and expected == actual


def as_float32(expected, actual):
    return isinstance(actual, Number) and struct.pack("<f", float(expected)) == struct.pack("<f", float(actual))


def as_float64(expected, actual):
    return isinstance(actual, Number) and float(expected) == float(actual)


def integer(raw):
    return Number(int(raw))


def fixed_point(raw):
    sign, digits = ("-", raw[1:]) if raw.startswith("-") else ("", raw)
    whole, point, fraction = digits.partition(".")
    text = (whole.lstrip("0") or "0") + point + fraction
    return Number(sign + text if text.strip("0.") else text)


def point(raw):
    """{lat, lon} of a SRID and well-known binary."""
    order = "<" if raw[4] == 1 else ">"
    kind, x, y = struct.unpack(order + "Idd", raw[5:25])
    if kind != 1:
        raise ValueError(f"geometry of type {kind} in a POINT column")
    return {"lat": Number(repr(y)), "lon": Number(repr(x))}


def encoded(raw):
    return base64.b64encode(raw).decode()


class Column:
    """One column of a table: how it is selected, what its cell has to be in `_source`, and when the two are equal."""

    def __init__(self, name, data_type, is_json):
        self.name = name
        self.type = "json" if is_json else data_type.lower()
        self.render, self.equal = self._rules()

    def _rules(self):
        rules = {
            "decimal": (fixed_point, exactly), "float": (Number, as_float32), "double": (Number, as_float64),
            "bit": (lambda raw: Number(int.from_bytes(raw, "big")), exactly),
            "date": (str, exactly),
            "datetime": (lambda raw: raw.replace(" ", "T"), exactly),
            "timestamp": (lambda raw: raw.replace(" ", "T") + "Z", exactly),
            "set": (lambda raw: raw.split(",") if raw else [], exactly),
            "json": (parse_exact, same_json), "point": (point, same_json),
            "vector": (lambda raw: [Number(repr(v)) for (v,) in struct.iter_unpack("<f", raw)], same_json),
        }
        if self.type in rules:
            return rules[self.type]
        for names, rule in ((INTEGERS, (integer, exactly)), (TEXTS, (str, exactly)), (BYTES | GEOMETRIES, (encoded, exactly))):
            if self.type in names:
                return rule
        raise ValueError(f"column {self.name}: no rule for type {self.type}")

    def select(self):
        quoted = "`" + self.name.replace("`", "``") + "`"
        return quoted + " + 0e0" if self.type == "float" else quoted

    def expected(self, raw):
        return None if raw is None else self.render(raw)

    def same(self, expected, actual):
        return actual is None if expected is None else actual is not None and self.equal(expected, actual)


def document_id(parts):
    """`_id` of a row, from the rendered parts of its key."""
    return ":".join(str(part).replace("\\", "\\\\").replace(":", "\\:") for part in parts)

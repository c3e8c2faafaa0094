"""The differences that are known and explained: opensearch_known.ini."""

import configparser
import json
import os
import re

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "opensearch_known.ini")


class Known:
    """A cause is one whose regular expressions are all found: in the path of the difference, in the request's JSON, in `ours | theirs`.
    `example` is a request that shows it."""

    def __init__(self):
        ini = configparser.ConfigParser(interpolation=None, delimiters=("=",))
        with open(FILE, encoding="utf-8") as file:
            ini.read_file(file)
        self.causes = {name: dict(ini[name]) for name in ini.sections()}
        for name, cause in self.causes.items():
            if "why" not in cause or not set(cause) & {"path", "request", "values"} or set(cause) - {"why", "example", "path", "request", "values"}:
                raise ValueError(f"{FILE}: [{name}] needs why, and one of path, request, values")

    def cause(self, body, difference):
        path, ours, theirs = difference
        texts = {"path": path, "request": json.dumps(body, ensure_ascii=False), "values": f"{ours} | {theirs}"}
        for name, cause in self.causes.items():
            if all(re.search(cause[key], text) for key, text in texts.items() if key in cause):
                return name
        return None

"""Notes in a SQLite file."""
import sqlite3
from contextlib import closing


class Store:
    def __init__(self, path: str):
        self.path = path
        with closing(self.connect()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)

    def add(self, text: str) -> int:
        with closing(self.connect()) as database, database:
            return database.execute("INSERT INTO note (text) VALUES (?)", (text,)).lastrowid

    def find(self, word: str) -> list[dict]:
        with closing(self.connect()) as database:
            rows = database.execute("SELECT id, text FROM note WHERE instr(text, ?) ORDER BY id", (word,))
            return [{"id": number, "text": text} for number, text in rows]

"""The HTTP side of the notes: add one, find some."""
import os

from fastapi import FastAPI
from pydantic import BaseModel, Field

from .store import Store

api = FastAPI(title="Notes")
store = Store(os.environ.get("NOTES_DATABASE", "/data/notes.sqlite"))


class NewNote(BaseModel):
    text: str = Field(min_length=1, max_length=1000)


@api.get("/health")
def health() -> dict:
    return {"status": "ok"}


@api.post("/notes", status_code=201)
def add(note: NewNote) -> dict:
    return {"id": store.add(note.text), "text": note.text}


@api.get("/notes")
def find(word: str = "") -> list[dict]:
    return store.find(word)

from fastapi.testclient import TestClient

from app.main import api

client = TestClient(api)


def test_what_was_added_is_found():
    number = client.post("/notes", json={"text": "buy milk"}).json()["id"]
    client.post("/notes", json={"text": "call home"})
    assert client.get("/notes", params={"word": "milk"}).json() == [{"id": number, "text": "buy milk"}]


def test_an_empty_note_is_refused():
    assert client.post("/notes", json={"text": ""}).status_code == 422

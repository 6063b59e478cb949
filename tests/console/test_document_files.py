"""The texts of files and folders."""

from console.document_files import files_in, read_document
from tests.fakes import files


def test_folders_are_followed_in_order_and_hidden_files_left_out(tmp_path):
    for name in ("b.txt", "a/c.txt", "a/.hidden", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [str(path.relative_to(tmp_path)) for path in files_in([tmp_path, tmp_path / "b.txt"])]
    assert found == ["a/c.txt", "b.txt", "b.txt"]


def test_text_and_documents(tmp_path):
    (tmp_path / "a.txt").write_text("Grüße", encoding="utf-8-sig")
    (tmp_path / "a.docx").write_bytes(files.word("heavy water"))
    assert read_document(tmp_path / "a.txt").text == "Grüße"
    document = read_document(tmp_path / "a.docx")
    assert "heavy water" in document.text
    assert not document.problem
    assert "heavy" not in repr(document)


def test_what_cannot_be_read_says_why(tmp_path):
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 4)
    assert read_document(tmp_path / "a.bin").problem
    assert read_document(tmp_path / "none").problem == "No such file or directory"

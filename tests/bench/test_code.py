"""The count of false alarms in code: what is told of a folder, and how findings are counted."""

from bench import code


def test_a_folders_findings_are_told_masked(tmp_path, capsys):
    secret = "k3Zq9Xw7Lm2Vb8Rt5Yp1"
    (tmp_path / "a.py").write_text(f'x = 1\napi_key = "{secret}"\n', encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(b"api_key")
    assert code.main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "a.py:2: SECRET" in told
    assert secret not in told


def test_findings_at_one_place_are_one():
    found = code.secrets('API_TOKEN = "ghp_k3Zq9Xw7Lm2Vb8Rt5Yp1k3Zq9Xw7Lm2Vb8R"')
    assert len(found) == 1

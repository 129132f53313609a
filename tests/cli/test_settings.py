"""Where settings come from, and that a mistake is said and never guessed around."""

import json
from pathlib import Path

import pytest

from voxhall.cli import main
from voxhall.config import load
from voxhall.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("VOXHALL_"):
            monkeypatch.delenv(name)


def test_a_flag_comes_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "voxhall.toml"
    file.write_text('port = 1\nmedia_port = 2\nhost = "192.0.2.1"\n')
    monkeypatch.setenv("VOXHALL_CONFIG", str(file))
    monkeypatch.setenv("VOXHALL_PORT", "3")
    monkeypatch.setenv("VOXHALL_MEDIA_PORT", "4")
    settings = load({"port": 5, "media_port": None})
    assert (settings.port, settings.media_port, settings.host) == (5, 4, "192.0.2.1")


def test_a_secret_comes_from_a_file_and_is_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "database"
    file.write_text("postgresql://ana:sesame@db/voxhall\n")
    monkeypatch.setenv("VOXHALL_DATABASE_URL_FILE", str(file))
    settings = load({})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value().endswith("sesame@db/voxhall")
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOXHALL_PROT", "8400"),
        ("VOXHALL_PORT", "many"),
        ("VOXHALL_PORT", "70000"),
        ("VOXHALL_PORT_FILE", "/dev/null"),
        ("VOXHALL_DATABASE_URL_FILE", "/nonexistent/secret"),
        ("VOXHALL_PUBLIC_URL", "live.example.org"),
        ("VOXHALL_PUBLIC_URL", "https://live.example.org/path"),
        ("VOXHALL_DATABASE_URL", "mysql://secret@db/voxhall"),
        ("VOXHALL_CONFIG", "/nonexistent/voxhall.toml"),
        ("VOXHALL_ROLE", "boss"),
        ("VOXHALL_SITE_ACCENT", "yellow"),
        ("VOXHALL_SITE_ACCENT", "#fe0"),
    ],
)
def test_a_mistake_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load({})
    assert name in str(refusal.value) or "voxhall.toml" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_an_unknown_name_in_the_file_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "voxhall.toml"
    monkeypatch.setenv("VOXHALL_CONFIG", str(file))
    for text, sentence in (
        ("prot = 1\n", f"prot is set in {file}, but there is no such setting. Did you mean port?"),
        ("port = \n", f"The settings file {file} is not TOML: Invalid value (at line 1, column 8)."),
        ("[section]\nport = 1\n", f"section is set in {file}, but there is no such setting."),
        ("port = 70000\n", f"port in {file} is not acceptable: Input should be less than or equal to 65535."),
    ):
        file.write_text(text)
        with pytest.raises(SettingsError) as refusal:
            load({})
        assert str(refusal.value) == sentence


def test_the_file_in_the_data_folder_needs_no_naming(tmp_path: Path) -> None:
    (tmp_path / "voxhall.toml").write_text('port = 9000\nmedia_address = ["192.0.2.1", "2001:db8::1"]\n')
    settings = load({"data": tmp_path})
    assert (settings.port, settings.media_address) == (9000, ("192.0.2.1", "2001:db8::1"))
    (tmp_path / "other.toml").write_text(f"data = {json.dumps(str(tmp_path))}\nport = 9001\n")
    assert load({"config": tmp_path / "other.toml"}).port == 9001
    (tmp_path / "voxhall.toml").write_text('data = "elsewhere"\n')
    with pytest.raises(SettingsError):
        load({"data": tmp_path})


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXHALL_PORT", "")
    monkeypatch.setenv("VOXHALL_DATABASE_URL_FILE", "")
    settings = load({})
    assert (settings.port, settings.database_url) == (8400, None)


def test_the_effective_settings_are_shown_with_their_sources_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "voxhall.toml").write_text("media_port = 9001\n")
    monkeypatch.setenv("VOXHALL_PORT", "9000")
    monkeypatch.setenv("VOXHALL_DATABASE_URL", "postgresql://ana:sesame@db/voxhall")
    with pytest.raises(SystemExit) as end:
        main(["config", "--json", "--data", str(tmp_path)])
    said = capsys.readouterr().out
    shown = json.loads(said)
    assert end.value.code == 0
    assert shown["port"] == {"value": 9000, "source": "VOXHALL_PORT"}
    assert shown["media_port"] == {"value": 9001, "source": str(tmp_path / "voxhall.toml")}
    assert shown["data"] == {"value": str(tmp_path), "source": "--data"}
    assert shown["host"]["source"] == "default"
    assert shown["database_url"]["source"] == "VOXHALL_DATABASE_URL"
    with pytest.raises(SystemExit):
        main(["config", "--data", str(tmp_path)])
    for text in (said, capsys.readouterr().out):
        assert "sesame" not in text


def test_addresses_for_browsers_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXHALL_MEDIA_ADDRESS", "192.0.2.1, 2001:db8::1")
    assert load({}).media_address == ("192.0.2.1", "2001:db8::1")


def test_providers_of_sign_in_are_tables_and_the_environment_says_what_the_file_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("sesame\n")
    table = '[openid.house]\nname = "House"\nissuer = "https://id.example.org/realm"\nclient_id = "voxhall"\n'
    (tmp_path / "voxhall.toml").write_text(table)
    monkeypatch.setenv("VOXHALL_OPENID_HOUSE_CLIENT_SECRET_FILE", str(secret))
    monkeypatch.setenv("VOXHALL_OPENID_HOUSE_CLIENT_ID", "voxhall at home")
    for name, value in (("NAME", "Work"), ("ISSUER", "http://localhost:9"), ("CLIENT_ID", "x"), ("CLIENT_SECRET", "")):
        monkeypatch.setenv(f"VOXHALL_OPENID_WORK_{name}", value)
    found = load({"data": tmp_path}).openid
    assert (found["house"].issuer, found["house"].client_id) == ("https://id.example.org/realm", "voxhall at home")
    assert found["house"].client_secret is not None
    assert found["house"].client_secret.get_secret_value() == "sesame"
    assert (found["work"].name, found["work"].client_secret) == ("Work", None)
    with pytest.raises(SystemExit):
        main(["config", "--json", "--data", str(tmp_path)])
    said = capsys.readouterr().out
    assert json.loads(said)["openid"]["value"]["house"]["client_secret"] == "********"
    assert "sesame" not in said


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("VOXHALL_OPENID", "{}", "VOXHALL_OPENID"),
        ("VOXHALL_OPENID_HOUSE", "x", "VOXHALL_OPENID_HOUSE"),
        ("VOXHALL_OPENID_HOUSE_SECRET", "x", "VOXHALL_OPENID_HOUSE_SECRET"),
        ("VOXHALL_OPENID_HOUSE_ISSUER", "http://secret.example.org", "openid.house.issuer"),
        ("VOXHALL_OPENID_HOUSE_ISSUER", "https://ana:secret@example.org", "openid.house.issuer"),
        ("VOXHALL_OPENID_HOUSE_CLIENT_SECRET_FILE", "/nonexistent/secret", "openid.house"),
        ("VOXHALL_OPENID_HOUSE_NAME", "House", "openid.house.issuer"),
    ],
)
def test_a_mistake_about_a_provider_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load({})
    assert named in str(refusal.value)
    assert "secret" not in str(refusal.value).replace("client_secret", "").replace("SECRET", "")

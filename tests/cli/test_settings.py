"""Where settings come from, and that a mistake is said and never guessed around."""

from pathlib import Path

import pytest

from voxhall.config import SettingsError, load


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
        ("VOXHALL_PUBLIC_URL", "live.example.org"),
        ("VOXHALL_PUBLIC_URL", "https://live.example.org/path"),
        ("VOXHALL_DATABASE_URL", "mysql://secret@db/voxhall"),
        ("VOXHALL_CONFIG", "/nonexistent/voxhall.toml"),
        ("VOXHALL_ROLE", "boss"),
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
    for text in ("prot = 1\n", "port = \n", "[server]\nport = 1\n"):
        file.write_text(text)
        monkeypatch.setenv("VOXHALL_CONFIG", str(file))
        with pytest.raises(SettingsError):
            load({})


def test_addresses_for_browsers_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXHALL_MEDIA_ADDRESS", "192.0.2.1, 2001:db8::1")
    assert load({}).media_address == ("192.0.2.1", "2001:db8::1")

from speko.providers.embedded.presence import Presence, package, program


def test_looks_again_after_a_second() -> None:
    now, installed, looks = 0.0, False, 0

    def find() -> bool:
        nonlocal looks
        looks += 1
        return installed

    presence = Presence(find, "flite (Debian package flite)", lambda: now)
    assert presence.missing() == "flite (Debian package flite)"
    installed = True
    assert presence.missing() is not None, "believed for a second"
    now = 1.0
    assert presence.missing() is None
    assert looks == 2


def test_a_program_and_a_package() -> None:
    assert program("sh", "a shell").missing() is None
    assert program("no-such-program-anywhere", "get it").missing() == "get it"
    assert package("json", "json").missing() is None
    assert package("no_such_package_anywhere", "get it").missing() == "get it"

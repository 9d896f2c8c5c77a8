"""A person who opens the mediator's address in a browser sees an invitation, and a phone's camera can read it."""

import re
import subprocess

import pytest

# A phone and a desk, in the pixels of style sheets.
WIDTHS = [390, 1280]

BROWSER = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]


def browse(directory, *arguments) -> str:
    profile = f"--user-data-dir={directory / 'profile'}"
    done = subprocess.run([*BROWSER, profile, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def scan(picture) -> str:
    done = subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"no code to be read in {picture}"
    return done.stdout.strip()


@pytest.mark.quick
@pytest.mark.parametrize("width", WIDTHS)
def the_code_on_the_page_is_the_invitation(mediator, tmp_path, width):
    picture = tmp_path / "page.png"
    address = f"http://127.0.0.1:{mediator.port}/"
    browse(tmp_path, f"--window-size={width},2000", "--force-device-scale-factor=2", f"--screenshot={picture}", address)
    assert scan(picture) == mediator.invitation_url()


@pytest.mark.quick
def the_page_has_the_link_and_says_what_this_is(mediator, tmp_path):
    page = browse(tmp_path, "--dump-dom", f"http://127.0.0.1:{mediator.port}/")
    assert mediator.invitation_url() in page.replace("&amp;", "&")
    assert re.search(r"<title>[^<]*mediator", page, re.IGNORECASE)
    assert "keep" in page.lower(), "the page does not say what a mediator is for"

"""TensorBoard, opened in a browser on a real run, shows its curves, pictures and tables."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# What a card of the curves is called, in part.
CURVES = ("loss", "accuracy", "learning_rate", "tokens_per_second", "bleu")


@pytest.fixture(scope="module")
def tensorboard(tiny_run):
    """The address of a TensorBoard that has read the run."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(tiny_run)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_runs(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


def wait_for_runs(address, server, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, "TensorBoard stopped"
        try:
            if answer(f"{address}/data/runs"):
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.5)
    pytest.fail(f"TensorBoard read no run in {seconds} seconds")


def answer(address):
    return json.loads(urllib.request.urlopen(address, timeout=30).read())


@pytest.fixture(scope="module")
def page():
    """A page of headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "needs Debian's `chromium` on the PATH"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1100})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def show(page, tensorboard, tab, tags=""):
    """Opens a tab of TensorBoard, with only the tags that hold `tags`."""
    page.goto("about:blank")  # another fragment alone would not load the page anew
    page.goto(f"{tensorboard}/?tagFilter={tags}#{tab}")


def tags_of(tensorboard, plugin):
    """The tags that the run has for a plugin, over all of its log folders."""
    runs = answer(f"{tensorboard}/data/plugin/{plugin}/tags")
    return {tag for tags in runs.values() for tag in tags}


@pytest.mark.parametrize("curve", CURVES)
def test_the_page_draws_the_curves(page, tensorboard, curve):
    tags = [tag for tag in tags_of(tensorboard, "scalars") if curve in tag]
    assert tags, f"the run logs no {curve}"
    show(page, tensorboard, "timeseries", curve)
    for tag in tags:
        card = page.locator("scalar-card").filter(has_text=tag.split("/")[-1]).first
        card.scroll_into_view_if_needed()
        card.locator("line-chart").wait_for()


def test_the_page_shows_the_attention_pictures(page, tensorboard, tmp_path):
    show(page, tensorboard, "timeseries", "attention")
    picture = page.locator("image-card img").first
    picture.wait_for()
    picture.evaluate("image => image.decode()")
    width, height = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert min(width, height) > 100
    page.screenshot(path=tmp_path / "attention.png")


def test_the_page_shows_the_translations(page, tensorboard, tmp_path):
    (run,) = {run for run, tags in answer(f"{tensorboard}/data/plugin/text/tags").items() if tags}
    show(page, tensorboard, "text")
    page.locator("table th").first.wait_for()
    headings = page.locator("table").first.locator("th").all_inner_texts()
    cells = page.locator("table").first.locator("td").all_inner_texts()
    assert len(headings) == 3
    assert cells
    assert all(cells[0::3]), "every row has a source"
    assert page.get_by_text(run).count() > 0
    page.screenshot(path=tmp_path / "translations.png")

"""The HTML page in headless Chromium: it opens in silence, asks the network for nothing, finds, shows and highlights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from transload.drawing.page import page
from transload.drawing.picture import picture_of
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Column, ColumnSource, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify, uri_of
from transload.model.jobs import Job, Read, Write

pytestmark = pytest.mark.browser

FRAMES = 40
SMOOTH = 100
"""Milliseconds of script that a frame of 2,000 nodes may take at the median, on a busy machine without a graphics card."""

HOSTILE = '</script><img src=x onerror="window.hacked=1"><b>&lt;\u202e'
ORDERS, REVENUE, REPORT, ALONE = (
    identify(f"s3://lake/{name}") for name in ("orders", "revenue", "report.pdf", "alone")
)
BAD = AssetId("s3://lake", HOSTILE)

DRAW = """
const done = arguments[0], times = [], box = document.getElementById("canvas");
let left = %d;
const real = window.requestAnimationFrame;
window.requestAnimationFrame = (call) => real((time) => {
  const start = performance.now(); call(time); box.getContext("2d").getImageData(0, 0, 1, 1); times.push(performance.now() - start);
});
const step = () => {
  box.dispatchEvent(new WheelEvent("wheel", {deltaY: left %% 2 ? 60 : -60, clientX: 300, clientY: 300, cancelable: true}));
  if (left-- > 0) setTimeout(step, 20); else done(times);
};
step();
"""


def job(name: str, tool: str, reads: tuple[AssetId, ...], writes: AssetId) -> Job:
    inputs = tuple(Read(asset=asset) for asset in reads)
    return Job(
        name=name,
        names={tool: (name,)},
        reads=inputs,
        writes=(Write(asset=writes),),
        origin=Origin(tool=tool, path="a.py", line=7),
    )


def estate() -> AssetGraph:
    """Airflow → Dagster → Prefect, a cycle between two of them, a self-loop, a lone asset and one with a hostile name."""
    jobs = [
        job("load", "airflow", (REPORT,), ORDERS),
        job("sum", "dagster", (ORDERS, REVENUE), REVENUE),
        job("print", "prefect", (REVENUE, BAD), REPORT),
    ]
    assets = [
        Asset(
            id=ORDERS,
            names={"airflow": ("orders",), "dagster": ("lake", "orders")},
            columns=(Column(name="amount", type="int"),),
        ),
        Asset(
            id=REVENUE,
            names={"dagster": ("revenue",)},
            column_lineage={"sum": (ColumnSource(asset=ORDERS, column="amount"),)},
        ),
        Asset(id=REPORT, names={"prefect": ("report",)}, owners=("ann",)),
        Asset(id=ALONE),
        Asset(
            id=BAD,
            title=HOSTILE,
            description=HOSTILE,
            owners=(HOSTILE,),
            names={"airflow": (HOSTILE,)},
            url="javascript:alert(1)",
        ),
    ]
    return graph_of(assets, jobs)


def wide(count: int) -> AssetGraph:
    """Assets that each read two others, made by the three tools in turn."""
    ids = [identify(f"postgres://warehouse/shop/public/t{number:05}") for number in range(count)]
    tools = ("airflow", "dagster", "prefect")
    jobs = [
        job(f"j{number}", tools[number % 3], tuple({ids[number // 3], ids[max(0, number - 40)]} - {one}), one)
        for number, one in enumerate(ids)
    ]
    return graph_of([Asset(id=one, names={tools[number % 3]: (one.name,)}) for number, one in enumerate(ids)], jobs)


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1500,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Named, so that Selenium looks for neither on the network.
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield browser
    browser.quit()


def logged(browser: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """What the browser has logged since last asked: "browser" for the console, "performance" for the network."""
    entries: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return entries


class Page:
    """An open page, as a person meets it."""

    def __init__(self, browser: webdriver.Chrome, path: Path) -> None:
        self.browser, self.path = browser, path

    def open(self, graph: AssetGraph, losses: tuple[Loss, ...] = (), node: AssetId | None = None) -> None:
        """Write and open the page; with `node`, as a link to that node would."""
        self.path.write_text(page(picture_of(graph, losses)), encoding="utf-8")
        self.browser.get("about:blank")
        logged(self.browser, "performance")
        logged(self.browser, "browser")
        self.browser.get(self.path.as_uri() + (f"#node={quote(uri_of(node), safe='')}" if node else ""))

    def text(self, selector: str) -> str:
        """What is to be read there."""
        return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def type(self, *keys: str) -> None:
        """Type into what has the focus."""
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def colours(self) -> set[str]:
        """The colours of every fourth pixel of the canvas."""
        script = """
            const canvas = document.getElementById("canvas");
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), found = new Set();
            for (let i = 0; i < data.length; i += 16) found.add([data[i], data[i + 1], data[i + 2]].join());
            return [...found];
        """
        self.settle()
        return set(self.browser.execute_script(script))

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


@pytest.fixture
def opened(chromium: webdriver.Chrome, tmp_path: Path) -> Page:
    return Page(chromium, tmp_path / "graph.html")


def requests(browser: webdriver.Chrome) -> list[str]:
    messages = (json.loads(entry["message"])["message"] for entry in logged(browser, "performance"))
    return [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]


def test_the_page_opens_in_silence_and_asks_for_nothing_but_itself(opened: Page) -> None:
    opened.open(estate())
    opened.settle()

    assert [url.partition("#")[0] for url in requests(opened.browser)] == [opened.path.as_uri()]
    assert logged(opened.browser, "browser") == []
    assert opened.text("#legend").split() == ["airflow", "dagster", "prefect", "data", "trigger", "cross-tool"]


def test_a_link_to_a_node_shows_its_panel(opened: Page) -> None:
    loss = Loss(
        subject=f"asset {uri_of(ORDERS)}",
        field="extra",
        severity=Severity.DROPPED,
        code=Code.UNRESOLVED,
        message="It is gone.",
    )
    opened.open(estate(), (loss,), ORDERS)
    shown = opened.text("#panel")

    for said in ("s3://lake/orders", "lake · orders", "a.py:7", "amount", "It is gone.", "airflow", "dagster"):
        assert said in shown
    assert opened.text("#panel .reach") == "3 upstream · 2 downstream"


def test_depth_bounds_what_is_up_and_downstream(opened: Page) -> None:
    opened.open(estate(), node=ORDERS)
    opened.browser.find_element(By.CSS_SELECTOR, "#depth option[value='1']").click()

    assert opened.text("#panel .reach") == "1 upstream · 1 downstream"


def test_search_counts_marks_and_goes_from_match_to_match(opened: Page) -> None:
    opened.open(estate())
    mark = "255,216,77"
    before = opened.colours()
    opened.type("/", "RE")
    found, after = opened.text("#matches"), opened.colours()
    opened.type(Keys.ENTER)
    first = opened.text("#panel h1")
    opened.type(Keys.ENTER)

    assert (found, opened.text("#matches")) == ("2 found", "2 of 2")
    assert (first, opened.text("#panel h1")) == ("report.pdf", "revenue")
    assert mark not in before
    assert mark in after


def test_a_click_on_a_node_shows_it_and_escape_leaves_it(opened: Page) -> None:
    opened.open(graph_of([Asset(id=ALONE)]))
    opened.settle()
    x, y = opened.browser.execute_script(
        "return [document.getElementById('panel').getBoundingClientRect().left / 2, innerHeight / 2]"
    )
    webdriver.ActionChains(opened.browser).move_by_offset(int(x), int(y)).click().perform()
    title, address = opened.text("#panel h1"), opened.browser.current_url
    tip = opened.text("#tip")
    opened.type(Keys.ESCAPE)

    assert title == "alone"
    assert address.endswith("#node=s3%3A%2F%2Flake%2Falone")
    assert tip == "s3://lake/alone"
    assert opened.text("#panel h1") == "Asset graph"
    assert "#" not in opened.browser.current_url


def test_a_name_in_the_panel_leads_to_its_node(opened: Page) -> None:
    opened.open(estate(), node=REVENUE)
    opened.browser.find_element(By.XPATH, "//td/button[text()='s3://lake/orders']").click()

    assert opened.text("#panel h1") == "orders"


def test_arrows_walk_along_the_links(opened: Page) -> None:
    opened.open(
        graph_of([Asset(id=ORDERS), Asset(id=REVENUE)], [job("sum", "dagster", (ORDERS,), REVENUE)]), node=ORDERS
    )
    opened.type(Keys.ARROW_RIGHT)
    right = opened.text("#panel h1")
    opened.type(Keys.ARROW_LEFT)

    assert (right, opened.text("#panel h1")) == ("revenue", "orders")


def test_only_cross_tool_hides_what_no_other_tool_touches(opened: Page) -> None:
    opened.open(graph_of([Asset(id=ALONE, names={"airflow": ("alone",)})]))
    border = "15,157,143"
    before = opened.colours()
    opened.browser.find_element(By.ID, "crossing").click()

    assert border in before
    assert border not in opened.colours()


def test_a_hostile_name_is_read_as_text_and_never_runs(opened: Page) -> None:
    opened.open(estate(), node=BAD)
    counted = "return [document.images.length, document.links.length, document.scripts.length, window.hacked]"
    elements = opened.browser.execute_script(counted)

    assert elements == [0, 0, 2, None]
    assert '</script><img src=x onerror="window.hacked=1"><b>&lt;\\u202e' in opened.text("#panel h1")
    assert logged(opened.browser, "browser") == []


def test_an_empty_graph_says_so(opened: Page) -> None:
    opened.open(graph_of())

    assert opened.text("#empty") == "There are no assets."
    assert logged(opened.browser, "browser") == []


def frames(opened: Page) -> list[float]:
    """Milliseconds that each frame takes while the page is zoomed, its pixels fetched, so that drawing cannot be put off."""
    opened.browser.set_script_timeout(120)
    times: Any = opened.browser.execute_async_script(DRAW % FRAMES)
    return sorted(times)


def test_two_thousand_nodes_are_smooth(opened: Page) -> None:
    opened.open(wide(2_000))
    times = frames(opened)
    print(f"2,000 nodes: median {times[len(times) // 2]:.1f} ms, slowest {times[-1]:.1f} ms a frame")

    assert len(times) >= FRAMES // 4
    assert times[len(times) // 2] < SMOOTH


def test_ten_thousand_nodes_open_and_are_found(opened: Page) -> None:
    opened.open(wide(10_000))
    opened.type("/", "t09999", Keys.ENTER)

    assert opened.text("#matches") == "1 of 1"
    assert opened.text("#panel h1") == "shop.public.t09999"
    assert logged(opened.browser, "browser") == []

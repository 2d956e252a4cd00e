"""`transload lineage emit` to receivers that answer, refuse, fail, hang and die: exit codes, what is said, and what arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.core.lineage.estate import analytics, estate
from tests.core.lineage.receiver import DIE, HANG, Answer, Receiver, receiving
from transload.cli.app import _run
from transload.lineage import sinks, targets
from transload.model import document

TIME = "2026-01-01T00:00:00+00:00"
Emit = Callable[..., tuple[int, str, str]]
TOTAL = len(estate().assets) + len(estate().jobs)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the estate in it; no configuration of this machine; no waiting between retries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "OPENLINEAGE_URL",
        "OPENLINEAGE_API_KEY",
        "OPENLINEAGE_CONFIG",
        "OPENLINEAGE_DISABLED",
        "SOURCE_DATE_EPOCH",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(targets.RETRY, "backoff_factor", 0)
    monkeypatch.setattr(targets, "TIMEOUT", 0.5)
    (tmp_path / "estate.json").write_text(document.dumps(estate()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def emit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Emit:
    def call(*arguments: str, source: str = "estate.json") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["transload", "lineage", "emit", source, *arguments])
        code = _run()
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def names(bodies: list[bytes]) -> list[tuple[str, str]]:
    events = [json.loads(body) for body in bodies]
    return [(each["namespace"], each["name"]) for event in events for each in [event.get("dataset") or event["job"]]]


def always(status: int) -> Answer:
    return lambda *_: status


ok = always(201)


def test_all_events_arrive_at_the_usual_path_in_order_and_the_same_bytes_each_time(emit: Emit) -> None:
    with receiving(ok) as first, receiving(ok) as second:
        assert emit("--to", first.url, "--event-time", TIME)[0] == 0
        code, _, said = emit("--to", f"{second.url}/other", "--event-time", TIME)

    assert (code, f"all {TOTAL} have arrived" in said) == (0, True)
    assert first.accepted == second.accepted
    assert len(first.accepted) == TOTAL
    assert (set(first.paths), set(second.paths)) == ({"/api/v1/lineage"}, {"/other"})
    assert names(first.accepted)[: len(estate().assets)] == [tuple(asset.id) for asset in estate().assets]


def test_an_event_that_is_refused_is_named_and_the_others_go_on(emit: Emit) -> None:
    def answer(number: int, event: dict[str, Any]) -> int:
        return 400 if number == 2 else 201

    with receiving(answer) as server:
        code, _, said = emit("--to", server.url)
        assert (code, server.requests, len(server.accepted)) == (1, TOTAL, TOTAL - 1)
        assert f"{TOTAL - 1} of {TOTAL} events were accepted, 1 refused" in said
        assert "Refused: dataset" in said
        assert "HTTP 400" in said

        assert emit("--to", server.url, "--resume")[0] == 0
        assert server.requests == TOTAL + 1
        assert len(set(names(server.accepted))) == TOTAL


@pytest.mark.parametrize("status", [503, 500, 429, 408, DIE, HANG], ids=["503", "500", "429", "408", "dies", "hangs"])
def test_what_says_that_nothing_gets_through_stops_and_resume_sends_exactly_the_rest(emit: Emit, status: int) -> None:
    broken = [True]

    def answer(number: int, event: dict[str, Any]) -> int:
        return status if number >= 3 and broken[0] else 201

    with receiving(answer) as server:
        code, _, said = emit("--to", server.url)
        assert (code, len(server.accepted)) == (1, 3)
        assert f"3 of {TOTAL} events were accepted" in said
        assert f"transload lineage emit estate.json --to {server.url} --resume" in said
        assert server.requests <= 3 + 1 + targets.RETRY["total"]

        broken[0] = False
        assert emit("--to", server.url, "--resume")[0] == 0
        assert len(names(server.accepted)) == len(set(names(server.accepted))) == TOTAL
        assert len({json.loads(body)["eventTime"] for body in server.accepted}) == 1


def test_a_busy_receiver_is_tried_again_after_the_time_that_it_asks_for(emit: Emit) -> None:
    def answer(number: int, event: dict[str, Any]) -> int:
        return 429 if number == 1 else 201

    with receiving(answer, {"Retry-After": "1"}) as server:
        assert emit("--to", server.url)[0] == 0
        assert (server.requests, len(server.accepted)) == (TOTAL + 1, TOTAL)


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_an_answer_that_every_event_would_get_is_asked_for_once(emit: Emit, status: int) -> None:
    with receiving(always(status)) as server:
        code, _, said = emit("--to", server.url)
        assert (code, server.requests) == (1, 1)
        assert f"HTTP {status}" in said


def test_a_redirect_does_not_swallow_events(emit: Emit) -> None:
    with receiving(always(302), {"Location": "/login"}) as server:
        code, _, said = emit("--to", server.url)
        assert code == 1
        assert "redirects" in said


def test_nobody_there_is_one_clear_error(emit: Emit) -> None:
    with receiving(ok) as server:
        url = server.url
    code, _, said = emit("--to", url)

    assert code == 1
    assert "Connection refused" in said
    assert "Traceback" not in said


def test_a_sender_that_is_killed_midway_loses_nothing(place: Path) -> None:
    """kill -9 while the receiver holds an answer back: it may have the event, so that one is sent again, the same bytes."""
    command = [sys.executable, "-c", "from transload.cli import main; main()", "lineage", "emit", "estate.json", "--to"]
    process: list[subprocess.Popen[bytes]] = []

    def answer(number: int, event: dict[str, Any]) -> int:
        if number == 4:
            process[0].kill()
            process[0].wait()
        return 201

    with receiving(answer) as server:
        process.append(subprocess.Popen([*command, server.url], stderr=subprocess.DEVNULL))
        process[0].wait(60)
        assert 4 <= len(server.accepted) <= 5
        done = subprocess.run([*command, server.url, "--resume"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(set(names(server.accepted))) == TOTAL
        assert len(set(server.accepted)) == TOTAL


def _interrupted(emit: Emit, server: Receiver) -> None:
    assert emit("--to", server.url)[0] == 1


def after_three(number: int, event: dict[str, Any]) -> int:
    return 404 if number == 3 else 201


def test_changed_definitions_are_not_sent_as_the_rest_of_others(emit: Emit, place: Path) -> None:
    with receiving(after_three) as server:
        _interrupted(emit, server)
        (place / "estate.json").write_text(document.dumps(analytics()), encoding="utf-8")
        code, _, said = emit("--to", server.url, "--resume")
        assert (code, server.requests) == (1, 4)
        assert "have changed" in said


def test_resume_needs_something_to_resume_at_the_same_target(emit: Emit) -> None:
    code, _, said = emit("--to", "http://127.0.0.1:9", "--resume")
    assert code == 1
    assert "no interrupted emission" in said

    with receiving(after_three) as server:
        assert emit("--to", server.url, "--ledger", "mine.jsonl")[0] == 1
        code, _, said = emit("--to", f"{server.url}/elsewhere", "--ledger", "mine.jsonl", "--resume")
        assert code == 1
        assert "not to" in said


def test_resuming_a_finished_emission_sends_nothing(emit: Emit) -> None:
    with receiving(ok) as server:
        assert emit("--to", server.url)[0] == 0
        assert emit("--to", server.url, "--resume")[0] == 0
        assert server.requests == TOTAL


def test_a_torn_last_line_of_the_ledger_is_sent_again(emit: Emit) -> None:
    with receiving(after_three) as server:
        assert emit("--to", server.url, "--ledger", "mine.jsonl")[0] == 1
        ledger = Path("mine.jsonl")
        ledger.write_bytes(ledger.read_bytes()[:-4])
        assert emit("--to", server.url, "--ledger", "mine.jsonl", "--resume")[0] == 0
        assert len(server.accepted) == TOTAL + 1
        assert len(set(server.accepted)) == TOTAL


def test_a_file_that_is_no_ledger_is_left_alone(emit: Emit, place: Path) -> None:
    with receiving(ok) as server:
        code, _, said = emit("--to", server.url, "--ledger", "estate.json")
    assert code == 1
    assert "no ledger" in said
    assert (place / "estate.json").read_text(encoding="utf-8") == document.dumps(estate())


def test_credentials_of_the_target_are_shown_and_kept_nowhere(emit: Emit, place: Path) -> None:
    with receiving(always(404)) as server:
        url = server.url.replace("//", "//ann:hunter2@") + "/x?token=hunter2"
        code, out, said = emit("--to", url)
    assert code == 1
    assert "hunter2" not in out + said
    assert all(b"hunter2" not in path.read_bytes() for path in (place / ".transload").iterdir())


def test_a_key_goes_only_to_the_address_that_it_is_for(emit: Emit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "k")
    with receiving(ok) as server, receiving(ok) as other:
        emit("--to", server.url)
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        emit("--to", server.url)
        emit("--to", other.url)
    assert (set(server.keys), set(other.keys)) == ({"Bearer k"}, {None})


# The other targets


@pytest.mark.parametrize("target", ["file:out/events.ndjson", "out/events.ndjson"])
def test_a_file_holds_an_event_a_line_and_the_same_after_a_second_time(emit: Emit, target: str) -> None:
    assert emit("--to", target, "--event-time", TIME)[0] == 0
    first = Path("out/events.ndjson").read_bytes()
    assert emit("--to", target, "--event-time", TIME)[0] == 0

    assert Path("out/events.ndjson").read_bytes() == first
    assert len(first.splitlines()) == TOTAL


def test_a_folder_holds_an_event_a_file_named_by_its_place(emit: Emit) -> None:
    assert emit("--to", "out/", "--event-time", TIME)[0] == 0
    files = sorted(Path("out").iterdir())

    assert [path.name for path in files] == [f"{number:06}.json" for number in range(1, TOTAL + 1)]
    assert len({path.read_bytes() for path in files}) == TOTAL


@pytest.mark.parametrize("target", ["estate.json", "."])
def test_other_peoples_files_are_left_alone(emit: Emit, target: str, place: Path) -> None:
    code, _, said = emit("--to", target)

    assert code == 1
    assert "Name another" in said
    assert (place / "estate.json").read_text(encoding="utf-8") == document.dumps(estate())


def test_an_interrupted_file_is_resumed_without_a_torn_line(place: Path) -> None:
    sink = sinks.FileSink(place / "x.ndjson")
    sink.start(0)
    sink.send(0, {"schemaURL": "a"})
    sink.send(1, {"schemaURL": "b"})
    with sink.path.open("a", encoding="utf-8") as file:
        file.write('{"schemaURL": "to')
    sink.start(1)
    sink.send(1, {"schemaURL": "b"})
    sink.close()

    assert [json.loads(line)["schemaURL"] for line in sink.path.read_text(encoding="utf-8").splitlines()] == ["a", "b"]


@pytest.mark.parametrize(
    "arguments", [("--dry-run",), ("--to", "console"), ("--dry-run", "--to", "http://127.0.0.1:9")]
)
def test_a_dry_run_and_the_console_print_and_note_nothing(emit: Emit, arguments: tuple[str, ...], place: Path) -> None:
    code, out, _ = emit(*arguments)

    assert (code, len(list(map(json.loads, out.splitlines())))) == (0, TOTAL)
    assert not (place / ".transload").exists()


def test_kafka_says_what_the_transport_only_logs(emit: Emit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(targets.KAFKA, "message.timeout.ms", 1000)
    code, _, said = emit("--to", "kafka://127.0.0.1:9/lineage")

    assert code == 1
    assert f"0 of {TOTAL} events were accepted" in said
    assert "timed out" in said


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MSG_SIZE_TOO_LARGE", sinks.RefusedError),
        ("INVALID_MSG", sinks.RefusedError),
        ("_MSG_TIMED_OUT", sinks.StoppedError),
        ("TOPIC_AUTHORIZATION_FAILED", sinks.StoppedError),
    ],
)
def test_kafka_refuses_an_event_or_stops_them_all(name: str, kind: type[Exception]) -> None:
    """One event that is too large does not keep the others back; a broker that answers none does."""
    from confluent_kafka import KafkaError

    error = sinks._kafka_error(KafkaError(getattr(KafkaError, name)), "kafka://h/t")

    assert type(error) is kind


@pytest.mark.parametrize("target", ["ftp://h/x", "http://", "kafka://h", "file:", "http://h:x/"])
def test_what_is_no_target_is_said_so(emit: Emit, target: str) -> None:
    code, _, said = emit("--to", target)

    assert code == 1
    assert said.startswith("Error: ")


# openlineage-python's own configuration


def test_nothing_configured_is_an_error(emit: Emit) -> None:
    code, out, said = emit()

    assert (code, out) == (1, "")
    assert "not configured" in said


def test_the_address_of_the_environment_is_used(emit: Emit, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(ok) as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        assert emit()[0] == 0
        assert len(server.accepted) == TOTAL


def _configure(place: Path, transport: dict[str, Any]) -> None:
    (place / "openlineage.yml").write_text(json.dumps({"transport": transport}), encoding="utf-8")


def test_a_configured_transport_is_used_with_its_own_settings(emit: Emit, place: Path) -> None:
    with receiving(ok) as server:
        _configure(
            place, {"type": "http", "url": server.url, "endpoint": "mine", "auth": {"type": "api_key", "apiKey": "k"}}
        )
        assert emit()[0] == 0
        assert (set(server.paths), set(server.keys)) == ({"/mine"}, {"Bearer k"})


def test_an_asynchronous_transport_delivers_before_the_end_and_tells_of_failure(emit: Emit, place: Path) -> None:
    with receiving(lambda number, _: 400 if number == 3 else 201) as server:
        _configure(place, {"type": "async_http", "url": server.url})
        code, _, said = emit()
        assert code == 1
        assert f"3 of {TOTAL} events were accepted" in said
        assert emit("--resume")[0] == 0
        assert len(set(names(server.accepted))) == len(server.accepted) == TOTAL


def test_a_composite_has_an_event_once_each_of_its_transports_has(emit: Emit, place: Path) -> None:
    with receiving(ok) as good, receiving(after_three) as bad:
        _configure(
            place, {"type": "composite", "transports": [{"type": "http", "url": each.url} for each in (good, bad)]}
        )
        code, _, said = emit()
        assert code == 1
        assert f"3 of {TOTAL} events were accepted" in said
        assert emit("--resume")[0] == 0
        assert (len(set(good.accepted)), len(bad.accepted)) == (TOTAL, TOTAL)


def test_a_configured_console_prints(emit: Emit, place: Path) -> None:
    _configure(place, {"type": "console"})
    code, out, _ = emit()

    assert (code, len(out.splitlines())) == (0, TOTAL)


@pytest.mark.parametrize(
    "text", ["transport: [", "", "transport: {type: nonsense}", "transport: {type: http}", "transport: {type: kafka}"]
)
def test_a_broken_configuration_is_an_error_with_its_file(emit: Emit, place: Path, text: str) -> None:
    (place / "openlineage.yml").write_text(text, encoding="utf-8")
    code, _, said = emit()

    assert code == 1
    assert "openlineage.yml" in said


def test_a_configuration_that_is_not_there_is_an_error(emit: Emit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_CONFIG", "gone.yml")
    code, _, said = emit()

    assert code == 1
    assert "gone.yml" in said


def test_where_openlineage_is_disabled_nothing_is_sent_and_that_is_said(
    emit: Emit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "True")
    with receiving(ok) as server:
        code, _, said = emit("--to", server.url)
    assert (code, server.requests) == (0, 0)
    assert "OPENLINEAGE_DISABLED" in said


# Times and options


def test_the_time_is_the_one_given_or_of_the_source_or_now_with_a_zone(
    emit: Emit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def times(*arguments: str) -> set[str]:
        return {json.loads(line)["eventTime"] for line in emit("--dry-run", *arguments)[1].splitlines()}

    assert times("--event-time", "2026-01-01T01:00:00Z") == {"2026-01-01T01:00:00+00:00"}
    (now,) = times()
    assert now.endswith("+00:00")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert times() == {"1970-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--event-time", "yesterday"),
        ("--event-time", "2026-01-01T00:00:00"),
        ("--event-time", "1700000000"),
        ("--dialect", "marquis"),
        ("--namespace", "airflow"),
    ],
)
def test_wrong_options_are_said_so(emit: Emit, arguments: tuple[str, ...]) -> None:
    code, out, said = emit("--dry-run", *arguments)

    assert (code, out) == (1, "")
    assert said.startswith("Error: ")


def test_a_namespace_is_given_by_tool(emit: Emit) -> None:
    out = emit("--dry-run", "--namespace", "airflow=prod", "--namespace", "prefect=flows")[1]
    jobs = [json.loads(line)["job"] for line in out.splitlines() if "job" in json.loads(line)]

    assert {job["namespace"] for job in jobs} == {"prod", "flows", "dagster://default"}

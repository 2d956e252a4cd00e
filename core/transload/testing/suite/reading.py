"""Whatever a project holds: its text is read, and what is not understood is an error or a loss, never Python's own error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transload.declaration import Adapter
from transload.testing import laws
from transload.testing.breaking import broken
from transload.testing.requirements import requirements_of
from transload.testing.subjects import effort, needs
from transload.testing.suite.lies import estate
from transload.translator import prepare


@needs("static")
def test_what_people_write_is_read_and_says_where(adapter: Adapter) -> None:
    """Tool, way and file of each asset and job."""
    laws.readings_say_where(adapter, requirements_of(adapter).project)


@needs("static")
def test_what_no_reader_understands_is_reported(adapter: Adapter) -> None:
    """Law L2: nothing is passed over in silence."""
    laws.what_is_unknown_is_reported(adapter, requirements_of(adapter).unknown)


@needs("static")
def test_a_file_that_is_none_is_reported(adapter: Adapter) -> None:
    """The others are read."""
    laws.broken_files_are_reported(adapter, requirements_of(adapter).project)


@needs("source")
def test_a_file_of_ours_that_is_none_is_reported(adapter: Adapter) -> None:
    """The manifest among them."""
    laws.broken_files_are_reported(adapter, adapter.source.write(prepare(estate(adapter), adapter)))


@needs("static")
@given(data=st.data())
@effort(400)
def test_a_broken_project_is_read_or_refused(adapter: Adapter, data: st.DataObject) -> None:
    """Cut off, swapped, with garbage in it, with values of another type, such as `id: 7`."""
    laws.reads_or_refuses(adapter, data.draw(broken(requirements_of(adapter).project)))


@needs("source")
@given(data=st.data())
@effort(200)
def test_a_broken_project_of_ours_is_read_or_refused(adapter: Adapter, data: st.DataObject) -> None:
    """What the adapter itself writes, the manifest of what was carried among it."""
    laws.reads_or_refuses(adapter, data.draw(broken(adapter.source.write(prepare(estate(adapter), adapter)))))

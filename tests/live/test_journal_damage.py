"""A journal that was cut off or changed: opened and mended, or refused with the place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from armada.cli.journals import open_journal
from armada.runtime.journal import Append, Journal
from armada.runtime.journal_entries import BrokenJournal, JournalWriter, read_journal
from armada.runtime.journal_faults import Damaged, JournalTrouble
from armada.runtime.journal_lease import Holder, moment
from armada.runtime.journal_rows import LeaseLost

RUN = "INC-20261124-0231"
HEADER = {"format": 1, "run": RUN, "plan": {"name": "small"}, "zero_ms": 0}


@contextmanager
def opened(path: Path, create: bool = False) -> Iterator[Journal]:
    journal = Journal.open(path, create=create)
    try:
        yield journal
    finally:
        journal.close()


def fill(journal: Journal, commits: int) -> None:
    """A run with a note a commit."""
    journal.create(RUN, workflow="small", title="small", created_ms=0, header=HEADER)
    dead = Holder.me()._replace(started="0")
    token = journal.lease(RUN, dead, 0)
    for number in range(commits):
        note = {"what": "note", "by": "ada", "text": f"number {number} " + "x" * 300}
        journal.commit([Append(RUN, token, ((number, "note", note),))])
    journal.release(RUN, token)


def killed(folder: Path, commits: int) -> Path:
    """A journal as kill -9 leaves it: with its write-ahead log."""
    alive, path = folder / "alive.db", folder / "journal.db"
    with opened(alive, create=True) as journal:
        fill(journal, commits)
        for end in ("", "-wal"):
            shutil.copyfile(f"{alive}{end}", f"{path}{end}")
    return path


def closed(folder: Path, commits: int) -> Path:
    path = folder / "journal.db"
    with opened(path, create=True) as journal:
        fill(journal, commits)
    return path


def places(size: int, last: int, page: int) -> list[int]:
    """Every 37th byte of the end, and every one around a page's border."""
    near = {at + d for at in range(0, size + 1, page) for d in range(-9, 10)}
    return sorted(at for at in range(size - last, size) if at > 0 and (at % 37 == 0 or at in near))


FRAME = 4096 + 24


def cut_log(folder: Path, last: int | None) -> int:
    """Cut the log at bytes of its last four frames; how often something was said to be dropped."""
    path = killed(folder, 12)
    whole = Path(f"{path}-wal").read_bytes()
    base = path.read_bytes()
    told = 0
    size = len(whole)
    for at in range(size - last, size) if last else places(size, 4 * FRAME, FRAME):
        path.write_bytes(base)
        Path(f"{path}-wal").write_bytes(whole[:at])
        Path(f"{path}-shm").unlink(missing_ok=True)
        with opened(path) as journal:
            entries = list(journal.entries(RUN))
            assert not journal.verify()
            assert [entry.seq for entry in entries] == list(range(len(entries)))
            assert 6 <= len(entries) <= 13
            if (at - 32) % FRAME:
                assert journal.dropped and "dropped" in journal.dropped[0]
                told += 1
    return told


def test_a_log_that_was_cut_anywhere_opens_and_says_so(tmp_path: Path) -> None:
    """What is left is a whole chain; every cut inside a transaction is told."""
    assert cut_log(tmp_path, None) > 100


@pytest.mark.sweep
def test_a_log_that_was_cut_at_any_byte_opens_and_says_so(tmp_path: Path) -> None:
    """Not one byte of the last entries is left out."""
    assert cut_log(tmp_path, 2 * FRAME) > 8_000


def test_a_byte_changed_in_the_middle_of_the_log_is_refused(tmp_path: Path) -> None:
    """Commits after it were durable: to drop them silently would lose what was acknowledged."""
    path = killed(tmp_path, 12)
    whole = bytearray(Path(f"{path}-wal").read_bytes())
    whole[32 + 24 + 4096 * 5] ^= 0xFF
    Path(f"{path}-wal").write_bytes(whole)
    with pytest.raises(Damaged, match=r"frame \d+ of .* was changed"):
        Journal.open(path)
    assert list(tmp_path.glob("journal.db.damaged-1-wal"))


def cut_file(folder: Path, cuts: Callable[[int], Iterable[int]]) -> int:
    """Cut the file itself; how often a beginning of the run was still there."""
    path = closed(folder, 60)
    whole = path.read_bytes()
    opened_again = 0
    for at in cuts(len(whole)):
        for each in folder.glob("journal.db*"):
            each.unlink()
        path.write_bytes(whole[:at])
        try:
            with opened(path) as journal:
                entries = list(journal.entries(RUN))
                assert journal.dropped and "is kept as" in journal.dropped[0]
                assert not journal.verify()
                assert entries[0].kind == "header" and len(entries) <= 61
                opened_again += 1
        except Damaged:
            assert path.read_bytes() == whole[:at]
            continue
        assert Path(f"{path}.damaged-1").read_bytes() == whole[:at]
        with opened(path) as journal:
            assert not journal.dropped
    return opened_again


@pytest.mark.slow
def test_a_file_that_was_cut_anywhere_is_rebuilt_from_what_is_whole(tmp_path: Path) -> None:
    """The longest whole beginning of the run, the damaged file beside it, and what was lost."""
    assert cut_file(tmp_path, lambda size: places(size, 5 * 4096, 4096)[::6]) > 5


@pytest.mark.sweep
def test_a_file_that_was_cut_at_any_byte_is_rebuilt_from_what_is_whole(tmp_path: Path) -> None:
    """Not one byte of its last pages is left out."""
    assert cut_file(tmp_path, lambda size: range(size - 2 * 4096, size)) == 2 * 4096


def flip(folder: Path, every: int) -> dict[str, int]:
    """Change bytes of a whole file, one at a time, and count what came of it."""
    path = closed(folder, 20)
    whole = path.read_bytes()
    with opened(path) as journal:
        text = journal.export(RUN)
    came: dict[str, int] = {"as it was": 0, "refused": 0, "another file": 0}
    for at in range(0, len(whole), every):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x41
        path.write_bytes(spoilt)
        try:
            with opened(path) as journal:
                if any(row.run == RUN for row in journal.runs()) and journal.export(RUN) == text:
                    came["as it was"] += 1
                else:
                    came["another file"] += 1
        except (JournalTrouble, BrokenJournal) as trouble:
            assert str(trouble), at
            came["refused"] += 1
        for each in folder.glob("journal.db[-.]*"):
            each.unlink()
    return came


def test_no_changed_byte_loses_an_entry_unseen(tmp_path: Path) -> None:
    """Either it was of no consequence, or the file is refused; never is less of it there."""
    came = flip(tmp_path, 97)
    assert came["refused"] > 40 and came["another file"] == 0, came


@pytest.mark.sweep
def test_hardly_a_byte_loses_an_entry_unseen(tmp_path: Path) -> None:
    """Every third byte of the file."""
    assert flip(tmp_path, 3)["another file"] == 0


def test_damage_in_the_middle_is_refused_and_repaired_when_asked(tmp_path: Path) -> None:
    """The place is named; repair keeps what is before it, and the file as it was."""
    path = closed(tmp_path, 60)
    whole = bytearray(path.read_bytes())
    for at in range(9 * 4096, len(whole) - 2 * 4096, 4096):
        whole[at : at + 4096] = bytes(4096)
    path.write_bytes(whole)
    with opened(path) as journal:
        (broken,) = journal.verify()
        assert "cannot be read" in broken.reason and 5 < broken.seq < 55
    assert path.read_bytes() == whole
    again = [sys.executable, "-m", "armada", "journal", "repair", "--journal", str(path)]
    done = subprocess.run(again, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"kept: 1 runs, {broken.seq} entries" in done.stdout
    assert "entries were lost" in done.stderr and "damaged-1" in done.stderr
    done = subprocess.run(again, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "nothing to repair" in done.stdout
    with opened(path) as journal:
        assert not journal.verify() and len(list(journal.entries(RUN))) == broken.seq


def test_a_run_whose_row_was_lost_is_named(tmp_path: Path) -> None:
    """From its header where it has one; else by its number."""
    path = closed(tmp_path, 3)
    with opened(path) as journal:
        for name in ("INC-2", "INC-3"):
            header = {**HEADER, "run": name}
            journal.create(name, workflow="small", title="", created_ms=0, header=header)
    db = sqlite3.connect(path)
    db.execute("PRAGMA foreign_keys = OFF")
    db.executescript("DROP TRIGGER never_dropped; DELETE FROM runs WHERE run = 'INC-2'")
    db.executescript("DELETE FROM entries WHERE run = 3; UPDATE runs SET entries = 5 WHERE id = 3")
    db.close()
    with pytest.raises(Damaged, match="INC-3: none of its 5 entries could be read"):
        Journal.open(path)
    journal = Journal.open(path, repair=True)
    try:
        assert [row.run for row in journal.runs()] == [RUN, "INC-2"]
        said = "\n".join(journal.dropped)
        assert "INC-2: its row was lost" in said and "INC-3: none of its 5" in said
    finally:
        journal.close()


HOLD = """
import sys, time
from armada.runtime.journal import Journal
journal = Journal.open(sys.argv[1])
print("open", flush=True)
time.sleep(60)
"""


def test_a_file_that_another_process_has_open_is_not_rebuilt(tmp_path: Path) -> None:
    """Two writers of two files of one name would lose what one of them writes."""
    path = closed(tmp_path, 60)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        os.truncate(path, path.stat().st_size - 5_000)
        size = path.stat().st_size
        with pytest.raises(Damaged, match="another process has it open"):
            Journal.open(path)
        assert path.stat().st_size == size
    finally:
        holder.kill()
        holder.communicate()
    for each in ("-wal", "-shm"):
        Path(f"{path}{each}").unlink(missing_ok=True)
    with opened(path) as journal:
        assert journal.dropped


def test_a_lease_of_another_machine_stops_a_rebuild_until_it_ends(tmp_path: Path) -> None:
    """Its host may be alive: nobody here can tell."""
    path = closed(tmp_path, 60)
    with opened(path) as journal:
        far = Holder("elsewhere", "another boot", 7, "1")
        until_ms = moment().wall_ms
        journal.lease(RUN, far, until_ms, 60_000)
    os.truncate(path, path.stat().st_size - 5_000)
    with pytest.raises(Damaged, match="is driven by process 7 on elsewhere"):
        Journal.open(path)
    later = moment()._replace(wall_ms=until_ms + 60_001)
    journal = Journal.open(path, now=lambda: later)
    journal.close()
    assert journal.dropped


def test_a_changed_entry_is_refused_with_its_place(tmp_path: Path) -> None:
    """And the other runs of the file are as usable as before."""
    path = closed(tmp_path, 5)
    with opened(path) as journal:
        other = {**HEADER, "run": "INC-2"}
        journal.create("INC-2", workflow="small", title="", created_ms=0, header=other)
    for seq in range(6):
        spoilt = tmp_path / f"spoilt-{seq}.db"
        shutil.copyfile(path, spoilt)
        db = sqlite3.connect(spoilt)
        db.execute("DROP TRIGGER kept")
        query = "UPDATE entries SET at_ms = at_ms + 1 WHERE run = 1 AND seq = ?"
        db.execute(query, (seq,))
        db.commit()
        db.close()
        with opened(spoilt) as journal:
            assert [row.run for row in journal.runs()] == [RUN, "INC-2"]
            broken = journal.verify()
            assert [(each.run, each.seq) for each in broken] == [(RUN, min(seq + 1, 5))]
            with pytest.raises(BrokenJournal, match=f"entry {min(seq + 1, 5)}"):
                list(journal.entries(RUN))
            assert list(journal.entries("INC-2"))


def test_entries_cannot_be_changed_through_the_file(tmp_path: Path) -> None:
    """Append-only is the file's own rule."""
    path = closed(tmp_path, 2)
    db = sqlite3.connect(path)
    for statement in ("UPDATE entries SET at_ms = 0", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            db.execute(statement)
    db.close()


def test_lines_cut_anywhere_lose_only_the_last(tmp_path: Path) -> None:
    """JSON Lines: the torn line is left out; a changed byte before it is refused."""
    writer = JournalWriter()
    writer.append(0, "header", dict(HEADER))
    for number in range(4):
        writer.append(number, "note", {"what": "note", "text": f"number {number}"})
    text = writer.text
    ends = [at for at, c in enumerate(text) if c == "\n"]
    for at in range(ends[0] + 1, len(text)):
        read = read_journal(text[:at])
        assert len(read.entries) == sum(1 for end in ends if end < at)
        assert read.torn == (text[at - 1] != "\n")
    for at in range(ends[0], ends[3]):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        with pytest.raises(BrokenJournal):
            read_journal(changed)


def test_what_was_said_and_not_heard_yet_survives_a_rebuild(tmp_path: Path) -> None:
    """A letter that waits for a host is as durable as an entry."""
    path = tmp_path / "journal.db"
    with opened(path, create=True) as journal:
        journal.create(RUN, workflow="small", title="small", created_ms=0, header=HEADER)
        journal.put(RUN, {"verb": "ack", "by": "ada"}, 7)
        token = journal.lease(RUN, Holder.me()._replace(started="0"), 0)
        for number in range(60):
            note = {"what": "note", "text": f"number {number} " + "x" * 300}
            journal.commit([Append(RUN, token, ((number, "note", note),))])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 4_000])
    with opened(path) as journal:
        assert any("entries were lost" in each for each in journal.dropped)
        (letter,) = journal.pending()
        assert (letter.payload, letter.put_ms) == ({"verb": "ack", "by": "ada"}, 7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no journal"),
        (b"", "is empty"),
        (b"some text, and more of it" * 50, "is no Armada journal"),
    ],
)
def test_what_is_no_journal_is_left_as_it_is(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """A sentence, and not a byte changed."""
    path = tmp_path / "journal.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(JournalTrouble, match=words):
        Journal.open(path)
    assert not path.exists() if content is None else path.read_bytes() == content


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """Somebody else's file is not made ours."""
    path = tmp_path / "theirs.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()
    with pytest.raises(JournalTrouble, match="is no Armada journal"):
        Journal.open(path, create=True)


FULL = """
import resource, signal, sys
from armada.runtime.journal import Append, Journal
from armada.runtime.journal_faults import JournalTrouble
from armada.runtime.journal_lease import Holder, moment
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal.open(sys.argv[1])
run = journal.runs()[0].run
token = journal.lease(run, Holder.me(), 0)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
written = 0
try:
    for _ in range(1000):
        journal.commit([Append(run, token, ((0, "note", {"text": "x" * 900}),))])
        written += 1
except JournalTrouble as trouble:
    print("trouble:", trouble)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.commit([Append(run, token, ((0, "note", {"text": "after"}),))])
journal.close()
print(written + 1)
"""


def test_a_full_disk_loses_nothing_and_is_got_over(tmp_path: Path) -> None:
    """What was said to be written is there; the rest was refused; afterwards it goes on."""
    path = closed(tmp_path, 1)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    said, count = done.stdout.splitlines()
    assert said.startswith("trouble:") and str(path) in said
    with opened(path) as journal:
        assert len(list(journal.entries(RUN))) == 2 + int(count)
        assert not journal.verify()


def test_a_file_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    """Everything that only looks works; what writes says why it cannot."""
    path = closed(tmp_path, 3)
    journal = Journal.open(path, read_only=True)
    try:
        assert len(list(journal.entries(RUN))) == 4
        with pytest.raises(JournalTrouble, match="may only be read"):
            journal.put(RUN, {"verb": "note"}, 0)
    finally:
        journal.close()


def test_somebody_who_may_only_read_can_look() -> None:
    """Another user of the machine, to whom neither file nor folder gives more than reading."""
    folder = Path(tempfile.mkdtemp())  # those of pytest are closed to anybody else
    path = closed(folder, 3)
    open_journal(str(path)).close()  # imports what the child may not
    path.chmod(0o444)
    folder.chmod(0o555)
    child = os.fork()
    if not child:
        status = 1
        try:
            if os.getuid() == 0:
                os.setgid(65_534)
                os.setuid(65_534)
            journal = open_journal(str(path))
            seen = len(list(journal.entries(RUN)))
            try:
                journal.put(RUN, {"verb": "note"}, 0)
            except JournalTrouble as trouble:
                status = 0 if seen == 4 and "may only be read" in str(trouble) else 2
        finally:
            os._exit(status)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_several_runs_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    """A commit under one old token takes none of the others with it, nor answers a letter."""
    with opened(tmp_path / "journal.db", create=True) as journal:
        tokens: dict[str, int] = {}
        for name in (RUN, "INC-2"):
            header = {**HEADER, "run": name}
            journal.create(name, workflow="small", title="", created_ms=0, header=header)
            tokens[name] = journal.lease(name, Holder.me(), moment().wall_ms)
        letter = journal.put(RUN, {"verb": "note"}, 0)
        note = ((0, "note", {"text": "x"}),)
        good = Append(RUN, tokens[RUN], note, letter, "taken", "noted")
        with pytest.raises(LeaseLost):
            journal.commit([good, Append("INC-2", tokens["INC-2"] - 1, note)])
        assert [row.entries for row in journal.runs()] == [1, 1]
        assert [each.id for each in journal.pending()] == [letter]
        journal.commit([good, Append("INC-2", tokens["INC-2"], note)])
        assert [row.entries for row in journal.runs()] == [2, 2]
        answered = journal.letter(letter)
        assert answered is not None and (answered.verdict, answered.reason) == ("taken", "noted")
        journal.commit([good._replace(entries=(), verdict="refused")])
        assert journal.letter(letter) == answered


def test_what_is_exported_is_imported_as_it_was(tmp_path: Path) -> None:
    """Line for line; and a second time it is refused."""
    with opened(closed(tmp_path, 7)) as journal, opened(tmp_path / "b.db", create=True) as other:
        text = journal.export(RUN)
        assert other.import_(text) == RUN
        assert other.export(RUN) == text
        writer = JournalWriter()
        for entry in journal.entries(RUN):
            writer.append(entry.at_ms, entry.kind, entry.payload)
        assert writer.text == text


def test_trouble_while_a_journal_is_read_is_a_sentence(tmp_path: Path) -> None:
    """Pages that hold nothing any more: every verb that meets them ends with 2."""
    path = closed(tmp_path, 60)
    whole = bytearray(path.read_bytes())
    for at in range(5 * 4096, len(whole) - 2 * 4096, 4096):
        whole[at : at + 4096] = bytes(4096)
    path.write_bytes(whole)
    for verb in (["verify"], ["show"], ["export"]):
        done = subprocess.run(
            [sys.executable, "-m", "armada", "journal", *verb, "--journal", str(path)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr and done.returncode in (0, 1, 2), done.stderr
        assert done.stderr or done.returncode == 1

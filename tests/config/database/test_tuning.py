"""The embedded server fits the machine, and a container's limit counts as the machine."""

from pathlib import Path

import pytest

from postloan.config.database.tuning import GIB, MIB, memory_bytes, server_settings


def machine(tmp_path: Path, *, kilobytes: int = 16 * 1024 * 1024, groups: str = "", limits: dict[str, str]) -> int:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text(f"MemTotal:       {kilobytes} kB\nMemFree: 1 kB\n")
    (tmp_path / "proc" / "self" / "cgroup").write_text(groups)
    for name, text in limits.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return memory_bytes(proc=tmp_path / "proc", cgroups=tmp_path / "groups")


@pytest.mark.parametrize(
    ("groups", "limits", "memory"),
    [
        ("", {}, 16 * GIB),
        ("0::/", {"memory.max": "max"}, 16 * GIB),
        ("0::/", {"memory.max": str(2 * GIB)}, 2 * GIB),
        ("0::/pod/box", {"pod/memory.max": str(GIB), "pod/box/memory.max": "max"}, GIB),
        ("4:memory:/docker/ab", {"memory/docker/ab/memory.limit_in_bytes": str(3 * GIB)}, 3 * GIB),
        ("4:memory:/outside", {"memory/memory.limit_in_bytes": str(GIB)}, GIB),
        ("4:memory:/", {"memory/memory.limit_in_bytes": "9223372036854771712"}, 16 * GIB),
        ("4:cpu,cpuacct:/a", {"memory/a/memory.limit_in_bytes": str(GIB)}, 16 * GIB),
    ],
)
def test_the_least_limit_counts(tmp_path: Path, groups: str, limits: dict[str, str], memory: int) -> None:
    assert machine(tmp_path, groups=groups, limits=limits) == memory


@pytest.mark.parametrize(
    ("memory", "shared_buffers", "work_mem"),
    [(256 * MIB, "32MB", "4MB"), (8 * GIB, "1024MB", "32MB"), (256 * GIB, "2048MB", "64MB")],
)
def test_memory_is_shared_with_the_rest(memory: int, shared_buffers: str, work_mem: str) -> None:
    settings = server_settings(memory=memory, disk_free=100 * GIB, shared_memory_files=GIB, durable=True)

    assert (settings["shared_buffers"], settings["work_mem"]) == (shared_buffers, work_mem)


def test_a_small_dev_shm_is_not_used() -> None:
    cramped = server_settings(memory=GIB, disk_free=GIB, shared_memory_files=64 * MIB, durable=True)
    roomy = server_settings(memory=GIB, disk_free=GIB, shared_memory_files=GIB, durable=True)

    assert cramped["dynamic_shared_memory_type"] == "mmap"
    assert "dynamic_shared_memory_type" not in roomy


def test_books_survive_a_power_cut_and_tests_need_not() -> None:
    books = server_settings(memory=GIB, disk_free=GIB, shared_memory_files=GIB, durable=True)
    tests = server_settings(memory=GIB, disk_free=GIB, shared_memory_files=GIB, durable=False)

    assert not {"fsync", "synchronous_commit", "full_page_writes"} & books.keys()
    assert tests["fsync"] == "off"

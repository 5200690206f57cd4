"""
Settings of the embedded server for the machine it finds itself on.

The server shares the machine with the site, the worker and a close in columns,
so it takes an eighth of the memory for its own buffers, where a machine of its
own would give it a quarter. A container's limit counts as the machine's
memory. `docs/operating/database.md` has the table.
"""

import os
import shutil
from pathlib import Path

MIB = 1024 * 1024
GIB = 1024 * MIB

# Below this, parallel queries can run out of /dev/shm (Docker gives 64 MiB).
SHARED_MEMORY_FILES_MIN = 256 * MIB


def memory_bytes(*, proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the memory this process may use, in bytes: the machine's, or the least limit of its control groups."""
    limits = [_machine_bytes(proc=proc)]
    for group in _control_groups(proc=proc, cgroups=cgroups):
        for file in ("memory.max", "memory.limit_in_bytes"):
            try:
                text = (group / file).read_text().strip()
            except OSError:
                continue
            if text.isdecimal():
                limits.append(int(text))
    return min(limits)


def _machine_bytes(*, proc: Path) -> int:
    try:
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemTotal:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 2 * GIB


def _control_groups(*, proc: Path, cgroups: Path) -> list[Path]:
    """Return this process's memory control groups with all their parents (versions 1 and 2)."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return []
    groups: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = cgroups / "memory" if controllers else cgroups
        group = root / path.lstrip("/")
        groups += [group, *(parent for parent in group.parents if parent.is_relative_to(root))]
        groups.append(root)
    return groups


def server_settings(*, memory: int, disk_free: int, shared_memory_files: int, durable: bool) -> dict[str, str]:
    """
    Return PostgreSQL's settings for a machine with `memory` and `disk_free` bytes.

    `shared_memory_files` is the room in /dev/shm in bytes. `durable=False` is
    for databases that only tests use: a power cut may lose them.
    """

    def share(divisor: int, least: int, most: int) -> str:
        return f"{max(least, min(most, memory // divisor)) // MIB}MB"

    settings = {
        "listen_addresses": "''",
        "max_connections": "80",
        "shared_buffers": share(8, 32 * MIB, 2 * GIB),
        "effective_cache_size": share(2, 128 * MIB, 64 * GIB),
        "work_mem": share(256, 4 * MIB, 64 * MIB),
        "maintenance_work_mem": share(16, 32 * MIB, GIB),
        "max_wal_size": "4GB" if disk_free > 40 * GIB else "1GB",
        "min_wal_size": "256MB" if disk_free > 10 * GIB else "80MB",
        "wal_compression": "off",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_line_prefix": "'%m [%p] %d '",
        "log_min_duration_statement": "5s",
        # Parameters are personal data: they never reach the log.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "shared_preload_libraries": "''",
    }
    if shared_memory_files < SHARED_MEMORY_FILES_MIN:
        settings["dynamic_shared_memory_type"] = "mmap"
    if not durable:
        settings |= {
            "shared_buffers": share(16, 32 * MIB, 256 * MIB),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "1GB",
        }
    return settings


def settings_here(*, data_dir: Path, durable: bool) -> dict[str, str]:
    """Return PostgreSQL's settings for this machine and the disk of `data_dir`."""
    return server_settings(
        memory=memory_bytes(),
        disk_free=shutil.disk_usage(data_dir).free,
        shared_memory_files=_free_bytes(Path("/dev/shm")),  # noqa: S108 - only measured
        durable=durable,
    )


def _free_bytes(path: Path) -> int:
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0

"""Two people, one record: the second is told, nothing is overwritten."""

from tuoxian_portal.core.errors import EditConflict
from tuoxian_portal.core.models import Versioned


def check_version(record: Versioned, seen: int | None) -> None:
    """Raises `EditConflict` when `record` (read under its lock) is newer than what was `seen`.

    `None` means that the caller did not show the record first (an import, a task).
    """
    if seen is not None and seen != record.version:
        raise EditConflict(
            "这条记录在您打开之后已被他人修改，本次操作没有保存。请刷新页面查看最新内容后再操作。"
        )


def bump(record: Versioned) -> None:
    """Marks `record` as changed; the caller saves it with `version` among `update_fields`."""
    record.version += 1

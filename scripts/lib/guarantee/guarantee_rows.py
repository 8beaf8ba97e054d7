# SPDX-License-Identifier: GPL-2.0-or-later
"""What scripts/verify-guarantee tries: rows of file system and pattern, and moments of a crash."""
import dataclasses

UUID = "53796e63-4661-756c-7400-000000000001"
EXT4 = f"-q -F -b 4096 -U {UUID} -E lazy_itable_init=0,lazy_journal_init=0,hash_seed={UUID}"
XFS = f"-q -f -m uuid={UUID}"

@dataclasses.dataclass(frozen=True)
class Point:
    """Where a guest is killed: before a kernel function, by its names in different kernels."""
    what: str
    page: str  # page size of the rows that reach it: any, 4k or 2m
    names: tuple


# In the order of a synchronous fault; in fs/dax.c, fs/sync.c and mm/, the same for ext4 and XFS.
# The first name that a kernel has is taken, and the newest are first: 6.18 has the older ones as
# well, but DAX no longer calls them.
POINTS = (
    Point("inside the fault", "any", ("dax_iomap_fault",)),
    Point("before the commit", "any", ("vfs_fsync_range",)),
    Point("after the commit", "4k", ("vmf_insert_page_mkwrite", "vmf_insert_mixed_mkwrite")),
    # On 6.1 the second is inlined: what it calls is the third.
    Point("after the commit", "2m", ("vmf_insert_folio_pmd", "vmf_insert_pfn_pmd",
                                     "vmf_insert_pfn_pmd_prot")),
)
FUNCTIONS = tuple(name for point in POINTS for name in point.names)
# For a fault with its commit and its store: the longest time without load, then half of it.
FAULT_INSTRUCTIONS = 150000


@dataclasses.dataclass(frozen=True)
class Row:
    """A file system, and what is stored to it. mkfs and mount are words of their programs."""
    fs: str
    mkfs: str
    mount: str
    pattern: str
    options: tuple  # of crash-writer
    stores: int
    is_huge: bool
    must_lose: bool    # the control: without MAP_SYNC stores get lost
    must_be_clean: bool  # fsck, after the journal was replayed

    def writer(self, is_sync, seed):
        return [*self.options, "--stores", str(self.stores), "--seed", str(seed),
                *(["--sync"] if is_sync else [])]

    @property
    def marks(self):
        """Marks of a whole run: one before and one after each store."""
        return self.stores * (4 if "punch" in self.options else 2)


PATTERNS = {
    "hole": (),
    "unwritten": ("--pattern", "unwritten"),
    "written": ("--pattern", "written"),
    "hole-2m": ("--page", "2m"),
    "unwritten-2m": ("--page", "2m", "--pattern", "unwritten"),
    "grow": ("--pattern", "grow"),
    "threads": ("--threads", "4"),
    "files": ("--files", "4"),
    "copy": ("--load", "copy"),
    "create": ("--load", "create"),
    "punch": ("--pattern", "punch"),
    "reflink": ("--pattern", "reflink"),
}
SHORT = ("hole", "unwritten", "grow", "create", "punch")

VARIANTS = {
    "ext4": ("ext4", EXT4, "dax=always", [p for p in PATTERNS if p != "reflink"]),
    "ext4-fast_commit": ("ext4", EXT4 + " -O fast_commit", "dax=always", SHORT),
    "ext4-journal_dev": ("ext4", EXT4 + " -J device=/dev/nvdimm1",
                         "dax=always,journal_path=/dev/nvdimm1", SHORT),
    "ext4-no_journal": ("ext4", EXT4 + " -O ^has_journal", "dax=always", SHORT),
    "xfs": ("xfs", XFS, "dax=always", list(PATTERNS)),
    "xfs-logdev": ("xfs", XFS + " -l logdev=/dev/nvdimm1,size=64m",
                   "dax=always,logdev=/dev/nvdimm1", ("hole", "unwritten", "create")),
}


def make_row(variant, pattern):
    fs, mkfs, mount, _ = VARIANTS[variant]
    is_huge = "2m" in PATTERNS[pattern]
    if is_huge and fs == "ext4":
        mkfs = mkfs.replace("-E ", "-E stride=512,stripe_width=512,")
    elif is_huge:
        # More groups would each be too small for the log.
        mkfs += " -d su=2m,sw=1,agcount=2"
    return Row(fs=fs, mkfs=mkfs, mount=mount, pattern=pattern, options=PATTERNS[pattern],
               stores=24 if is_huge else 64, is_huge=is_huge,
               # Written blocks are the file's already: no metadata is left to lose.
               must_lose=pattern != "written",
               # Without a journal a crash leaves bitmaps and counts behind, whoever synced what.
               must_be_clean=variant != "ext4-no_journal")


ROWS = {f"{variant}/{pattern}": make_row(variant, pattern)
        for variant, (*_, patterns) in VARIANTS.items() for pattern in patterns}


def choose_function(point, addresses):
    """The name by which this kernel has it, or None."""
    return next((name for name in point.names if name in addresses), None)


def missing_points(addresses):
    """A line for each point at which a kernel with these functions cannot be killed."""
    return [f"this kernel has no function {' or '.join(point.names)}: no crash {point.what}"
            + (f" of {point.page} pages" if point.page != "any" else "")
            for point in POINTS if not choose_function(point, addresses)]


def points(row, addresses):
    """Addresses of this row's functions, with what they are."""
    page = "2m" if row.is_huge else "4k"
    chosen = [(choose_function(point, addresses), point.what) for point in POINTS
              if point.page in ("any", page)]
    return [(addresses[name], what) for name, what in chosen if name]


# For the trials of a row, in turn; those of a row that cannot lose, and controls, use none.
KINDS = ("any instruction", "behind a report", "function", "the host's moment", "function")
PLAIN_KINDS = ("any instruction", "behind a report")


def choose_crash(row, is_sync, index, draw, addresses):
    """The moment of trial number index of a row, and what to call it. draw: a random.Random.

    Marks are odd before a store and even after its report. The first quarter of a run is left
    out, so that there is something to lose (half of it for a control), and its end, so that
    functions are still called.
    """
    store = draw.randrange(row.marks // (8 if is_sync else 4), row.marks // 2 - 2)
    after = 2 * store + 2
    kinds = KINDS if is_sync and row.must_lose and points(row, addresses) else PLAIN_KINDS
    kind = kinds[index % len(kinds)]
    if kind == "function":
        address, what = draw.choice(points(row, addresses))
        return f"{after}@{address}", what
    moments = {"any instruction": f"{after - 1}+{draw.randrange(FAULT_INSTRUCTIONS)}",
               "behind a report": f"{after}",
               "the host's moment": f"{after}+{draw.randrange(4)}ms"}
    return moments[kind], kind

"""What tests/fault/nth.so does to a run, and what may come of it: the machinery below tests/fault/everything.py."""
import atexit
import concurrent.futures
import mmap
import os
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_MS = 30000
LOOK_MS, QUIET_LOOKS = 100, 6  # asleep each time: it waits
LOG_BYTES = 8192
WAITING_JOBS = 8
NEVER = "(?!)"
MEMORY_STRIDE = 31
FILES_LEAST = 10
WRAPPED_STRIDE, WRAPPED_LEAST = 7, 3  # the same where a run takes seconds, and what is asked of memory matters most
WRAPPED_PATIENCE = 10

# Kinds in the order of tests/fault/nth.c, and what each call of that kind is answered with; with "+" it goes on so.
KINDS = {
    "allocate": "ENOMEM ENOMEM+",
    "read": "EIO EINTR short",
    "write": "ENOSPC+ EIO EINTR EDQUOT EAGAIN short",
    "open": "EMFILE+ EACCES EIO EINTR",
    "close": "EIO EINTR",
    "sync": "EIO ENOSPC+ EINTR",
    "rename": "EIO EACCES ENOSPC",
    "unlink": "EIO EACCES+",
    "size": "ENOSPC+ EIO",
    "status": "EIO EACCES",
    "folder": "EIO EACCES EMFILE",
    "mode": "EIO EACCES",
    "descriptor": "EMFILE+ ENOMEM",
    "connect": "ECONNREFUSED EINTR EACCES",
    "wait": "EINTR ENOMEM",
    "lock": "EINTR EIO",
    "start": "EAGAIN EAGAIN+",
    "confine": "EACCES ENOMEM",
    "random": "ENOSYS+ EINTR",
}
ERRNO = {name: getattr(__import__("errno"), name) for name in
         "ENOMEM ENOSPC EIO EINTR EAGAIN EMFILE EACCES EDQUOT ECONNREFUSED ENOSYS".split()}


class Run:
    """How a process ended: `status` (negative: by that signal; None: it hung), `out`, `err`, the `tree` it left."""

    def __init__(self, status, out, err, tree, counts, hits, stack):
        self.status, self.out, self.err, self.tree = status, out, err, tree
        self.counts, self.hits, self.stack = counts, hits, stack


class Scenario:
    """A typical run of a tool. `make(folder)` puts into a folder what it finds there; it is started in that folder, with paths
    below it.

    given       bytes of standard input
    normal      (folder, path, bytes) -> what has to be equal, for what is random
    before      called with the bench before each run
    complete    (run, reference) -> whether a run that ended with 0 has done it all; without it: as the reference
    partial     whether a failure may come behind output
    leaves      pattern of paths that may be left behind by a failure, unless `normal` says None
    reasons     what is as good as the system's words for the fault
    waits       pattern of orders under which it waits until it is asked to end, and then ends as after another failure
    ends        the status without a fault
    always      pattern of orders that are run whatever the stride: each mended something once
    only        the program that has the faults, where the tool starts others
    secrets     bytes that no message may show
    follow_up   command after a failure, which has to end with 0: what is left can be worked with
    """

    def __init__(self, name, command, make=lambda folder: None, *, given=b"", environment=None, 
                 normal=lambda folder, path, data: data, before=lambda bench: None, complete=None, leaves=NEVER, secrets=(),
                 follow_up=None, kinds=None, partial=False, reasons=(), only=None, ends=0,
                 waits=NEVER, always=NEVER):
        self.name, self.command, self.make, self.given = name, command, make, given
        self.tool = command[0]
        self.environment, self.normal, self.complete = environment or {}, normal, complete
        self.leaves, self.secrets, self.follow_up = re.compile(leaves), secrets, follow_up
        self.waits, self.always = re.compile(waits), re.compile(always)
        self.partial, self.reasons, self.only, self.before, self.ends = partial, reasons, only, before, ends
        self.kinds, self.template = kinds or list(KINDS), None


def statuses(tool):
    """Those that the manual page lists."""
    for section in "18":
        path = os.path.join(ROOT, "man", f"{tool}.{section}")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                text = file.read().partition(".Sh EXIT STATUS")[2].partition(".Sh EXAMPLES")[0]
            found = {int(number) for number in re.findall(r"^\.It (\d+)$", text, re.MULTILINE)}
            # A report that cannot be made ends with the status of who makes it; see there.
            return found | (statuses("sav-collect") | statuses("sav-encrypt") if tool == "sav-feedback" else set())
    raise FileNotFoundError(tool)


def tree_of(folder, normal):
    """Path to content, or to what else is there. Permissions of files count."""
    found = {}
    for top, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            status = os.lstat(path)
            short = os.path.relpath(path, folder)
            if not stat.S_ISREG(status.st_mode):
                found[short] = stat.S_IFMT(status.st_mode)
                continue
            with open(path, "rb") as file:
                found[short] = (status.st_mode, normal(folder, short, file.read()))
        for name in folders:
            found[os.path.relpath(os.path.join(top, name), folder)] = "folder"
    return found


class Bench:
    """A place to run scenarios in: one a thread."""

    def __init__(self, tools):
        # LD_PRELOAD is a list parted by blanks, which the path to the build may hold.
        self.home = tempfile.mkdtemp(prefix="sav-nth.", dir="/tmp")
        atexit.register(shutil.rmtree, self.home, True)
        self.tools = tools
        self.preload = shutil.copy(tools.preload, self.home)
        self.log_path = os.path.join(self.home, "log")
        with open(self.log_path, "wb") as file:
            file.write(bytes(LOG_BYTES))
        self.log_file = open(self.log_path, "r+b")
        self.log = mmap.mmap(self.log_file.fileno(), LOG_BYTES)
        self.scenario = self.template = self.work = self.tree = None

    def path(self, name):
        return os.path.join(self.home, name)

    def fill(self, scenario):
        """Makes the folder of the scenario anew."""
        self.scenario = scenario
        if scenario.template is None:
            scenario.template = tempfile.mkdtemp(prefix="sav nth.")
            atexit.register(shutil.rmtree, scenario.template, True)
            scenario.make(scenario.template)
        self.work = self.path("work")
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(scenario.template, self.work, symlinks=True)
        scenario.before(self)
        self.tree = tree_of(self.work, scenario.normal)

    def start(self, command, order=None):
        scenario = self.scenario
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "NTH_LOG": self.log_path, "TMPDIR": self.work}
        environment.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
        environment.update({name: value.replace("{work}", self.work) for name, value in scenario.environment.items()})
        environment["LD_PRELOAD"] = self.preload
        if order is not None:
            environment["NTH"] = order
        if scenario.only is not None:
            environment["NTH_ONLY"] = scenario.only
        elif self.tools.wrapper:
            environment.update(NTH_ONLY=command[0], NTH_UNCONFINED="1")
        program = [os.path.join(self.tools.bin, command[0]), *(word.replace("{work}", self.work).replace("{bench}", os.path.basename(self.home)) for word in command[1:])]
        with open(self.path("in"), "wb") as file:
            file.write(scenario.given)
        with open(self.path("in"), "rb") as given, open(self.path("out"), "wb") as out, open(self.path("err"), "wb") as err:
            return subprocess.Popen([*self.tools.wrapper, *program], cwd=self.work, env=environment, stdin=given, stdout=out,
                                    stderr=err, close_fds=False)

    def run(self, scenario, order=None):
        if self.scenario is not scenario or self.tree is None:
            self.fill(scenario)
        scenario.before(self)
        self.log[:] = bytes(LOG_BYTES)
        process = self.start(scenario.command, order)
        waits = order is not None and scenario.waits.match(order)
        patience_ms = PATIENCE_MS * (WRAPPED_PATIENCE if self.tools.wrapper else 1)
        status = self.wait_for_sleep(process) if waits else self.wait(process, patience_ms)
        if status is None and waits:
            process.send_signal(signal.SIGTERM)
            status = self.wait(process, patience_ms)
        if status is None:
            process.kill()
            process.wait()
        with open(self.path("out"), "rb") as file:
            out = file.read()
        with open(self.path("err"), "rb") as file:
            err = file.read()
        *counts, hits = struct.unpack(f"{len(KINDS) + 1}Q", self.log[: (len(KINDS) + 1) * 8])
        stack = self.log[(len(KINDS) + 1) * 8:].split(b"\0")[0].decode()
        before, tree = self.tree, tree_of(self.work, scenario.normal)
        result = Run(status, scenario.normal(self.work, "stdout", out), err.decode("utf-8", "replace"), tree, dict(zip(KINDS, counts)), hits, stack)
        if status != 0 and scenario.follow_up is not None and order is not None:
            result.follow_up = self.wait(self.start(scenario.follow_up), patience_ms)
            with open(self.path("err"), "rb") as file:
                result.follow_up_err = file.read().decode("utf-8", "replace")
            self.tree = None
        result.before, result.bench = before, self
        if tree != before:
            self.tree = None
        return result

    @staticmethod
    def wait(process, patience_ms):
        """Its status; None: it has not ended in that time."""
        if process.poll() is not None:  # send_signal() may have seen it, too
            return process.returncode
        fd = os.pidfd_open(process.pid)
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        ready = poller.poll(patience_ms)
        os.close(fd)
        return process.wait() if ready else None


    def wait_for_sleep(self, process):
        """Its status; None: it has not ended, and does nothing."""
        looks, last = 0, None
        for _ in range(PATIENCE_MS // LOOK_MS):
            status = self.wait(process, LOOK_MS)
            if status is not None:
                return status
            switches = switches_of(process.pid)
            looks = looks + 1 if switches is not None and switches == last else 0
            last = switches
            if looks == QUIET_LOOKS:
                break
        return None


def switches_of(pid):
    """How often its threads were given a processor; None where one of them has one, waits for one or for a disk."""
    total = 0
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as file:
                fields = {name: value.strip() for name, _, value in (line.partition(":") for line in file)}
            if not fields["State"].startswith("S"):
                return None
            total += int(fields["voluntary_ctxt_switches"]) + int(fields["nonvoluntary_ctxt_switches"])
    except (OSError, KeyError):
        return None  # it or a thread of it has just ended
    return total


def strip_log(line):
    return re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: (Failed: )?", "", line)


def judge(scenario, reference, documented, order, run):
    """What is wrong with a run under a fault: a list of sentences."""
    kind, _, what = order.split(":")
    if any(re.fullmatch(orders, order) and run.status == status and re.match(stack, run.stack) for orders, status, stack in EXCLUDED):
        return []
    error = what.rstrip("+")
    wrong = []
    if "LeakSanitizer has encountered a fatal error" in run.err:
        return []  # the fault was in what a sanitized build allows itself in the sandbox
    if run.status is None:
        return ["it hung"]
    if run.status < 0:
        return [f"ended by {signal.Signals(-run.status).name}"]
    for word in ("AddressSanitizer", "LeakSanitizer", "runtime error", "ERROR SUMMARY"):
        if word in run.err and "ERROR SUMMARY: 0 " not in run.err:
            wrong.append(f"{word} complains")
    if run.status not in documented:
        wrong.append(f"status {run.status} is not documented")
    wrong += judge_tree(scenario, reference, run)
    if run.status == 0 or (run.status == scenario.ends and run.err == reference.err):
        try:
            whole = scenario.complete(run, reference) if scenario.complete else run.out == reference.out and run.tree == reference.tree
        except ValueError:
            whole = False  # no JSON
        if not whole:
            wrong.append("status 0, but not all is done")
    else:
        lines = [strip_log(line) for line in run.err.splitlines()]
        written = kind == "write" and isinstance(run.out, bytes) and reference.out.startswith(run.out)
        if run.out != b"" and not written and not scenario.partial:
            wrong.append("output in spite of a failure")
        if scenario.partial and isinstance(run.out, bytes):
            lines += run.out.decode("utf-8", "replace").splitlines()
        said = [line for line in lines if re.match(r"(%s: )?[^:]+: .+" % re.escape(scenario.tool), line)]
        if scenario.only in SYSTEM:
            pass  # they have words of their own, and the shell may not be able to say any
        elif not said:
            wrong.append("no message of object and reason")
        elif error != "short" and not any(reason in line for line in lines for reason in (os.strerror(ERRNO[error]), *REASONS.get(kind, ()), *scenario.reasons)):
            wrong.append(f"the reason ({os.strerror(ERRNO[error])}) is not told")
        if getattr(run, "follow_up", 0) != 0:
            wrong.append(f"what is left cannot be worked with: status {run.follow_up}: {run.follow_up_err}")
    if error == "short" and run.status not in (0, scenario.ends):
        wrong.append("half of it was the end")
    if error == "EINTR" and run.status not in (0, scenario.ends) and scenario.only not in SYSTEM and kind in ("read", "write", "wait"):
        wrong.append("an interrupted call was not repeated")
    for secret in scenario.secrets:
        if secret in run.err.encode():
            wrong.append("a secret is shown")
    return wrong


# What is as good as the system's words.
REASONS = {"allocate": ("out of memory", "not enough memory", "Resource temporarily unavailable")}

SYSTEM = ("sh", "mv", "sync", "flock", "date", "rm", "mkdir", "awk")  # programs of others, below the wrapper

# What a library or the shell does of itself: (pattern of orders, status, pattern of the stack), and why no tool of ours can help it.
EXCLUDED = [
    # OPENSSL_init_ssl of OpenSSL 3.0, which libcurl calls at its start, takes a lock that it could not allocate, or loses the table
    # of its own context (99: valgrind's). In sav-send that is the process for the network, and the other says so and ends with 75.
    *((r"allocate:.*", status, r"(nth\.so.*\n)+(lib(crypto|c)\.so.*\n)+libssl\.so.*\n(libcurl.*\n)+") for status in (-signal.SIGSEGV, 75, 99)),
    # dash cannot open sav-feedback, or reads it in part: wrong grammar to it, or nothing at all. No part of it has run then, as its last
    # line starts the rest.
    (r"open:1\+?:.*", 2, r"(nth\.so.*\n)+sh"),
    (r"read:\d+:EIO", 2, r"nth\.so.*\nsh"),
    (r"read:1:EIO", 0, r"nth\.so.*\nsh"),
    # libsodium ends the process where there is no getrandom(2) and the sandbox leaves no /dev/urandom; a kernel that
    # knows Landlock has both.
    (r"random:1\+:ENOSYS", -signal.SIGABRT, r"(nth\.so.*\n)*libsodium\.so.*\n"),
]


def judge_tree(scenario, reference, run):
    """Every path holds what was there before or what has to be there, whole; and nothing else is there."""
    wrong = []
    for path, now in run.tree.items():
        if now not in (run.before.get(path), reference.tree.get(path)) and not (now and scenario.leaves.fullmatch(path)):
            wrong.append(f"{path} is " + ("left behind" if path not in run.before and path not in reference.tree else "half a file"))
    for path in run.before:
        if path not in run.tree and path in reference.tree:
            wrong.append(f"{path} is gone")
    return wrong


class Tools:
    """The build under test."""

    def __init__(self, build, wrapper=()):
        self.bin = os.path.join(build, "bin")
        self.preload = os.path.join(build, "fault", "nth.so")
        self.wrapper = wrapper
        self.sanitized = b"__asan_init" in subprocess.run(["nm", os.path.join(self.bin, "sav-keygen")], capture_output=True,
                                                          check=False).stdout


class Campaign:
    """Runs scenarios under faults, and counts."""

    def __init__(self, tools, stride, phase, jobs):
        self.tools, self.stride, self.phase = tools, stride, phase
        self.local = threading.local()
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.waiting = concurrent.futures.ThreadPoolExecutor(jobs * WAITING_JOBS)  # for runs that wait more than they work

    def bench(self):
        if not hasattr(self.local, "bench"):
            self.local.bench = Bench(self.tools)
        return self.local.bench

    def refer(self, scenario):
        """The run without a fault; what it counted is what can fail."""
        return self.bench().run(scenario)

    def orders(self, scenario, reference):
        for kind in scenario.kinds:
            if kind == "allocate" and self.tools.sanitized:
                continue  # the sanitizer's own allocator is asked first
            for what in KINDS[kind].split():
                plus = "+" if what.endswith("+") else ""
                # Where getrandom(2) has worked once, it works.
                for number in range(1, min(reference.counts[kind], 1 if kind == "random" else 1 << 30) + 1):
                    yield f"{kind}:{number}{plus}:{what.rstrip('+')}"

    def try_one(self, scenario, reference, documented, order):
        run = self.bench().run(scenario, order)
        return order, run, judge(scenario, reference, documented, order, run)

    def choose(self, orders, always):
        """Every stride-th; of those of memory, which are most, fewer; and those that match `always`."""
        orders = list(orders)
        if self.stride == 1:
            return orders
        memory = [order for order in orders if order.startswith("allocate")]
        files = [order for order in orders if not order.startswith("allocate")]
        least, thin = (WRAPPED_LEAST, WRAPPED_STRIDE) if self.tools.wrapper else (FILES_LEAST, MEMORY_STRIDE)
        dense = max(1, min(self.stride, len(files) // least))
        sparse = self.stride * thin
        chosen = files[self.phase % dense:: dense] + memory[self.phase * thin % sparse:: sparse]
        if self.tools.wrapper:
            return chosen
        return list(dict.fromkeys(chosen + [order for order in orders if always.fullmatch(order)]))

    def try_all(self, scenario):
        """(reference, number of faults that were met, [(order, run, what is wrong)])"""
        reference = self.pool.submit(self.refer, scenario).result()
        if reference.status != scenario.ends:
            return reference, 0, [("none", reference, [f"status {reference.status} without a fault: {reference.err}"])]
        documented = statuses(scenario.tool)
        orders = self.choose(self.orders(scenario, reference), scenario.always)
        if self.tools.wrapper:
            orders = [order for order in orders if not scenario.waits.match(order)]
        met, bad = 0, []
        pool = self.waiting if scenario.waits.pattern != NEVER and not self.tools.wrapper else self.pool
        for order, run, wrong in pool.map(lambda order: self.try_one(scenario, reference, documented, order), orders):
            met += run.hits > 0
            if wrong:
                bad.append((order, run, wrong))
        return reference, met, bad


def stack_in_words(tools, stack):
    """The stack with names of functions where the build knows them."""
    words = []
    for line in stack.splitlines():
        module, _, offset = line.partition("+")
        path = os.path.join(tools.bin, module)
        if os.path.exists(path):
            named = subprocess.run(["addr2line", "-fse", path, hex(int(offset, 16) - 1)], capture_output=True, text=True,
                                   check=False).stdout.split()
            words.append(" ".join(named))
        else:
            words.append(line)
    return words



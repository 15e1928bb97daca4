#!/usr/bin/env python3
"""pair.py [-n RUNS] [-i FILE] GOAL OURS PEER...: runs ours and the peers in turn (A B C A B C ...), each as a whole process,
and prints one row a peer: the median wall time of both in ms, the median of the ratios pair by pair (machines drift; pairs do
not), and the goal. OURS and PEER are command lines, split as a shell would; a command with shell syntax is 'sh -c "..."'.
-i FILE: the file becomes standard input. A command that fails ends the run: nothing is measured of a failure."""
import argparse
import os
import shlex
import statistics
import sys
import time


def run(words, stdin):
    """One run's wall time in ms."""
    null = os.open(os.devnull, os.O_WRONLY)
    source = os.open(stdin, os.O_RDONLY)
    start = time.perf_counter_ns()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, null, 1)])
    _, status, _ = os.wait4(pid, 0)
    took = time.perf_counter_ns() - start
    os.close(null)
    os.close(source)
    if status != 0:
        sys.exit(f'pair.py: {shlex.join(words)}: ended with status {os.waitstatus_to_exitcode(status)}')
    return took / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-n', type=int, default=30)
    parser.add_argument('-i', default=os.devnull)
    parser.add_argument('goal')
    parser.add_argument('commands', nargs='+')
    arguments = parser.parse_args()
    commands = [shlex.split(command) for command in arguments.commands]
    times = [[] for _ in commands]
    for command in commands:
        run(command, arguments.i)  # warm
    for _ in range(arguments.n):
        for command, taken in zip(commands, times):
            taken.append(run(command, arguments.i))
    name = lambda words: os.path.basename(words[0]) if words[0] != 'sh' else shlex.join(words)
    for command, taken in list(zip(commands, times))[1:]:
        ratio = statistics.median(a / b for a, b in zip(times[0], taken))
        print(f'{name(commands[0])[:34]:34} {statistics.median(times[0]):9.2f} ms   '
              f'{name(command)[:34]:34} {statistics.median(taken):9.2f} ms   ratio {ratio:6.3f}   goal {arguments.goal}')


main()

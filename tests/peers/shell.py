#!/usr/bin/env python3
"""shell.py bash|zsh COMPLETIONS LINE: types LINE and a tab into that shell, and prints what it made of it.

The line as completed comes first, then what was offered, a word a line. The shell is a real one on a terminal of its own, started without
anybody's settings, with COMPLETIONS (scripts/completions) loaded.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

WAIT_S = 30
PROMPT = "ready>"
ROWS_COLUMNS = struct.pack("HHHH", 200, 2000, 0, 0)
# What a person would have in a file of settings. Ctrl-T shows what the line has become.
BASH = r"""
PS1='ready>'
bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'
bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'
_shown() { printf '\n<line>%s</line>\n' "$READLINE_LINE"; }
bind -x '"\C-t":_shown'
source "$COMPLETIONS/sav.bash"
"""
ZSH = r"""
PROMPT='ready>'
unset zle_bracketed_paste
fpath=("$COMPLETIONS" $fpath)
autoload -Uz compinit; compinit -D -u
LISTMAX=1000
setopt no_beep no_auto_menu no_always_last_prompt no_list_ambiguous
zstyle ':completion:*' list-prompt ''
_shown() { print -r -- "
<line>$BUFFER</line>" }
zle -N _shown; bindkey '^T' _shown
"""


def read_until(fd, pattern):
    seen = ""
    end = time.monotonic() + WAIT_S
    while not re.search(pattern, seen):
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            raise SystemExit(f"no answer: {seen!r}")
        seen += os.read(fd, 65536).decode("utf-8", "replace")
    return seen


def start(shell, completions, home):
    with open(os.path.join(home, ".zshrc" if shell == "zsh" else "rc"), "w", encoding="utf-8") as rc:
        rc.write(ZSH if shell == "zsh" else BASH)
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", HISTFILE="/dev/null", INPUTRC="/dev/null", ZDOTDIR=home, COMPLETIONS=completions)
        command = ["zsh", "-d", "-i"] if shell == "zsh" else ["bash", "--noprofile", "--rcfile", os.path.join(home, "rc"), "-i"]
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, ROWS_COLUMNS)
    return pid, fd


def main():
    shell, completions, line = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        pid, fd = start(shell, completions, home)
        read_until(fd, PROMPT)
        os.write(fd, line.encode() + b"\t\x14")
        seen = read_until(fd, "</line>")
        os.close(fd)  # the terminal is gone, so the shell goes
        os.waitpid(pid, 0)
    completed = re.search("<line>(.*?)</line>", seen, re.S).group(1)
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x07", "", seen[: seen.index("<line>")])
    print(completed.replace("\r\n", ""))
    print("\n".join(sorted(set(seen.replace(line, " ").replace(PROMPT, " ").split()))))


if __name__ == "__main__":
    main()

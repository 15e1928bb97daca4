#!/usr/bin/env python3
"""memory.py PID TEXT: prints how often TEXT is in what the process can write. Ends 1 where the memory of others may not be read."""
import sys

pid, text = sys.argv[1], sys.argv[2].encode()
count = 0
try:
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(place, 16) for place in span.split("-"))
            if not rights.startswith("rw") or end - start > 1 << 30:  # a sanitizer's shadow
                continue
            memory.seek(start)
            count += memory.read(end - start).count(text)
except OSError as error:
    sys.exit(str(error))
print(count)

# Walks a tree and searches every file, line by line.
import os, re, sys
pattern = re.compile(rb"needle")
files = hits = size = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            for line in file:
                size += len(line)
                if pattern.search(line):
                    hits += 1
        files += 1
print(files, hits, size)

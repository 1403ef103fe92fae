# Run me: exec(open("/work/hello.py").read())
import os
import time

print("In /work there are:")
for entry in sorted(os.scandir("/work"), key=lambda entry: entry.name):
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.stat().st_mtime))
    print(f"  {entry.stat().st_size:>6} bytes  {when}  {entry.name}")

with open("/work/greeting.txt", "a", encoding="utf-8") as file:
    file.write(f"Python was here at {time.ctime()}.\n")
print("I have added a line to greeting.txt. Look at it from outside.")

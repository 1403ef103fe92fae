# A log: every line is handed to the system at once.
import os
path = "/w/app.log"
with open(path, "a") as log:
    for i in range(5000):
        log.write(f"{i:06d} event happened: status=ok\n")
        log.flush()
print(os.path.getsize(path))
os.unlink(path)

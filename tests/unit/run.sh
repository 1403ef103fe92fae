# Runs test programs one after the other and adds up their last lines; one that ends without such a line has failed.
# usage: run.sh PROGRAM…; EMULATOR=COMMAND for another processor's
passed=0 failed=0
for program; do
	echo "== ${program##*/}"
	# libc's own checks and leaks count as failures too: the exit status tells.
	output=$(${EMULATOR:-} "$program" 2>&1)
	status=$?
	printf '%s\n' "$output"
	counts=$(printf '%s\n' "$output" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' | tail -n 1)
	p=${counts% *} f=${counts#* }
	[ -n "$counts" ] || { echo "not ok ${program##*/} ended with $status before its last line"; p=0 f=1; }
	[ "$status" -eq 0 ] || [ "$f" -gt 0 ] || { echo "not ok ${program##*/} ended with $status"; f=1; }
	passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

-- Many small files: written, read by lines, renamed, removed.
local function name(i, ending) return string.format("/w/lua_%d.%s", i, ending) end
for i = 1, 200 do
	local file = assert(io.open(name(i, "txt"), "w"))
	for j = 1, 50 do file:write("line ", j, " of file ", i, "\n") end
	file:close()
end
local lines, bytes = 0, 0
for i = 1, 200 do
	for line in io.lines(name(i, "txt")) do
		lines = lines + 1
		bytes = bytes + #line
	end
end
for i = 1, 200 do assert(os.rename(name(i, "txt"), name(i, "bak"))) end
for i = 1, 200 do assert(os.remove(name(i, "bak"))) end
print(lines, bytes)

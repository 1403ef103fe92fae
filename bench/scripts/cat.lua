-- Copies a file in pieces of 64 KiB.
local from, to = assert(io.open(arg[1], "rb")), assert(io.open(arg[2], "wb"))
local bytes = 0
while true do
	local piece = from:read(65536)
	if not piece then break end
	bytes = bytes + #piece
	to:write(piece)
end
to:close()
print(bytes)

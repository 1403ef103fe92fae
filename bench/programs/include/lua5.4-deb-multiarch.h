/* Made by Debian's build; what it says is in lua.h. */

#include "interfaces.h"

#include <stddef.h>

static const char *const names[] = {
#define FUNCTION(name) name,
#include "interfaces.def"
};

const char *interface_function(unsigned number)
{
	return number > 0 && number <= sizeof names / sizeof *names ? names[number - 1] : NULL;
}

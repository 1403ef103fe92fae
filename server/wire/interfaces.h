/* Names of the functions that components import from WASI's interfaces, by the numbers that pages give them. */
#ifndef SERVER_WIRE_INTERFACES_H
#define SERVER_WIRE_INTERFACES_H

/* "wasi:cli/exit#exit" for the function of that place in interfaces.def, from 1 on. NULL: there is none. */
const char *interface_function(unsigned number);

#endif

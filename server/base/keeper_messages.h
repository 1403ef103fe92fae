/* What keeper and gateway say to each other: a fixed list, with neither paths nor commands in it. (channel.h carries it.) */
#ifndef SERVER_BASE_KEEPER_MESSAGES_H
#define SERVER_BASE_KEEPER_MESSAGES_H

enum { OUTPUT_KEPT_MAX = 1 << 20 }; /* bytes of inherited output that may be on their way without credit */

/* Which file of a program: its own, the recording that it is replayed from, or from PROGRAM_FURTHER on those of --program. */
enum program_file { PROGRAM_ITSELF, PROGRAM_RECORDING, PROGRAM_FURTHER };

enum to_keeper {
	SAY_READY = 1,   /* a: port; bytes: the line to print. It serves and is locked in */
	SAY_LINE,        /* bytes: a line for stdout */
	SAY_WARN,        /* bytes: a line for stderr */
	SAY_OUTPUT,      /* a: 1 or 2; b: credit; bytes: a program's output */
	SAY_BROWSE,      /* bytes: the link to open in a browser */
	SAY_STDIN_ROOM,  /* a: bytes of stdin that programs would take; replaces the last */
	SAY_DONE,        /* a: exit code; with --once the program has ended */
	SAY_REMEMBER,    /* bytes: a struct remembered; with --remember */
	SAY_FORGET,      /* bytes: the digest of its secret */
	SAY_ASK,         /* a: a pairing request that waits for y or n, bytes: the question; a 0: none waits any more */
	ASK_PROGRAM,     /* a: enum program_file. Answered by DO_PROGRAM, in order */
	SAY_ANSWER,      /* a: the requester, on the control socket; bytes: a line of JSON */
	ASK_UPSTREAM,    /* a connection to the server behind --root. Answered by DO_UPSTREAM, in order */
	ASK_USER,        /* a: number of the question; bytes: its text; none: it is withdrawn. Answered by DO_ANSWER */
	SAY_PROFILE,     /* bytes: a struct profile_key and a profile's text, checked */
	SAY_CLOSED,      /* a: the window whose programs and sessions have ended; b: how many other sessions have open connections */
	/* a page asks for a folder or a file. a: number of the question; b: enum wanted; bytes: who asks; none: it is withdrawn.
	 * Answered by DO_GRANT or DO_REFUSE */
	ASK_FOLDER,
	TO_KEEPER_END,   /* one more than the last */
};

/* What a page asks the user for; the numbers are ASK's, whose 2 withdraws a question. */
enum wanted { WANT_TO_READ_IN, WANT_TO_WRITE_IN, WANT_TO_READ = 3, WANT_TO_WRITE, WANT_TO_SAVE /* a file that may be new */ };

enum { PAIR_AGAIN = 1 /* opens pairing again after too many wrong codes */, PAIR_DEBUGGER = 2 /* for a debugger */,
	PAIR_ADDRESS_GONE = 4 /* nobody could connect */ };

enum to_gateway {
	/* a new link; a is 1: for a command line. In this and the next two b is the requester; 0: reply by SAY_LINE, else by
	 * SAY_ANSWER */
	DO_LINK = 1,
	DO_LIST,         /* the list of sessions */
	DO_REVOKE,       /* a: session */
	DO_QUIT,
	DO_STDIN,        /* bytes; none: end of file */
	DO_CREDIT,       /* a: bytes of output that were printed */
	DO_PROGRAM,      /* with a descriptor; else a: errno. b: as in ASK_PROGRAM */
	DO_UPSTREAM,     /* with a socket that is connected or about to be; else a: errno */
	DO_BROWSE,       /* a link for a browser's command line: SAY_BROWSE */
	DO_ANSWER,       /* a: number of the question; b: 0 no, 1 yes, 2 there is no terminal, 3 another question waits,
	                  * 4 yes, once (only of the dialer's) */
	DO_DEBUG,        /* a new link for a debugger. b: who asks */
	DO_PAIR,         /* a: PAIR_AGAIN, PAIR_DEBUGGER; b: who asks */
	DO_ADMIT,        /* a: the pairing request; b: 1 yes, 0 no */
	DO_CERTIFICATE,  /* bytes: a renewed certificate and its key, PEM with a NUL behind each */
	DO_CLOSE,        /* a: a window, by its number on the control socket, was closed: SAY_CLOSED */
	/* with a folder's descriptor. a: the grant's number; b: the question that it answers, 0: none; bytes: 'r' or 'w', the name
	 * for programs, NUL, the folder's path; and behind a further NUL the name of the one file in it that is granted */
	DO_GRANT,
	DO_UNGRANT,      /* a: the grant's number */
	DO_REFUSE,       /* a: number of the question; b: 0 no, 2 there is no terminal, 3 another question waits */
};

#endif

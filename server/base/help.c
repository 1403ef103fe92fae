#include "help.h"

#include <string.h>

#include "limits.h"
#include "options.h"

static void shape_write(const struct option_row *option, char *shape, size_t size)
{
	snprintf(shape, size, option->kind->value_is_optional ? "--%s[=%s]" : option->argument ? "--%s %s" : "--%s", option->name,
	         option->argument);
}

void help_print(FILE *to)
{
	fputs("Usage: wvwasi-gw [options] [--root DIR] [PROGRAM ARG...] | replay FILE [PROGRAM]\n"
	      "   or: wvwasi-gw link|pair|debug|answer|sessions|revoke|grant|ungrant|stop|cert\n\n", to);
	for (const struct option_row *option = option_rows; option < option_rows + OPTION_ROWS; option++) {
		char shape[64];

		if (!option->help || option->shows || option->notes & RARE)
			continue;
		shape_write(option, shape, sizeof shape);
		fprintf(to, "  %-26s%s%s\n", shape, strlen(shape) > 26 ? "  " : " ", option->help);
	}
	fputs("\n ", to); /* the screen has 24 lines */
	for (const struct option_row *option = option_rows; option < option_rows + OPTION_ROWS; option++)
		if (option->help && option->shows)
			fprintf(to, " --%s", option->name);
	fputs("\nOne of --root and PROGRAM is needed. More: `man wvwasi-gw`.\n", to);
}

/* ---- the manual page ---- */

/* A minus that can be copied, and no dot that begins a request. */
static void troff(FILE *to, const char *text)
{
	for (; *text; text++)
		if (*text == '-' || *text == '\\')
			fputs(*text == '-' ? "\\-" : "\\e", to);
		else
			fputc(*text, to);
}

static const char before[] =
	".TH WVWASI\\-GW 1 \"\" \"wvwasi\\-gw " WVWASI_VERSION "\"\n"
	".SH NAME\nwvwasi\\-gw \\- WebAssembly programs in any browser, on this machine's files\n"
	".SH SYNOPSIS\n.B wvwasi\\-gw\n[options] [\\fB\\-\\-root\\fR \\fIDIR\\fR] [\\fIPROGRAM\\fR \\fIARG\\fR...]\n"
	".br\n.B wvwasi\\-gw replay\n[options] \\fIFILE\\fR [\\fIPROGRAM\\fR]\n"
	".br\n.B wvwasi\\-gw\nlink|pair|debug|answer|sessions|revoke \\fIN\\fR|grant \\fIDIR\\fR|grants|ungrant \\fIN\\fR|stop|cert [\\fB\\-\\-root\\fR \\fIDIR\\fR] "
	"[\\fB\\-\\-port\\fR \\fIN\\fR]\n"
	".SH DESCRIPTION\n"
	"Serves a web app, or a terminal page for one program, on localhost. Programs compiled for\n.B wasm32\\-wasip1\n"
	"that run in its pages make system calls, which this gateway executes on the real operating system, inside the folders that "
	"it was given.\n"
	".PP\nIt prints one link to open. One of\n.B \\-\\-root\nand\n.I PROGRAM\nis needed.\n"
	".PP\nThe first word that is neither an option nor an option's value is\n.IR PROGRAM ,\n"
	"a file; the words behind it are its arguments, "
	"also those that begin with a minus. A program whose name begins with a minus, or is a command's such as\n.BR stop ,\n"
	"comes after\n"
	".BR \\-\\- .\n"
	".PP\nPrograms see the app's folder as / (read\\-only), a private folder as /tmp, which is removed when they end, a small "
	"/dev, and the folders of\n.BR \\-\\-dir .\n"
	".SH OPTIONS\n";

static const char network[] =
	".SH NETWORK RULES\n.B \\-\\-net\ntakes one of these, and may be given several times:\n.IP\n.nf\n"
	"tcp:HOST:PORT[\\-PORT]     connect by TCP\n"
	"udp:HOST:PORT[\\-PORT]     exchange datagrams\n"
	"listen:ADDRESS:PORT[\\-PORT]   accept connections and receive datagrams there\n"
	"http:HOST[:PORT], https:HOST[:PORT]   w.fetch()\n"
	"ask     ask at the terminal about everything that no other rule names\n.fi\n"
	".PP\nHOST is a name, *.NAME for all names below it, an address, or a network such as 10.0.0.0/8; IPv6 stands in brackets. "
	"A name whose address is in a private network is refused, unless the rule says NAME=private. "
	"A network that has public addresses, such as 0.0.0.0/0, names these alone. "
	"Never reached: the gateway's own ports, and addresses that no host has.\n"
	".PP\n.B ask\nputs a question at the terminal, or to\n.BR \"wvwasi\\-gw answer\" :\n.B y\nallows the target to that program until it ends,\n"
	".B o\nonce (one connection, request, listening socket, or UDP peer of one socket),\n.B n\nrefuses it until the program ends. "
	"With\n.BR \\-\\-json ,\n{\"do\":\"answer\",\"question\":N,\"yes\":true,\"once\":true} answers it.\n"
	".PP\nIn the config file \"net\" is a list of rules.\n.B wvwasi\\-gw sessions\nand\n.B l\nshow the rules, what the user has allowed, and each socket "
	"with its peer, state and bytes.\n";

static const char folders[] =
	".SH FOLDERS WHILE IT RUNS\nWith\n.B \\-\\-ask\na page may ask for a folder. You type its path at the terminal, or answer by\n"
	".BR \"wvwasi\\-gw answer\" ;\nTab completes it, :ro behind it grants it read\\-only, an empty line is a no. The page learns the folder's name and not where it is.\n"
	"Programs that start afterwards see it. DIR is your home folder, of which hidden folders are never granted, unless another is given.\n"
	".PP\nAt the terminal\n.B g\nlists what was granted and asks for one more,\n.B u\ntakes back the one whose number follows: what is open there fails from then on. With\n"
	".B \\-\\-remember\ngrants hold for the same root until they are taken back, or until a start without it.\n"
	".PP\nWith\n.BR \\-\\-json ,\n{\"do\":\"answer\",\"question\":N,\"folder\":\"DIR\"} answers; \"grant\" with \"folder\", \"grants\" and \"ungrant\" with \"grant\":N "
	"do what the commands do.\n";

static const char after[] =
	".SH AT THE TERMINAL\nEach key acts at once: Enter prints a new link,\n.B d\none for a debugger (with\n.BR \\-\\-lan ,\n.B D\n"
	"for one on another machine),\n.B p\nshows a QR code for a phone (with\n"
	".BR \\-\\-lan ),\n.B l\nlists the sessions,\n.B r\nends the session whose number follows,\n.B q\nquits.\n"
	"With\n.B \\-\\-json\na line {\"do\":\"link\"} on standard input asks for a new link; \"pair\", \"debug\", \"sessions\", "
	"\"stop\" and \"revoke\" with "
	"\"session\":N do\nwhat the commands below do. The gateway ends when the pipe on its standard input does.\n"
	".SH WHILE ONE RUNS\n.B wvwasi\\-gw link\nasks the same user's running gateway for a new link,\n.B pair\n"
	"admits a browser of another machine (with\n.BR \\-\\-lan ;\n.B \\-\\-again\nafter too many wrong codes),\n"
	".B debug\nadmits a debugger (with\n.BR \\-\\-lan ,\none on another machine),\n.B answer\n"
	"asks you the gateway's questions while a program reads the keys of its terminal,\n"
	".BI grant \" DIR\"\nlets programs use a folder from now on (with\n.BR \\-\\-ask ;\nDIR:ro: read\\-only;\n.BI \\-\\-for \" APP\"\nis\n.BR \\-\\-root ),\n"
	".B grants\nlists what was granted so,\n.BI ungrant \" N\"\ntakes one back,\n"
	".B sessions\nlists the sessions,\n.BI revoke \" N\"\nends session N,\n.B stop\n"
	"ends the gateway. With more than one running,\n.B \\-\\-root\nand\n.B \\-\\-port\nsay which.\n"
	".PP\nA second start with the same flags prints a new link to the running gateway; with other flags it exits with 2 and says "
	"which differ.\n"
	".B \\-\\-port 0\nstarts another gateway beside it.\n"
	".PP\n.B wvwasi\\-gw cert\n[\\fB\\-\\-new\\fR] [\\fB\\-\\-forget\\-key\\fR] [\\fIADDRESS\\fR...]\n"
	"makes the local CA and the certificate for\n"
	".BR \\-\\-lan ,\nwhere they are missing, and shows them.\n.B \\-\\-new\nmakes a new CA,\n.B \\-\\-forget\\-key\n"
	"deletes the CA's key afterwards; the certificate is also valid for each "
	"ADDRESS.\n"
	".SH REPLAYING\n.B wvwasi\\-gw replay\nruns a program again from what\n.B \\-\\-record\nwrote: each of its calls is answered from\n.IR FILE ,\n"
	"so it needs no folder, clock or network, and is granted none. It prints and ends as it did, in any browser; the first call that differs is "
	"named.\n.I PROGRAM\nis where the recorded one was, unless it is given.\n"
	".SH EXIT STATUS\n.TP\n0\nended as asked: by a signal,\n.B q\nor\n.BR stop .\n.TP\n1\nfailed; standard error says why.\n.TP\n"
	"2\nthe flags or the config file are wrong.\n"
	".PP\nWith\n.BR \\-\\-once ,\nthe program's own.\n"
	".SH ENVIRONMENT\n.TP\n.B BROWSER\nthe command that\n.B \\-\\-open\nruns, in place of xdg\\-open.\n"
	".TP\n.B TMPDIR\nwhere programs' private folders are made, in place of /tmp.\n"
	".SH FILES\n.I ${XDG_STATE_HOME:\\-~/.local/state}/wvwasi\\-gw/\nholds each app's port, so that its pages keep their "
	"storage, and the sockets by which commands reach running gateways.\n"
	".PP\n.I ${XDG_CACHE_HOME:\\-~/.cache}/wvwasi\\-gw/starts/\nholds what programs' starts asked for: a text file for each, "
	"which may be deleted.\n"
	".PP\n.I ${XDG_DATA_HOME:\\-~/.local/share}/wvwasi\\-gw/certs/\nholds the local CA and the gateway's certificate.\n";

void help_print_man(FILE *to)
{
	const char *name, *help;

	fputs(before, to);
	for (const struct option_row *option = option_rows; option < option_rows + OPTION_ROWS; option++) {
		char shape[64];

		if (!option->help)
			continue;
		shape_write(option, shape, sizeof shape);
		fputs(".TP\n.B ", to);
		troff(to, shape);
		fputs("\n", to);
		troff(to, option->help);
		fputs(option->kind->json == JSON_LIST ? ". May be given several times.\n" : ".\n", to);
	}
	fputs(".SH LIMITS\n.B \\-\\-limit\ntakes one of these; N may end with K, M or G.\n", to);
	for (size_t i = 0; (help = limits_help(i, &name)); i++) {
		fprintf(to, ".TP\n.BI %s= N\n", name);
		troff(to, help);
		fputs(".\n", to);
	}
	fputs(network, to);
	fputs(folders, to);
	fputs(after, to);
}

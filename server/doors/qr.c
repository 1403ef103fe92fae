#include "qr.h"

#include <qrencode.h>
#include <stdbool.h>
#include <string.h>

enum { QUIET = 2 /* modules around it; the standard says 4, cameras take 2 */, VERSION_MAX = 12,
	LINE_MAX_BYTES = 3 * (17 + 4 * VERSION_MAX + 2 * QUIET) + 1 };

static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && code->data[y * code->width + x] & 1;
}

void qr_print(const char *text, struct gateway *gateway, void line(struct gateway *gateway, const char *text))
{
	static const char *const halves[] = { "█", "▄", "▀", " " }; /* by [dark above][dark below] */
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

	for (int y = -QUIET; code && code->version <= VERSION_MAX && y < code->width + QUIET; y += 2) {
		char bytes[LINE_MAX_BYTES] = "";
		size_t at = 0;

		for (int x = -QUIET; x < code->width + QUIET; x++) {
			const char *half = halves[(is_dark(code, x, y) ? 1 : 0) + (is_dark(code, x, y + 1) ? 2 : 0)];

			memcpy(bytes + at, half, strlen(half));
			at += strlen(half);
		}
		bytes[at] = 0;
		line(gateway, bytes);
	}
	QRcode_free(code);
}

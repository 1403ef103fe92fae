/* The bytes of one input, taken one by one; past the end there are zeros. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdint.h>

struct input {
	const uint8_t *at, *end;
};

static inline uint8_t take(struct input *input) { return input->at < input->end ? *input->at++ : 0; }

#endif

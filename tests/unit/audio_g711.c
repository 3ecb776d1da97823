/* G.711 against its tables: code by code and for every 16-bit sample. */
#include "audio/g711.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef void decode_h(int16_t *restrict, const uint8_t *restrict, size_t);
typedef void encode_h(uint8_t *restrict, const int16_t *restrict, size_t);

static int decode_one(decode_h *decode, int code)
{
    uint8_t in = (uint8_t)code;
    int16_t out;
    decode(&out, &in, 1);
    return out;
}

static int encode_one(encode_h *encode, int sample)
{
    int16_t in = (int16_t)sample;
    uint8_t out;
    encode(&out, &in, 1);
    return out;
}

/* Table 2a: the first and last quantised value of each segment, times 4. */
static void ulaw_takes_values_of_table(void **state)
{
    static const int first[] = {0, 33, 99, 231, 495, 1023, 2079, 4191};
    static const int step[] = {2, 4, 8, 16, 32, 64, 128, 256};
    (void)state;
    for (int segment = 0; segment < 8; segment++)
        for (int i = 0; i < 16; i++) {
            int code = 0xff - (segment * 16 + i), value = (first[segment] + i * step[segment]) * 4;
            assert_int_equal(decode_one(g711_ulaw_decode, code), value);
            assert_int_equal(decode_one(g711_ulaw_decode, code & 0x7f), -value);
        }
}

/* Table 1a: 4096 is full scale, so times 8; even bits inverted. */
static void alaw_takes_values_of_table(void **state)
{
    static const int first[] = {1, 33, 66, 132, 264, 528, 1056, 2112};
    static const int step[] = {2, 2, 4, 8, 16, 32, 64, 128};
    (void)state;
    for (int segment = 0; segment < 8; segment++)
        for (int i = 0; i < 16; i++) {
            int code = (0x80 | (segment * 16 + i)) ^ 0x55;
            int value = (first[segment] + i * step[segment]) * 8;
            assert_int_equal(decode_one(g711_alaw_decode, code), value);
            assert_int_equal(decode_one(g711_alaw_decode, code ^ 0x80), -value);
        }
}

static void known_codes(void **state)
{
    (void)state;
    assert_int_equal(decode_one(g711_ulaw_decode, 0x80), 32124);
    assert_int_equal(decode_one(g711_ulaw_decode, 0x00), -32124);
    assert_int_equal(decode_one(g711_alaw_decode, 0xaa), 32256);
    assert_int_equal(decode_one(g711_alaw_decode, 0x2a), -32256);
    assert_int_equal(encode_one(g711_ulaw_encode, 0), G711_ULAW_SILENCE);
    assert_int_equal(encode_one(g711_alaw_encode, 0), G711_ALAW_SILENCE);
    assert_int_equal(encode_one(g711_ulaw_encode, 32767), 0x80);
    assert_int_equal(encode_one(g711_ulaw_encode, -32768), 0x00);
    assert_int_equal(encode_one(g711_alaw_encode, 32767), 0xaa);
    assert_int_equal(encode_one(g711_alaw_encode, -32768), 0x2a);
}

/* Every code survives decoding and encoding; only mu-law's second zero does not. */
static void codes_survive(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        int ulaw = encode_one(g711_ulaw_encode, decode_one(g711_ulaw_decode, code));
        assert_int_equal(ulaw, code == 0x7f ? 0xff : code);
        assert_int_equal(encode_one(g711_alaw_encode, decode_one(g711_alaw_decode, code)), code);
    }
}

/* Width of the decision interval of a segment, on the 16-bit scale. */
static int ulaw_width(int code)
{
    return 8 << (~code >> 4 & 7);
}

static int alaw_width(int code)
{
    int segment = (code ^ 0x55) >> 4 & 7;
    return segment == 0 ? 16 : 8 << segment;
}

/* Every sample lies in the decision interval of the code it got; what is beyond
 * the last interval gets the last code. */
static void encodes_by_intervals(encode_h *encode, decode_h *decode, int (*width)(int), int last)
{
    for (int sample = -32768; sample < 32768; sample++) {
        int code = encode_one(encode, sample), value = decode_one(decode, code);
        int from = abs(value) - width(code) / 2, to = abs(value) + width(code) / 2;
        if (abs(sample) < from || (abs(sample) > to && abs(value) != last) || value * sample < 0)
            fail_msg("sample %d got %d: %d to %d", sample, value, from, to);
    }
}

static void ulaw_encodes_by_intervals(void **state)
{
    (void)state;
    encodes_by_intervals(g711_ulaw_encode, g711_ulaw_decode, ulaw_width, 32124);
}

static void alaw_encodes_by_intervals(void **state)
{
    (void)state;
    encodes_by_intervals(g711_alaw_encode, g711_alaw_decode, alaw_width, 32256);
}

static void louder_never_decodes_lower(encode_h *encode, decode_h *decode)
{
    int before = INT16_MIN;
    for (int sample = -32768; sample < 32768; sample++) {
        int value = decode_one(decode, encode_one(encode, sample));
        assert_true(value >= before);
        before = value;
    }
}

static void both_laws_rise(void **state)
{
    (void)state;
    louder_never_decodes_lower(g711_ulaw_encode, g711_ulaw_decode);
    louder_never_decodes_lower(g711_alaw_encode, g711_alaw_decode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ulaw_takes_values_of_table),
        cmocka_unit_test(alaw_takes_values_of_table),
        cmocka_unit_test(known_codes),
        cmocka_unit_test(codes_survive),
        cmocka_unit_test(ulaw_encodes_by_intervals),
        cmocka_unit_test(alaw_encodes_by_intervals),
        cmocka_unit_test(both_laws_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

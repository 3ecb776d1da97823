/* ws_frame.c: the frames of RFC 6455, in pieces of any size, and each rule a server may break. */
#include "base/mem.h"
#include "ws/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 70000, KEPT = 1 << 20 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* What was taken, as opcode, length and bytes behind each other. */
struct taken {
    uint8_t *bytes;
    size_t size;
    unsigned count, stop_at; /* 0: never */
};

static bool take(enum frame_opcode opcode, const uint8_t *data, size_t size, void *arg)
{
    struct taken *taken = arg;

    assert_true(taken->size + size + 5 < KEPT);
    assert_int_equal(data[size], '\0');
    taken->bytes[taken->size++] = (uint8_t)opcode;
    memcpy(taken->bytes + taken->size, &(uint32_t){(uint32_t)size}, 4);
    taken->size += 4;
    memcpy(taken->bytes + taken->size, data, size);
    taken->size += size;
    return ++taken->count != taken->stop_at;
}

/* Reads it all, in pieces of at most `piece` (0: whole, or random ones). */
static unsigned read_in(struct taken *taken, const uint8_t *data, size_t size, size_t piece,
                        bool random)
{
    struct frame_reader *reader;
    unsigned code = 0;

    taken->size = taken->count = 0;
    assert_int_equal(frame_reader_alloc(&reader, LIMIT, take, taken), 0);
    while (size && !code) {
        size_t part = random ? 1 + draw(2000) : piece ? piece : size;
        uint8_t *exact; /* so that a sanitizer sees a byte too many */

        if (part > size)
            part = size;
        exact = malloc(part);
        memcpy(exact, data, part);
        code = frame_read(reader, exact, part);
        free(exact);
        data += part;
        size -= part;
    }
    if (code)
        assert_int_equal(frame_read(reader, (const uint8_t *)"\x81\x01x", 3), 0);
    mem_unref(reader);
    return code;
}

static struct taken taken_of(void)
{
    return (struct taken){.bytes = malloc(KEPT)};
}

/* An unmasked frame, as servers write them. */
static size_t put(uint8_t *out, uint8_t first, size_t size)
{
    size_t head = size < 126 ? 2 : size < 65536 ? 4 : 10;

    out[0] = first;
    out[1] = (uint8_t)(head == 2 ? size : head == 4 ? 126 : 127);
    for (size_t i = 2; i < head; i++)
        out[i] = (uint8_t)((uint64_t)size >> 8 * (head - 1 - i));
    for (size_t i = 0; i < size; i++)
        out[head + i] = (uint8_t)('a' + draw(26));
    return head + size;
}

/* A message in one frame or more, with control frames between. */
static size_t put_message(uint8_t *out)
{
    static const size_t sizes[] = {0, 1, 125, 126, 640, 20000, 65535, 65536};
    unsigned parts = 1 + draw(4);
    uint8_t opcode = (uint8_t)(1 + draw(2));
    size_t all = 0;

    for (unsigned i = 0; i < parts; i++) {
        size_t size = parts == 1 ? sizes[draw(8)] : draw(300);

        all += put(out + all, (uint8_t)((i + 1 == parts ? 0x80 : 0) | (i ? 0 : opcode)), size);
        if (draw(2))
            all += put(out + all, (uint8_t)(0x80 | (draw(2) ? FRAME_PING : FRAME_PONG)), draw(126));
    }
    return all;
}

static void any_pieces_give_the_same(void **state)
{
    struct taken whole = taken_of(), split = taken_of();
    uint8_t *bytes = malloc(KEPT);

    (void)state;
    for (uint32_t run = 1; run <= 60; run++) {
        size_t size = 0;

        seed = run;
        for (int i = 0; i < 4; i++)
            size += put_message(bytes + size);
        assert_int_equal(read_in(&whole, bytes, size, 0, false), 0);
        assert_true(whole.count >= 4);
        assert_int_equal(read_in(&split, bytes, size, 0, true), 0);
        assert_int_equal(split.size, whole.size);
        assert_memory_equal(split.bytes, whole.bytes, whole.size);
        assert_int_equal(read_in(&split, bytes, size, 1, false), 0);
        assert_int_equal(split.size, whole.size);
        assert_memory_equal(split.bytes, whole.bytes, whole.size);
    }
    free(bytes);
    free(whole.bytes);
    free(split.bytes);
}

static void noise_is_refused_or_read_and_does_no_harm(void **state)
{
    struct taken taken = taken_of();
    uint8_t bytes[400];
    unsigned refused = 0;

    (void)state;
    for (uint32_t run = 1; run <= 20000; run++) {
        size_t size = 1 + (seed = run, draw(sizeof bytes));

        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)draw(256);
        if (draw(2))
            bytes[0] = (uint8_t)(0x81 + draw(2)), bytes[1] = (uint8_t)draw(30);
        refused += read_in(&taken, bytes, size, 0, draw(2)) != 0;
    }
    assert_in_range(refused, 10000, 19999);
    free(taken.bytes);
}

static void fragments_are_one_message_and_pings_come_between(void **state)
{
    static const uint8_t bytes[] = "\x01\x03\xe2\x82\x61\x89\x02hi\x80\x01z";
    static const uint8_t good[] = "\x01\x02\xe2\x82\x89\x02hi\x80\x02\xac!";
    struct taken taken = taken_of();

    (void)state;
    assert_int_equal(read_in(&taken, bytes, sizeof bytes - 1, 1, false), FRAME_NOT_TEXT);
    assert_int_equal(taken.count, 1);
    assert_int_equal(read_in(&taken, good, sizeof good - 1, 1, false), 0);
    assert_int_equal(taken.count, 2);
    assert_memory_equal(taken.bytes, "\x09\x02\0\0\0hi\x01\x04\0\0\0\xe2\x82\xac!", 16);
    free(taken.bytes);
}

static void each_broken_rule_has_its_code(void **state)
{
    static const struct {
        const char *what, *bytes;
        size_t size;
        unsigned code;
    } rules[] = {
        {"RSV1", "\xc1\x00", 2, FRAME_PROTOCOL},
        {"RSV2", "\xa1\x00", 2, FRAME_PROTOCOL},
        {"RSV3", "\x91\x00", 2, FRAME_PROTOCOL},
        {"masked", "\x81\x80\x01\x02\x03\x04", 6, FRAME_PROTOCOL},
        {"opcode 3", "\x83\x00", 2, FRAME_PROTOCOL},
        {"opcode 7", "\x87\x00", 2, FRAME_PROTOCOL},
        {"opcode 11", "\x8b\x00", 2, FRAME_PROTOCOL},
        {"opcode 15", "\x8f\x00", 2, FRAME_PROTOCOL},
        {"ping in fragments", "\x09\x00", 2, FRAME_PROTOCOL},
        {"close in fragments", "\x08\x00", 2, FRAME_PROTOCOL},
        {"long ping", "\x89\x7e\x00\x7e", 4, FRAME_PROTOCOL},
        {"continuation of nothing", "\x80\x00", 2, FRAME_PROTOCOL},
        {"text within a message", "\x01\x01x\x81\x01y", 6, FRAME_PROTOCOL},
        {"binary within a message", "\x02\x01x\x82\x01y", 6, FRAME_PROTOCOL},
        {"continuation after the end", "\x81\x01x\x80\x01y", 6, FRAME_PROTOCOL},
        {"16 bits for 125", "\x82\x7e\x00\x7d", 4, FRAME_PROTOCOL},
        {"64 bits for 65535", "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, FRAME_PROTOCOL},
        {"63 bits exceeded", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 10, FRAME_PROTOCOL},
        {"too large", "\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71", 10, FRAME_TOO_LARGE},
        {"huge", "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10, FRAME_TOO_LARGE},
        {"overlong NUL", "\x81\x02\xc0\x80", 4, FRAME_NOT_TEXT},
        {"surrogate", "\x81\x03\xed\xa0\x80", 5, FRAME_NOT_TEXT},
        {"above U+10FFFF", "\x81\x04\xf4\x90\x80\x80", 6, FRAME_NOT_TEXT},
        {"cut character", "\x81\x02\xe2\x82", 4, FRAME_NOT_TEXT},
        {"lone continuation byte", "\x81\x01\x80", 3, FRAME_NOT_TEXT},
        {"empty text", "\x81\x00", 2, 0},
        {"empty fragments", "\x01\x00\x00\x00\x80\x00", 6, 0},
        {"NUL in a text", "\x81\x03x\0y", 5, 0},
        {"no text in binary", "\x82\x02\xc0\x80", 4, 0},
    };
    struct taken taken = taken_of();

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        for (size_t piece = 0; piece < 3; piece++) {
            unsigned code =
                read_in(&taken, (const uint8_t *)rules[i].bytes, rules[i].size, piece, false);

            if (code != rules[i].code)
                fail_msg("%s in pieces of %zu: %u", rules[i].what, piece, code);
        }
    }
    free(taken.bytes);
}

/* Each fragment is small; all of them are too much. */
static void the_limit_is_that_of_the_message(void **state)
{
    struct taken taken = taken_of();
    uint8_t *bytes = malloc(KEPT);
    size_t size = 0;

    (void)state;
    for (int i = 0; i < 7; i++)
        size += put(bytes + size, i ? 0 : FRAME_BINARY, 10000);
    assert_int_equal(read_in(&taken, bytes, size, 0, false), 0);
    size += put(bytes + size, 0x80, 1);
    assert_int_equal(read_in(&taken, bytes, size, 0, false), FRAME_TOO_LARGE);
    assert_int_equal(taken.count, 0);
    free(bytes);
    free(taken.bytes);
}

static void who_wants_no_more_is_given_no_more(void **state)
{
    struct taken taken = taken_of();

    (void)state;
    taken.stop_at = 2;
    assert_int_equal(read_in(&taken, (const uint8_t *)"\x81\x01x\x88\x00\x81\x01y", 8, 0, false),
                     0);
    assert_int_equal(taken.count, 2);
    free(taken.bytes);
}

static void codes_of_close_frames(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        unsigned code;
        bool bad;
    } frames[] = {
        {"", 0, FRAME_NO_CODE, false},
        {"\x03", 1, FRAME_PROTOCOL, true},
        {"\x03\xe8", 2, 1000, false},
        {"\x03\xe9"
         "bye",
         5, 1001, false},
        {"\x03\xe8\xff", 3, FRAME_NOT_TEXT, true},
        {"\x03\xe7", 2, FRAME_PROTOCOL, true}, /* 999 */
        {"\x03\xec", 2, FRAME_PROTOCOL, true}, /* 1004 */
        {"\x03\xed", 2, FRAME_PROTOCOL, true},
        {"\x03\xee", 2, FRAME_PROTOCOL, true},
        {"\x03\xf6", 2, 1014, false},
        {"\x03\xf7", 2, FRAME_PROTOCOL, true}, /* 1015 */
        {"\x0b\xb7", 2, FRAME_PROTOCOL, true}, /* 2999 */
        {"\x0b\xb8", 2, 3000, false},
        {"\x13\x87", 2, 4999, false},
        {"\x13\x88", 2, FRAME_PROTOCOL, true}, /* 5000 */
    };
    bool bad;

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        assert_int_equal(frame_close_code((const uint8_t *)frames[i].bytes, frames[i].size, &bad),
                         frames[i].code);
        assert_int_equal(bad, frames[i].bad);
    }
}

/* What is written is masked, with the shortest length. */
static void written_frames(void **state)
{
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536};
    static const size_t heads[] = {6, 6, 6, 8, 8, 14};
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t *data = malloc(65536), *out = malloc(65536 + FRAME_HEAD);

    (void)state;
    seed = 7;
    for (size_t i = 0; i < 65536; i++)
        data[i] = (uint8_t)draw(256);
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        size_t size = frame_write(out, FRAME_BINARY, data, sizes[n], mask);

        assert_int_equal(size, heads[n] + sizes[n]);
        assert_int_equal(out[0], 0x82);
        assert_int_equal(out[1] >> 7, 1);
        assert_memory_equal(out + heads[n] - 4, mask, 4);
        for (size_t i = 0; i < sizes[n]; i++)
            assert_int_equal(out[heads[n] + i] ^ mask[i % 4], data[i]);
    }
    free(data);
    free(out);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return mem_alive() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_pieces_give_the_same, nothing_is_left),
        cmocka_unit_test_teardown(noise_is_refused_or_read_and_does_no_harm, nothing_is_left),
        cmocka_unit_test_teardown(fragments_are_one_message_and_pings_come_between,
                                  nothing_is_left),
        cmocka_unit_test_teardown(each_broken_rule_has_its_code, nothing_is_left),
        cmocka_unit_test_teardown(the_limit_is_that_of_the_message, nothing_is_left),
        cmocka_unit_test_teardown(who_wants_no_more_is_given_no_more, nothing_is_left),
        cmocka_unit_test(codes_of_close_frames),
        cmocka_unit_test(written_frames),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

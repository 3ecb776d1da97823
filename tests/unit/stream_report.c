/* stream_report.c: RTCP packets, byte by byte, and what is made of others' (RFC 3550, 6). */
#include "stream/reception.h"
#include "stream/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { TOLD = 64 };

/* What a reader was told, in order. */
static struct told {
    unsigned senders, blocks, byes;
    uint32_t sender, from, gone[TOLD];
    uint64_t ntp;
    struct report_heard block[TOLD];
} told;

static void tell_sender(uint32_t ssrc, uint64_t ntp, void *arg)
{
    assert_ptr_equal(arg, &told);
    told.senders++;
    told.sender = ssrc;
    told.ntp = ntp;
}

static void tell_block(uint32_t from, const struct report_heard *block, void *arg)
{
    assert_ptr_equal(arg, &told);
    told.from = from;
    told.block[told.blocks++ % TOLD] = *block;
}

static void tell_bye(uint32_t ssrc, void *arg)
{
    assert_ptr_equal(arg, &told);
    told.gone[told.byes++ % TOLD] = ssrc;
}

static bool read_bytes(const uint8_t *bytes, size_t size)
{
    static const struct report_reader reader = {tell_sender, tell_block, tell_bye};

    memset(&told, 0, sizeof told);
    return report_read(bytes, size, &reader, &told);
}

static const struct report_heard heard = {
    .ssrc = 0x11223344,
    .fraction = 0x80,
    .lost = -2,
    .highest = 0x0001fffe,
    .jitter = 77,
    .last_sender = 0xaabbccdd,
    .delay = 0x10000,
};

static const struct report full = {
    .ssrc = 0xcafebabe,
    .sender = true,
    .ntp = UINT64_C(0x83aa7e8012345678),
    .timestamp = 0x01020304,
    .packets = 1000,
    .bytes = 160000,
    .heard = &heard,
    .name = "0123456789abcdef",
    .bye = true,
};

static void a_sender_report_is_written_as_the_rfc_has_it(void **state)
{
    static const uint8_t wanted[] = {
        0x81, 200,  0,    12,   0xca, 0xfe, 0xba, 0xbe,                     /* SR, one block */
        0x83, 0xaa, 0x7e, 0x80, 0x12, 0x34, 0x56, 0x78,                     /* NTP */
        1,    2,    3,    4,    0,    0,    0x03, 0xe8, 0,   0x02, 0x71, 0, /* RTP, counts */
        0x11, 0x22, 0x33, 0x44, 0x80, 0xff, 0xff, 0xfe,                     /* of whom, lost */
        0,    1,    0xff, 0xfe, 0,    0,    0,    77,                       /* highest, jitter */
        0xaa, 0xbb, 0xcc, 0xdd, 0,    1,    0,    0,                        /* LSR, DLSR */
        0x81, 202,  0,    6,    0xca, 0xfe, 0xba, 0xbe, 1,   16,            /* SDES: CNAME */
        '0',  '1',  '2',  '3',  '4',  '5',  '6',  '7',  '8', '9',  'a',  'b',  'c',
        'd',  'e',  'f',  0,    0,    0x81, 203,  0,    1,   0xca, 0xfe, 0xba, 0xbe}; /* BYE */
    uint8_t bytes[REPORT_MAX];

    (void)state;
    assert_int_equal(report_write(&full, bytes), sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void who_only_listens_writes_a_receiver_report(void **state)
{
    static const uint8_t wanted[] = {0x80, 201, 0,   1,   0, 0, 0, 9,    /* RR, no block */
                                     0x81, 202, 0,   3,   0, 0, 0, 9, 1, /* SDES */
                                     3,    'a', 'b', 'c', 0, 0, 0};
    uint8_t bytes[REPORT_MAX];
    struct report report = {.ssrc = 9, .name = "abc"};

    (void)state;
    assert_int_equal(report_write(&report, bytes), sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
    report.heard = &heard;
    assert_int_equal(report_write(&report, bytes), sizeof wanted + 24);
    assert_int_equal(bytes[0], 0x81);
    assert_int_equal(bytes[3], 7);
}

/* The list of items ends with a zero and fills its word, whatever the length of the name. */
static void a_name_of_any_length_fills_whole_words(void **state)
{
    (void)state;
    for (size_t length = 1; length < REPORT_NAME; length++) {
        char name[REPORT_NAME] = "";
        struct report report = {.ssrc = 1, .name = memset(name, 'x', length)};
        uint8_t bytes[REPORT_MAX];
        size_t size = report_write(&report, bytes);

        assert_int_equal(size % 4, 0);
        assert_int_equal(size, 8 + (size_t)(bytes[11] + 1) * 4);
        assert_int_equal(bytes[17], length);
        assert_true(size - 18 > length && size - 18 <= length + 4);
        for (size_t i = 18 + length; i < size; i++)
            assert_int_equal(bytes[i], 0);
        assert_true(read_bytes(bytes, size));
    }
}

static void what_is_written_is_read_the_same(void **state)
{
    uint8_t bytes[REPORT_MAX];
    size_t size = report_write(&full, bytes);

    (void)state;
    assert_true(read_bytes(bytes, size));
    assert_int_equal(told.senders, 1);
    assert_int_equal(told.sender, full.ssrc);
    assert_true(told.ntp == full.ntp);
    assert_int_equal(told.blocks, 1);
    assert_int_equal(told.from, full.ssrc);
    assert_int_equal(told.block[0].ssrc, heard.ssrc);
    assert_int_equal(told.block[0].fraction, heard.fraction);
    assert_int_equal(told.block[0].lost, heard.lost);
    assert_int_equal(told.block[0].highest, heard.highest);
    assert_int_equal(told.block[0].jitter, heard.jitter);
    assert_int_equal(told.block[0].last_sender, heard.last_sender);
    assert_int_equal(told.block[0].delay, heard.delay);
    assert_int_equal(told.byes, 1);
    assert_int_equal(told.gone[0], full.ssrc);
}

static void loss_has_24_bits_and_a_sign(void **state)
{
    static const int32_t losses[] = {0, 1, -1, 0x7fffff, -0x800000, 12345, -12345};

    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        struct report_heard block = heard;
        struct report report = {.ssrc = 1, .name = "n", .heard = &block};
        uint8_t bytes[REPORT_MAX];

        block.lost = losses[i];
        assert_true(read_bytes(bytes, report_write(&report, bytes)));
        assert_int_equal(told.block[0].lost, losses[i]);
        assert_int_equal(told.block[0].fraction, heard.fraction);
    }
}

/* 31 blocks about others and us, several sources in one BYE, packets of kinds that are none of
 * ours in between, and one that stands alone (RFC 5506). */
static void all_there_is_in_a_compound_is_read(void **state)
{
    uint8_t bytes[REPORT_TAKEN] = {0x9f, 201, 0, 1 + 31 * 6, 0, 0, 0, 5};
    static const uint8_t rest[] = {
        0x82, 204, 0,   3,   0,   0, 0, 5, 'n', 'a', 'm', 'e', 1, 2, 3, 4, /* APP */
        0x80, 207, 0,   1,   0,   0, 0, 5,                                 /* XR */
        0x81, 205, 0,   3,   0,   0, 0, 5, 0,   0,   0,   9,   0, 0, 0, 0, /* RTPFB */
        0x82, 203, 0,   4,   0,   0, 0, 5, 0,   0,   0,   6,               /* BYE */
        4,    'g', 'o', 'n', 'e', 0, 0, 0};
    size_t head = 8 + 31 * 24;

    (void)state;
    for (unsigned i = 0; i < 31; i++)
        bytes[8 + i * 24 + 3] = (uint8_t)(100 + i);
    memcpy(bytes + head, rest, sizeof rest);
    assert_true(read_bytes(bytes, head + sizeof rest));
    assert_int_equal(told.blocks, 31);
    assert_int_equal(told.from, 5);
    for (unsigned i = 0; i < 31; i++)
        assert_int_equal(told.block[i].ssrc, 100 + i);
    assert_int_equal(told.byes, 2);
    assert_int_equal(told.gone[0], 5);
    assert_int_equal(told.gone[1], 6);
    assert_true(read_bytes(bytes + head, 16));
    assert_int_equal(told.blocks + told.byes + told.senders, 0);
}

static void what_is_cut_or_counts_wrong_tells_nothing(void **state)
{
    uint8_t good[REPORT_MAX], bytes[REPORT_MAX];
    size_t size = report_write(&full, good);

    (void)state;
    for (size_t cut = 0; cut < size; cut++)
        if (cut != 52 && cut != 80) { /* at the seams it is a shorter one */
            assert_false(read_bytes(good, cut));
            assert_int_equal(told.senders + told.blocks + told.byes, 0);
        }
#define WRONG(place, value)                                          \
    do {                                                             \
        memcpy(bytes, good, size);                                   \
        bytes[place] = value;                                        \
        assert_false(read_bytes(bytes, size));                       \
        assert_int_equal(told.senders + told.blocks + told.byes, 0); \
    } while (0)
    WRONG(0, 0x41);  /* another version */
    WRONG(52, 0x01); /* of the second packet */
    WRONG(0, 0x82);  /* two blocks promised */
    WRONG(3, 11);    /* a word short, so the next one begins in the middle */
    WRONG(3, 255);   /* longer than all */
    WRONG(1, 199);   /* RTP */
    WRONG(1, 0);
    WRONG(80, 0x82); /* two sources promised in BYE */
#undef WRONG
}

/* Bytes that end where memory ends: one read too far is a crash. */
static void noise_of_all_kinds_is_never_read_past_its_end(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t good[REPORT_MAX];
    size_t whole = report_write(&full, good);
    unsigned taken = 0;

    (void)state;
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
    srand(7);
    for (int i = 0; i < 300000; i++) {
        size_t size = i % 2 ? whole : (size_t)(rand() % (i % 10 ? 100 : 1600));
        uint8_t *bytes = memory + page - size;

        if (i % 2) {
            memcpy(bytes, good, size);
            for (int k = rand() % 4; k >= 0; k--)
                bytes[(size_t)rand() % size] = (uint8_t)rand();
        } else {
            for (size_t k = 0; k < size; k++)
                bytes[k] = (uint8_t)rand();
            if (size >= 4) {
                bytes[0] = (uint8_t)(0x80 | (rand() & 0x3f));
                bytes[1] = (uint8_t)(200 + rand() % 8);
                bytes[2] = 0;
                bytes[3] = (uint8_t)(rand() % 3 ? size / 4 - 1 : (size_t)rand() % 40);
            }
        }
        taken += read_bytes(bytes, size);
    }
    assert_true(taken > 30000);
    munmap(memory, 2 * page);
}

/* ---- reception ---- */

static struct reception reception;

static struct report_heard take_report(void)
{
    struct report_heard now = {0};

    assert_true(reception_report(&reception, &now));
    return now;
}

static void take(uint16_t from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        reception_take(&reception, 5, (uint16_t)(from + i));
}

static void loss_is_told_of_all_and_of_late(void **state)
{
    struct report_heard now;

    (void)state;
    memset(&reception, 0, sizeof reception);
    assert_false(reception_report(&reception, &now));
    take(65500, 100); /* over the wrap */
    now = take_report();
    assert_int_equal(now.ssrc, 5);
    assert_int_equal(now.highest, 0x10000 + 63);
    assert_int_equal(now.lost, 0);
    assert_int_equal(now.fraction, 0);
    assert_false(reception_report(&reception, &now)); /* nothing came since */
    take(64 + 25, 75);                                /* 25 of 100 are not there */
    now = take_report();
    assert_int_equal(now.lost, 25);
    assert_int_equal(now.fraction, 64);
    take(64, 25); /* the lost ones come at last, and nothing new */
    now = take_report();
    assert_int_equal(now.lost, 0);
    assert_int_equal(now.fraction, 0);
    take(164, 100);
    now = take_report();
    assert_int_equal(now.lost, 0);
    assert_int_equal(now.fraction, 0);
    assert_int_equal(now.highest, 0x10000 + 263);
    take(264, 1);
    for (int i = 0; i < 30; i++)
        take(264, 1); /* copies */
    now = take_report();
    assert_int_equal(now.lost, -30);
    assert_int_equal(now.fraction, 0);
}

static void another_source_and_a_jump_begin_anew(void **state)
{
    struct report_heard now;

    (void)state;
    memset(&reception, 0, sizeof reception);
    take(10, 10);
    take(40, 10); /* 20 lost */
    reception_take(&reception, 6, 7);
    now = take_report();
    assert_int_equal(now.ssrc, 6);
    assert_int_equal(now.highest, 7);
    assert_int_equal(now.lost, 0);
    take(10, 2);
    take(20000, 2);
    now = take_report();
    assert_int_equal(now.highest, 20001);
    assert_int_equal(now.lost, 0);
    take(19000, 1); /* back */
    now = take_report();
    assert_int_equal(now.highest, 19000);
    take(21001, 1); /* 2,000 were lost in a burst: that is no jump */
    now = take_report();
    assert_int_equal(now.lost, 2000);
    assert_int_equal(now.fraction, 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_report_is_written_as_the_rfc_has_it),
        cmocka_unit_test(who_only_listens_writes_a_receiver_report),
        cmocka_unit_test(a_name_of_any_length_fills_whole_words),
        cmocka_unit_test(what_is_written_is_read_the_same),
        cmocka_unit_test(loss_has_24_bits_and_a_sign),
        cmocka_unit_test(all_there_is_in_a_compound_is_read),
        cmocka_unit_test(what_is_cut_or_counts_wrong_tells_nothing),
        cmocka_unit_test(noise_of_all_kinds_is_never_read_past_its_end),
        cmocka_unit_test(loss_is_told_of_all_and_of_late),
        cmocka_unit_test(another_source_and_a_jump_begin_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* When the bench's load hears a burst, and what it hears of Opus. */
#include "audio/g711.h"
#include "bench/load/burst.h"
#include "bench/load/unpack.h"

#include <opus/opus.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MS = 1000000, PACKET = 400 };

static struct burst burst;
static uint8_t silence[SONG_FRAME];
static struct burst_ear ear;

static int set_up(void **state)
{
    (void)state;
    burst_compose(&burst);
    memset(silence, 0xff, sizeof silence);
    memset(&ear, 0, sizeof ear);
    return 0;
}

static int64_t hear(const uint8_t *frame, int64_t sent, int64_t arrived)
{
    return burst_hear(&ear, frame, sent, arrived);
}

static void hush(unsigned frames)
{
    while (frames--)
        assert_int_equal(hear(silence, 5 * MS, 6 * MS), -1);
}

static void a_burst_comes_once_a_second_and_ends(void **state)
{
    (void)state;
    for (unsigned room = 0; room < 60; room++) {
        unsigned begins = 0, sounds = 0;

        for (uint32_t frame = 0; frame < 10 * BURST_EVERY; frame++) {
            begins += burst_begins(room, frame);
            sounds += burst_sounds(room, frame);
            assert_true(!burst_begins(room, frame) || burst_sounds(room, frame));
        }
        assert_int_equal(begins, 10);
        assert_int_equal(sounds, 30);
    }
}

static void a_burst_is_told_once_with_its_delay(void **state)
{
    (void)state;
    hush(3);
    assert_int_equal(hear(burst.frame, 100 * MS, 112 * MS), 12 * MS);
    assert_int_equal(hear(burst.frame, 100 * MS, 132 * MS), -1);
    assert_int_equal(ear.heard, 1);
    hush(10);
    assert_int_equal(hear(burst.frame, 1100 * MS, 1111 * MS), 11 * MS);
    assert_int_equal(ear.heard, 2);
}

static void a_burst_in_the_middle_of_a_packet_is_later_by_its_place(void **state)
{
    uint8_t frame[SONG_FRAME];
    (void)state;

    memcpy(frame, silence, sizeof frame);
    memcpy(frame + 40, burst.frame, sizeof frame - 40);
    hush(3);
    assert_int_equal(hear(frame, 100 * MS, 101 * MS), 6 * MS);
}

static void what_was_never_sent_is_not_heard(void **state)
{
    (void)state;
    hush(3);
    assert_int_equal(hear(burst.frame, 0, 100 * MS), -1);
    assert_int_equal(hear(burst.frame, 90 * MS, 100 * MS), -1); /* nothing was silent before */
    hush(2);
    assert_int_equal(hear(burst.frame, 90 * MS, 100 * MS), -1); /* a hole in the last one */
    assert_int_equal(ear.heard, 0);
}

/* A tone of a room in Opus, packet by packet. */
struct stage {
    struct song song;
    OpusEncoder *encoder;
    struct unpack unpack;
    uint16_t number;
};

static int open_stage(void **state)
{
    static struct stage stage;
    int err;

    memset(&stage, 0, sizeof stage);
    song_compose(&stage.song, 2);
    stage.encoder = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, &err);
    *state = &stage;
    return stage.encoder ? 0 : -1;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;

    opus_encoder_destroy(stage->encoder);
    unpack_close(&stage->unpack);
    return 0;
}

static bool send(struct stage *stage, unsigned tone, int16_t samples[SONG_FRAME])
{
    uint8_t packet[PACKET];
    int16_t frame[SONG_FRAME];

    g711_ulaw_decode(frame, stage->song.frames[tone], SONG_FRAME);
    int size = opus_encode(stage->encoder, frame, SONG_FRAME, packet, sizeof packet);

    assert_true(size > 0);
    return unpack_take(&stage->unpack, packet, (size_t)size, stage->number++, samples);
}

static void the_sixth_packet_of_a_row_is_listened_to(void **state)
{
    struct stage *stage = *state;
    int16_t samples[SONG_FRAME];
    uint64_t clear, faint;

    for (unsigned i = 1; i <= 12; i++)
        assert_int_equal(send(stage, 7, samples), i % 6 == 0);
    song_listen(&stage->song, samples, &clear, &faint);
    assert_int_equal(clear, 1ull << 7);
    assert_int_equal(faint, clear);
}

static void a_row_with_a_hole_begins_anew(void **state)
{
    struct stage *stage = *state;
    int16_t samples[SONG_FRAME];

    for (unsigned i = 0; i < 5; i++)
        assert_false(send(stage, 7, samples));
    stage->number++;
    for (unsigned i = 1; i <= 6; i++)
        assert_int_equal(send(stage, 7, samples), i == 6);
}

static void what_is_no_opus_is_not_listened_to(void **state)
{
    static const uint8_t rubbish[] = {0xff, 0xff, 0xff};
    struct stage *stage = *state;
    int16_t samples[SONG_FRAME];

    for (uint16_t i = 0; i < 20; i++)
        assert_false(unpack_take(&stage->unpack, rubbish, sizeof rubbish, i, samples));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_burst_comes_once_a_second_and_ends, set_up),
        cmocka_unit_test_setup(a_burst_is_told_once_with_its_delay, set_up),
        cmocka_unit_test_setup(a_burst_in_the_middle_of_a_packet_is_later_by_its_place, set_up),
        cmocka_unit_test_setup(what_was_never_sent_is_not_heard, set_up),
        cmocka_unit_test_setup_teardown(the_sixth_packet_of_a_row_is_listened_to, open_stage,
                                        close_stage),
        cmocka_unit_test_setup_teardown(a_row_with_a_hole_begins_anew, open_stage, close_stage),
        cmocka_unit_test_setup_teardown(what_is_no_opus_is_not_listened_to, open_stage,
                                        close_stage),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

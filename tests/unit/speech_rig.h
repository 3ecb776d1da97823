/* speech_rig.h: a loop, a speech on it, and those who wait for what it says. */
#ifndef OFFHOOK_TESTS_SPEECH_RIG_H
#define OFFHOOK_TESTS_SPEECH_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "speech/speech.h"

enum { RATE = 8000 };

struct room {
    struct loop *loop;
    struct speech *speech; /* NULL: stopped */
    size_t alive;
};

/* What one who waits was told. */
struct heard {
    unsigned times;
    struct sound *sound; /* our reference */
    char reason[SPEECH_REASON];
};

static inline void on_sound(struct sound *sound, const char *reason, void *arg)
{
    struct heard *heard = arg;

    heard->times++;
    heard->sound = mem_ref(sound);
    snprintf(heard->reason, sizeof heard->reason, "%s", reason ? reason : "");
}

static inline void wait_for(struct room *room, const struct heard *heard)
{
    for (int i = 0; i < 6000 && !heard->times; i++)
        loop_wait(room->loop, 10);
    assert_int_equal(heard->times, 1);
}

static inline void start(struct room *room, unsigned rate, size_t cache)
{
    struct speech_conf conf = {.loop = room->loop, .rate = rate, .cache = cache};

    assert_int_equal(speech_start(&room->speech, &conf), 0);
}

static inline void stop(struct room *room)
{
    speech_stop(room->speech);
    room->speech = NULL;
    loop_run(room->loop);
}

static inline int set_up(void **state)
{
    struct room *room = calloc(1, sizeof *room);

    room->alive = mem_alive();
    assert_int_equal(loop_alloc(&room->loop), 0);
    start(room, RATE, 16 << 20);
    *state = room;
    return 0;
}

static inline int tear_down(void **state)
{
    struct room *room = *state;

    if (room->speech)
        stop(room);
    mem_unref(room->loop);
    assert_int_equal(mem_alive(), room->alive);
    free(room);
    return 0;
}

/* Until it grows no more. */
static inline void wait_for_all_of(struct room *room, const struct sound *sound)
{
    for (int i = 0; i < 30000 && sound_state(sound) == SOUND_GROWING; i++)
        loop_wait(room->loop, 10);
    assert_int_not_equal(sound_state(sound), SOUND_GROWING);
    loop_run(room->loop);
}

/* The whole sound of a request, ours to release; it must come. */
static inline struct sound *sound_of(struct room *room, const struct speech_request *request)
{
    struct heard heard = {0};

    assert_int_equal(speech_say(room->speech, request, on_sound, &heard), 0);
    assert_int_equal(heard.times, 0); /* never within the call */
    wait_for(room, &heard);
    if (!heard.sound)
        fail_msg("\"%s\": %s", request->text, heard.reason);
    assert_string_equal(heard.reason, "");
    wait_for_all_of(room, heard.sound);
    assert_int_equal(sound_state(heard.sound), SOUND_WHOLE);
    return heard.sound;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif

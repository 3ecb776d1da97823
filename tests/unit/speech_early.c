/* speech_early.c: a sound is told with its first clause and grows while it is heard; no text waits
 * for another to be said to its end; only whole ones are kept. */
#include "speech_rig.h"

#include "player/player.h"

#define SENTENCE "Please hold the line, we are connecting you to one of our people. "

/* A text of nearly 1500 characters, one of its own for each n. */
static const char *long_text(unsigned n)
{
    static char text[SPEECH_TEXT_MAX];

    snprintf(text, sizeof text, "Number %u, good day. ", n);
    while (strlen(text) + strlen(SENTENCE) < sizeof text)
        strcat(text, SENTENCE);
    return text;
}

static void say(struct room *room, const char *text, struct heard *heard)
{
    struct speech_request request = {.text = text};

    assert_int_equal(speech_say(room->speech, &request, on_sound, heard), 0);
}

/* [samples] of what was there when it was told. */
static size_t told_length;

static void on_early(struct sound *sound, const char *reason, void *arg)
{
    told_length = sound ? sound_length(sound) : 0;
    on_sound(sound, reason, arg);
}

static void test_a_long_text_begins_early(void **state)
{
    struct room *room = *state;
    struct speech_request request = {.text = long_text(1)};
    struct heard heard = {0};

    assert_int_equal(speech_say(room->speech, &request, on_early, &heard), 0);
    wait_for(room, &heard);
    assert_non_null(heard.sound);
    assert_true(told_length >= RATE / 5);
    wait_for_all_of(room, heard.sound);
    assert_int_equal(sound_state(heard.sound), SOUND_WHOLE);
    assert_true(sound_length(heard.sound) > 60 * RATE);
    mem_unref(heard.sound);
}

enum { MANY = 50 };

static void test_nobody_waits_for_the_end_of_others(void **state)
{
    static struct heard many[MANY];
    struct room *room = *state;
    struct heard one = {0};
    unsigned growing = 0;

    memset(many, 0, sizeof many);
    for (unsigned i = 0; i < MANY; i++)
        say(room, long_text(i), &many[i]);
    for (unsigned i = 0; i < MANY; i++)
        wait_for(room, &many[i]);
    say(room, "And who am I?", &one);
    wait_for(room, &one);
    for (unsigned i = 0; i < MANY; i++)
        growing += sound_state(many[i].sound) == SOUND_GROWING;
    assert_true(growing > 0);
    for (unsigned i = 0; i < MANY; i++)
        mem_unref(many[i].sound);
    mem_unref(one.sound);
}

/* Who asks for what is being said joins it, and so does who asks later. */
static void test_a_growing_sound_is_shared(void **state)
{
    struct room *room = *state;
    struct heard one = {0}, two = {0}, three = {0};

    say(room, long_text(1), &one);
    wait_for(room, &one);
    say(room, long_text(1), &two);
    wait_for(room, &two);
    assert_ptr_equal(one.sound, two.sound);
    wait_for_all_of(room, one.sound);
    say(room, long_text(1), &three);
    wait_for(room, &three);
    assert_ptr_equal(one.sound, three.sound);
    mem_unref(one.sound);
    mem_unref(two.sound);
    mem_unref(three.sound);
}

/* The stop cuts: a player comes to an end then, even one that would loop. */
static void test_the_stop_cuts_what_grows(void **state)
{
    static struct heard many[MANY];
    struct room *room = *state;
    unsigned cut = 0;

    memset(many, 0, sizeof many);
    for (unsigned i = 0; i < MANY; i++)
        say(room, long_text(i), &many[i]);
    for (unsigned i = 0; i < MANY; i++)
        wait_for(room, &many[i]);
    stop(room);
    for (unsigned i = 0; i < MANY; i++) {
        struct player player;
        int16_t frame[RATE];
        size_t frames = 1;

        cut += sound_state(many[i].sound) == SOUND_CUT;
        if (sound_state(many[i].sound) == SOUND_CUT) {
            player_start(&player, many[i].sound, 0, 0);
            while (player_mix(&player, frame, RATE))
                frames++;
            assert_int_equal(frames, (sound_length(many[i].sound) + RATE) / RATE);
            player_reset(&player);
        }
        mem_unref(many[i].sound);
    }
    assert_true(cut > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_long_text_begins_early),
        CASE(test_nobody_waits_for_the_end_of_others),
        CASE(test_a_growing_sound_is_shared),
        CASE(test_the_stop_cuts_what_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

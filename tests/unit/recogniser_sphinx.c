/* recogniser_sphinx.c: speech as text by PocketSphinx, which hears what espeak-ng says. */
#include "recogniser_voice.h"

#include <sys/stat.h>

static const char *const hints[] = {"Yes, please",   "no",   "operator", "pay my bill",
                                    "flight status", "four", "42",       "speak to an agent"};
enum { HINTS = sizeof hints / sizeof *hints };

static struct recogniser_request with_hints(const struct room *room)
{
    struct recogniser_request request = room_request(room);

    request.context = hints;
    request.context_count = HINTS;
    return request;
}

static int set_up_model(void **state)
{
    struct room *room;

    set_up(state);
    room = *state;
    room->conf.model = MODEL;
    room->conf.timeout = 600000; /* the machine may have other things to do */
    room_begin(room);
    return 0;
}

static void hears_hints(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = with_hints(room);

    assert_true(recogniser_has(room->recogniser));
    for (unsigned style = 0; style <= 4; style += 4) {
        for (unsigned i = 0; i < HINTS; i++) {
            struct heard heard;

            utter(room, strcmp(hints[i], "42") == 0 ? "four two" : hints[i], style, 1);
            room_hear(room, &request, &heard);
            assert_false(heard.failed);
            assert_int_equal(heard.count, 1);
            assert_string_equal(heard.results[0].text, hints[i]);
            assert_true(heard.results[0].confidence >= 0.7 && heard.results[0].confidence <= 1);
        }
    }
}

/* Hints are likely, not all there is: another sentence is none of them. */
static void hears_what_is_no_hint(void **state)
{
    static const char *const others[] = {"the weather is fine and people are happy in the park",
                                         "could you tell me the opening hours"};
    struct room *room = *state;
    struct recogniser_request request = with_hints(room);

    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        struct heard heard;

        utter(room, others[k], 0, 1);
        room_hear(room, &request, &heard);
        assert_false(heard.failed);
        assert_int_equal(heard.count, 1);
        for (unsigned i = 0; i < HINTS; i++)
            assert_string_not_equal(heard.results[0].text, hints[i]);
    }
}

/* Without hints the language model guesses. The same sound is the same text, whatever was
 * heard in between. */
static void hears_without_hints(void **state)
{
    struct room *room = *state;
    struct recogniser_request plain = room_request(room), hinted = with_hints(room);
    struct heard first, between, second;
    char path[80];

    utter(room, "no", 0, 1);
    room_hear(room, &plain, &first);
    assert_int_equal(first.count, 1);
    assert_string_equal(first.results[0].text, "no");
    assert_true(first.results[0].confidence > 0 && first.results[0].confidence <= 1);
    snprintf(path, sizeof path, "%s.first", room->path);
    assert_int_equal(rename(room->path, path), 0);
    utter(room, "flight status", 4, 1); /* espeak-ng says nothing twice in exactly the same way */
    room_hear(room, &hinted, &between);
    room_hear(room, &plain, &between);
    assert_int_equal(rename(path, room->path), 0);
    room_hear(room, &plain, &second);
    assert_int_equal(second.count, 1);
    assert_string_equal(second.results[0].text, first.results[0].text);
    assert_true(second.results[0].confidence == first.results[0].confidence);
}

/* Hints without a word that is known are no hints. */
static void forgets_unknown_words(void **state)
{
    static const char *const unknown[] = {"xyzzyx", "!"};
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    utter(room, "no", 0, 1);
    request.context = unknown;
    request.context_count = 2;
    room_hear(room, &request, &heard);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.results[0].text, "no");
}

static void hears_nothing_in_silence(void **state)
{
    static int16_t samples[2 * WAVE_HZ];
    struct room *room = *state;
    struct recogniser_request request = with_hints(room);
    struct heard heard;
    uint32_t noise = 1;

    wave_write(room->path, samples, 2 * WAVE_HZ, WAVE_HZ, 1);
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 0);
    for (int i = 0; i < 2 * WAVE_HZ; i++) { /* of a quiet line */
        noise = noise * 1664525 + 1013904223;
        samples[i] = (int16_t)((int)(noise >> 16) % 40 - 20);
    }
    wave_write(room->path, samples, 2 * WAVE_HZ, WAVE_HZ, 1);
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 0);
    wave_write(room->path, samples, 0, WAVE_HZ, 1);
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    assert_int_equal(heard.count, 0);
}

static void hears_loud_noise_to_its_end(void **state)
{
    static int16_t samples[3 * WAVE_HZ];
    struct room *room = *state;
    struct recogniser_request request = with_hints(room);
    struct heard heard;
    uint32_t noise = 1;

    for (int i = 0; i < 3 * WAVE_HZ; i++) {
        noise = noise * 1664525 + 1013904223;
        samples[i] = (int16_t)(noise >> 16);
    }
    wave_write(room->path, samples, 3 * WAVE_HZ, WAVE_HZ, 1);
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    wave_write(room->path, samples, 7, WAVE_HZ, 1); /* less than a frame */
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
    wave_write(room->path, samples, 200, WAVE_HZ, 1); /* about one */
    room_hear(room, &request, &heard);
    assert_false(heard.failed);
}

static void knows_english_only(void **state)
{
    static const char *const others[] = {"de-DE", "sv", "enm-GB", "es-419"};
    struct room *room = *state;
    struct recogniser_request request = with_hints(room);
    struct heard heard;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        request.language = others[i];
        room_hear(room, &request, &heard);
        assert_string_equal(heard.error, RECOGNISER_UNKNOWN_LANGUAGE);
    }
    utter(room, "no", 0, 1);
    request.language = "en-GB";
    room_hear(room, &request, &heard);
    assert_string_equal(heard.results[0].text, "no");
}

static void tells_of_a_bad_file(void **state)
{
    static int16_t samples[2 * WAVE_HZ];
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard;

    room_hear(room, &request, &heard); /* "RIFF, for instance" */
    assert_string_equal(heard.error, RECOGNISER_UNREADABLE);
    wave_write(room->path, samples, 2 * WAVE_HZ, 8000, 1);
    room_hear(room, &request, &heard);
    assert_non_null(strstr(heard.error, RECOGNISER_UNREADABLE ": it is not a WAV file, mono"));
    wave_write(room->path, samples, 2 * WAVE_HZ, WAVE_HZ, 2);
    room_hear(room, &request, &heard);
    assert_non_null(strstr(heard.error, ": it is not"));
    request.path = "/tmp/offhook-none/such.wav";
    room_hear(room, &request, &heard);
    assert_string_equal(heard.error, RECOGNISER_UNREADABLE);
}

/* The deadline ends a long utterance too; then the next has its turn. */
static void a_deadline_frees_the_turn(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room), next = with_hints(room);
    struct heard slow, heard;
    char path[80];

    utter(room, "could you tell me the opening hours", 0, 12);
    room->conf.timeout = 50;
    room_hear(room, &request, &slow);
    assert_string_equal(slow.error, RECOGNISER_SLOW);
    room->conf.timeout = 600000;
    snprintf(path, sizeof path, "%s.long", room->path);
    assert_int_equal(rename(room->path, path), 0);
    utter(room, "operator", 0, 1);
    room_hear(room, &next, &heard);
    assert_string_equal(heard.results[0].text, "operator");
    assert_int_equal(slow.times, 1);
    unlink(path);
}

static void stops_while_it_hears(void **state)
{
    struct room *room = *state;
    struct recogniser_request request = room_request(room);
    struct heard heard[3] = {0};

    utter(room, "could you tell me the opening hours", 0, 12);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(recogniser_ask(room->recogniser, &request, on_heard, &heard[i]), 0);
    usleep(100000); /* so that it has mostly begun; it must not matter */
    room_end(room);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(heard[i].times, 1);
        assert_string_equal(heard[i].error, RECOGNISER_ENDED);
    }
}

/* Folders that hold no model, or a broken one. */
static void starts_with_a_model_only(void **state)
{
    char folder[] = "/tmp/offhook-model-XXXXXX", command[128];
    struct room *room = *state;
    struct recogniser_conf conf = {room->loop, room->fetch, &room->conf};

    assert_non_null(mkdtemp(folder));
    room->conf.model = folder;
    assert_int_equal(recogniser_start(&room->recogniser, &conf), ENOENT);
    snprintf(command, sizeof command, "mkdir %s/en-us && ln -s %s/cmudict-en-us.dict %s", folder,
             MODEL, folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(recogniser_start(&room->recogniser, &conf), ENOENT);
    assert_null(room->recogniser);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

#define HEAR(test) cmocka_unit_test_setup_teardown(test, set_up_model, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEAR(hears_hints),
        HEAR(hears_what_is_no_hint),
        HEAR(hears_without_hints),
        HEAR(forgets_unknown_words),
        HEAR(hears_nothing_in_silence),
        HEAR(hears_loud_noise_to_its_end),
        HEAR(knows_english_only),
        HEAR(tells_of_a_bad_file),
        HEAR(a_deadline_frees_the_turn),
        HEAR(stops_while_it_hears),
        CASE(starts_with_a_model_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

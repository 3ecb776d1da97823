/* loader_cache.c: sounds by name and URL: loaded once for all who wait, kept as long as
 * they may be, told in every case. The network is of paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/goertzel.h"
#include "base/mem.h"
#include "player/loader.h"

#define URL "http://x.example/a.wav"

enum { SAMPLES = 800, WAV = 44 + 2 * SAMPLES };

static struct {
    fetch_h *done;
    void *arg;
    unsigned count;
    char conditions[200];
} asked;

int fetch_ask(struct fetch *fetch, const struct fetch_request *request, struct loop *loop,
              fetch_h *done, void *arg)
{
    (void)fetch, (void)loop;
    assert_false(request->trusted);
    asked.done = done;
    asked.arg = arg;
    asked.count++;
    asked.conditions[0] = '\0';
    for (const char *const *pair = request->headers; pair[0]; pair += 2) {
        strcat(asked.conditions, pair[0]);
        strcat(asked.conditions, ": ");
        strcat(asked.conditions, pair[1]);
        strcat(asked.conditions, "\n");
    }
    return 0;
}

static void put(unsigned char **to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *(*to)++ = (unsigned char)(value >> 8 * i);
}

static void make_wav(unsigned char wav[WAV])
{
    unsigned char *to = wav;

    memcpy(to, "RIFF", 4);
    to += 4;
    put(&to, WAV - 8, 4);
    memcpy(to, "WAVEfmt ", 8);
    to += 8;
    put(&to, 16, 4);
    put(&to, 1, 2);
    put(&to, 1, 2);
    put(&to, 8000, 4);
    put(&to, 16000, 4);
    put(&to, 2, 2);
    put(&to, 16, 2);
    memcpy(to, "data", 4);
    to += 4;
    put(&to, 2 * SAMPLES, 4);
    for (int i = 0; i < SAMPLES; i++)
        put(&to, (uint32_t)(i * 7), 2);
}

struct room {
    struct loop *loop;
    struct loader *loader;
    char folder[64];
    size_t alive;
};

/* What one who waits was told. */
struct heard {
    unsigned times;
    size_t length;
    char reason[200];
};

static void on_sound(struct sound *sound, const char *reason, void *arg)
{
    struct heard *heard = arg;

    heard->times++;
    heard->length = sound ? sound->length : 0;
    snprintf(heard->reason, sizeof heard->reason, "%s", reason ? reason : "");
}

static void wait_for(struct room *room, const struct heard *heard)
{
    for (int i = 0; i < 1000 && !heard->times; i++)
        loop_wait(room->loop, 10);
    assert_int_equal(heard->times, 1);
}

static void reply_with(const void *body, size_t size, const char *type)
{
    struct fetch_reply got = {.error = "",
                              .status = 200,
                              .content_type = type,
                              .cache_control = "",
                              .body = body,
                              .size = size};

    asked.done(&got, asked.arg);
}

static void reply(int status, const char *control)
{
    unsigned char wav[WAV];
    struct fetch_reply got = {.error = "",
                              .status = status,
                              .content_type = "audio/wav",
                              .cache_control = control,
                              .body = (const char *)wav,
                              .size = sizeof wav};

    make_wav(wav);
    asked.done(&got, asked.arg);
}

static void start(struct room *room, size_t cache)
{
    struct loader_conf conf = {.loop = room->loop, .sounds = room->folder, .rate = 8000};

    conf.cache = cache;
    assert_int_equal(loader_start(&room->loader, &conf), 0);
}

static int set_up(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    unsigned char wav[WAV];
    char name[128];
    FILE *file;

    memset(&asked, 0, sizeof asked);
    room->alive = mem_alive();
    snprintf(room->folder, sizeof room->folder, "loader_cache.%ld", (long)getpid());
    mkdir(room->folder, 0700);
    snprintf(name, sizeof name, "%s/8000", room->folder);
    mkdir(name, 0700);
    snprintf(name, sizeof name, "%s/8000/beep.wav", room->folder);
    make_wav(wav);
    file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(wav, 1, sizeof wav, file), sizeof wav);
    fclose(file);
    assert_int_equal(loop_alloc(&room->loop), 0);
    start(room, 1 << 20);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;
    char name[128];

    if (room->loader)
        loader_stop(room->loader);
    loop_run(room->loop);
    mem_unref(room->loop);
    assert_int_equal(mem_alive(), room->alive);
    snprintf(name, sizeof name, "%s/8000/beep.wav", room->folder);
    unlink(name);
    snprintf(name, sizeof name, "%s/8000", room->folder);
    rmdir(name);
    rmdir(room->folder);
    free(room);
    return 0;
}

static void test_one_load_for_all(void **state)
{
    struct room *room = *state;
    struct heard one = {0}, two = {0}, three = {0};

    assert_int_equal(loader_load(room->loader, "sound:beep", on_sound, &one), 0);
    assert_int_equal(loader_load(room->loader, "sound:beep", on_sound, &two), 0);
    wait_for(room, &one);
    wait_for(room, &two);
    assert_int_equal(one.length, SAMPLES);
    assert_int_equal(two.length, SAMPLES);
    assert_int_equal(loader_load(room->loader, "sound:beep", on_sound, &three), 0);
    assert_int_equal(three.times, 0); /* never within the call */
    wait_for(room, &three);
    assert_int_equal(three.length, SAMPLES);
}

static void test_what_is_not_there(void **state)
{
    struct room *room = *state;
    struct heard one = {0}, two = {0};

    assert_int_equal(loader_load(room->loader, "sound:none", on_sound, &one), 0);
    wait_for(room, &one);
    assert_int_equal(one.length, 0);
    assert_non_null(strstr(one.reason, "sound:none"));
    assert_int_equal(loader_load(room->loader, "sound:../beep", on_sound, &two), EINVAL);
    assert_int_equal(loader_load(room->loader, "sound:", on_sound, &two), EINVAL);
    assert_int_equal(loader_load(room->loader, "sound:8000/beep", on_sound, &two), EINVAL);
    loop_run(room->loop);
    assert_int_equal(two.times, 0);
}

static void test_a_reply_is_kept_as_it_says(void **state)
{
    static const struct {
        const char *control;
        unsigned questions; /* of two loads */
    } cases[] = {{"max-age=60", 1}, {"", 1},           {"no-store", 2}, {"max-age=0", 2},
                 {"no-cache", 2},   {"max-age=-5", 2}, {"public", 1},   {"max-age=1000000000", 1}};
    struct room *room = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard one = {0}, two = {0};
        char url[64];

        snprintf(url, sizeof url, URL "?%zu", i);
        asked.count = 0;
        assert_int_equal(loader_load(room->loader, url, on_sound, &one), 0);
        reply(200, cases[i].control);
        wait_for(room, &one);
        assert_int_equal(one.length, SAMPLES);
        assert_int_equal(loader_load(room->loader, url, on_sound, &two), 0);
        if (asked.count == 2)
            reply(200, cases[i].control);
        wait_for(room, &two);
        assert_int_equal(two.length, SAMPLES);
        assert_int_equal(asked.count, cases[i].questions);
    }
}

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void reply_tagged(int status, const char *control, const char *etag, const char *modified)
{
    unsigned char wav[WAV];
    struct fetch_reply got = {.error = "",
                              .status = status,
                              .content_type = "",
                              .cache_control = control,
                              .etag = etag,
                              .last_modified = modified,
                              .body = status == 200 ? (const char *)wav : "",
                              .size = status == 200 ? sizeof wav : 0};

    make_wav(wav);
    asked.done(&got, asked.arg);
}

static struct sound *last_sound; /* borrowed, only to be compared */

static void on_renewed(struct sound *sound, const char *reason, void *arg)
{
    on_sound(sound, reason, arg);
    last_sound = sound;
}

/* The sound of the URL, which takes `questions`, the last with such conditions. */
static struct sound *load_tagged(struct room *room, const char *url, const char *conditions,
                                 int status, const char *control, const char *etag,
                                 const char *modified)
{
    struct heard one = {0}, two = {0};

    asked.count = 0;
    asked.conditions[0] = '\0';
    last_sound = NULL;
    assert_int_equal(loader_load(room->loader, url, on_sound, &one), 0);
    assert_int_equal(loader_load(room->loader, url, on_renewed, &two), 0);
    assert_int_equal(asked.count, conditions ? 1 : 0);
    if (conditions) {
        assert_string_equal(asked.conditions, conditions);
        reply_tagged(status, control, etag, modified);
    }
    wait_for(room, &one);
    wait_for(room, &two);
    return last_sound;
}

static void test_a_stale_sound_is_asked_about(void **state)
{
    struct room *room = *state;
    struct sound *first = load_tagged(room, URL, "", 200, "max-age=0", "\"a\"", DATE), *second;

    mem_ref(first);
    second = load_tagged(room, URL, "If-None-Match: \"a\"\nIf-Modified-Since: " DATE "\n", 304,
                         "no-cache", "\"a2\"", "");
    assert_ptr_equal(first, second);
    second = load_tagged(room, URL, "If-None-Match: \"a2\"\n", 304, "max-age=60", "", "");
    assert_ptr_equal(first, second);
    second = load_tagged(room, URL, NULL, 0, "", "", "");
    assert_ptr_equal(first, second);
    mem_unref(first);
}

static void test_another_sound_takes_its_place(void **state)
{
    struct room *room = *state;
    struct sound *first = mem_ref(load_tagged(room, URL, "", 200, "no-cache", "", DATE)), *second;

    second =
        load_tagged(room, URL, "If-Modified-Since: " DATE "\n", 200, "no-cache", "W/\"b\"", "");
    assert_ptr_not_equal(first, second);
    assert_int_equal(mem_count(first), 1);
    mem_unref(first);
    first = load_tagged(room, URL, "If-None-Match: W/\"b\"\n", 304, "max-age=60", "", "");
    assert_ptr_equal(first, second);
}

/* What is gone is gone, and what must not be kept is not. */
static void test_what_is_not_kept_is_not_asked_about(void **state)
{
    struct room *room = *state;

    load_tagged(room, URL, "", 200, "max-age=0", "\"a\"", "");
    assert_null(load_tagged(room, URL, "If-None-Match: \"a\"\n", 404, "", "", ""));
    assert_non_null(load_tagged(room, URL, "", 200, "no-store", "\"a\"", DATE));
    assert_non_null(load_tagged(room, URL, "", 200, "max-age=0", "", ""));
    assert_null(load_tagged(room, URL, "", 304, "", "\"a\"", "")); /* of what? */
    loader_stop(room->loader);
    start(room, 1);
    assert_non_null(load_tagged(room, URL, "", 200, "max-age=0", "\"a\"", ""));
    assert_non_null(load_tagged(room, URL, "", 200, "max-age=60", "\"a\"", "")); /* too big */
}

static void test_a_stop_while_it_is_asked_about(void **state)
{
    struct room *room = *state;
    struct heard heard = {0};

    load_tagged(room, URL, "", 200, "no-cache", "\"a\"", "");
    loader_load(room->loader, URL, on_sound, &heard);
    loader_stop(room->loader);
    room->loader = NULL;
    assert_int_equal(heard.times, 1);
    reply_tagged(304, "", "", "");
    assert_int_equal(heard.times, 1);
}

static struct sound *growing; /* our reference */
static size_t told_length;

static void on_growing(struct sound *sound, const char *reason, void *arg)
{
    on_sound(sound, reason, arg);
    growing = mem_ref(sound);
    told_length = sound_length(sound);
}

/* A minute is told when its beginning has been decoded, at the latest, and then becomes whole. */
static void test_a_long_sound_begins_early(void **state)
{
    enum { LONG = 60 * 8000 };
    struct room *room = *state;
    unsigned char *wav = calloc(1, 44 + 2 * LONG), head[WAV], *to = wav + 4;
    struct heard one = {0}, two = {0};

    make_wav(head);
    memcpy(wav, head, 44);
    put(&to, 36 + 2 * LONG, 4);
    to = wav + 40;
    put(&to, 2 * LONG, 4);
    for (int i = 0; i < LONG; i++)
        put(&to, (uint32_t)(i % 30000), 2);
    loader_load(room->loader, URL, on_growing, &one);
    reply_with(wav, 44 + 2 * LONG, "");
    free(wav);
    wait_for(room, &one);
    assert_true(told_length >= 8000);
    for (int i = 0; i < 6000 && sound_state(growing) == SOUND_GROWING; i++)
        loop_wait(room->loop, 10);
    assert_int_equal(sound_state(growing), SOUND_WHOLE);
    assert_int_equal(sound_length(growing), LONG);
    for (int i = 0; i < LONG; i++)
        assert_int_equal(growing->samples[i], i % 30000);
    loop_run(room->loop);
    loader_load(room->loader, URL, on_sound, &two);
    wait_for(room, &two);
    assert_int_equal(asked.count, 1);
    mem_unref(growing);
}

/* A second of 500 Hz as an MP3 file; its size [bytes]. */
static size_t make_mp3(const char *path, unsigned char *bytes, size_t room)
{
    SF_INFO info = {
        .format = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, .samplerate = 44100, .channels = 2};
    SNDFILE *out = sf_open(path, SFM_WRITE, &info);
    FILE *file;
    size_t size;

    assert_non_null(out);
    for (int i = 0; i < 44100; i++) {
        float both[2] = {(float)(0.5 * sin(2 * M_PI * 500 * i / 44100))};

        both[1] = both[0];
        assert_int_equal(sf_writef_float(out, both, 1), 1);
    }
    assert_int_equal(sf_close(out), 0);
    file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(bytes, 1, room, file);
    fclose(file);
    unlink(path);
    return size;
}

static void on_tone(struct sound *sound, const char *reason, void *arg)
{
    on_sound(sound, reason, arg);
    assert_non_null(sound);
    assert_int_equal(sound->rate, 8000);
    assert_in_range(sound->length, 7500, 9000);
    assert_true(goertzel_share(sound->samples + 2000, 4000, 8000, 500) > 0.99);
    assert_true(fabs(goertzel_amplitude(sound->samples + 2000, 4000, 8000, 500) - 16384) < 800);
}

/* Whatever the server calls it: the bytes tell. */
static void test_an_mp3_from_a_url(void **state)
{
    static const char *const types[] = {"audio/mpeg", "audio/mp3", "application/octet-stream",
                                        "audio/wav", ""};
    static unsigned char mp3[200000];
    struct room *room = *state;
    char path[128], url[64];
    size_t size;

    snprintf(path, sizeof path, "%s/tone.mp3", room->folder);
    size = make_mp3(path, mp3, sizeof mp3);
    assert_true(size > 1000 && memcmp(mp3, "RIFF", 4) != 0);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct heard heard = {0};

        snprintf(url, sizeof url, "http://x.example/%zu.mp3", i);
        assert_int_equal(loader_load(room->loader, url, on_tone, &heard), 0);
        reply_with(mp3, size, types[i]);
        wait_for(room, &heard);
    }
}

/* The first half of an MP3 file is half of its sound, or refused; never more. */
static void test_an_mp3_cut_short(void **state)
{
    static unsigned char mp3[200000];
    struct room *room = *state;
    struct heard half = {0}, head = {0};
    char path[128];
    size_t size;

    snprintf(path, sizeof path, "%s/tone.mp3", room->folder);
    size = make_mp3(path, mp3, sizeof mp3);
    assert_int_equal(loader_load(room->loader, URL "?half", on_sound, &half), 0);
    reply_with(mp3, size / 2, "audio/mpeg");
    wait_for(room, &half);
    assert_true(half.length < 5000);
    assert_int_equal(loader_load(room->loader, URL "?head", on_sound, &head), 0);
    reply_with(mp3, 20, "audio/mpeg");
    wait_for(room, &head);
    assert_int_equal(head.length, 0);
    assert_non_null(strstr(head.reason, "not a WAV or MP3 file"));
}

static void test_a_url_that_has_no_sound(void **state)
{
    struct room *room = *state;
    struct heard one = {0}, two = {0}, three = {0};
    struct fetch_reply text = {.error = "",
                               .status = 200,
                               .content_type = "",
                               .cache_control = "",
                               .body = "hi",
                               .size = 2};

    loader_load(room->loader, URL, on_sound, &one);
    reply(404, "");
    wait_for(room, &one);
    assert_non_null(strstr(one.reason, "HTTP 404"));
    loader_load(room->loader, URL, on_sound, &two);
    asked.done(&text, asked.arg);
    wait_for(room, &two);
    assert_int_equal(two.length, 0);
    assert_non_null(strstr(two.reason, URL));
    loader_load(room->loader, URL, on_sound, &three); /* failures are not kept */
    reply(200, "");
    wait_for(room, &three);
    assert_int_equal(three.length, SAMPLES);
}

static void test_a_cache_too_small(void **state)
{
    struct room *room = *state;
    struct heard one = {0}, two = {0};

    loader_stop(room->loader);
    start(room, 1);
    loader_load(room->loader, URL, on_sound, &one);
    reply(200, "max-age=60");
    wait_for(room, &one);
    assert_int_equal(one.length, SAMPLES);
    loader_load(room->loader, URL, on_sound, &two);
    assert_int_equal(asked.count, 2);
    reply(200, "max-age=60");
    wait_for(room, &two);
    assert_int_equal(two.length, SAMPLES);
}

/* What is under way comes back to a loader that is gone. */
static void test_stop_while_loading(void **state)
{
    struct room *room = *state;
    struct heard bundled = {0}, fetched = {0}, decoded = {0};

    loader_load(room->loader, "sound:beep", on_sound, &bundled);
    loader_load(room->loader, URL "?1", on_sound, &decoded);
    reply(200, "");
    loader_load(room->loader, URL "?2", on_sound, &fetched);
    loader_stop(room->loader);
    room->loader = NULL;
    assert_int_equal(bundled.times, 1);
    assert_int_equal(decoded.times, 1);
    assert_int_equal(fetched.times, 1);
    assert_non_null(strstr(fetched.reason, "stops"));
    reply(200, "");
    for (int i = 0; i < 3; i++)
        loop_run(room->loop);
    assert_int_equal(bundled.times, 1);
    assert_int_equal(fetched.times, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_load_for_all),
        CASE(test_what_is_not_there),
        CASE(test_a_reply_is_kept_as_it_says),
        CASE(test_a_url_that_has_no_sound),
        CASE(test_an_mp3_from_a_url),
        CASE(test_an_mp3_cut_short),
        CASE(test_a_stale_sound_is_asked_about),
        CASE(test_another_sound_takes_its_place),
        CASE(test_what_is_not_kept_is_not_asked_about),
        CASE(test_a_stop_while_it_is_asked_about),
        CASE(test_a_long_sound_begins_early),
        CASE(test_a_cache_too_small),
        CASE(test_stop_while_loading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* speech_remote.c: an engine elsewhere: what it is asked, what its answers become, and that
 * espeak-ng speaks whenever it does not. The network is of paper. */
#include "speech_rig.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <time.h>

#include "audio/goertzel.h"
#include "base/clock.h"
#include "base/log.h"

enum { OPEN_MAX = 32 };

/* The questions on the way, the oldest first. */
static struct {
    fetch_h *done;
    void *arg;
} open_questions[OPEN_MAX];
static unsigned open_count, asked_count;
static char last_body[4096], last_headers[1024], last_method[16], last_type[64];
static _Atomic int64_t clock_ahead; /* [ms] */

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);

int64_t __wrap_clock_mono_ms(void)
{
    return __real_clock_mono_ms() + clock_ahead;
}

int fetch_ask(struct fetch *fetch, const struct fetch_request *request, struct loop *loop,
              fetch_h *done, void *arg)
{
    (void)fetch, (void)loop;
    assert_true(request->trusted);
    assert_string_equal(request->url, "http://engine.example/say");
    assert_int_equal(request->timeout, 2000);
    assert_int_equal(request->connect_timeout, 500);
    assert_true(open_count < OPEN_MAX);
    snprintf(last_body, sizeof last_body, "%.*s", (int)request->size, (const char *)request->body);
    snprintf(last_method, sizeof last_method, "%s", request->method);
    snprintf(last_type, sizeof last_type, "%s", request->content_type);
    last_headers[0] = '\0';
    for (const char *const *pair = request->headers; pair[0]; pair += 2) {
        strcat(last_headers, pair[0]);
        strcat(last_headers, "=");
        strcat(last_headers, pair[1]);
        strcat(last_headers, "|");
    }
    open_questions[open_count].done = done;
    open_questions[open_count++].arg = arg;
    asked_count++;
    return 0;
}

static void answer(const struct fetch_reply *reply)
{
    fetch_h *done = open_questions[0].done;
    void *arg = open_questions[0].arg;

    assert_true(open_count > 0);
    open_count--;
    memmove(open_questions, open_questions + 1, open_count * sizeof *open_questions);
    done(reply, arg);
}

static void answer_with(int status, const char *type, const void *body, size_t size)
{
    answer(&(struct fetch_reply){.error = "",
                                 .status = status,
                                 .content_type = type,
                                 .cache_control = "",
                                 .body = body,
                                 .size = size});
}

static void answer_nothing(int err, const char *error)
{
    answer(&(struct fetch_reply){
        .err = err, .error = error, .content_type = "", .cache_control = "", .body = ""});
}

static unsigned char bytes[3 * 16000 * 2 + 44];

/* Seconds of 500 Hz as samples of 16 bits; their size [bytes]. */
static size_t tone(unsigned char *to, unsigned rate, double seconds, bool big_endian)
{
    size_t n = (size_t)(rate * seconds);

    for (size_t i = 0; i < n; i++) {
        uint16_t sample = (uint16_t)(int16_t)lrint(16384 * sin(2 * M_PI * 500 * (double)i / rate));

        to[2 * i + big_endian] = (unsigned char)sample;
        to[2 * i + !big_endian] = (unsigned char)(sample >> 8);
    }
    return 2 * n;
}

static size_t wav(unsigned rate, double seconds)
{
    size_t size = tone(bytes + 44, rate, seconds, false);
    uint32_t words[] = {(uint32_t)size + 36, 16, 1 | 1 << 16, rate, rate * 2, 2 | 16 << 16,
                        (uint32_t)size};

    memcpy(bytes, "RIFF", 4);
    memcpy(bytes + 4, &words[0], 4);
    memcpy(bytes + 8, "WAVEfmt ", 8);
    memcpy(bytes + 16, &words[1], 20);
    memcpy(bytes + 36, "data", 4);
    memcpy(bytes + 40, &words[6], 4);
    return size + 44;
}

static bool is_tone(const struct sound *sound, double seconds)
{
    return fabs((double)sound_length(sound) / RATE - seconds) < 0.04 &&
           goertzel_share(sound->samples + 800, RATE / 2, RATE, 500) > 0.99 &&
           fabs(goertzel_amplitude(sound->samples + 800, RATE / 2, RATE, 500) - 16384) < 800;
}

static const char *const headers[] = {"X-Key", "42", "X-Empty", "", NULL};
static const char *const voices[] = {"*=any", "en-GB=british", "en-GB/3=butler"};

static void restart(struct room *room, bool premium_only, const char *format)
{
    struct speech_engine engine = {.url = "http://engine.example/say",
                                   .authorization = "Bearer secret",
                                   .format = format,
                                   .headers = headers,
                                   .voices = voices,
                                   .voice_count = 3,
                                   .premium_only = premium_only,
                                   .connect_timeout = 500,
                                   .timeout = 2000};

    stop(room);
    start(room, RATE, 16 << 20);
    open_count = asked_count = 0;
    clock_ahead = 0;
    assert_int_equal(
        speech_ask_engine(room->speech, (struct fetch *)room, &(struct speech_engine){.url = ""}),
        0);
    assert_int_equal(speech_ask_engine(room->speech, (struct fetch *)room, &engine), 0);
}

static void ask(struct room *room, const struct speech_request *request, struct heard *heard)
{
    *heard = (struct heard){0};
    assert_int_equal(speech_say(room->speech, request, on_sound, heard), 0);
}

/* Text of its own each time, said by whoever; the sound is ours. */
static struct sound *hear(struct room *room, struct heard *heard)
{
    wait_for(room, heard);
    assert_non_null(heard->sound);
    wait_for_all_of(room, heard->sound);
    loop_wait(room->loop, 0);
    return heard->sound;
}

static void test_what_it_is_asked(void **state)
{
    struct room *room = *state;
    struct heard heard;
    json_t *body;

    restart(room, false, "wav");
    ask(room,
        &(struct speech_request){
            .text = "Good \"day\"", .language = "en-GB", .style = 3, .premium = true},
        &heard);
    assert_int_equal(heard.times, 0);
    body = json_loads(last_body, 0, NULL);
    assert_non_null(body);
    assert_string_equal(json_string_value(json_object_get(body, "text")), "Good \"day\"");
    assert_null(json_object_get(body, "ssml"));
    assert_string_equal(json_string_value(json_object_get(body, "language")), "en-GB");
    assert_int_equal(json_integer_value(json_object_get(body, "style")), 3);
    assert_true(json_is_true(json_object_get(body, "premium")));
    assert_string_equal(json_string_value(json_object_get(body, "voice")), "butler");
    assert_string_equal(json_string_value(json_object_get(body, "format")), "wav");
    json_decref(body);
    assert_string_equal(last_method, "POST");
    assert_string_equal(last_type, "application/json");
    assert_string_equal(last_headers, "X-Key=42|X-Empty=|Authorization=Bearer secret|");
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    mem_unref(hear(room, &heard));

    ask(room, &(struct speech_request){.text = "<speak>Hi</speak>", .voice_name = "Amy"}, &heard);
    body = json_loads(last_body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(body, "ssml")), "<speak>Hi</speak>");
    assert_string_equal(json_string_value(json_object_get(body, "voice")), "british");
    assert_string_equal(json_string_value(json_object_get(body, "language")), "en-GB");
    json_decref(body);
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    mem_unref(hear(room, &heard));
}

static void test_what_its_answers_become(void **state)
{
    static const struct {
        const char *type, *format;
        unsigned rate;
        bool file, big_endian;
    } cases[] = {
        {"audio/wav", "", 16000, true, false},
        {"", "", 8000, true, false},
        {"audio/mpeg", "", 16000, true, false}, /* the bytes tell */
        {"audio/l16;rate=16000", "", 16000, false, false},
        {"Audio/L16; channels=1; rate=8000", "", 8000, false, false},
        {"audio/l16;rate=16000;endianness=big-endian", "", 16000, false, true},
        {"audio/pcm; rate=\"11025\"", "", 11025, false, false},
        {"", "audio/l16;rate=16000", 16000, false, false},
        {"application/octet-stream", "audio/pcm;rate=8000", 8000, false, false},
        {"audio/pcm;rate=16000", "", 8000, true, false},
    };
    struct room *room = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard heard, again;
        size_t size;

        restart(room, false, cases[i].format);
        ask(room, &(struct speech_request){.text = "Hello"}, &heard);
        size = cases[i].file ? wav(cases[i].rate, 1.5)
                             : tone(bytes, cases[i].rate, 1.5, cases[i].big_endian);
        answer_with(200, cases[i].type, bytes, size);
        if (!is_tone(hear(room, &heard), 1.5))
            fail_msg("case %zu: %zu samples", i, sound_length(heard.sound));
        ask(room, &(struct speech_request){.text = "Hello"}, &again); /* it is kept */
        assert_ptr_equal(hear(room, &again), heard.sound);
        assert_int_equal(asked_count, 1);
        mem_unref(again.sound);
        mem_unref(heard.sound);
    }
}

/* None of these is the tone, nor an error for who waits. */
static void test_espeak_speaks_when_it_does_not(void **state)
{
    static const struct {
        int err, status;
        const char *error, *type, *body;
        size_t size;
    } cases[] = {
        {.err = ETIMEDOUT, .error = "No reply in time."},
        {.err = ECONNREFUSED, .error = "Connection refused."},
        {.err = EMSGSIZE, .error = "The reply is too large."},
        {.status = 500, .type = "audio/wav", .body = "sorry", .size = 5},
        {.status = 302, .type = "", .body = "", .size = 0},
        {.status = 200, .type = "audio/wav", .body = "RIFF....WAVEfmt ", .size = 16},
        {.status = 200, .type = "text/html", .body = "<p>no</p>", .size = 9},
        {.status = 200, .type = "audio/wav", .body = "", .size = 0},
        {.status = 200, .type = "audio/l16", .body = "abcd", .size = 4},
        {.status = 200, .type = "audio/l16;rate=1", .body = "abcd", .size = 4},
        {.status = 200, .type = "audio/l16;rate=16000;channels=2", .body = "abcd", .size = 4},
        {.status = 200, .type = "audio/l16;rate=16000", .body = "a", .size = 1},
    };
    struct room *room = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct speech_counts counts;
        struct heard heard;

        restart(room, false, "");
        ask(room, &(struct speech_request){.text = "Hello world."}, &heard);
        if (cases[i].err)
            answer_nothing(cases[i].err, cases[i].error);
        else
            answer_with(cases[i].status, cases[i].type, cases[i].body, cases[i].size);
        assert_in_range(sound_length(hear(room, &heard)), RATE / 2, RATE * 3 / 2);
        mem_unref(heard.sound);
        for (int k = 0; k < 1000; k++) {
            speech_counts(room->speech, &counts);
            if (counts.failed)
                break;
            loop_wait(room->loop, 10);
        }
        assert_int_equal(counts.asked, 1);
        assert_int_equal(counts.failed, 1);
    }
}

static void say_number(struct room *room, unsigned n, struct heard *heard)
{
    char text[40];

    snprintf(text, sizeof text, "This is text %u.", n);
    ask(room, &(struct speech_request){.text = text}, heard);
}

static void test_it_is_left_alone_after_failures(void **state)
{
    struct room *room = *state;
    struct heard heard, other;
    unsigned n = 0;

    restart(room, false, "");
    for (; n < 3; n++) {
        say_number(room, n, &heard);
        assert_int_equal(open_count, 1);
        answer_nothing(ETIMEDOUT, "No reply in time.");
        mem_unref(hear(room, &heard));
    }
    for (; n < 6; n++) { /* not asked, so nobody waits for it */
        say_number(room, n, &heard);
        assert_int_equal(open_count, 0);
        mem_unref(hear(room, &heard));
    }
    clock_ahead += 10001;
    say_number(room, n++, &heard); /* is tried with one */
    assert_int_equal(open_count, 1);
    say_number(room, n++, &other);
    assert_int_equal(open_count, 1);
    mem_unref(hear(room, &other));
    answer_nothing(ECONNREFUSED, "Connection refused.");
    mem_unref(hear(room, &heard));
    say_number(room, n++, &heard); /* and alone again */
    assert_int_equal(open_count, 0);
    mem_unref(hear(room, &heard));
    clock_ahead += 10001;
    say_number(room, n++, &heard);
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    assert_true(is_tone(hear(room, &heard), 1));
    mem_unref(heard.sound);
    for (int k = 0; k < 1000; k++) { /* that it could be read is told a moment later */
        say_number(room, n++, &heard);
        if (open_count)
            break;
        mem_unref(hear(room, &heard));
    }
    say_number(room, n++, &other);
    assert_int_equal(open_count, 2);
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    mem_unref(hear(room, &heard));
    mem_unref(hear(room, &other));
}

/* What was said in its place is forgotten soon. */
static void test_the_other_voice_does_not_stay(void **state)
{
    struct room *room = *state;
    struct heard heard;

    restart(room, false, "");
    ask(room, &(struct speech_request){.text = "Hello"}, &heard);
    answer_with(503, "", "", 0);
    mem_unref(hear(room, &heard));
    ask(room, &(struct speech_request){.text = "Hello"}, &heard);
    assert_int_equal(open_count, 0);
    mem_unref(hear(room, &heard));
    clock_ahead += 10001;
    ask(room, &(struct speech_request){.text = "Hello"}, &heard);
    assert_int_equal(open_count, 1);
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    assert_true(is_tone(hear(room, &heard), 1));
    mem_unref(heard.sound);
}

static void test_premium_only(void **state)
{
    struct room *room = *state;
    struct heard plain, premium;

    restart(room, true, "");
    ask(room, &(struct speech_request){.text = "Hello"}, &plain);
    assert_int_equal(open_count, 0);
    ask(room, &(struct speech_request){.text = "Hello", .premium = true}, &premium);
    assert_int_equal(open_count, 1);
    answer_with(200, "audio/wav", bytes, wav(16000, 2));
    assert_true(is_tone(hear(room, &premium), 2));
    assert_false(is_tone(hear(room, &plain), 2));
    mem_unref(plain.sound);
    mem_unref(premium.sound);
}

static void test_its_answer_comes_after_the_stop(void **state)
{
    struct room *room = *state;
    struct heard heard;

    restart(room, false, "");
    ask(room, &(struct speech_request){.text = "Hello"}, &heard);
    stop(room);
    assert_int_equal(heard.times, 1);
    assert_null(heard.sound);
    answer_with(200, "audio/wav", bytes, wav(16000, 1));
    loop_run(room->loop);
    assert_int_equal(heard.times, 1);
    start(room, RATE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_what_it_is_asked),
        CASE(test_what_its_answers_become),
        CASE(test_espeak_speaks_when_it_does_not),
        CASE(test_it_is_left_alone_after_failures),
        CASE(test_the_other_voice_does_not_stay),
        CASE(test_premium_only),
        CASE(test_its_answer_comes_after_the_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

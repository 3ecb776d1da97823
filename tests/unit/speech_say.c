/* speech_say.c: what is said is heard, as long and as loud as it should be; said once for all
 * who ask; told in every case; and nobody else notices: no word on stderr, no audio server. */
#include "speech_rig.h"

#include <errno.h>
#include <math.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* [s] */
static double length_of(struct room *room, const char *text)
{
    struct sound *sound = sound_of(room, &(struct speech_request){.text = text});
    double seconds = (double)sound->length / sound->rate;

    mem_unref(sound);
    return seconds;
}

/* [dB] below full scale. */
static double level_of(const struct sound *sound)
{
    double sum = 0;

    for (size_t i = 0; i < sound->length; i++)
        sum += (double)sound->samples[i] * sound->samples[i];
    return 10 * log10(sum / (double)sound->length / 32768 / 32768);
}

static void test_words_are_heard(void **state)
{
    static const unsigned rates[] = {8000, 16000, 48000};
    struct room *room = *state;

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct sound *sound;
        double seconds;

        stop(room);
        start(room, rates[i], 16 << 20);
        sound = sound_of(room, &(struct speech_request){.text = "Hello world."});
        seconds = (double)sound->length / rates[i];
        assert_int_equal(sound->rate, rates[i]);
        if (seconds < 0.5 || seconds > 1.5 || level_of(sound) < -30 || level_of(sound) > -10)
            fail_msg("%.3f s, %.1f dB", seconds, level_of(sound));
        mem_unref(sound);
    }
}

static void test_a_longer_text_is_longer(void **state)
{
    double one = length_of(*state, "This sentence has six short words.");
    double four = length_of(*state, "This sentence has six short words. "
                                    "This sentence has six short words. "
                                    "This sentence has six short words. "
                                    "This sentence has six short words.");

    assert_true(four > 3.5 * one);
    assert_true(four < 6 * one);
}

static void test_a_break_is_as_long_as_it_says(void **state)
{
    double one = length_of(*state, "<speak>before<break time=\"1s\"/>behind</speak>");
    double two = length_of(*state, "<speak>before<break time='2000ms' />behind</speak>");
    double none = length_of(*state, "<speak>before behind</speak>");

    if (fabs(two - one - 1) > 0.05)
        fail_msg("a break of 1 s makes %.3f s, one of 2 s %.3f s", one, two);
    if (one - none < 0.9 || one - none > 1.6)
        fail_msg("a break of 1 s adds %.3f s", one - none);
}

static void test_tags_are_not_read_aloud(void **state)
{
    double plain = length_of(*state, "Hello world");
    double tagged = length_of(*state, " <speak version=\"1.0\"><!-- this is not to be heard by "
                                      "anyone at all --><p><s>Hello <phoneme alphabet=\"ipa\" "
                                      "ph=\"w\">world</phoneme></s></p></speak>");
    double alias = length_of(*state, "<speak><sub alias=\"the World Wide Web Consortium\">W"
                                     "</sub></speak>");

    assert_true(tagged < plain + 1);
    assert_true(alias > 1.2);
}

static void test_silence_alone(void **state)
{
    assert_true(fabs(length_of(*state, "<speak><break time=\"2s\"/></speak>") - 2) < 0.01);
}

/* German counts longer, and what follows is English again. */
static void test_a_language_within_another(void **state)
{
    double english = length_of(*state, "<speak>Hello 1234567.</speak>");
    double german =
        length_of(*state, "<speak>Hello <lang xml:lang=\"de-DE\">1234567.</lang></speak>");
    double behind = length_of(*state, "<speak>Hello <lang xml:lang=\"de-DE\">1234567.</lang>"
                                      "<break time=\"1s\"/>Hello 1234567.</speak>");

    assert_true(german > english + 0.2);
    assert_true(fabs(behind - 1 - german - english) < 0.1);
}

/* The voice decides; the same request is the same sound. */
static void test_what_was_said_is_kept(void **state)
{
    struct room *room = *state;
    struct speech_request request = {.text = "Again and again."};
    struct sound *first = sound_of(room, &request), *second = sound_of(room, &request), *other;

    assert_ptr_equal(first, second);
    mem_unref(second);
    request.voice_name = "Kimberly";
    second = sound_of(room, &request);
    assert_ptr_equal(first, second);
    mem_unref(second);
    request.style = 1;
    request.language = "en-us";
    other = sound_of(room, &request);
    assert_ptr_not_equal(first, other);
    mem_unref(other);
    mem_unref(first);
}

static void test_the_least_lately_said_is_forgotten(void **state)
{
    struct room *room = *state;
    struct speech_request one = {.text = "First."}, two = {.text = "Second."},
                          three = {.text = "Third."};
    struct sound *a = sound_of(room, &one), *b = sound_of(room, &two), *c, *d;
    size_t two_sounds = (a->length + b->length) * 2 + 2 * (4096 + 8192) + 1000; /* whole pages */

    mem_unref(b);
    mem_unref(a);
    stop(room);
    start(room, RATE, two_sounds);
    a = sound_of(room, &one);
    b = sound_of(room, &two);
    mem_unref(sound_of(room, &one));
    mem_unref(sound_of(room, &three)); /* the second goes */
    c = sound_of(room, &one);
    assert_ptr_equal(a, c);
    d = sound_of(room, &two);
    assert_ptr_not_equal(b, d);
    mem_unref(d);
    mem_unref(c);
    mem_unref(b);
    mem_unref(a);
}

static void test_two_at_once(void **state)
{
    struct room *room = *state;
    struct speech_request one = {.text = "The one and only."}, two = {.text = "Quite another."};
    struct heard a = {0}, b = {0}, c = {0};

    assert_int_equal(speech_say(room->speech, &one, on_sound, &a), 0);
    assert_int_equal(speech_say(room->speech, &two, on_sound, &b), 0);
    assert_int_equal(speech_say(room->speech, &one, on_sound, &c), 0);
    wait_for(room, &a);
    wait_for(room, &b);
    wait_for(room, &c);
    assert_non_null(a.sound);
    assert_non_null(b.sound);
    assert_ptr_equal(a.sound, c.sound);
    assert_ptr_not_equal(a.sound, b.sound);
    mem_unref(a.sound);
    mem_unref(b.sound);
    mem_unref(c.sound);
}

static void test_bad_requests_are_refused(void **state)
{
    static char long_text[SPEECH_TEXT_MAX + 2], bulky[SPEECH_BYTES_MAX + 8];
    static const struct {
        struct speech_request request;
        const char *reason;
    } cases[] = {
        {{.text = NULL}, "no text"},
        {{.text = ""}, "no text"},
        {{.text = " \n\x01"}, "no text"},
        {{.text = "caf\xe9"}, "not UTF-8"},
        {{.text = long_text}, "1500 characters"},
        {{.text = bulky}, "16 KiB"},
        {{.text = "Hi", .language = "tlh"}, "language"},
        {{.text = "Hi", .language = ""}, "language"},
        {{.text = "Hi", .ssml = true}, "begin with <speak"},
        {{.text = "<speak>Hi"}, "not closed"},
        {{.text = "<speak>Hi</speak>", .language = "xx-XX", .ssml = true}, "language"},
    };
    struct room *room = *state;
    struct heard heard = {0};

    memset(long_text, 'a', sizeof long_text - 1);
    memset(bulky, ' ', sizeof bulky - 1);
    bulky[0] = 'a';
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char reason[SPEECH_REASON] = "";

        assert_int_equal(speech_say(room->speech, &cases[i].request, on_sound, &heard), EINVAL);
        assert_int_equal(speech_check(&cases[i].request, reason), EINVAL);
        if (!strstr(reason, cases[i].reason))
            fail_msg("case %zu: %s", i, reason);
    }
    loop_run(room->loop);
    assert_int_equal(heard.times, 0);
}

static void test_no_sound_comes_with_a_reason(void **state)
{
    struct room *room = *state;
    struct heard endless = {0}, empty = {0};

    assert_int_equal(
        speech_say(room->speech,
                   &(struct speech_request){.text = "<speak>a<break time=\"900s\"/>b</speak>"},
                   on_sound, &endless),
        0);
    wait_for(room, &endless);
    assert_null(endless.sound);
    assert_non_null(strstr(endless.reason, "longer than 10 minutes"));
    assert_int_equal(
        speech_say(room->speech, &(struct speech_request){.text = "<speak/>"}, on_sound, &empty),
        0);
    wait_for(room, &empty);
    assert_null(empty.sound);
    assert_string_equal(empty.reason, "there is no sound in it");
    assert_true(length_of(room, "Hello world") < 2); /* nothing of it is left in the engine */
}

static void test_only_so_many_wait(void **state)
{
    struct room *room = *state;
    struct heard heard[SPEECH_WAITING_MAX] = {0}, joined = {0}, late = {0};
    struct speech_request request = {.text = NULL};
    char text[64];

    request.text = text;
    for (size_t i = 0; i < SPEECH_WAITING_MAX; i++) {
        snprintf(text, sizeof text, "This is number %zu.", i);
        assert_int_equal(speech_say(room->speech, &request, on_sound, &heard[i]), 0);
    }
    assert_int_equal(speech_say(room->speech, &request, on_sound, &joined), 0);
    snprintf(text, sizeof text, "One too many.");
    assert_int_equal(speech_say(room->speech, &request, on_sound, &late), EAGAIN);
    for (size_t i = 0; i < SPEECH_WAITING_MAX; i++) {
        wait_for(room, &heard[i]);
        assert_non_null(heard[i].sound);
        mem_unref(heard[i].sound);
    }
    wait_for(room, &joined);
    mem_unref(joined.sound);
    assert_int_equal(late.times, 0);
    mem_unref(sound_of(room, &request)); /* now there is room */
}

static void test_stop_while_it_speaks(void **state)
{
    struct room *room = *state;
    struct heard heard[20] = {0};
    char text[SPEECH_TEXT_MAX];

    for (size_t i = 0; i < 20; i++) {
        memset(text, 'a', sizeof text - 1);
        for (size_t k = 3; k < sizeof text - 1; k += 4)
            text[k] = ' ';
        text[sizeof text - 1] = '\0';
        text[0] = (char)('a' + i);
        assert_int_equal(
            speech_say(room->speech, &(struct speech_request){.text = text}, on_sound, &heard[i]),
            0);
    }
    loop_wait(room->loop, 20);
    stop(room);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(heard[i].times, 1);
        if (!heard[i].sound)
            assert_non_null(strstr(heard[i].reason, "stops"));
        mem_unref(heard[i].sound);
    }
    assert_null(heard[19].sound);
    loop_run(room->loop);
    assert_int_equal(heard[19].times, 1);
}

/* One who is told of the stop asks for something else. */
static int asked_again;

static void ask_again(struct sound *sound, const char *reason, void *arg)
{
    struct room *room = arg;

    assert_null(sound);
    assert_non_null(reason);
    asked_again =
        speech_say(room->speech, &(struct speech_request){.text = "And this?"}, ask_again, room);
}

static void test_who_asks_while_it_stops(void **state)
{
    struct room *room = *state;
    char text[1400];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (text[0] = 'a'; text[0] < 'f'; text[0]++)
        speech_say(room->speech, &(struct speech_request){.text = text}, ask_again, room);
    asked_again = -1;
    stop(room);
    assert_int_equal(asked_again, ECANCELED);
}

static void test_two_speak_in_turns(void **state)
{
    struct room *room = *state, other = {.loop = room->loop};
    struct heard a = {0}, b = {0};

    start(&other, 16000, 0);
    assert_int_equal(
        speech_say(room->speech, &(struct speech_request){.text = "Good morning."}, on_sound, &a),
        0);
    assert_int_equal(
        speech_say(other.speech, &(struct speech_request){.text = "Good morning."}, on_sound, &b),
        0);
    wait_for(room, &a);
    wait_for(&other, &b);
    wait_for_all_of(room, a.sound);
    wait_for_all_of(&other, b.sound);
    assert_in_range(b.sound->length, a.sound->length * 2 - 1600, a.sound->length * 2 + 1600);
    mem_unref(a.sound);
    mem_unref(b.sound);
    stop(&other);
}

static const char *const spoken[] = {
    "af-ZA", "ar",     "bg-BG", "bn-IN", "ca-ES", "cmn-CN", "cmn-TW",    "cs-CZ",     "cy-GB",
    "da-DK", "de-AT",  "de-DE", "el-GR", "en-AU", "en-GB",  "en-GB-SCT", "en-GB-WLS", "en-IE",
    "en-IN", "en-NZ",  "en-US", "en-ZA", "es-CO", "es-ES",  "es-MX",     "es-US",     "eu-ES",
    "fi-FI", "fil-PH", "fr-CA", "fr-FR", "gl-ES", "gu-IN",  "he-IL",     "hi-IN",     "hu-HU",
    "id-ID", "is-IS",  "it-IT", "ja-JP", "kn-IN", "ko-KR",  "lv-LV",     "ml-IN",     "ms-MY",
    "nb-NO", "nl-BE",  "nl-NL", "no-NO", "pa-IN", "pl-PL",  "pt-BR",     "pt-PT",     "ro-RO",
    "ru-RU", "sk-SK",  "sr-RS", "sv-SE", "ta-IN", "te-IN",  "th-TH",     "tr-TR",     "uk-UA",
    "vi-VN", "yue-CN"};

/* Of these the library complains on stderr. */
static const struct speech_request odd[] = {
    {.text = "\xe0\xa5\xa0\xe0\xa5\xa0"
             "a",
     .language = "yue-CN"},
    {.text = "\xe0\xab\xa0\xe0\xab\xa0"
             "a",
     .language = "yue-CN"},
};

static void assert_spoken(struct room *room, const char *language, unsigned style)
{
    struct heard heard = {0};
    struct speech_request request = {
        .text = "One, 23, Zürich; привет \xe4\xbd\xa0\xe5\xa5\xbd [[h@l]] <b>&",
        .language = language,
        .style = style};
    double level;

    assert_int_equal(speech_say(room->speech, &request, on_sound, &heard), 0);
    wait_for(room, &heard);
    if (heard.sound)
        wait_for_all_of(room, heard.sound);
    level = heard.sound ? level_of(heard.sound) : -100;
    mem_unref(heard.sound);
    if (level < -35)
        fail_msg("%s, style %u: %.1f dB %s", language ? language : "default", style, level,
                 heard.reason);
}

/* With its error output in a file: what the library has to say is not for the log. */
static void test_every_language_and_every_style(void **state)
{
    FILE *said = tmpfile();
    int before = dup(STDERR_FILENO);
    struct stat status;

    assert_non_null(said);
    dup2(fileno(said), STDERR_FILENO);
    for (unsigned i = 0; i < sizeof spoken / sizeof *spoken; i++)
        assert_spoken(*state, spoken[i], i);
    for (unsigned style = 0; style < 13; style++)
        assert_spoken(*state, NULL, style);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        mem_unref(sound_of(*state, &odd[i]));
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_int_equal(fstat(fileno(said), &status), 0);
    assert_int_equal(status.st_size, 0);
    fclose(said);
}

static int audio_server = -1;

/* A PulseAudio server that nobody should call. It must be there before the engine is. */
static int listen_as_audio_server(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[200];

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/offhook-pulse.%ld", (long)getpid());
    snprintf(name, sizeof name, "unix:%s", address.sun_path);
    setenv("PULSE_SERVER", name, 1);
    audio_server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    unlink(address.sun_path);
    if (bind(audio_server, (struct sockaddr *)&address, sizeof address) || listen(audio_server, 5))
        return -1;
    return 0;
}

static int unlink_audio_server(void **state)
{
    (void)state;
    close(audio_server);
    return unlink(getenv("PULSE_SERVER") + strlen("unix:"));
}

static void test_no_audio_server_is_asked(void **state)
{
    assert_true(length_of(*state, "Do you hear me?") > 0.3);
    assert_int_equal(accept(audio_server, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_no_audio_server_is_asked),
        CASE(test_words_are_heard),
        CASE(test_a_longer_text_is_longer),
        CASE(test_a_break_is_as_long_as_it_says),
        CASE(test_tags_are_not_read_aloud),
        CASE(test_silence_alone),
        CASE(test_a_language_within_another),
        CASE(test_what_was_said_is_kept),
        CASE(test_the_least_lately_said_is_forgotten),
        CASE(test_two_at_once),
        CASE(test_bad_requests_are_refused),
        CASE(test_no_sound_comes_with_a_reason),
        CASE(test_only_so_many_wait),
        CASE(test_stop_while_it_speaks),
        CASE(test_who_asks_while_it_stops),
        CASE(test_two_speak_in_turns),
        CASE(test_every_language_and_every_style),
    };

    return cmocka_run_group_tests(tests, listen_as_audio_server, unlink_audio_server);
}

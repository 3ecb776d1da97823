/* audio_talk_off.c: half an hour of speech, in several voices and languages, from faint to
 * clipped, gives no key; a key that is pressed in between is heard. Synthetic speech
 * (espeak-ng). */
#include "speech_rig.h"

#include "audio/dtmf.h"
#include "audio/frame.h"

enum { FRAME = DTMF_FRAME, TEXT = 1300 /* [characters] */ };

static const char *const words[] = {
    "one",     "two",     "three",  "four",   "please", "hello",  "your",    "account", "number",
    "welcome", "meeting", "moment", "eleven", "banana", "really", "anyway",  "morning", "Monday",
    "feeling", "wonder",  "oh",     "yeah",   "aha",    "mmm",    "no",      "evening", "money",
    "Julia",   "Eddie",   "Naomi",  "Louis",  "Audi",   "iodine", "orange",  "awhile",  "lorry",
    "seven",   "balloon", "memory", "piano",  "radio",  "area",   "million", "loyal",   "you"};

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void write_text(char text[TEXT + 16])
{
    size_t at = 0;

    while (at < TEXT - 16) {
        const char *word = words[next_random() % (sizeof words / sizeof *words)];
        uint32_t stop = next_random() % 12;

        at += (size_t)sprintf(text + at, "%s%s ", word, stop == 0 ? "." : stop == 1 ? "?" : "");
    }
}

static unsigned keys_in(const struct sound *sound, int gain, bool press, char *last)
{
    struct dtmf_detector detector;
    struct dtmf_sender sender;
    unsigned count = 0;
    struct dtmf_key key;

    dtmf_start(&detector);
    assert_true(dtmf_send(&sender, '6'));
    for (size_t at = 0; at + FRAME <= sound->length; at += FRAME) {
        int16_t frame[FRAME];

        memcpy(frame, sound->samples + at, sizeof frame);
        frame_gain(frame, FRAME, gain, gain);
        if (press && at >= sound->length / 2 / FRAME * FRAME &&
            at < (sound->length / 2 / FRAME + 4) * FRAME)
            dtmf_fill(&sender, frame, FRAME);
        if (dtmf_run(&detector, frame, FRAME, &key)) {
            *last = key.digit;
            count++;
        }
    }
    return count;
}

static void speech_is_no_key(void **state)
{
    static const char *const languages[] = {"en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT"};
    struct room *room = *state;
    double seconds = 0;

    seed = 4733;
    for (unsigned i = 0; i < 30; i++) {
        char text[TEXT + 16], digit = 0;
        struct speech_request request = {
            .text = text, .language = languages[i % 6], .style = i / 3 % 8};
        struct sound *sound;

        write_text(text);
        sound = sound_of(room, &request);
        seconds += (double)sound->length / RATE;
        for (int gain = FRAME_GAIN_ONE / 4; gain <= FRAME_GAIN_MAX; gain = gain * 2 + 1)
            if (keys_in(sound, gain, false, &digit))
                fail_msg("a %c in %s, style %u, gain %d", digit, request.language, request.style,
                         gain);
        assert_int_equal(keys_in(sound, FRAME_GAIN_ONE / 4, true, &digit), 1);
        assert_int_equal(digit, '6');
        mem_unref(sound);
    }
    assert_true(seconds > 1800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(speech_is_no_key)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
